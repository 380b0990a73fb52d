"""Neurons with random parameters and random input: the same traces and spikes as NEST."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest.models.contract import registry
from nest_reference.simulations.neurons import CASES, NEURONS

from .conftest import REFERENCE, both

ROUNDING_DECIDES = {"hh_psc_alpha", "izhikevich"}
"""Models whose equations make so much of a last digit that it decides about spikes."""
NEAR_SPIKE = 2.0
"""Where rounding is amplified, values are compared that are further than this from spikes (ms)."""


def spikes_of(results: dict[str, Any]) -> dict[int, list[float]]:
    """Return the spike times of each node."""
    trains: dict[int, list[float]] = {node: [] for node in np.unique(results["meter_senders"]).tolist()}
    for node, time in zip(results["spikes_senders"].tolist(), results["spikes_times"].tolist(), strict=True):
        trains[node].append(time)
    return trains


@pytest.mark.parametrize("name", NEURONS)
def test_native_back_end_equals_nest_bit_for_bit(recording: Path, name: str) -> None:
    got, expected = both(recording, name, CASES[name], "native")
    assert sorted(got) == sorted(expected)
    for key, values in expected.items():
        np.testing.assert_array_equal(got[key], values, err_msg=key)


@pytest.mark.slow
@pytest.mark.parametrize("name", NEURONS)
def test_array_operations_agree_with_compiled_loops(name: str) -> None:
    spec = NEURONS[name]
    if spec.drawing or name.split()[0] in ROUNDING_DECIDES:  # many batches that draw take minutes to compile
        pytest.skip("compared in engine/test_array_neurons.py, or rounding decides about spikes")
    got, expected = both(REFERENCE / "neurons", name, CASES[name], "jax")
    trains, expected_trains = spikes_of(got), spikes_of(expected)
    different = {node for node, times in expected_trains.items() if trains[node] != times}
    assert len(different) <= (0.01 if spec.adaptive else 0.0) * len(trains)
    far = ~np.isin(expected["meter_senders"], list(different))
    if spec.adaptive:
        for i, (node, time) in enumerate(zip(expected["meter_senders"], expected["meter_times"], strict=True)):
            far[i] &= np.all(np.abs(np.array([*expected_trains[node], np.inf]) - time) > NEAR_SPIKE)
    tolerance = 1e-6 if spec.adaptive else 1e-9
    for key in (k for k in expected if k.startswith("meter")):
        np.testing.assert_allclose(got[key][far], expected[key][far], rtol=tolerance, atol=tolerance, err_msg=key)


def test_compartments_have_dictionaries() -> None:
    neurons = nest.Create("iaf_cond_alpha_mc", 2, {"soma": {"C_m": 120.0, "V_m": -60.0}})
    neurons.set([{"distal": {"E_L": -71.0}}, {"distal": {"E_L": -72.0}}])
    assert [d["E_L"] for d in neurons.distal] == [-71.0, -72.0]
    assert neurons[0].soma["C_m"] == 120.0
    assert neurons[0].soma["V_m"] == -60.0
    with pytest.raises(nest.NESTErrors.BadProperty, match=r"Capacitance \(soma\) must be strictly positive"):
        neurons.set(soma={"C_m": 0.0})
    with pytest.raises(nest.NESTErrors.TypeMismatch, match="soma"):
        neurons.set(soma=5.0)


@pytest.mark.parametrize(
    ("model", "parameters", "error"),
    [
        ("mat2_psc_exp", {"tau_m": 1.0}, "BadProperty"),
        ("glif_psc", {"adapting_threshold": True}, "BadProperty"),
        ("glif_psc", {"ASCurrents": [1.0, 2.0]}, "BadProperty"),
        ("pp_psc_delta", {"tau_sfa": [1.0, 2.0]}, "BadProperty"),
        ("gif_psc_exp", {"q_stc": [1.0]}, "BadProperty"),
        ("gif_pop_psc_exp", {"N": 0}, "BadProperty"),
        ("ginzburg_neuron", {"tau_m": 0.0}, "BadProperty"),
        ("ht_neuron", {"tau_m": 0.0}, "BadParameter"),
        ("ignore_and_fire", {"phase": 0.0}, "BadProperty"),
    ],
)
def test_refuses_what_nest_refuses(model: str, parameters: dict[str, Any], error: str) -> None:
    with pytest.raises(getattr(nest.NESTErrors, error)):
        nest.Create(model, params=parameters)


@pytest.mark.parametrize("backend", ["native"])
def test_negative_currents_keep_their_sign(backend: str) -> None:
    """Conductance models take the magnitude of negative weights of spikes, but not of currents."""
    nest.compute_backend = backend
    neuron = nest.Create("iaf_cond_exp")
    nest.Connect(nest.Create("dc_generator", params={"amplitude": -100.0}), neuron)
    nest.Simulate(20.0)
    assert neuron.V_m < -70.0


def test_number_of_receptors_is_fixed_by_connections() -> None:
    neuron = nest.Create("glif_psc", params={"tau_syn": [1.0, 2.0]})
    assert not neuron.has_connections
    nest.Connect(nest.Create("poisson_generator"), neuron, syn_spec={"receptor_type": 2})
    assert neuron.has_connections
    with pytest.raises(nest.NESTErrors.BadProperty, match="The neuron has connections"):
        neuron.tau_syn = [1.0]


@pytest.mark.parametrize("model", nest.node_models)
def test_a_value_alone_can_be_set_in_every_model(model: str) -> None:
    """Conditions on several values look at those, too, that are not given."""
    try:
        nodes = nest.Create(model, 2)
    except nest.NESTErrors.NotImplemented:
        pytest.skip("is not there yet")
    values = nodes[0].get()
    defaults = registry.NODE_MODELS[model]
    for name, quantity in (defaults.parameters | defaults.state).items():
        if quantity.settable and isinstance(values.get(name), float):
            with contextlib.suppress(nest.NESTErrors.BadProperty):  # some values need another switched on
                nodes[1].set({name: values[name]})
            if name != "f_target":  # set in Hz, read in 1/ms
                assert nodes[1].get(name) == values[name]


@pytest.mark.parametrize("model", ["iaf_psc_exp", "iaf_psc_exp_multisynapse"])
def test_currents_may_decay_within_a_thousandth_of_a_step(model: str) -> None:
    """The exponential of a step over the time constant is infinite then; the value is NEST's."""
    several = model.endswith("multisynapse")
    neuron = nest.Create(model, params={"tau_syn": [1e-4]} if several else {"tau_syn_ex": 1e-4})
    generator = nest.Create("spike_generator", params={"spike_times": [1.0, 3.0]})
    nest.Connect(generator, neuron, syn_spec={"receptor_type": int(several)})
    nest.Simulate(6.0)
    assert neuron.V_m == -69.99940437968036
