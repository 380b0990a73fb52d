"""Neurons of compartments: trees, channels, receptors and inputs at random, and what becomes of them between runs.

The order of sums depends on the tree, and each neuron has one of its own; what is on its way between runs is lost, and
parts that are added between runs continue with those that there are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation, events

CASES: dict[str, Simulation] = {}
TYPES = {
    "AMPA": ("e_AMPA", "tau_r_AMPA", "tau_d_AMPA"),
    "GABA": ("e_GABA", "tau_r_GABA", "tau_d_GABA"),
    "NMDA": ("e_NMDA", "tau_r_NMDA", "tau_d_NMDA"),
    "AMPA_NMDA": ("e_AMPA_NMDA", "tau_r_AMPA", "tau_d_AMPA", "tau_r_NMDA", "tau_d_NMDA", "NMDA_ratio"),
}
RANGES = {"e": (-90.0, 10.0), "tau_r": (0.05, 1.0), "tau_d": (1.5, 50.0), "NMDA": (0.0, 3.0)}
"""Beginnings of the names of parameters of receptors, and between which values they are drawn."""


def compartment(rng: np.random.RandomState, parent: int) -> dict[str, Any]:
    """Draw a compartment, in some cases with channels or with defaults."""
    params = {
        "C_m": rng.uniform(0.05, 1.0),
        "g_C": rng.uniform(0.05, 1.5),
        "g_L": rng.uniform(0.005, 0.1),
        "e_L": rng.uniform(-80.0, -60.0),
    }
    if rng.rand() < 0.5:
        params["v_comp"] = rng.uniform(-80.0, -40.0)
    if parent < 0 or rng.rand() < 0.3:
        params |= {"gbar_Na": rng.uniform(10.0, 60.0), "gbar_K": rng.uniform(2.0, 12.0)}
        if rng.rand() < 0.7:
            params |= {"e_Na": rng.uniform(40.0, 60.0), "e_K": rng.uniform(-95.0, -80.0)}
    left = {key: value for key, value in params.items() if key[0] in "eg" or rng.rand() < 0.8}
    return {"parent_idx": parent, "params": left} if rng.rand() < 0.9 else {"parent_idx": parent}


def receptor(rng: np.random.RandomState, n_compartments: int) -> dict[str, Any]:
    """Draw a receptor, in some cases with defaults."""
    kind = rng.choice(list(TYPES))
    params = {
        name: rng.uniform(*next(bounds for start, bounds in RANGES.items() if name.startswith(start)))
        for name in TYPES[kind]
        if rng.rand() < 0.6
    }
    entry = {"comp_idx": int(rng.randint(n_compartments)), "receptor_type": str(kind)}
    return entry | {"params": params} if rng.rand() < 0.8 else entry


def tree(rng: np.random.RandomState, n: int) -> list[dict[str, Any]]:
    """Draw compartments of a tree."""
    return [compartment(rng, int(rng.randint(k)) if k else -1) for k in range(n)]


def stimulate(nest: Any, rng: np.random.RandomState, neuron: Any, n_compartments: int, receptors: range) -> None:
    """Connect devices with a neuron: currents with compartments, spikes with receptors."""
    currents = [
        ("dc_generator", {"amplitude": rng.uniform(0.0, 3.0)}),
        ("noise_generator", {"mean": rng.uniform(0.0, 1.0), "std": rng.uniform(0.0, 2.0)}),
        ("step_current_generator", {"amplitude_times": [5.0, 40.0], "amplitude_values": [rng.uniform(0.0, 4.0), -0.5]}),
    ]
    for model, params in currents:
        place, delay = int(rng.randint(n_compartments)), 0.1 * rng.randint(1, 30)
        synapse = {"weight": rng.uniform(-0.5, 1.5), "delay": delay, "receptor_type": place}
        nest.Connect(nest.Create(model, params=params), neuron, syn_spec=synapse)
    for k in receptors:
        times = 0.1 * np.unique(rng.randint(10, 1000, 15))
        trains = [("spike_generator", {"spike_times": np.round(times, 1)}), ("poisson_generator", {"rate": 300.0})]
        for model, params in trains:
            synapse = {"weight": rng.uniform(0.0, 0.2), "delay": 0.1 * rng.randint(1, 30), "receptor_type": k}
            nest.Connect(nest.Create(model, params=params), neuron, syn_spec=synapse)


def network(nest: Any, seed: int, threads: int) -> Arrays:
    """Neurons with trees of their own that send spikes to each other, in several runs, and parts added between them."""
    nest.set(local_num_threads=threads, rng_seed=seed + 1)
    rng = np.random.RandomState(seed + 31 * threads)
    sizes, counts, neurons, meters = [1, 2, 5, 9, 5], [1, 4, 6, 3, 5], [], []
    for size, count in zip(sizes, counts, strict=True):
        compartments, receptors = tree(rng, size), [receptor(rng, size) for _ in range(count)]
        neuron = nest.Create("cm_default", params={"V_th": rng.uniform(-60.0, -40.0), "compartments": compartments[:1]})
        if size > 1:
            neuron.compartments += compartments[1:]
        neuron.receptors = receptors
        stimulate(nest, rng, neuron, size, range(count))
        meters.append(nest.Create("multimeter", params={"record_from": neuron.recordables, "interval": 2.0}))
        nest.Connect(meters[-1], neuron)
        neurons.append(neuron)
    for target, count in zip(neurons, counts, strict=True):
        for source in neurons:
            model = str(rng.choice(["static_synapse", "tsodyks2_synapse", "stdp_synapse"]))
            synapse = {"synapse_model": model, "weight": rng.uniform(0.0, 0.3), "delay": 0.1 * rng.randint(1, 40)}
            nest.Connect(source, target, syn_spec=synapse | {"receptor_type": int(rng.randint(count))})
    recorder = nest.Create("spike_recorder")
    nest.Connect(sum(neurons, nest.NodeCollection([])), recorder)
    nest.Simulate(33.3)
    neurons[2].V_th = -50.0
    neurons[3].compartments += compartment(rng, 4)
    neurons[3].receptors += receptor(rng, 10)
    stimulate(nest, rng, neurons[3], 10, range(3, 4))
    meters.append(nest.Create("multimeter", params={"record_from": ["v_comp9"], "interval": 2.0}))
    nest.Connect(meters[-1], neurons[3])
    nest.Prepare()
    nest.Run(20.0)
    nest.Run(11.7)
    nest.Cleanup()
    nest.Simulate(35.0)
    return events(spikes=recorder, **{f"meter{k}": meter for k, meter in enumerate(meters)})


def copies(nest: Any, seed: int) -> Arrays:
    """Nodes of copied models and of models with changed defaults: each has a tree of its own."""
    rng = np.random.RandomState(seed + 9)
    nest.SetDefaults("cm_default", {"compartments": tree(rng, 3), "receptors": [receptor(rng, 3)]})
    nest.CopyModel("cm_default", "branched", {"add_compartments": [compartment(rng, 0)], "V_th": -45.0})
    neurons = [nest.Create(model, params={"tau_minus": 21.0}) for model in ("cm_default", "branched", "branched")]
    neurons[2].set(add_compartments=compartment(rng, 3), add_receptors=[receptor(rng, 5), receptor(rng, 5)])
    meters = []
    for neuron, size, count in zip(neurons, (3, 4, 5), (1, 1, 3), strict=True):
        stimulate(nest, rng, neuron, size, range(count))
        meters.append(nest.Create("multimeter", params={"record_from": neuron.recordables, "interval": 1.0}))
        nest.Connect(meters[-1], neuron)
    nest.Simulate(30.0)
    return events(**{f"meter{k}": meter for k, meter in enumerate(meters)})


CASES["network"] = lambda nest, seed: network(nest, seed, 1)
CASES["network three threads"] = lambda nest, seed: network(nest, seed, 3)
CASES["copies"] = copies
