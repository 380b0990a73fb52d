"""Networks of the kinds that are measured over long runs: plasticity, vectors, many numbers at once.

What is done for speed (short vectors, products of many numbers, powers that are left out) must not change a digit.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation, events

ADAPTIVE = {"tau_sfa": [10.0, 90.0], "q_sfa": [3.0, 1.0], "tau_stc": [20.0], "q_stc": [15.0]}
LEVELS = {"spike_dependent_threshold": True, "after_spike_currents": True, "adapting_threshold": True}
PLASTIC: dict[str, dict[str, float]] = {
    "stdp_synapse": {"Wmax": 40.0},
    "stdp_synapse powers": {"Wmax": 40.0, "mu_plus": 0.4, "mu_minus": 0.0},
    "stdp_pl_synapse_hom": {},
    "stdp_dopamine_synapse": {"Wmax": 40.0, "A_plus": 0.5, "A_minus": 0.3},
}
NEURONS: dict[str, tuple[dict[str, Any], float, int]] = {
    "glif_cond": (LEVELS | {"tau_syn": [0.5, 2.0, 9.0], "E_rev": [0.0, -80.0, -20.0]}, 4.0, 3),
    "glif_cond nine": ({"tau_syn": [0.5] * 9, "E_rev": [0.0] * 9}, 4.0, 9),
    "glif_psc": (LEVELS | {"tau_syn": [0.5, 2.0, 9.0]}, 60.0, 3),
    "gif_cond_exp": (ADAPTIVE, 1.0, 0),
    "gif_cond_exp_multisynapse": (ADAPTIVE | {"tau_syn": [0.5, 2.0], "E_rev": [0.0, 0.0]}, 2.0, 2),
    "iaf_psc_exp_multisynapse": ({"tau_syn": [0.5, 2.0, 9.0]}, 40.0, 3),
}
"""Parameters, weight, and number of receptors, 0 where they are not numbered."""


def plastic(nest: Any, seed: int, case: str, threads: int) -> Arrays:
    """Neurons with noise and plastic synapses among them."""
    nest.set(local_num_threads=threads, rng_seed=seed + 7)
    neurons, noise = nest.Create("iaf_psc_alpha", 60), nest.Create("poisson_generator", params={"rate": 9000.0})
    recorder, model, values = nest.Create("spike_recorder"), case.split()[0], dict[str, Any](PLASTIC[case])
    if model == "stdp_dopamine_synapse":
        values["volume_transmitter"] = nest.Create("volume_transmitter")
        nest.Connect(neurons[:6], values["volume_transmitter"])
    nest.CopyModel(model, "plastic", values | {"weight": 20.0})
    nest.Connect(noise, neurons, syn_spec={"weight": 25.0})
    nest.Connect(neurons, recorder)
    rule = {"rule": "fixed_indegree", "indegree": 30}
    nest.Connect(neurons, neurons, rule, {"synapse_model": "plastic", "delay": 1.5})
    nest.Simulate(150.0)
    found = nest.GetConnections(synapse_model="plastic").get(["source", "target", "port", "weight"])
    order = np.lexsort((found["port"], found["target"], found["source"]))
    return events(spikes=recorder) | {"weights": np.asarray(found["weight"])[order]}


def neurons(nest: Any, seed: int, case: str, threads: int) -> Arrays:
    """Neurons with vectors of states, driven at all receptors."""
    nest.set(local_num_threads=threads, rng_seed=seed + 7)
    values, weight, receptors = NEURONS[case]
    nodes = nest.Create(case.split()[0], 20, values)
    noise, recorder = nest.Create("poisson_generator", params={"rate": 8000.0}), nest.Create("spike_recorder")
    meter = nest.Create("multimeter", params={"record_from": ["V_m"], "interval": 0.5})
    nest.Connect(meter, nodes)
    rule = {"rule": "fixed_indegree", "indegree": 5}
    for receptor in range(1, receptors + 1) if receptors else (0,):
        synapse = {"weight": weight, "receptor_type": receptor}
        nest.Connect(noise, nodes, syn_spec=synapse)
        nest.Connect(nodes, nodes, rule, synapse | {"delay": 1.5})
    nest.Connect(nodes, recorder)
    nest.Simulate(100.0)
    return events(spikes=recorder, meter=meter)


def gap_junctions(nest: Any, seed: int, threads: int) -> Arrays:
    """Neurons with gap junctions, all to all, which are iterated."""
    nest.set(local_num_threads=threads, rng_seed=seed + 7, resolution=0.05, use_wfr=True, wfr_interpolation_order=3)
    nodes, recorder = nest.Create("hh_psc_alpha_gap", 40), nest.Create("spike_recorder")
    nodes.V_m = nest.random.uniform(-80.0, -40.0)
    noise = nest.Create("poisson_generator", params={"rate": 500.0})
    nest.Connect(noise, nodes, syn_spec={"weight": 300.0, "delay": 1.0})
    nest.Connect(nodes, recorder)
    inhibition = {"weight": -50.0, "delay": 1.0}
    nest.Connect(nodes, nodes, {"rule": "fixed_indegree", "indegree": 10}, inhibition)
    nest.Connect(nodes, nodes, "all_to_all", {"synapse_model": "gap_junction", "weight": 0.02})
    nest.Simulate(30.0)
    return events(spikes=recorder) | {"V_m": np.asarray(nodes.V_m)}


def rates(nest: Any, seed: int, threads: int) -> Arrays:
    """Rate neurons, all to all, with two delays."""
    nest.set(local_num_threads=threads, rng_seed=seed + 7, use_wfr=False)
    nodes = nest.Create("lin_rate_ipn", 30, {"sigma": 0.1, "mu": 0.5, "tau": 10.0})
    meter = nest.Create("multimeter", params={"record_from": ["rate"], "interval": 1.0})
    nest.Connect(meter, nodes)
    weight = nest.random.normal(0.0, 0.03)
    synapse = {"synapse_model": "rate_connection_delayed", "weight": weight, "delay": 1.0}
    nest.Connect(nodes, nodes, "all_to_all", synapse)
    nest.Connect(nodes[:10], nodes[20:], "all_to_all", synapse | {"weight": 0.02, "delay": 2.0})
    nest.Simulate(60.0)
    return events(meter=meter)


CASES: dict[str, Simulation] = {}
for _threads in (1, 2):
    for _function, _cases in ((plastic, PLASTIC), (neurons, NEURONS)):
        for _case in _cases:
            CASES[f"{_case} {_threads}"] = functools.partial(_function, case=_case, threads=_threads)
    CASES[f"gap junctions {_threads}"] = functools.partial(gap_junctions, threads=_threads)
    CASES[f"rates {_threads}"] = functools.partial(rates, threads=_threads)
