"""Structural plasticity: synaptic elements that grow, and connections that are made and removed in runs.

Which connections there are after a structural update depends on all that was drawn at random before, and on their
order in NEST.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation

CONTACTS = {"pre_synaptic_element": "Axon", "post_synaptic_element": "Dendrite"}
CASES: dict[str, Simulation] = {}


def elements(nodes: Any) -> np.ndarray:
    """Return calcium, and number and connected ones of each element, one row per neuron."""
    rows = []
    for node in nodes:
        shown = node.synaptic_elements
        values = [(shown[name]["z"], shown[name]["z_connected"]) for name in sorted(shown)]
        rows.append([node.Ca, *np.ravel(values)])
    return np.array(rows, np.float64)


def connections(nest: Any, neurons: Any, threads: int = 1) -> np.ndarray:
    """Return source, target, weight and delay of all connections, by thread and otherwise in NEST's order."""
    found = nest.GetConnections(neurons, neurons)
    if not len(found):
        return np.empty((4, 0))
    status = found.get(["source", "target", "weight", "delay"])
    columns = [np.ravel(np.asarray(status[name], np.float64)) for name in ("source", "target", "weight", "delay")]
    return np.stack(columns)[:, np.argsort(columns[1] % threads, kind="stable")]


def curves(rng: np.random.RandomState) -> dict[str, dict[str, Any]]:
    """Return one element of each growth curve."""
    return {
        "Gauss": {
            "growth_curve": "gaussian",
            "growth_rate": rng.uniform(-0.01, 0.05),
            "eta": rng.uniform(0.0, 0.01),
            "eps": rng.uniform(0.02, 0.06),
            "z": rng.uniform(0.0, 4.0),
        },
        "Line": {"growth_rate": rng.uniform(-0.01, 0.05), "eps": rng.uniform(0.005, 0.05), "z": rng.uniform(0.0, 4.0)},
        "S": {
            "growth_curve": "sigmoid",
            "growth_rate": rng.uniform(-0.01, 0.05),
            "eps": rng.uniform(0.005, 0.03),
            "psi": rng.uniform(0.001, 0.01),
        },
    }


def growth(nest: Any, seed: int, model: str, threads: int) -> Arrays:
    """Elements of all curves, in neurons that spike, over several runs; one of them gets other parameters."""
    nest.set(local_num_threads=threads, rng_seed=seed + 1)
    rng = np.random.RandomState(seed + 31)
    calcium = {"tau_Ca": rng.uniform(100.0, 900.0), "beta_Ca": rng.uniform(0.001, 0.01)}
    neurons = nest.Create(model, 5, {"synaptic_elements": curves(rng), **calcium})
    noise = nest.Create("poisson_generator", params={"rate": 30.0 if "parrot" in model else 9000.0})
    nest.Connect(noise, neurons, syn_spec={"weight": 1.0 if "delta" in model else 60.0, "delay": 1.5})
    result = {}
    for k, time in enumerate((120.3, 77.0, 150.0)):
        nest.Simulate(time)
        result[f"elements_{k}"] = elements(neurons)
        neurons[k].synaptic_elements_param = {"Line": {"z": rng.uniform(0.0, 9.0), "growth_rate": 0.03}, "S": {}}
        neurons[k + 1].Ca = rng.uniform(0.0, 0.1)
    return result


def cleared(nest: Any, seed: int, threads: int) -> Arrays:
    """Neurons forget their spikes and calcium; one of them gets new elements."""
    nest.set(local_num_threads=threads, rng_seed=seed + 1)
    rng = np.random.RandomState(seed + 3)
    neurons = nest.Create("iaf_psc_alpha", 4, {"I_e": rng.uniform(380.0, 600.0, 4)})
    nest.Connect(neurons, neurons, syn_spec={"synapse_model": "stdp_synapse", "weight": 10.0})
    nest.Simulate(150.0)
    neurons[1:3].clear = True
    neurons[0].set(clear=True, Ca=0.4)
    neurons[2].synaptic_elements = curves(rng)
    result = {"before": np.array(list(neurons.get(["Ca", "t_spike", "post_trace"]).values()))}
    nest.Simulate(130.0)
    result |= {"after": np.array(list(neurons.get(["Ca", "t_spike", "post_trace"]).values()))}
    return result | {"elements": elements(neurons[2]), "connections": connections(nest, neurons, threads)}


def counted(nest: Any, seed: int, threads: int, planned: bool) -> Arrays:
    """Elements that Connect and Disconnect take and leave, also where they fail."""
    nest.set(local_num_threads=threads, rng_seed=seed + 1)
    if planned:
        nest.structural_plasticity_synapses = {"one": {"synapse_model": "static_synapse", **CONTACTS}}
    rng = np.random.RandomState(seed + 7)
    taking = {"synapse_model": "static_synapse", **CONTACTS}
    given = {"Axon": {"z": rng.uniform(0.0, 3.0)}, "Dendrite": {"z": rng.uniform(0.0, 5.0), "growth_rate": -0.001}}
    neurons = nest.Create("iaf_psc_alpha", 6, {"synaptic_elements": given})
    result = {}

    def note() -> None:
        result[f"elements_{len(result)}"] = elements(neurons)
        result[f"connections_{len(result)}"] = connections(nest, neurons, threads)

    weights = {"weight": rng.uniform(1.0, 9.0, (6, 6))} if threads == 1 else {"weight": nest.random.uniform(1.0, 3.0)}
    nest.Connect(neurons, neurons, {"rule": "all_to_all", "allow_autapses": False}, taking | weights)
    nest.Connect(neurons, neurons, "one_to_one", taking)
    nest.Connect(neurons, neurons, "all_to_all", "static_synapse")
    note()
    nest.Disconnect(neurons[:3], neurons[3:], conn_spec="one_to_one", syn_spec=taking)
    nest.Disconnect(
        neurons[:2], neurons[:2], conn_spec={"rule": "all_to_all", "allow_autapses": False}, syn_spec=taking
    )
    note()
    nest.Simulate(20.0)
    for nodes, rule in ((neurons[:2], "all_to_all"), (neurons, "all_to_all"), (neurons, "one_to_one")):
        try:
            nest.Disconnect(nodes, neurons, conn_spec=rule, syn_spec=taking)
        except nest.NESTErrors.InexistentConnection:
            note()
    nest.GetConnections(neurons[1]).disconnect()
    note()
    try:
        nest.Connect(neurons, neurons, "all_to_all", {**taking, "receptor_type": 3})
    except nest.NESTErrors.UnknownReceptorType:
        note()
    return result


def relearned(nest: Any, seed: int, synapse: str, threads: int) -> Arrays:
    """Plastic connections that come after others to the same neuron are gone, one of two neurons that have some."""
    nest.set(local_num_threads=threads, rng_seed=seed + 1)
    rng = np.random.RandomState(seed + 17)
    neurons = nest.Create("iaf_psc_alpha", 4, {"I_e": rng.uniform(390.0, 600.0, 4)})
    result = {}
    for k, lost in enumerate((None, neurons[:2], neurons[:1], neurons[1:2])):
        if lost is not None:
            nest.GetConnections(lost, neurons[3]).disconnect()
            nest.Simulate(100.0)
        for targets in (neurons[2:],) if lost is None else (neurons[3:],) * k:
            nest.Connect(neurons[:2], targets, syn_spec={"synapse_model": synapse, "weight": 10.1, "Wmax": 30.7})
        nest.Simulate(rng.choice([90.0, 120.0, 150.0]))
        result[f"connections_{k}"] = connections(nest, neurons, threads)
    return result


def network(nest: Any, seed: int, **chosen: Any) -> Arrays:
    """Excitatory and inhibitory neurons that find and lose partners.

    Updates come at intervals of the slices that may or may not fit the runs.
    """
    options = {"model": "iaf_psc_alpha", "synapse": "static_synapse", "interval": 20.0, "n": 24, "time": 60.0} | chosen
    rng = np.random.RandomState(seed + 5)
    nest.set(rng_seed=seed + 12, rng_type=options.get("rng_type", "mt19937_64"))
    delays = "delay" in options
    if delays:
        nest.set(min_delay=0.5, max_delay=3.0)
    nest.structural_plasticity_update_interval = options["interval"]
    nest.CopyModel(options["synapse"], "excitatory", {"weight": 25.0, "delay": 1.0})
    nest.CopyModel("static_synapse", "inhibitory", {"weight": -20.0, "delay": 1.5})
    exciting = {"synapse_model": "excitatory", "post_synaptic_element": "Den_ex", "pre_synaptic_element": "Axon_ex"}
    if delays:
        exciting |= {"delay": nest.random.uniform(0.5, 2.5), "weight": nest.random.normal(20.0, 3.0)}
    nest.structural_plasticity_synapses = {
        "a": exciting | {"allow_autapses": options.get("autapses", True)},
        "b": {"synapse_model": "inhibitory", "post_synaptic_element": "Den_in", "pre_synaptic_element": "Axon_in"},
    }
    growing = {"growth_curve": "gaussian", "growth_rate": rng.uniform(0.15, 0.3), "eta": 0.0, "eps": 0.03}
    inner = growing | {"eta": 0.001, "eps": 0.015, "continuous": False, "tau_vacant": 0.3}
    dendrites, calcium = {"Den_ex": growing, "Den_in": inner}, {"tau_Ca": 300.0}
    pyramids = nest.Create(
        options["model"], options["n"], {"synaptic_elements": {"Axon_ex": growing, **dendrites}, **calcium}
    )
    baskets = nest.Create(
        options["model"], options["n"] // 4, {"synaptic_elements": {"Axon_in": growing, **dendrites}, **calcium}
    )
    neurons = pyramids + baskets
    noise = nest.Create("poisson_generator", params={"rate": 8000.0})
    nest.Connect(noise, neurons, syn_spec={"weight": options.get("drive", 15.0)})
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    nest.EnableStructuralPlasticity()
    return _grown(nest, neurons, (pyramids, baskets), recorder, options["time"])


def _grown(nest: Any, neurons: Any, parts: tuple[Any, ...], recorder: Any, time: float) -> Arrays:
    result: Arrays = {}

    def note() -> None:
        k = len(result)
        result[f"counts_{k}"] = np.array([nest.num_connections, nest.local_spike_counter])
        result[f"connections_{k}"] = connections(nest, neurons)
        result.update({f"elements_{k}_{j}": elements(nodes) for j, nodes in enumerate(parts)})

    for _ in range(3):
        nest.Simulate(time)
        note()
    nest.DisableStructuralPlasticity()
    nest.Simulate(2 * time)
    note()
    nest.EnableStructuralPlasticity()
    parts[0][:3].synaptic_elements_param = {"Axon_ex": {"z": 1.0}, "Den_ex": {"z": 9.0}}
    nest.Prepare()
    nest.Run(time + 0.3)
    nest.Run(time)
    nest.Cleanup()
    note()
    return result | {"senders": recorder.events["senders"], "times": recorder.events["times"]}


for _threads in (1, 2, 3):
    CASES[f"growth {_threads}"] = partial(growth, model="iaf_psc_alpha", threads=_threads)
    CASES[f"cleared {_threads}"] = partial(cleared, threads=_threads)
    for _planned in (False, True):
        CASES[f"counted {_threads}{' planned' * _planned}"] = partial(counted, threads=_threads, planned=_planned)
    CASES[f"relearned {_threads}"] = partial(relearned, synapse="stdp_synapse", threads=_threads)
CASES["relearned triplets"] = partial(relearned, synapse="stdp_triplet_synapse", threads=1)
for _model in ("parrot_neuron", "iaf_psc_delta", "iaf_psc_exp_ps", "hh_psc_alpha"):
    CASES[f"growth {_model}"] = partial(growth, model=_model, threads=1)
CASES["network"] = network
CASES["no autapses"] = partial(network, autapses=False, interval=10.0)
CASES["odd interval"] = partial(network, interval=7.3, time=33.3)
CASES["plastic"] = partial(network, synapse="stdp_synapse")
CASES["random values"] = partial(network, delay=True, rng_type="Philox_32")
CASES["precise"] = partial(network, model="iaf_psc_exp_ps", interval=25.0, drive=60.0)
CASES["larger"] = partial(network, n=100, interval=2.0, time=20.0)
