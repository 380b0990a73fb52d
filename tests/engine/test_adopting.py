"""What changes between runs and is taken over in place gives the numbers of a network that is laid out anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jaxnest as nest
from jaxnest.engine.session import Session
from jaxnest.engine.slices import Program

CHANGES = (
    "I_e", "V_m", "C_m", "rate", "weight", "one_weight", "weights", "one_delay", "connect", "V_th", "create",
    "device_weight", "stop", "look_at_neurons", "look_at_device", "look_at_weights",
)  # fmt: skip


def change(name: str, k: int, neurons: Any, noise: Any) -> None:
    """Change something of a network, depending on a number."""
    connections = nest.GetConnections(neurons, neurons)
    if name == "rate":
        noise.rate = 1000.0 * k
    elif name == "stop":
        noise.stop = 20.0 + k
    elif name == "weight":
        connections.weight = 3.0 * k
    elif name == "one_weight":
        connections[k].weight = -20.0
    elif name == "weights":
        connections.weight = [(-1.0) ** (i // k) * (5.0 + i) for i in range(len(connections))]
    elif name == "one_delay":
        connections[2 * k].delay = 1.0 + 0.1 * k
    elif name == "look_at_neurons":
        assert np.isfinite(neurons[k].V_m)
    elif name == "look_at_device":
        assert noise.rate > 0.0
    elif name == "look_at_weights":
        assert len(connections.weight) == len(connections)
    elif name == "device_weight":
        nest.GetConnections(noise).weight = 30.0 - k
    elif name == "connect":
        nest.Connect(neurons[k], neurons[2 * k], syn_spec={"weight": 50.0, "delay": 1.5})
    elif name == "create":
        nest.Connect(noise, nest.Create("iaf_psc_exp"), syn_spec={"weight": 20.0})
    else:
        values = {"I_e": 300.0 + 10.0 * k, "V_m": -60.0 - k, "C_m": 200.0 + k, "V_th": -55.0 - 0.1 * k}
        neurons[: k + 1].set({name: values[name]})


def simulated(model: str, n: int, threads: int, changes: list[tuple[str, int]]) -> list[Any]:
    nest.ResetKernel()
    nest.set(local_num_threads=threads, rng_seed=5)
    neurons = nest.Create(model, n)
    noise, recorder = nest.Create("poisson_generator", params={"rate": 9000.0}), nest.Create("spike_recorder")
    meter = nest.Create("multimeter", params={"record_from": ["V_m"]})
    strength = 2.0 if "cond" in model else 20.0
    nest.Connect(noise, neurons, syn_spec={"weight": strength})
    nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 2}, {"weight": strength, "delay": 1.5})
    nest.Connect(neurons, recorder)
    nest.Connect(meter, neurons[:3])
    for name, k in [("I_e", 0), *changes]:
        change(name, k, neurons, noise)
        nest.Simulate(3.3)
    return [recorder.events["times"], recorder.events["senders"], meter.events["V_m"], np.array(neurons.V_m)]


@pytest.mark.parametrize(("model", "n"), [("iaf_psc_alpha", 9), ("iaf_cond_exp", 20)])
@pytest.mark.parametrize("threads", [1, 2])
@settings(max_examples=12, deadline=None)
@given(changes=st.lists(st.tuples(st.sampled_from(CHANGES), st.integers(1, 4)), min_size=1, max_size=6))
def test_in_place_or_anew(model: str, n: int, threads: int, changes: list[tuple[str, int]]) -> None:
    found = simulated(model, n, threads, changes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "_adopt", lambda *_: False)
        expected = simulated(model, n, threads, changes)
    for mine, right in zip(found, expected, strict=True):
        np.testing.assert_array_equal(mine, right)


def test_most_changes_are_taken_over_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    simulated("iaf_psc_alpha", 9, 1, [])
    laid_out: list[str] = []
    for name in ("_rebuild", "_recalibrate"):
        monkeypatch.setattr(Session, name, lambda *_, name=name: laid_out.append(name))
    neurons, noise = nest.NodeCollection(range(1, 10)), nest.NodeCollection([10])
    for name in ("I_e", "V_m", "C_m", "V_th", "rate", "device_weight", "stop", "weight", "look_at_neurons"):
        change(name, 8, neurons, noise)
        nest.Simulate(1.0)
        assert not laid_out, name


def test_new_weights_are_taken_over_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    simulated("iaf_psc_alpha", 9, 1, [("weights", 2)])
    replaced: list[Any] = []
    monkeypatch.setattr(Program, "replace", lambda *given: replaced.append(given))
    neurons, noise = nest.NodeCollection(range(1, 10)), nest.NodeCollection([10])
    for name, k in (("weights", 3), ("one_weight", 2), ("weight", 2), ("one_delay", 1)):
        change(name, k, neurons, noise)
        nest.Simulate(1.0)
        assert not replaced, name


def learnt(synapse: str, neuron: str, receptor: int) -> list[Any]:
    nest.ResetKernel()
    source, driver = nest.Create("parrot_neuron", 2), nest.Create("spike_generator", 3)
    target, recorder = nest.Create(neuron), nest.Create("weight_recorder")
    nest.CopyModel(synapse, "recorded", {"weight_recorder": recorder})
    nest.Connect(driver[:2], source, "one_to_one")
    nest.Connect(source, target, syn_spec={"synapse_model": "recorded", "weight": 300.0, "receptor_type": receptor})
    nest.Connect(driver[2], target, syn_spec={"weight": 400.0, "receptor_type": 1 if receptor else 0})
    driver[2].spike_times = [*range(1, 50)]
    for k in range(4):
        driver[0].spike_times = np.array([1.0, 3.0, 8.5]) + 10.0 * k
        if k != 1:  # as many times, or others
            driver[1].spike_times = np.array([2.0, 2.5, 4.0, 9.0][: max(3, k)]) + 10.0 * k
        if k == 2:
            driver[2].spike_weights = [1.5] * 49
        nest.Simulate(10.0)
    potential = target.soma["V_m"] if receptor else target.V_m
    return [recorder.events["times"], recorder.events["weights"], np.array(potential)]


@pytest.mark.parametrize(
    ("synapse", "neuron", "receptor"),
    [("clopath_synapse", "aeif_psc_delta_clopath", 0), ("urbanczik_synapse", "pp_cond_exp_mc_urbanczik", 3)],
)
def test_new_spike_trains_of_synapses_that_read_histories_are_taken_over(
    synapse: str, neuron: str, receptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    anew = Session._recalibrate
    calls: list[int] = []
    monkeypatch.setattr(Session, "_recalibrate", lambda *given: (calls.append(1), anew(*given))[1])
    found = learnt(synapse, neuron, receptor)
    assert len(calls) <= 2  # where trains have another length
    monkeypatch.setattr(Session, "_adopt", lambda *_: False)
    for mine, right in zip(found, learnt(synapse, neuron, receptor), strict=True):
        assert len(np.ravel(mine))
        np.testing.assert_array_equal(mine, right)
