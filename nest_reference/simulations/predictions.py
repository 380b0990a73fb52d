"""Neurons whose dendrites learn to predict the spikes of their somata.

Synapses read what targets noted since the last spike of the source; delays, threads, several spikes in one step and
changes between runs decide what that is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation

CASES: dict[str, Simulation] = {}
MODEL, SYNAPSE = "pp_cond_exp_mc_urbanczik", "urbanczik_synapse"
NOTED = ["V_m.s", "g_ex.s", "g_in.s", "V_m.p", "I_ex.p", "I_in.p"]


def neuron(rng: np.random.RandomState) -> dict[str, Any]:
    """Draw the parameters of a neuron."""
    soma, dendrite = (
        {
            "C_m": rng.uniform(200.0, 400.0),
            "g_L": rng.uniform(20.0, 40.0),
            "tau_syn_ex": rng.uniform(1.0, 5.0),
            "tau_syn_in": rng.uniform(1.0, 5.0),
            "E_L": rng.uniform(-72.0, -68.0),
            "I_e": rng.choice([0.0, 200.0]),
        }
        for _ in range(2)
    )
    return {
        "soma": soma | {"V_m": rng.uniform(-70.0, -60.0), "E_in": rng.uniform(-80.0, -70.0)},
        "dendritic": dendrite,
        "t_ref": rng.choice([0.0, 1.0, 3.0]),
        "phi_max": rng.choice([0.15, 3.0]),
        "rate_slope": rng.uniform(0.2, 1.0),
        "beta": rng.uniform(0.2, 0.5),
        "theta": rng.uniform(-62.0, -52.0),
        "g_sp": rng.uniform(300.0, 700.0),
        "g_ps": rng.choice([0.0, 30.0]),
    }


def synapse(rng: np.random.RandomState, model: str, h: float) -> dict[str, Any]:
    """Draw the properties of a connection to a dendrite."""
    sign = rng.choice([1.0, 1.0, -1.0])
    values = {
        "synapse_model": model,
        "receptor_type": int(rng.randint(3, 5)),
        "weight": sign * rng.uniform(1.0, 100.0),
        "delay": h * rng.randint(1, 40),
        "eta": rng.uniform(0.05, 1.0),
        "tau_Delta": rng.uniform(20.0, 200.0),
        "Wmax": sign * rng.choice([100.0, 500.0]),
    }
    return values | ({"Wmin": -800.0} if sign < 0 else {})


def table(nest: Any) -> np.ndarray:
    """Return what the connections show, in the order of source, target and weight."""
    found = [nest.GetConnections(synapse_model=model) for model in (SYNAPSE, f"{SYNAPSE}_lbl", "copied")]
    rows = [c.get(["source", "target", "receptor", "delay", "weight"]) for c in found if len(c)]
    names = ("source", "target", "receptor", "delay", "weight")
    values = np.concatenate([np.array([row[name] for name in names], float).reshape(5, -1) for row in rows], axis=1)
    return values[:, np.lexsort(values[::-1])]


def network(nest: Any, seed: int, number: int, threads: int, resolution: float) -> Arrays:
    """Inputs to both compartments, synapses that learn, and changes between runs."""
    rng = np.random.RandomState(seed + number)
    nest.set(rng_seed=seed + number + 1, local_num_threads=threads, resolution=resolution)
    neurons, inputs = nest.Create(MODEL, 4), nest.Create("parrot_neuron", 5)
    neurons.set([neuron(rng) for _ in neurons])
    nest.Connect(nest.Create("poisson_generator", params={"rate": 80.0}), inputs)
    nest.CopyModel(SYNAPSE, "copied", {"weight": 20.0, "eta": 0.3})
    for source in inputs:
        for target in neurons:
            model = [SYNAPSE, f"{SYNAPSE}_lbl", "copied"][rng.randint(3)]
            nest.Connect(source, target, syn_spec=synapse(rng, model, resolution))
    nest.Connect(inputs[:2], neurons, syn_spec={"receptor_type": 1, "weight": 6.0})
    nest.Connect(inputs[2:4], neurons, syn_spec={"receptor_type": 2, "weight": 3.0})
    nest.Connect(neurons[:1], neurons[1:], syn_spec={"receptor_type": 3, "weight": 50.0})
    current = nest.Create("step_current_generator")
    current.set(amplitude_times=[20.0, 120.0], amplitude_values=[300.0, -200.0])
    for receptor in (5, 6):
        nest.Connect(current, neurons, syn_spec={"receptor_type": receptor})
    meter = nest.Create("multimeter", params={"interval": 4 * resolution, "record_from": NOTED})
    recorder = nest.Create("spike_recorder")
    nest.Connect(meter, neurons)
    nest.Connect(neurons, recorder)
    nest.Simulate(90.0)
    result = {"early": table(nest)}
    some = nest.GetConnections(source=inputs[:1], target=neurons, synapse_model=SYNAPSE)
    if len(some):
        some.set(eta=0.2)
    neurons[0].set(dendritic={"g_L": 35.0, "tau_syn_ex": 2.5}, theta=-58.0)
    neurons[1].frozen = True
    nest.Simulate(10.0)
    neurons[1].frozen = False
    nest.Simulate(100.0)
    return result | {"connections": table(nest), "lengths": np.array(neurons.archiver_length)} | events(meter, recorder)


def events(*recorders: Any) -> Arrays:
    """Return what was recorded, in the order of time and sender."""
    result = {}
    for k, recorder in enumerate(recorders):
        found = recorder.events
        order = np.lexsort((found["senders"], found["times"]))
        result |= {f"{name}_{k}": np.asarray(values)[order] for name, values in found.items()}
    return result


def first_weights(nest: Any, seed: int) -> Arrays:
    """Which weight synapses begin with, and synapses that are made when their sources have spiked already."""
    nest.set(rng_seed=seed + 1)
    nest.SetDefaults(SYNAPSE, {"receptor_type": 3})
    nest.CopyModel(SYNAPSE, "copied", {"weight": 20.0})
    source, neurons = nest.Create("parrot_neuron"), nest.Create(MODEL, 6, {"soma": {"I_e": 500.0}, "phi_max": 1.0})
    train = nest.Create("spike_generator", params={"spike_times": [3.0, 10.0, 30.0, 41.0, 60.0, 75.0, 100.0, 130.0]})
    nest.Connect(train, source)
    specs = [
        {"synapse_model": SYNAPSE},
        {"synapse_model": SYNAPSE, "weight": 30.0},
        {"synapse_model": SYNAPSE, "weight": 40.0, "tau_Delta": 70.0},
        {"synapse_model": "copied", "weight": 50.0, "delay": 2.0},
        {"synapse_model": "copied", "eta": 0.5},
        {"synapse_model": "copied", "receptor_type": 4, "weight": 60.0},
    ]
    for target, spec in zip(neurons, specs, strict=True):
        nest.Connect(source, target, syn_spec=spec)
    nest.Simulate(50.0)
    result = {"early": table(nest)}
    nest.GetConnections(target=neurons[3]).eta = 0.3
    nest.GetConnections(target=neurons[4]).weight = 80.0
    nest.Connect(source, neurons[:2], syn_spec={"synapse_model": "copied", "weight": 25.0})
    nest.Simulate(100.0)
    return result | {"connections": table(nest), "lengths": np.array(neurons.archiver_length)}


CASES["first_weights"] = first_weights
for _number in range(5):
    _threads, _resolution = (1, 2, 1, 3, 1)[_number], (0.1, 0.1, 0.5, 0.1, 1.0)[_number]
    CASES[f"network_{_number}"] = lambda nest, seed, s=_number, t=_threads, r=_resolution: network(nest, seed, s, t, r)
