"""Neurons with adaptive integration.

Their solver keeps its step size from one time step to the next, so that every digit of the past matters. Traces show
what it makes of steep upstrokes, of several spikes in one step, and of resolutions other than 0.1 ms.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation, events

CONDUCTANCE, CURRENT = (20.0, -10.0), (400.0, -300.0)
WEIGHTS = {
    "iaf_cond_exp_sfa_rr": (6.0, -4.0),
    "hh_psc_alpha": CURRENT,
    "hh_cond_exp_traub": (20.0, -10.0),
    "aeif_cond_exp": (110.0, -20.0),
    "aeif_cond_alpha": (50.0, -20.0),
    "aeif_psc_exp": (6000.0, -300.0),
    "aeif_psc_alpha": (2500.0, -300.0),
    "aeif_psc_delta": (3.0, -2.0),
    "aeif_cond_alpha_multisynapse": (15.0, 2.0),
    "aeif_cond_beta_multisynapse": (10.0, 2.0),
}
SETS: dict[str, list[dict[str, Any]]] = {
    "iaf_cond_exp": [{}, {"tau_syn_ex": 1.5, "t_ref": 0.5, "I_e": 120.0}],
    "iaf_cond_alpha": [{}, {"tau_syn_ex": 1.5, "t_ref": 0.0, "I_e": 120.0}],
    "iaf_cond_beta": [{}, {"tau_rise_ex": 0.3, "tau_decay_ex": 1.7, "tau_rise_in": 1.0, "E_L": -67.0}],
    "iaf_cond_exp_sfa_rr": [{}, {"q_rr": 300.0, "tau_sfa": 40.0, "t_ref": 2.0}],
    "hh_psc_alpha": [{}, {"tau_syn_ex": 2.0, "I_e": 650.0, "t_ref": 0.0}],
    "hh_cond_exp_traub": [{}, {"I_e": 300.0, "tau_syn_ex": 1.0, "t_ref": 0.5}],
    "aeif_cond_exp": [
        {},
        {"t_ref": 2.0, "a": 0.0, "Delta_T": 1.0},
        {"gsl_error_tol": 1e-9, "I_e": 900.0},
        {"Delta_T": 0.0},
        {"I_e": 900.0, "t_ref": 1.0, "tau_syn_ex": 2.0, "V_peak": 20.0},
        {"V_reset": -47.0, "b": 10.0, "I_e": 20000.0},
    ],
    "aeif_cond_alpha": [{}, {"I_e": 900.0, "t_ref": 1.0, "tau_syn_ex": 2.0, "V_peak": 20.0}],
    "aeif_psc_exp": [{}, {"I_e": 900.0, "t_ref": 1.0, "tau_syn_ex": 2.0, "V_peak": 20.0}],
    "aeif_psc_alpha": [{}, {"I_e": 900.0, "t_ref": 1.0, "tau_syn_ex": 2.0, "V_peak": 20.0}],
    "aeif_psc_delta": [{}, {"I_e": 900.0, "t_ref": 1.0, "a": 1.0}, {"Delta_T": 0.0, "V_peak": -30.0}],
    "aeif_cond_alpha_multisynapse": [
        {"E_rev": [0.0, -85.0, -70.0], "tau_syn": [0.5, 2.0, 9.0]},
        {"E_rev": [20.0, -80.0], "tau_syn": [3.0, 1.0], "I_e": 600.0, "t_ref": 2.0},
    ],
    "aeif_cond_beta_multisynapse": [
        {"E_rev": [0.0, -85.0, -70.0], "tau_rise": [0.5, 2.0, 3.0], "tau_decay": [1.5, 2.0, 10.0]},
        {"E_rev": [20.0, -80.0], "tau_rise": [1.0, 1.0], "tau_decay": [3.0, 4.0], "I_e": 600.0, "t_ref": 2.0},
    ],
}
CASES: dict[str, Simulation] = {}


def trains(seed: int, resolution: float) -> tuple[list[float], list[float]]:
    """Return the input spikes of both signs."""
    generator = np.random.RandomState(1 + seed)
    grid = np.arange(2, 190) if resolution == 0.5 else np.arange(4, 950) * 0.2
    excitatory = generator.choice(grid, 150)
    inhibitory = generator.choice(grid, 60)
    return np.sort(np.round(excitatory, 1)).tolist(), np.sort(np.round(inhibitory, 1)).tolist()


def driven(nest: Any, seed: int, model: str, resolution: float, parameters: dict[str, Any]) -> Arrays:
    """Three neurons of different initial state with random input and a step of current, in several runs."""
    nest.resolution = resolution
    neurons = nest.Create(model, 3, parameters)
    neurons.V_m = [-70.0, -62.0, -58.0]
    ports = [{"receptor_type": 1}, {"receptor_type": 2}] if "multisynapse" in model else [{}, {}]
    for times, weight, port in zip(trains(seed, resolution), WEIGHTS.get(model, CONDUCTANCE), ports, strict=True):
        train = nest.Create("spike_generator", params={"spike_times": times})
        nest.Connect(train, neurons, syn_spec={"weight": weight, "delay": 1.0} | port)
    dc = nest.Create("dc_generator", params={"amplitude": 700.0, "start": 20.0, "stop": 60.0})
    nest.Connect(dc, neurons, syn_spec={"delay": 1.0})
    recordables = list(neurons[0].recordables)
    meter = nest.Create("multimeter", params={"record_from": recordables, "interval": 1.0})
    recorder = nest.Create("spike_recorder")
    nest.Connect(meter, neurons)
    nest.Connect(neurons, recorder)
    for span in (50.0, 33.0, 117.0):
        nest.Simulate(span)
    return events(meter=meter, spikes=recorder)


for _model, _sets in SETS.items():
    for _k, _parameters in enumerate(_sets):
        for _h in (0.1, 0.2, 0.5) if _k == 0 else (0.1,):
            CASES[f"{_model}-{_k}-{_h}"] = lambda nest, seed, a=(_model, _h, _parameters): driven(nest, seed, *a)


def network(nest: Any, seed: int, model: str, threads: int) -> Arrays:
    """A small recurrent network with Poisson input and different parameters in every neuron."""
    nest.set(local_num_threads=threads, rng_seed=55 + seed)
    neurons = nest.Create(model, 40, {"V_m": nest.random.normal(-62.0, 4.0), "C_m": nest.random.uniform(200.0, 300.0)})
    drive = nest.Create("poisson_generator", params={"rate": 9000.0})
    recorder = nest.Create("spike_recorder")
    meter = nest.Create("multimeter", params={"record_from": ["V_m"], "interval": 1.0})
    J = 12.0 if "aeif" in model else 4.0
    nest.Connect(neurons[:30], neurons, {"rule": "fixed_indegree", "indegree": 5}, {"weight": J, "delay": 1.5})
    nest.Connect(neurons[30:], neurons, {"rule": "fixed_indegree", "indegree": 3}, {"weight": -2 * J, "delay": 1.0})
    nest.Connect(drive, neurons, syn_spec={"weight": 0.6 * J, "delay": 1.5})
    nest.Connect(neurons, recorder)
    nest.Connect(meter, neurons[:4])
    nest.Simulate(300.0)
    return events(meter=meter, spikes=recorder)


for _model in ("iaf_cond_exp", "aeif_cond_exp"):
    for _threads in (1, 2):
        CASES[f"network_{_model}_{_threads}"] = lambda nest, seed, a=(_model, _threads): network(nest, seed, *a)


def frozen_tolerance(nest: Any) -> Arrays:
    """A tolerance that is changed after the first run, which has no effect any more, and other parameters, which do."""
    neuron = nest.Create("aeif_cond_exp", params={"gsl_error_tol": 1e-4, "I_e": 800.0})
    meter = nest.Create("multimeter", params={"record_from": ["V_m", "w"], "interval": 0.1})
    nest.Connect(meter, neuron)
    nest.Simulate(30.0)
    neuron.gsl_error_tol = 1e-10
    nest.Simulate(30.0)
    neuron.set(I_e=1200.0, t_ref=3.0, V_m=-55.0)
    nest.Simulate(30.0)
    return events(meter=meter)


CASES["frozen_tolerance"] = lambda nest, seed: frozen_tolerance(nest)
