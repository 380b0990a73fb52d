"""Voltage-dependent synapses.

Their weights depend on a history of filtered potentials, which is stored under conditions that only a whole run
shows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation

CASES: dict[str, Simulation] = {}
N_NEURONS = 60


def neuron_parameters(rng: np.random.RandomState, model: str) -> dict[str, Any]:
    """Draw parameters of a neuron."""
    values: dict[str, Any] = {
        "A_LTD": rng.uniform(5e-5, 3e-4),
        "A_LTP": rng.uniform(5e-5, 3e-4),
        "u_ref_squared": rng.uniform(2000.0, 6000.0),
        "A_LTD_const": bool(rng.randint(2)),
        "delay_u_bars": rng.uniform(0.05, 8.0),
        "tau_u_bar_plus": rng.uniform(5.0, 20.0),
        "tau_u_bar_minus": rng.uniform(5.0, 20.0),
        "tau_u_bar_bar": rng.uniform(100.0, 600.0),
        "I_e": rng.uniform(-50.0, 150.0),
        "t_ref": rng.choice([0.0, 0.5, 2.0]),
        "C_m": rng.uniform(0.8, 1.2) * (281.0 if model.startswith("aeif") else 100.0),
        "E_L": -70.6 if model.startswith("aeif") else -54.402,
    }
    if model.startswith("aeif"):
        values |= {
            "theta_minus": rng.uniform(-71.5, -69.5),
            "theta_plus": rng.uniform(-60.0, -40.0),
            "t_clamp": rng.choice([0.3, 1.0, 2.0]),
            "V_clamp": rng.uniform(20.0, 33.0),
            "Delta_T": rng.choice([0.0, 2.0, 3.0]),
            "I_sp": rng.uniform(100.0, 500.0),
            "tau_z": rng.uniform(20.0, 60.0),
            "tau_V_th": rng.uniform(20.0, 70.0),
            "V_peak": rng.uniform(0.0, 10.0),
        }
    else:
        values |= {"theta_minus": rng.uniform(-70.0, -60.0), "theta_plus": rng.uniform(-50.0, -30.0)}
        values |= {"tau_syn_ex": rng.uniform(0.2, 2.0), "g_Na": rng.uniform(9000.0, 14000.0)}
    return values


def trains(nest: Any, seed: int, model: str, shortest: float, threads: int) -> Arrays:
    """Random trains at synapses of neurons with random parameters, which are driven to spike."""
    nest.set(local_num_threads=threads, rng_seed=seed + 77)
    rng = np.random.RandomState(seed + 5)
    scale = 15.0 if model.startswith("aeif") else 1500.0
    pre = nest.Create("parrot_neuron", 3)
    post = nest.Create(model, N_NEURONS)
    for node in post:
        node.set(neuron_parameters(rng, model))
    for node in pre:
        steps = np.unique(rng.randint(10, 2500, 150))
        source = nest.Create("spike_generator", params={"spike_times": np.round(0.1 * steps, 1)})
        nest.Connect(source, node, syn_spec={"delay": shortest})
    drive = nest.Create("poisson_generator", params={"rate": 60.0})
    nest.Connect(drive, post, syn_spec={"weight": 1.5 * scale, "delay": shortest})
    meter = nest.Create("multimeter", params={"interval": 25.0, "record_from": ["V_m", "u_bar_plus", "u_bar_bar"]})
    nest.Connect(meter, post, syn_spec={"delay": shortest})
    recorder, weights = nest.Create("spike_recorder"), nest.Create("weight_recorder")
    nest.Connect(post, recorder, syn_spec={"delay": shortest})
    nest.CopyModel("clopath_synapse", "copy", {"weight_recorder": weights})
    for i, node in enumerate(post):
        for k in range(3):
            spec: dict[str, Any] = {
                "synapse_model": "copy" if i < 3 else "clopath_synapse",
                "weight": 0.2 * scale,
                "Wmin": 0.1 * scale * rng.randint(2),
                "Wmax": scale * rng.choice([0.3, 2.0]),
                "tau_x": rng.uniform(5.0, 30.0),
                "delay": shortest + 0.1 * rng.randint(40) * (k > 0),
            }
            nest.Connect(pre[(i + k) % 3], node, syn_spec=spec)
    nest.Simulate(123.4)
    nest.Simulate(146.6)
    result = {"connections": connections(nest, ["copy", "clopath_synapse"])}
    result |= {f"sent_{k}": np.asarray(v) for k, v in weights.events.items()}
    result |= {f"spikes_{k}": np.asarray(v) for k, v in recorder.events.items()}
    result |= {f"samples_{k}": np.asarray(v) for k, v in meter.events.items()}
    return result


def connections(nest: Any, models: list[str]) -> np.ndarray:
    """Return what connections show, in the order of model, source, target and port."""
    rows = []
    for k, model in enumerate(models):
        status = nest.GetConnections(synapse_model=model).get()
        names = ("source", "target", "port", "weight", "x_bar")
        rows.append(np.stack([np.full(len(status["port"]), k, float), *(np.asarray(status[x]) for x in names)]))
    table = np.concatenate(rows, axis=1)
    return table[:, np.lexsort(table[[3, 2, 1, 0]])]


for _model in ("aeif_psc_delta_clopath", "hh_psc_alpha_clopath"):
    for _shortest, _threads in ((1.0, 1), (0.1, 2), (2.5, 1)):
        name = f"trains_{_model}_{_shortest}_{_threads}"
        CASES[name] = lambda nest, seed, m=_model, d=_shortest, t=_threads: trains(nest, seed, m, d, t)


def changes(nest: Any, seed: int) -> Arrays:
    """Neurons that have no plastic synapses at first, a changed delay of the averages, a frozen neuron."""
    nest.set(rng_seed=seed + 9)
    neurons = nest.Create("aeif_psc_delta_clopath", 4, {"I_e": 900.0, "delay_u_bars": 3.0})
    source = nest.Create("poisson_generator", params={"rate": 300.0})
    parrots = nest.Create("parrot_neuron", 4)
    nest.Connect(source, parrots)
    nest.Connect(source, neurons, syn_spec={"weight": 5.0})
    nest.Simulate(40.3)
    nest.Connect(parrots, neurons, "all_to_all", {"synapse_model": "clopath_synapse", "weight": 2.0, "Wmax": 9.0})
    nest.Simulate(35.0)
    neurons.delay_u_bars = 9.0
    neurons[1].frozen = True
    neurons[2].set(A_LTP=5e-4, theta_minus=-69.0)
    nest.Simulate(50.0)
    neurons[1].frozen = False
    nest.Connect(parrots[:1], neurons[1:], "all_to_all", {"synapse_model": "clopath_synapse", "weight": 2.0})
    nest.Simulate(60.0)
    return {"connections": connections(nest, ["clopath_synapse"])}


CASES["changes"] = changes
