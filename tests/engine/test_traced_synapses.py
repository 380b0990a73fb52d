"""Synapses with functions of their own send, learn and are recorded in array operations as in compiled loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest.models.contract.registry import SYNAPSE_MODELS
from nest_reference.simulations import synapses, third_factor, voltage_synapses

pytestmark = pytest.mark.slow

N = 4
MODELS = {name: model for name, model in SYNAPSE_MODELS.items() if model.send is not None and model.dynamics == name}
PLAIN = [
    name
    for name, m in MODELS.items()
    if not (m.modulator or m.needs_voltages or m.needs_predictions or m.needs_learning)
]
VALUES = {"quantal_stp_synapse": {"n": 5, "a": 3}, "bernoulli_synapse": {"p_transmit": 0.6}}
WEIGHTS = {"vogels_sprekeler_synapse": 0.5, "stdp_facetshw_synapse_hom": 50.0}


def trains(n: int, rng: Any, count: int = 30) -> Any:
    """Spike generators with times on the grid, some of them equal."""
    h = nest.resolution
    return [
        nest.Create("spike_generator", params={"spike_times": np.sort(rng.integers(1, int(60 / h), count)) * h})
        for _ in range(n)
    ]


def populations(rng: Any) -> tuple[Any, Any]:
    """Parrots that repeat trains, and neurons that spike because of others."""
    parrots, neurons = nest.Create("parrot_neuron", N), nest.Create("iaf_psc_exp", N, {"tau_minus": 15.0})
    for train, parrot in zip(trains(N, rng), parrots, strict=True):
        nest.Connect(train, parrot)
    for train, neuron in zip(trains(N, rng, 20), neurons, strict=True):
        nest.Connect(train, neuron, syn_spec={"weight": 3000.0})
    return parrots, neurons


def shown(connections: Any) -> dict[str, np.ndarray]:
    """Return all numbers that connections show."""
    values = connections.get()
    return {k: np.array(v, float) for k, v in values.items() if isinstance(v[0], int | float | bool)}


def of_plain_synapses(names: list[str], delays: tuple[float, ...], threads: int) -> dict[str, Any]:
    """Synapses of all models that need nothing special, a weight that is set, and one that is never used."""
    nest.local_num_threads = threads
    parrots, neurons = populations(np.random.default_rng(1))
    for k, name in enumerate(names):
        nest.CopyModel(name, f"{name}_1", {"weight": 40.0} if MODELS[name].weight_is_common else VALUES.get(name, {}))
        for model in (name, f"{name}_1"):
            spec: dict[str, Any] = {"synapse_model": model, "delay": delays[k % len(delays)]}
            if not MODELS[name].weight_is_common:
                spec["weight"] = WEIGHTS.get(name, 20.0)
            nest.Connect(parrots, neurons, syn_spec=spec)
        nest.Connect(neurons, neurons[:2], syn_spec={"synapse_model": name, "delay": max(delays)})
    nest.Connect(nest.Create("parrot_neuron"), neurons[:2], syn_spec={"synapse_model": "stdp_synapse"})
    meter, recorder = nest.Create("voltmeter", params={"interval": nest.resolution}), nest.Create("spike_recorder")
    nest.Connect(meter, neurons)
    nest.Connect(neurons, recorder)
    found: dict[str, Any] = {}
    for k, duration in enumerate((30.0, 11 * nest.resolution, 20.0)):
        nest.Simulate(duration)
        for name in names:
            for state, values in shown(nest.GetConnections(synapse_model=name)).items():
                found[f"{name} {state} {k}"] = values
        nest.GetConnections(synapse_model="stdp_synapse")[1].weight = 3.0
    found |= {f"neurons {k}": neurons.get(k) for k in ("t_spike", "post_trace", "archiver_length")}
    return found | {k: recorder.events[k] for k in ("times", "senders")} | {"V_m": meter.events["V_m"]}


def assert_same(simulate: Any, *arguments: Any, resolution: float = 0.5) -> None:
    found = []
    for backend in ("native", "jax"):
        nest.ResetKernel()
        nest.resolution, nest.rng_type, nest.compute_backend = resolution, "jax", backend
        found.append(simulate(*arguments))
    expected, found = found
    assert set(found) == set(expected)
    for name, values in expected.items():
        assert len(values), name
        np.testing.assert_allclose(found[name], values, rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize(
    ("names", "resolution", "delays", "threads"),
    [(PLAIN, 0.5, (1.5, 2.0), 1), (["stdp_synapse", "tsodyks_synapse", "quantal_stp_synapse"], 1.0, (1.0,), 2)],
    ids=["several steps", "one step"],
)
def test_states_weights_and_spikes_are_the_same(
    names: list[str], resolution: float, delays: tuple[float, ...], threads: int
) -> None:
    assert_same(of_plain_synapses, names, delays, threads, resolution=resolution)


def of_recorded_weights(threads: int) -> dict[str, Any]:
    """Weights of plastic and of constant synapses, for two recorders; more of them than a buffer takes at first."""
    nest.local_num_threads = threads
    parrots, neurons = populations(np.random.default_rng(2))
    recorders = nest.Create("weight_recorder", 2)
    nest.CopyModel("stdp_synapse", "first", {"weight_recorder": recorders[0]})
    nest.CopyModel("static_synapse", "second", {"weight_recorder": recorders[0]})
    nest.CopyModel("tsodyks_synapse", "third", {"weight_recorder": recorders[1]})
    for k, model in enumerate(("first", "second", "third", "static_synapse", "stdp_synapse")):
        spec = {"synapse_model": model, "delay": 1.0 + 0.5 * k, "weight": nest.random.uniform(50.0, 90.0)}
        nest.Connect(parrots, neurons, syn_spec=spec)
    nest.Connect(parrots[:2], neurons, syn_spec={"synapse_model": "first", "delay": 3.0})
    nest.Simulate(25.0)
    nest.Simulate(30.0)
    return {f"{k} {name}": values for k, r in enumerate(recorders) for name, values in r.events.items()}


@pytest.mark.parametrize("threads", [1, 2])
def test_recorded_weights_are_the_same_in_the_same_order(threads: int) -> None:
    assert_same(of_recorded_weights, threads)


def of_potentials(model: str, target: str, threads: int) -> dict[str, Any]:
    """Synapses that learn from the potential of their target; one never gets a spike."""
    nest.local_num_threads = threads
    rng = np.random.default_rng(4)
    parrots, neurons = nest.Create("parrot_neuron", 3), nest.Create(target, 3)
    soma, dendrite, weight = 0, 0, 1500.0
    if target.startswith("pp_"):
        receptors = nest.GetDefaults(target, "receptor_types")
        soma, dendrite, weight = receptors["soma_exc"], receptors["dendritic_exc"], 20.0
    for nodes, spec in ((parrots, {}), (neurons, {"weight": weight, "receptor_type": soma})):
        for train, node in zip(trains(3, rng), nodes, strict=True):
            nest.Connect(train, node, syn_spec=spec)
    spec = {"synapse_model": model, "receptor_type": dendrite, "weight": 1.0}
    spec |= {"eta": 1e-4} if target.startswith("pp_") else {}
    for delay in (1.0, 0.5):
        nest.Connect(parrots, neurons, syn_spec=spec | {"delay": delay})
    nest.Connect(nest.Create("parrot_neuron"), neurons[:1], syn_spec=spec)
    connections, found = nest.GetConnections(synapse_model=model), {}
    for k, duration in enumerate((30.0, 21.1)):
        nest.Simulate(duration)
        found |= {f"{name} {k}": values for name, values in shown(connections).items()}
        connections[1].weight = 2.0
    assert len(set(found["weight 1"])) > 10
    return found | neurons.get(["t_spike", "archiver_length"])


@pytest.mark.parametrize(
    ("model", "target", "threads"),
    [("clopath_synapse", "hh_psc_alpha_clopath", 1), ("urbanczik_synapse", "pp_cond_exp_mc_urbanczik", 1)],
)
def test_what_synapses_learn_from_potentials_is_the_same(model: str, target: str, threads: int) -> None:
    assert_same(of_potentials, model, target, threads, resolution=0.1)


def of_dopamine(threads: int) -> dict[str, Any]:
    """Synapses that a population modulates whose spikes are collected, by a node that rests for a while."""
    nest.local_num_threads = threads
    parrots, neurons = populations(np.random.default_rng(5))
    transmitter = nest.Create("volume_transmitter", params={"deliver_interval": 3})
    later = nest.Create("iaf_psc_exp", 2)
    nest.Connect(parrots[:2], transmitter, syn_spec={"delay": 1.5})
    common = {"volume_transmitter": transmitter, "b": 0.03, "tau_n": 80.0, "Wmax": 500.0}
    nest.CopyModel("stdp_dopamine_synapse", "dopamine", common)
    for k, targets in enumerate((neurons, later)):
        spec = {"synapse_model": "dopamine", "weight": 50.0 + 300.0 * k, "delay": 1.0 + 0.5 * k}
        nest.Connect(parrots, targets, syn_spec=spec)
    nest.Connect(nest.Create("parrot_neuron"), neurons, syn_spec={"synapse_model": "dopamine", "delay": 2.0})
    found: dict[str, Any] = {}
    for k, duration in enumerate((20.0, 10.5, 20.0)):
        transmitter.frozen = k == 1
        nest.Simulate(duration)
        values = shown(nest.GetConnections(synapse_model="dopamine"))
        found |= {f"{name} {k}": numbers for name, numbers in values.items()}
    return found | {f"{name} {k}": n.get(name) for k, n in enumerate((neurons, later)) for name in ("archiver_length",)}


@pytest.mark.parametrize("threads", [1, 2])
def test_what_modulates_synapses_is_the_same(threads: int) -> None:
    assert_same(of_dopamine, threads)


def of_devices(threads: int) -> dict[str, Any]:
    """Devices that send through synapses with functions; some of these share states, some lose spikes."""
    nest.local_num_threads = threads
    parrots, neurons = populations(np.random.default_rng(6))
    packets = {"pulse_times": [5.0, 21.0, 33.5], "activity": 9, "sdev": 3.0}
    models = ("stdp_synapse", "tsodyks_synapse", "bernoulli_synapse")
    for k, (device, model) in enumerate(zip(nest.Create("pulsepacket_generator", 3, packets), models, strict=True)):
        spec = {"synapse_model": model, "weight": 70.0, "delay": 1.0 + 0.5 * k} | VALUES.get(model, {})
        nest.Connect(device, neurons, syn_spec=spec)
    nest.Connect(parrots, neurons, syn_spec={"synapse_model": "stdp_synapse", "delay": 1.5})
    meter = nest.Create("voltmeter", params={"interval": 0.5})
    nest.Connect(meter, neurons)
    found: dict[str, Any] = {}
    for k, duration in enumerate((30.0, 20.5)):
        nest.Simulate(duration)
        for model in models:
            values = shown(nest.GetConnections(synapse_model=model))
            found |= {f"{model} {name} {k}": numbers for name, numbers in values.items()}
    return found | {"V_m": meter.events["V_m"], "length": neurons.archiver_length, "trace": neurons.post_trace}


@pytest.mark.parametrize("threads", [1, 2])
def test_what_devices_send_through_synapses_is_the_same(threads: int) -> None:
    assert_same(of_devices, threads)


@pytest.mark.parametrize(
    ("cases", "name"),
    [
        (synapses.CASES, "trains_1.3_2"),
        (third_factor.CASES, "trains_0.3_2"),
        (voltage_synapses.CASES, "trains_hh_psc_alpha_clopath_1.0_1"),
    ],
    ids=["spikes", "modulation", "potentials"],
)
def test_simulations_that_nest_has_recorded_are_the_same(cases: dict[str, Any], name: str) -> None:
    """With the random numbers of array operations: compiled loops are compared with NEST itself elsewhere."""
    assert_same(lambda: cases[name](nest, 5), resolution=0.1)
