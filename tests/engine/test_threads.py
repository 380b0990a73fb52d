"""Programs of several virtual processes meet after each slice, and stop together."""

from __future__ import annotations

import numpy as np
import pytest

import jaxnest as nest
from jaxnest.engine import native
from jaxnest.kernel.kernel import kernel


def trains(threads: int) -> dict[str, np.ndarray]:
    nest.ResetKernel()
    nest.set(local_num_threads=threads, rng_type="jax", rng_seed=4)
    neurons = nest.Create("iaf_psc_alpha", 101)
    noise, recorder = nest.Create("poisson_generator", params={"rate": 9000.0}), nest.Create("spike_recorder")
    nest.Connect(noise, neurons, syn_spec={"weight": 20.0})
    nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 5}, {"weight": 30.0, "delay": 1.5})
    nest.Connect(neurons, recorder)
    for duration in (10.0, 0.7, 25.3):
        nest.Simulate(duration)
    events = recorder.events
    order = np.lexsort((events["senders"], events["times"]))
    return {name: values[order] for name, values in events.items()}


@pytest.mark.parametrize("processors", [1, 2, 64])
def test_number_of_processors_does_not_matter(processors: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "PARALLEL_WORK", 1)
    monkeypatch.setattr(native, "n_processors", lambda: processors)
    one, three = trains(1), trains(3)
    session = kernel.simulation._session
    assert session is not None
    assert session._runner.n_workers == min(3, processors)
    assert len(one["times"]) > 100
    for name, values in one.items():
        np.testing.assert_array_equal(three[name], values)


def weights(threads: bool, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Simulate synapses whose sources are silent at first, so that many spikes have to be remembered for them."""
    monkeypatch.setattr(native, "PARALLEL_WORK", 1 if threads else 1 << 60)
    monkeypatch.setattr(native, "n_processors", lambda: 2)
    nest.ResetKernel()
    nest.set(local_num_threads=2, rng_seed=9)
    neurons, sources = nest.Create("iaf_psc_alpha", 30, {"I_e": 1500.0}), nest.Create("parrot_neuron", 4)
    late = nest.Create("spike_generator", 4, {"spike_times": [250.0, 280.0, 290.0]})
    nest.Connect(late, sources, "one_to_one")
    nest.Connect(sources, neurons, syn_spec={"synapse_model": "stdp_synapse", "weight": 2.0, "delay": 1.5})
    nest.Simulate(300.0)
    runner = kernel.simulation._session._runner  # pyright: ignore[reportOptionalMemberAccess]
    assert runner.n_workers == (2 if threads else 1)
    assert len(runner.buffers[0].archive.arrays[2]) > 1000, "the memory for spikes has to grow during the run"
    return np.array(nest.GetConnections(sources, neurons).weight)


def test_programs_stop_together_when_spikes_need_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    np.testing.assert_array_equal(weights(True, monkeypatch), weights(False, monkeypatch))
