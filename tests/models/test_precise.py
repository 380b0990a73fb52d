"""Precise spike times: the same spikes, to the last digit, as NEST."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import jaxnest as nest
from nest_reference.simulations.precise import CASES

from .conftest import compare

ORDER = [
    38, 2, 20, 26, 14, 8, 32, 11, 23, 17, 29, 35, 5, 10, 34, 28, 16, 4, 22, 1,
    31, 25, 37, 19, 7, 13, 24, 0, 36, 6, 12, 30, 18, 9, 33, 15, 27, 3, 21, 39,
]  # fmt: skip
"""Where the sort of the C++ library puts 40 events."""


@pytest.mark.parametrize("backend", ["native"])
@pytest.mark.parametrize("name", CASES)
def test_agrees_with_nest(recording: Path, name: str, backend: str) -> None:
    compare(recording, name, CASES[name], backend, tolerance=0.0, least=0.0)


def test_kernel_knows_of_precise_spikes() -> None:
    assert not nest.off_grid_spiking
    nest.Create("iaf_psc_exp")
    assert not nest.off_grid_spiking
    nest.Create("parrot_neuron_ps")
    assert nest.off_grid_spiking
    nest.ResetKernel()
    assert not nest.off_grid_spiking


@pytest.mark.parametrize("model", ["iaf_psc_delta_ps", "iaf_psc_exp_ps", "iaf_psc_alpha_ps"])
@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("V_reset", -50.0, "Reset potential must be smaller than threshold"),
        ("V_min", -60.0, "greater equal minimum potential"),
        ("C_m", 0.0, "Capacitance must be strictly positive"),
        ("t_ref", 0.0, "at least one time step"),
        ("tau_m", 0.0, "time constants must be strictly positive"),
    ],
)
def test_bounds(model: str, name: str, value: float, message: str) -> None:
    neuron = nest.Create(model)
    with pytest.raises(nest.NESTErrors.BadProperty, match=message):
        neuron.set({name: value})


def test_what_cannot_be_set_or_connected() -> None:
    neuron, parrot = nest.Create("iaf_psc_delta_ps"), nest.Create("parrot_neuron_ps")
    for name in ("is_refractory", "refractory_input", "t_spike"):
        with pytest.raises(nest.NESTErrors.UnaccessedDictionaryEntry):
            neuron.set({name: True})
    with pytest.raises(nest.NESTErrors.UnknownReceptorType):
        nest.Connect(neuron, neuron, syn_spec={"receptor_type": 1})
    with pytest.raises(nest.NESTErrors.IllegalConnection):
        nest.Connect(nest.Create("dc_generator"), parrot)


def test_many_spikes_in_one_step() -> None:
    """Queues and lists of spikes grow as they have to."""
    source = nest.Create("poisson_generator_ps", params={"rate": 2e6})
    first, second = nest.Create("parrot_neuron_ps", 3), nest.Create("parrot_neuron_ps")
    recorder = nest.Create("spike_recorder")
    nest.Connect(source, first)
    nest.Connect(first, second)
    nest.Connect(first + second, recorder)
    nest.Simulate(12.0)
    senders, times = recorder.events["senders"], recorder.events["times"]
    sent = np.sort(times[(senders != second.global_id) & (times <= 10.5)])
    repeated = np.sort(times[senders == second.global_id])
    assert len(sent) > 40000
    np.testing.assert_allclose(repeated[: len(sent)], sent + 1.0, rtol=1e-12)


def test_order_of_events_at_the_same_time() -> None:
    from jaxnest.numerics.unstable_sort import PARTS, sort_events

    events = np.array([[0.0, i % 3, 0.02 * (i % 2), i] for i in range(40)])
    sort_events(events, np.zeros((PARTS, 4)))
    assert events[:, 3].astype(int).tolist() == ORDER


def test_operations_exist_in_compiled_code_only() -> None:
    from jaxnest.models.contract import precise

    for operation in (precise.next_event, precise.end_refractoriness, precise.emit):
        with pytest.raises(TypeError, match="compiled code"):
            operation(None, *([False] * (operation.__code__.co_argcount - 1)))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"tau_syn_ex": 3.0}, "tau_syn_ex == tau_syn_in is required"),
        ({"tau_syn_ex": 10.0, "tau_syn_in": 10.0}, "must differ"),
        ({"t_ref": -1.0}, "Refractory time must not be negative"),
    ],
)
def test_bounds_of_the_neuron_that_misses_no_spike(values: dict[str, float], message: str) -> None:
    neuron = nest.Create("iaf_psc_exp_ps_lossless")
    with pytest.raises(nest.NESTErrors.BadProperty, match=message):
        neuron.set(values)


def test_neurons_whose_spikes_carry_a_number_at_wrong_receptors() -> None:
    neurons, precise = nest.Create("iaf_tum_2000", 2), nest.Create("iaf_psc_exp_ps")
    nest.Connect(neurons, neurons, syn_spec={"receptor_type": 1})
    for source, target, reason in ((neurons, neurons, "receptor_type 1"), (neurons, precise, "precise spiking")):
        with pytest.raises(nest.NESTErrors.IllegalConnection, match=reason):
            nest.Connect(source, target)
    with pytest.raises(nest.NESTErrors.BadProperty, match=r"x \+ y must be <= 1"):
        neurons.set(x=0.7, y=0.4)


def test_nmda_receptors_need_a_sender_of_the_same_model() -> None:
    neurons, generator = nest.Create("iaf_bw_2001", 2), nest.Create("poisson_generator")
    nest.CopyModel("iaf_bw_2001", "copied")
    nest.Connect(nest.Create("copied"), neurons, syn_spec={"receptor_type": 3})
    for source, receptor, error in ((generator, 3, "IllegalConnection"), (neurons, 0, "UnknownReceptorType")):
        with pytest.raises(getattr(nest.NESTErrors, error)):
            nest.Connect(source, neurons, syn_spec={"receptor_type": receptor})
    neurons.set(tau_rise_NMDA=120.0)
    with pytest.raises(nest.NESTErrors.BadProperty, match="smaller than tau_decay_NMDA"):
        nest.Simulate(1.0)
    neurons.set(tau_rise_NMDA=2.0)
    nest.Simulate(1.0)


@pytest.mark.parametrize(
    ("source", "target", "delay", "expected"),
    [
        ("poisson_generator", "parrot_neuron", 1.04, [2.0, 2.1, 4.6000000000000005, 4.8, 5.0]),
        ("poisson_generator", "parrot_neuron", 0.35, [1.3, 1.4000000000000001, 3.9, 4.1, 4.3, 5.5, 5.8, 5.8]),
        (
            "poisson_generator",
            "spike_recorder",
            1.04,
            [
                0.8400000000000001,
                0.9400000000000001,
                3.44,
                3.64,
                3.84,
                5.040000000000001,
                5.340000000000001,
                5.340000000000001,
            ],
        ),
        (
            "poisson_generator",
            "spike_recorder",
            0.35,
            [
                0.85,
                0.95,
                3.45,
                3.6500000000000004,
                3.8499999999999996,
                5.050000000000001,
                5.3500000000000005,
                5.3500000000000005,
            ],
        ),
        ("poisson_generator", "iaf_psc_delta", 1.04, [2.0, 4.6000000000000005]),
        ("poisson_generator", "iaf_psc_delta", 0.35, [1.3, 3.9]),
        ("spike_generator", "parrot_neuron", 1.04, [2.1, 3.1, 3.6, 4.2]),
        ("spike_generator", "parrot_neuron", 0.35, [1.4000000000000001, 2.4, 2.9, 3.5]),
        ("spike_generator", "spike_recorder", 1.04, [1.07, 1.91, 2.44, 3.02]),
        ("spike_generator", "spike_recorder", 0.35, [1.08, 1.92, 2.45, 3.0300000000000002]),
        ("spike_generator", "iaf_psc_delta", 1.04, [2.1, 4.2]),
        ("spike_generator", "iaf_psc_delta", 0.35, [1.4000000000000001, 3.5]),
        ("poisson_generator_ps", "parrot_neuron", 1.04, [1.6, 1.6, 2.4, 3.1, 3.2, 5.6000000000000005]),
        ("poisson_generator_ps", "parrot_neuron", 0.35, [0.9, 0.9, 1.7, 2.4, 2.5, 4.9]),
        (
            "poisson_generator_ps",
            "spike_recorder",
            1.04,
            [
                0.41931737744019476,
                0.42156316305431396,
                1.2369237945030336,
                1.9944806675844462,
                2.07129803616489,
                4.41813718672194,
                5.6469588367081744,
            ],
        ),
        (
            "poisson_generator_ps",
            "spike_recorder",
            0.35,
            [
                0.41931737744019476,
                0.42156316305431396,
                1.2369237945030336,
                1.9944806675844462,
                2.07129803616489,
                4.41813718672194,
                5.6469588367081744,
            ],
        ),
        ("poisson_generator_ps", "iaf_psc_delta", 1.04, [1.6, 5.6000000000000005]),
        ("poisson_generator_ps", "iaf_psc_delta", 0.35, [0.9, 4.9]),
        ("spike_train_injector", "parrot_neuron", 1.04, [2.1, 3.1, 3.6, 4.2]),
        ("spike_train_injector", "parrot_neuron", 0.35, [1.4000000000000001, 2.4, 2.9, 3.5]),
        ("spike_train_injector", "spike_recorder", 1.04, [1.07, 1.91, 2.44, 3.02]),
        ("spike_train_injector", "spike_recorder", 0.35, [1.08, 1.92, 2.45, 3.0300000000000002]),
        ("spike_train_injector", "iaf_psc_delta", 1.04, [2.1, 4.2]),
        ("spike_train_injector", "iaf_psc_delta", 0.35, [1.4000000000000001, 3.5]),
    ],
)
def test_delays_of_devices_with_fractions(source: str, target: str, delay: float, expected: list[float]) -> None:
    nest.rng_seed = 3
    nest.SetDefaults("cont_delay_synapse", {"delay": delay})
    poisson, train = {"rate": 900.0}, {"spike_times": [1.03, 1.97, 2.5, 3.08], "precise_times": True}
    device, node = (
        nest.Create(source, params=poisson if "poisson" in source else train),
        nest.Create(target),
    )
    nest.Connect(device, node, syn_spec={"synapse_model": "cont_delay_synapse", "weight": 400.0})
    recorder = node
    if target != "spike_recorder":
        recorder = nest.Create("spike_recorder")
        nest.Connect(node, recorder)
    nest.Simulate(6.0)
    assert recorder.events["times"].tolist() == expected


@pytest.mark.parametrize(
    ("model", "delay", "expected"),
    [
        ("iaf_psc_delta_ps", 0.35, [2.03, 2.08, 2.08]),
        ("parrot_neuron", 1.04, [2.04, 2.04, 2.1, 3.04, 3.04, 3.1, 3.94, 3.94, 4.0]),
        ("parrot_neuron_ps", 1.04, [2.03, 2.07, 2.07, 3.05, 3.09, 3.09, 3.94, 3.94, 4.0]),
    ],
)
def test_delays_to_recorders_with_fractions(model: str, delay: float, expected: list[float]) -> None:
    nest.SetDefaults("cont_delay_synapse", {"delay": delay})
    train = {"spike_times": [1.03, 2.05, 3.0], "precise_times": True}
    generator, neuron, recorder = (
        nest.Create("spike_generator", params=train),
        nest.Create(model),
        nest.Create("spike_recorder"),
    )
    nest.Connect(generator, neuron, syn_spec={"weight": 1000.0})
    for synapse in ("cont_delay_synapse", "static_synapse", "cont_delay_synapse"):
        nest.Connect(neuron, recorder, syn_spec=synapse)
    assert nest.min_delay == min(1.0, round(delay + 0.05, 1))  # the fraction does not count
    nest.Simulate(10.0)
    np.testing.assert_allclose(sorted(recorder.events["times"]), expected, rtol=0, atol=1e-12)
