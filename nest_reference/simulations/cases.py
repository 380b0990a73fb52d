"""Small networks of the commonest models.

They show that many parts work together: Brunel's network with spike trains for three models and one or two threads,
noise from several generators, currents, and weights that are recorded.
"""

from __future__ import annotations

from typing import Any

from nest_reference.simulations import Arrays, Simulation, events

CASES: dict[str, Simulation] = {}


def case(function: Simulation) -> Simulation:
    """Register a simulation."""
    CASES[function.__name__] = function
    return function


NEURONS = ("iaf_psc_alpha", "iaf_psc_exp", "iaf_psc_delta", "iaf_psc_alpha_multisynapse", "iaf_psc_exp_multisynapse")


def driven(nest: Any, model: str, resolution: float = 0.1, threads: int = 1, **parameters: Any) -> Arrays:
    """Two neurons of different threshold with spikes of both signs, a step of current and an alternating current."""
    nest.resolution = resolution
    nest.local_num_threads = threads
    multisynapse = "multisynapse" in model
    neurons = nest.Create(model, 2, parameters)
    neurons.set([{"V_th": -55.0}, {"V_th": -61.0}])
    if multisynapse:
        neurons.tau_syn = [1.0, 3.5]
    scale = 1.0 if "delta" in model else 200.0
    plus = nest.Create("spike_generator", params={"spike_times": [2.0, 5.0, 5.0, 40.0, 41.0, 42.0]})
    minus = nest.Create("spike_generator", params={"spike_times": [8.0, 60.0], "spike_weights": [1.0, 2.5]})
    step = nest.Create(
        "step_current_generator",
        params={"amplitude_times": [20.0, 50.0, 90.0], "amplitude_values": [300.0, -100.0, 420.0]},
    )
    sine = nest.Create("ac_generator", params={"amplitude": 60.0, "frequency": 33.0, "offset": 5.0, "phase": 40.0})
    dc = nest.Create("dc_generator", params={"amplitude": 120.0, "start": 10.0, "stop": 120.0})
    meter = nest.Create("multimeter", params={"record_from": list(neurons[0].recordables), "interval": resolution})
    recorder = nest.Create("spike_recorder")
    port = {"receptor_type": 1} if multisynapse else {}
    nest.Connect(plus, neurons, syn_spec={"weight": 3.0 * scale, "delay": 1.0} | port)
    port = {"receptor_type": 2} if multisynapse else {}
    nest.Connect(minus, neurons, syn_spec={"weight": -1.5 * scale, "delay": 2.0} | port)
    for device in (step, sine, dc):
        nest.Connect(device, neurons, syn_spec={"weight": 1.0, "delay": 1.0})
    nest.Connect(meter, neurons)
    nest.Connect(neurons, recorder)
    for span in (50.0, 33.0, 100.0):
        nest.Simulate(span)
    return events(meter=meter, spikes=recorder)


for _model in NEURONS:
    CASES[f"driven_{_model}"] = lambda nest, seed, m=_model: driven(nest, m)
    CASES[f"driven_coarse_{_model}"] = lambda nest, seed, m=_model: driven(nest, m, 0.5, 2, t_ref=0.0, E_L=-68.0)


@case
def refractory_input(nest: Any, seed: int) -> Arrays:
    """Input during the refractory period that is kept."""
    return driven(nest, "iaf_psc_delta", refractory_input=True, t_ref=5.0)


@case
def filtered_current(nest: Any, seed: int) -> Arrays:
    """Current at receptor 1 of iaf_psc_exp."""
    neuron = nest.Create("iaf_psc_exp")
    dc = nest.Create("dc_generator", params={"amplitude": 400.0, "start": 3.0, "stop": 60.0})
    meter = nest.Create("multimeter", params={"record_from": ["V_m", "I_syn_ex"], "interval": 0.1})
    nest.Connect(dc, neuron, syn_spec={"receptor_type": 1})
    nest.Connect(meter, neuron)
    nest.Simulate(100.0)
    return events(meter=meter)


def noisy(nest: Any, seed: int, threads: int, rng_type: str) -> Arrays:
    """Poisson and noise generators onto neurons, parrots and recorders."""
    nest.set(local_num_threads=threads, rng_seed=seed, rng_type=rng_type)
    neurons = nest.Create("iaf_psc_alpha", 5, {"V_m": nest.random.uniform(-70.0, -56.0)})
    parrots = nest.Create("parrot_neuron", 3)
    slow = nest.Create("poisson_generator", params={"rate": 800.0, "start": 5.0})
    fast = nest.Create("poisson_generator", 2, {"rate": 200000.0, "stop": 120.0})
    noise = nest.Create("noise_generator", params={"mean": 300.0, "std": 200.0, "dt": 0.5})
    modulated = nest.Create("noise_generator", params={"std": 90.0, "std_mod": 40.0, "frequency": 20.0})
    meter = nest.Create("voltmeter", params={"interval": 0.1})
    recorder = nest.Create("spike_recorder")
    nest.Connect(slow, neurons + parrots, syn_spec={"weight": 60.0, "delay": 1.5})
    nest.Connect(fast, neurons, syn_spec={"weight": 0.4, "delay": 1.0})
    nest.Connect(noise, neurons)
    nest.Connect(modulated, neurons)
    nest.Connect(parrots, neurons, syn_spec={"weight": -20.0, "delay": 2.0})
    nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 3}, {"weight": 30.0, "delay": 1.2})
    nest.Connect(meter, neurons)
    nest.Connect(neurons + parrots, recorder)
    nest.Connect(slow, recorder)
    nest.Simulate(77.7)
    nest.Simulate(100.0)
    return events(meter=meter, spikes=recorder)


CASES["noisy"] = lambda nest, seed: noisy(nest, seed + 12, 1, "mt19937_64")
CASES["noisy_philox_32"] = lambda nest, seed: noisy(nest, seed + 1, 1, "Philox_32")
CASES["noisy_two_threads"] = lambda nest, seed: noisy(nest, seed + 12, 2, "mt19937_64")


def brunel(nest: Any, seed: int, model: str, threads: int) -> Arrays:
    """A small balanced network with random initial potentials and weights."""
    nest.set(local_num_threads=threads, rng_seed=seed + 55)
    J = 0.8 if "delta" in model else 90.0
    excitatory = nest.Create(model, 80, {"V_m": nest.random.normal(-62.0, 4.0), "tau_m": 20.0})
    inhibitory = nest.Create(model, 20, {"tau_m": 20.0})
    drive = nest.Create("poisson_generator", params={"rate": 14000.0})
    recorder = nest.Create("spike_recorder")
    meter = nest.Create("voltmeter", params={"interval": 1.0})
    neurons = excitatory + inhibitory
    nest.CopyModel("static_synapse", "excitatory", {"weight": J, "delay": 1.5})
    nest.Connect(excitatory, neurons, {"rule": "fixed_indegree", "indegree": 8}, "excitatory")
    nest.Connect(
        inhibitory,
        neurons,
        {"rule": "pairwise_bernoulli", "p": 0.1},
        {"weight": nest.random.uniform(-6 * J, -4 * J), "delay": nest.random.uniform(1.0, 3.0)},
    )
    nest.Connect(drive, neurons, syn_spec={"weight": J, "delay": 1.5})
    nest.Connect(neurons, recorder)
    nest.Connect(meter, neurons[:5])
    nest.Simulate(300.0)
    return events(meter=meter, spikes=recorder)


for _model in NEURONS[:3]:
    for _threads in (1, 2):
        CASES[f"brunel_{_model}_{_threads}"] = lambda nest, seed, m=_model, t=_threads: brunel(nest, seed, m, t)


@case
def weights(nest: Any, seed: int) -> Arrays:
    """A weight recorder on two synapse models."""
    nest.Create("parrot_neuron", 4)
    recorder = nest.Create("weight_recorder")
    nest.CopyModel("static_synapse", "watched", {"weight_recorder": recorder})
    source = nest.Create(
        "spike_generator", params={"spike_times": [1.0, 2.0, 2.0, 7.3], "spike_multiplicities": [1, 3, 1, 2]}
    )
    parrots = nest.NodeCollection([1, 2, 3, 4])
    nest.Connect(source, parrots[:2])
    nest.Connect(parrots[:2], parrots[2:], syn_spec={"synapse_model": "watched", "weight": 2.5, "delay": 1.3})
    nest.Simulate(30.0)
    return events(weights=recorder)


def changes_between_runs(nest: Any, seed: int, threads: int) -> Arrays:
    """Runs that are prepared together, with changes in between: what is computed from parameters beforehand stays."""
    nest.set(local_num_threads=threads, rng_seed=seed + 7)
    neurons = nest.Create("iaf_psc_alpha", 3, {"I_e": 300.0}) + nest.Create("aeif_cond_exp", 17)
    generators = {
        "poisson_generator": ({"rate": 8000.0}, {"rate": 30000.0, "stop": 12.0}),
        "dc_generator": ({"amplitude": 50.0}, {"amplitude": 300.0, "stop": 22.0}),
        "ac_generator": (
            {"amplitude": 50.0, "frequency": 50.0},
            {"amplitude": 500.0, "frequency": 90.0, "offset": 9.0},
        ),
        "noise_generator": ({"std": 40.0}, {"mean": 100.0, "std": 10.0, "dt": 0.5}),
        "spike_generator": ({"spike_times": [5.0, 12.0]}, {"spike_times": [14.0, 15.0, 16.0]}),
        "step_current_generator": (
            {"amplitude_times": [3.0, 13.0], "amplitude_values": [100.0, -100.0]},
            {"amplitude_times": [12.5, 15.0, 17.0], "amplitude_values": [500.0, -500.0, 0.0]},
        ),
        "sinusoidal_poisson_generator": ({"rate": 900.0}, {"rate": 3000.0, "amplitude": 900.0, "frequency": 30.0}),
        "gamma_sup_generator": ({"rate": 400.0, "n_proc": 4}, {"rate": 900.0}),
        "inhomogeneous_poisson_generator": (
            {"rate_times": [1.0, 3.0], "rate_values": [500.0, 900.0]},
            {"rate_times": [16.0, 18.0], "rate_values": [5000.0, 100.0]},
        ),
    }
    devices = []
    for name, (before, _) in generators.items():
        devices.append(nest.Create(name, params=before))
        kind = "current" if devices[-1].element_type == "stimulator" and "rate" not in before else "spikes"
        nest.Connect(devices[-1], neurons[:3], syn_spec={"weight": 1.0 if kind == "current" else 20.0})
        if kind == "spikes":
            nest.Connect(devices[-1], neurons[3:], syn_spec={"weight": 2.0})
    nest.Connect(neurons[:3], neurons[:3], syn_spec={"weight": 30.0, "synapse_model": "stdp_synapse"})
    recorder, meter = nest.Create("spike_recorder"), nest.Create("voltmeter", params={"interval": 0.1})
    nest.Connect(neurons, recorder)
    nest.Connect(meter, neurons[:6])
    with nest.RunManager():
        nest.Run(10.0)
        neurons[:3].set(tau_m=20.0, t_ref=5.0, V_th=-57.0, I_e=[500.0, 600.0, 700.0])
        neurons[3:].set(I_e=700.0, b=60.0, t_ref=3.0)
        nest.Run(5.3)
        for device, (_, after) in zip(devices, generators.values(), strict=True):
            device.set(after)
        nest.GetConnections(neurons[:3], neurons[:3]).set(weight=90.0)
        nest.Run(4.7)
        neurons[0].frozen = True
        neurons[1].V_m = -60.0
        nest.Run(6.0)
    nest.Simulate(5.0)
    return events(meter=meter, spikes=recorder)


CASES["changes_between_runs_1"] = lambda nest, seed: changes_between_runs(nest, seed, 1)
CASES["changes_between_runs_2"] = lambda nest, seed: changes_between_runs(nest, seed, 2)
