"""Networks with precise spike times as array operations: the same spikes as in compiled loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import jaxnest as nest

pytestmark = pytest.mark.slow

MODELS = (
    "iaf_psc_exp_ps", "iaf_psc_alpha_ps", "iaf_psc_delta_ps", "iaf_psc_exp_ps_lossless", "parrot_neuron_ps",
)  # fmt: skip


def ordered(recorder: Any, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    events = recorder.events
    order = np.lexsort((events["times"], events["senders"]))
    return events["senders"][order], events["times"][order], events.get(name, events["times"])[order]


def simulated(backend: str, model: str, threads: int) -> Any:
    """Neurons off the grid and on it, with spikes between steps, at one time, and of many senders at once."""
    nest.ResetKernel()
    nest.set(compute_backend=backend, rng_type="jax", local_num_threads=threads)
    repeats = model.startswith("parrot")
    strength = 3.0 if "delta" in model else 300.0
    neurons = nest.Create(model, 7, {} if repeats else {"V_th": -60.0})
    if not repeats:
        neurons[:4].I_e = [500.0, 600.0, 700.0, 620.0]
    times = [0.53, 1.2, 3.3331, 3.34, 3.34, 7.01, 12.2]
    generator = nest.Create("spike_generator", params={"spike_times": times, "precise_times": True})
    parrots, on_grid = nest.Create("parrot_neuron_ps", 2), nest.Create("iaf_psc_exp", 2, {"V_th": -69.0})
    nest.Connect(generator, parrots, syn_spec={"delay": 1.0})
    nest.Connect(generator, neurons[5:], syn_spec={"weight": 0.1 * strength, "delay": 0.8})
    nest.Connect(parrots, neurons, syn_spec={"weight": strength, "delay": 1.3})
    nest.Connect(neurons[:3], neurons[3:], syn_spec={"weight": -strength / 3.0, "delay": 0.8})
    nest.Connect(neurons, on_grid, syn_spec={"weight": 200.0})
    nest.Connect(on_grid, neurons, syn_spec={"weight": 0.1 * strength})
    spikes, meter = nest.Create("spike_recorder"), nest.Create("voltmeter", params={"interval": 0.3})
    nest.Connect(neurons + parrots + on_grid, spikes)
    nest.Connect(meter, on_grid if repeats else neurons + on_grid)
    nest.Simulate(10.2)
    nest.Simulate(9.9)
    return *ordered(spikes, "times"), *ordered(meter, "V_m")


@pytest.mark.parametrize(("model", "threads"), [*((model, 1) for model in MODELS), ("iaf_psc_exp_ps", 2)])
def test_spikes_and_potentials_are_those_of_compiled_loops(model: str, threads: int) -> None:
    expected, found = (simulated(backend, model, threads) for backend in ("native", "jax"))
    assert len(expected[0]) > 30
    assert np.array_equal(found[0], expected[0])
    for mine, theirs in zip(found[1:], expected[1:], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-12)


def marked(backend: str, model: str) -> Any:
    """Neurons whose spikes carry a number that their synapses use."""
    nest.ResetKernel()
    nest.set(compute_backend=backend, rng_type="jax")
    neurons = nest.Create(model, 5)
    times = [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 7.0, 7.5, 8.0]
    source = nest.Create("spike_generator", params={"spike_times": times})
    receptors = {"iaf_bw_2001": (1, 3), "iaf_tum_2000": (0, 1), "iaf_chxk_2008": (0, 0)}[model]
    weights = {"iaf_bw_2001": (800.0, 5.0), "iaf_tum_2000": (4000.0, 500.0), "iaf_chxk_2008": (60.0, 1.0)}[model]
    for sources, receptor, weight in zip((source, neurons), receptors, weights, strict=True):
        nest.Connect(sources, neurons, syn_spec={"weight": weight, "receptor_type": receptor})
    spikes, meter = nest.Create("spike_recorder"), nest.Create("multimeter", params={"record_from": ["V_m"]})
    nest.Connect(neurons, spikes)
    nest.Connect(meter, neurons)
    nest.Simulate(12.3)
    nest.Simulate(8.0)
    return *ordered(spikes, "times"), *ordered(meter, "V_m")


@pytest.mark.parametrize("model", ["iaf_bw_2001", "iaf_tum_2000", "iaf_chxk_2008"])
def test_spikes_that_carry_a_number(model: str) -> None:
    expected, found = (marked(backend, model) for backend in ("native", "jax"))
    assert len(expected[0]) > 10
    assert np.array_equal(found[0], expected[0])
    for mine, theirs in zip(found[1:], expected[1:], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-9)


def trains(backend: str, target: str) -> Any:
    """Trains with dead times, and of another rate later, at neurons and at a recorder."""
    nest.ResetKernel()
    nest.set(compute_backend=backend, rng_type="jax")
    neurons, spikes = nest.Create(target, 3), nest.Create("spike_recorder")
    parameters = [{"rate": 800.0, "dead_time": 0.5, "start": 1.3}, {"rate": 2000.0, "stop": 15.0}]
    sources = [nest.Create("poisson_generator_ps", params=p) for p in parameters]
    for source in sources:
        nest.Connect(source, neurons, syn_spec={"weight": 300.0, "delay": 1.2})
        nest.Connect(source, spikes)
    nest.Connect(neurons, spikes)
    nest.Simulate(12.3)
    sources[0].rate = 1500.0
    nest.Simulate(8.0)
    return ordered(spikes, "times")


@pytest.mark.parametrize("target", ["iaf_psc_exp_ps", "iaf_psc_exp"])
def test_trains_between_time_steps(target: str) -> None:
    expected, found = (trains(backend, target) for backend in ("native", "jax"))
    assert len(expected[0]) > 60
    assert np.array_equal(found[0], expected[0])
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-12)


def test_what_cannot_be_done_yet_is_refused() -> None:
    nest.compute_backend = "jax"
    neurons = nest.Create("iaf_psc_exp_ps", 2)
    nest.Connect(neurons, neurons, syn_spec={"synapse_model": "stdp_synapse"})
    with pytest.raises(nest.NESTErrors.NotImplemented, match="Synapses with functions in networks with precise spike"):
        nest.Simulate(1.0)
