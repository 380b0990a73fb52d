"""Neurons whose spikes lie between the points of the grid.

Times of spikes and the order in which they are handled inside a step depend on each other; only whole networks show
both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation

CASES: dict[str, Simulation] = {}
N_NEURONS = 60


def recorder(nest: Any, nodes: Any, delay: float) -> Any:
    """Record spikes as steps and offsets, so that no digit is lost."""
    device = nest.Create("spike_recorder", params={"time_in_steps": True})
    nest.Connect(nodes, device, syn_spec={"delay": delay})
    return device


def recorded(name: str, device: Any) -> Arrays:
    """Return the events of a recorder."""
    return {f"{name}_{k}": np.asarray(v) for k, v in device.events.items()}


def neuron_parameters(rng: np.random.RandomState, model: str) -> dict[str, Any]:
    """Draw parameters of a neuron."""
    E_L = rng.uniform(-72.0, -66.0)
    values: dict[str, Any] = {
        "E_L": E_L,
        "C_m": rng.uniform(150.0, 350.0),
        "tau_m": rng.uniform(6.0, 25.0),
        "t_ref": rng.choice([0.1, 0.25, 1.0, 2.0, 3.3]),
        "V_th": rng.uniform(-58.0, -52.0),
        "V_reset": E_L + rng.uniform(-3.0, 3.0),
        "V_min": rng.choice([-1e10, E_L - 6.0]),
        "I_e": rng.choice([0.0, 150.0, 500.0]),
        "V_m": rng.uniform(-70.0, -50.0),
    }
    if "alpha" in model:  # NEST's search for the crossing does not end if rounding errors are too large for it
        values |= {"V_th": E_L + rng.uniform(2.0, 4.0), "V_reset": E_L - rng.uniform(0.0, 1.0), "V_m": E_L - 1.0}
        values |= {"V_min": -1e10, "I_e": rng.choice([0.0, 20.0, 60.0])}
    if "delta" not in model:
        values["tau_syn_ex"] = rng.choice([values["tau_m"], rng.uniform(0.3, 8.0)])
        values["tau_syn_in"] = rng.uniform(0.3, 8.0)
    if "lossless" in model:
        values["tau_syn_ex"] = values["tau_syn_in"]
    return values


def trains(nest: Any, seed: int, model: str, shortest: float, threads: int, resolution: float = 0.1) -> Arrays:
    """Neurons with random parameters and precise, coincident, and ordinary input."""
    nest.set(local_num_threads=threads, rng_seed=seed + 77, resolution=resolution)
    rng = np.random.RandomState(seed + 5)
    scale = {"delta": 4.0, "exp": 150.0, "alpha": 15.0}[model.split("_")[2]]
    neurons = nest.Create(model, N_NEURONS)
    for node in neurons:
        node.set(neuron_parameters(rng, model))
    parrots = nest.Create("parrot_neuron_ps", 4)
    plain = nest.Create("parrot_neuron", 2)
    for i, node in enumerate(parrots + plain):
        times = np.sort(rng.uniform(1.0, 95.0, 150))
        if i % 2:
            times = np.sort(np.append(times, times[::3]))  # several at once
        parameters = {"spike_times": np.round(times, 3), "precise_times": True}
        if i >= 4:
            parameters = {"spike_times": np.unique(np.round(times, 0))}
        nest.Connect(nest.Create("spike_generator", params=parameters), node, syn_spec={"delay": shortest})
    poisson = nest.Create("poisson_generator_ps", params={"rate": 400.0})
    coarse = nest.Create("poisson_generator", params={"rate": 400.0})
    current = nest.Create("step_current_generator", params={
        "amplitude_times": [20.0, 40.0, 60.0], "amplitude_values": [0.5 * scale, -0.5 * scale, scale]})  # fmt: skip
    spec = {"weight": scale, "delay": shortest}
    nest.Connect(poisson, neurons, syn_spec=spec)
    nest.Connect(poisson, parrots, syn_spec={"delay": shortest})
    nest.Connect(coarse, neurons, syn_spec={"weight": -0.3 * scale, "delay": shortest})
    nest.Connect(current, neurons, syn_spec={"delay": shortest})
    for i, source in enumerate(parrots + plain):
        weight = scale * (0.5 if i % 3 else -0.5)
        nest.Connect(source, neurons, syn_spec={"weight": weight, "delay": shortest + resolution * i})
    nest.Connect(neurons[::7], neurons, "all_to_all", {"weight": 0.1 * scale, "delay": shortest})
    nest.Connect(neurons[1::7], plain, syn_spec={"delay": shortest + resolution})
    meter = nest.Create("multimeter", params={"interval": 2.0, "record_from": ["V_m"]})
    nest.Connect(meter, neurons, syn_spec={"delay": shortest})
    spikes = recorder(nest, neurons + parrots + plain, shortest)
    nest.Simulate(40.3 if resolution == 0.1 else 41.0)
    nest.Simulate(59.0)
    status = neurons.get(["V_m", "t_spike", "Ca"])
    result = recorded("spikes", spikes) | {f"samples_{k}": np.asarray(v) for k, v in meter.events.items()}
    return result | {k: np.asarray(v) for k, v in status.items()} | {"count": np.array(nest.local_spike_counter)}


for _model in ("iaf_psc_delta_ps", "iaf_psc_exp_ps", "iaf_psc_exp_ps_lossless", "iaf_psc_alpha_ps"):
    for _shortest, _threads, _resolution in (
        (1.0, 1, 0.1),
        (0.1, 2, 0.1),
        (2.5, 1, 0.1),
        (1.0, 2, 0.25),
        (2.0, 1, 1.0),
    ):
        name = f"trains_{_model}_{_shortest}_{_threads}_{_resolution}"
        CASES[name] = lambda nest, seed, m=_model, d=_shortest, t=_threads, h=_resolution: trains(
            nest, seed, m, d, t, h
        )


def network(nest: Any, seed: int, threads: int) -> Arrays:
    """A recurrent network of several kinds of neurons, plastic synapses among them; changes between the runs."""
    nest.set(local_num_threads=threads, rng_seed=seed + 55)
    groups = [nest.Create(m, 20) for m in ("iaf_psc_exp_ps", "iaf_psc_exp", "iaf_psc_delta_ps", "parrot_neuron_ps")]
    exponential, grid, delta, parrots = groups
    neurons = exponential + grid
    drive = nest.Create("poisson_generator_ps", params={"rate": 9000.0})
    nest.Connect(drive, neurons, syn_spec={"weight": 60.0})
    nest.Connect(drive, delta, syn_spec={"weight": 0.3})
    rule = {"rule": "fixed_indegree", "indegree": 6}
    delays = nest.random.uniform(1.0, 3.0)
    nest.Connect(neurons, neurons, rule, {"weight": nest.random.uniform(-90.0, 90.0), "delay": delays})
    nest.Connect(neurons, delta, rule, {"weight": 0.5, "delay": delays})
    nest.Connect(delta, neurons, rule, {"synapse_model": "stdp_synapse", "weight": 50.0, "delay": delays})
    nest.Connect(exponential, delta, rule, {"synapse_model": "stdp_synapse", "weight": 0.5, "delay": delays})
    nest.Connect(exponential, parrots, rule, {"synapse_model": "bernoulli_synapse", "p_transmit": 0.4})
    nest.Connect(parrots, exponential, rule, {"synapse_model": "tsodyks2_synapse", "weight": 80.0})
    spikes = recorder(nest, neurons + delta + parrots, 1.0)
    nest.Simulate(33.4)
    exponential.I_e = 100.0
    delta[3].set(V_m=-50.0)
    late = nest.Create("spike_recorder")
    nest.Connect(exponential, late)
    nest.Simulate(30.6)
    nest.Simulate(40.0)
    result = recorded("spikes", spikes) | recorded("late", late)
    connections = nest.GetConnections(synapse_model="stdp_synapse").get(["source", "target", "weight", "Kplus"])
    table = np.stack([np.asarray(connections[k]) for k in ("source", "target", "weight", "Kplus")])
    lengths = delta.get(["archiver_length", "post_trace", "t_spike", "Ca"])
    result["connections"] = table[:, np.lexsort(table)]
    return result | {k: np.asarray(v) for k, v in lengths.items()}


CASES["network"] = lambda nest, seed: network(nest, seed, 1)
CASES["network_two_threads"] = lambda nest, seed: network(nest, seed, 2)


def fractions(nest: Any, seed: int, threads: int) -> Arrays:
    """Delays that are no multiples of the time step, between nodes of all kinds."""
    nest.set(local_num_threads=threads, rng_seed=seed + 33)
    rng = np.random.RandomState(seed + 2)
    source = nest.Create("parrot_neuron_ps", 3)
    grid = nest.Create("parrot_neuron")
    train = nest.Create("spike_generator", params={
        "spike_times": np.sort(np.round(rng.uniform(1.0, 60.0, 80), 3)), "precise_times": True})  # fmt: skip
    poisson = nest.Create("poisson_generator", params={"rate": 800.0})
    targets = nest.Create("parrot_neuron_ps", 40) + nest.Create("iaf_psc_exp_ps", 10) + nest.Create("iaf_psc_exp", 10)
    nest.Connect(train, source, syn_spec={"delay": 0.1})
    nest.Connect(train, grid, syn_spec={"delay": 0.1})
    for k, target in enumerate(targets):
        nest.CopyModel("cont_delay_synapse", f"cont_{k}", {"delay": rng.uniform(0.25, 4.0), "weight": 400.0})
        nest.Connect(source[k % 3], target, syn_spec={"synapse_model": f"cont_{k}"})
        nest.Connect(grid, target, syn_spec={"synapse_model": f"cont_{k}", "delay": 2.0})
    nest.CopyModel("cont_delay_synapse", "device", {"delay": 1.234})
    nest.Connect(poisson, targets, syn_spec={"synapse_model": "device", "weight": 150.0})
    connections = nest.GetConnections(grid, targets)
    for connection in connections[::2]:
        connection.delay = round(rng.uniform(0.5, 5.0), 2)
    spikes = recorder(nest, targets, 0.1)
    nest.Simulate(70.0)
    ends = connections.get(["target", "delay"])
    order = np.argsort(ends["target"])
    return recorded("spikes", spikes) | {k: np.asarray(v)[order] for k, v in ends.items()}


CASES["fractions"] = lambda nest, seed: fractions(nest, seed, 1)
CASES["fractions_two_threads"] = lambda nest, seed: fractions(nest, seed, 2)


def watched(nest: Any, seed: int, threads: int) -> Arrays:
    """Weight recorders of synapses between neurons of both kinds."""
    nest.set(local_num_threads=threads, rng_seed=seed + 7)
    precise = nest.Create("iaf_psc_exp_ps", 8, {"V_m": nest.random.uniform(-70.0, -56.0)})
    ordinary, parrots = nest.Create("iaf_psc_alpha", 4), nest.Create("parrot_neuron_ps", 3)
    nest.Connect(nest.Create("poisson_generator_ps", params={"rate": 15000.0}), precise, syn_spec={"weight": 40.0})
    nest.Connect(nest.Create("poisson_generator", params={"rate": 9000.0}), ordinary, syn_spec={"weight": 90.0})
    recorders = nest.Create("weight_recorder", 3)
    recorders[2].targets = precise[:2]
    models = ("stdp_synapse", "static_synapse", "cont_delay_synapse", "bernoulli_synapse")
    for model, which in zip(models, (0, 1, 2, 0), strict=True):
        name = f"watched_{model}"
        nest.CopyModel(model, name, {"weight_recorder": recorders[which]})
        spec = {"synapse_model": name, "delay": nest.random.uniform(1.0, 2.0)}
        rule = {"rule": "fixed_indegree", "indegree": 3}
        nest.Connect(precise, precise + parrots, rule, {**spec, "weight": nest.random.uniform(10.0, 60.0)})
        if model != "cont_delay_synapse":
            nest.Connect(precise, ordinary, rule, {**spec, "weight": nest.random.uniform(-10.0, 60.0)})
            nest.Connect(ordinary, precise, rule, {**spec, "weight": nest.random.uniform(-10.0, 60.0)})
    nest.Simulate(100.3)
    nest.Simulate(50.0)
    return {f"{i}_{k}": np.asarray(v) for i, device in enumerate(recorders) for k, v in device.events.items()}


CASES["watched"] = lambda nest, seed: watched(nest, seed, 1)
CASES["watched_two_threads"] = lambda nest, seed: watched(nest, seed, 2)


def marks(nest: Any, seed: int, model: str, threads: int) -> Arrays:
    """Neurons whose spikes carry a number, among neurons of other kinds."""
    nest.set(local_num_threads=threads, rng_seed=seed + 21)
    rng = np.random.RandomState(seed + 9)
    neurons = nest.Create(model, 20)
    for node in neurons:
        node.set(MARKS[model](rng))
    scale = {"iaf_tum_2000": 60.0, "iaf_chxk_2008": 20.0}[model]
    receptor = {"iaf_tum_2000": 1, "iaf_chxk_2008": 0}[model]
    plain, precise, parrots = (
        nest.Create("iaf_psc_exp", 5),
        nest.Create("iaf_psc_exp_ps", 5),
        nest.Create("parrot_neuron", 2),
    )
    poisson = nest.Create("poisson_generator", params={"rate": 9000.0})
    current = nest.Create("ac_generator", params={"amplitude": 3.0 * scale, "frequency": 40.0})
    nest.Connect(poisson, neurons, syn_spec={"weight": scale})
    nest.Connect(poisson, neurons, syn_spec={"weight": scale, "receptor_type": receptor})
    nest.Connect(current, neurons)
    nest.Connect(poisson, parrots)
    rule = {"rule": "fixed_indegree", "indegree": 4}
    delay = nest.random.uniform(1.0, 3.0)
    spec = {"weight": nest.random.uniform(-2.0 * scale, 5.0 * scale), "delay": delay, "receptor_type": receptor}
    nest.Connect(neurons, neurons, rule, spec)
    nest.Connect(
        neurons,
        plain + precise if receptor == 0 else plain,
        rule,
        {"weight": nest.random.uniform(100.0, 900.0), "delay": delay},
    )
    nest.Connect(plain + parrots, neurons, rule, {"weight": scale, "delay": delay, "synapse_model": "stdp_synapse"})
    nest.Connect(neurons, parrots, "all_to_all", {"synapse_model": "stdp_synapse", "receptor_type": 1, "delay": 1.5})
    nest.Connect(precise, neurons, rule, {"weight": scale, "delay": delay, "receptor_type": receptor})
    record_from = nest.GetDefaults(model, "recordables")
    meter = nest.Create("multimeter", params={"interval": 0.7, "record_from": record_from})
    nest.Connect(meter, neurons)
    spikes = recorder(nest, neurons + plain + precise + parrots, 1.0)
    nest.Simulate(70.3)
    nest.Simulate(59.0)
    result = recorded("spikes", spikes) | {f"samples_{k}": np.asarray(v) for k, v in meter.events.items()}
    result["weights"] = np.sort(nest.GetConnections(synapse_model="stdp_synapse").get("weight"))
    return result | {k: np.asarray(v) for k, v in neurons.get(["V_m", "t_spike", "post_trace"]).items()}


MARKS: dict[str, Callable[[np.random.RandomState], dict[str, Any]]] = {
    "iaf_tum_2000": lambda rng: {
        "tau_m": rng.uniform(6.0, 25.0),
        "tau_syn_ex": rng.uniform(0.5, 4.0),
        "tau_syn_in": rng.uniform(0.5, 4.0),
        "t_ref": rng.choice([0.1, 1.0, 2.3]),
        "tau_fac": rng.choice([0.0, 80.0, 1000.0]),
        "tau_rec": rng.uniform(20.0, 400.0),
        "tau_psc": rng.uniform(1.0, 5.0),
        "U": rng.uniform(0.1, 0.9),
        "x": 0.7,
        "y": 0.2,
        "u": rng.uniform(0.0, 1.0),
        "delta": rng.choice([0.0, 2.0]),
        "rho": 40.0,
    },
    "iaf_chxk_2008": lambda rng: {
        "C_m": rng.uniform(600.0, 1500.0),
        "g_L": rng.uniform(60.0, 150.0),
        "tau_syn_ex": rng.uniform(0.5, 4.0),
        "tau_syn_in": rng.uniform(0.5, 4.0),
        "tau_ahp": rng.uniform(0.3, 2.0),
        "g_ahp": rng.uniform(100.0, 600.0),
        "I_e": rng.choice([0.0, 500.0]),
        "ahp_bug": bool(rng.randint(2)),
    },
}
for _model in MARKS:
    for _threads in (1, 2):
        CASES[f"marks_{_model}_{_threads}"] = lambda nest, seed, m=_model, t=_threads: marks(nest, seed, m, t)


def decision(nest: Any, seed: int, threads: int) -> Arrays:
    """A small network of neurons with AMPA, GABA and NMDA receptors."""
    nest.set(local_num_threads=threads, rng_seed=seed + 41)
    rng = np.random.RandomState(seed + 13)
    neurons = nest.Create("iaf_bw_2001", 20)
    for node in neurons:
        node.set(
            C_m=rng.uniform(200.0, 600.0),
            t_ref=rng.choice([0.1, 1.0, 2.0]),
            tau_AMPA=rng.uniform(1.0, 4.0),
            tau_GABA=rng.uniform(3.0, 9.0),
            tau_decay_NMDA=rng.uniform(20.0, 100.0),
            tau_rise_NMDA=rng.uniform(0.5, 3.0),
            alpha=rng.uniform(0.2, 1.0),
            conc_Mg2=rng.uniform(0.5, 1.5),
        )
    plain = nest.Create("iaf_psc_exp", 3)
    poisson = nest.Create("poisson_generator", params={"rate": 9000.0})
    current = nest.Create("ac_generator", params={"amplitude": 300.0, "frequency": 40.0})
    nest.Connect(poisson, neurons, syn_spec={"weight": 6.0, "receptor_type": 1})
    nest.Connect(current, neurons)
    rule, delay = {"rule": "fixed_indegree", "indegree": 5}, nest.random.uniform(1.0, 3.0)
    for receptor, weight in ((1, 2.0), (2, 4.0), (3, 3.0)):
        nest.Connect(neurons, neurons, rule, {"weight": weight, "delay": delay, "receptor_type": receptor})
    nest.Connect(neurons, plain, rule, {"weight": 200.0, "delay": delay})
    nest.Connect(plain, neurons, rule, {"synapse_model": "stdp_synapse", "receptor_type": 1, "delay": delay})
    record_from = nest.GetDefaults("iaf_bw_2001", "recordables")
    meter = nest.Create("multimeter", params={"interval": 0.7, "record_from": record_from})
    nest.Connect(meter, neurons)
    spikes = recorder(nest, neurons + plain, 1.0)
    nest.Simulate(70.3)
    nest.Simulate(59.0)
    status = neurons.get([*record_from, "t_spike"])
    result = recorded("spikes", spikes) | {f"samples_{k}": np.asarray(v) for k, v in meter.events.items()}
    return result | {k: np.asarray(v) for k, v in status.items()}


for _threads in (1, 2):
    CASES[f"decision_{_threads}"] = lambda nest, seed, t=_threads: decision(nest, seed, t)


def injected(nest: Any, seed: int, model: str, threads: int) -> Arrays:
    """Injectors of precise trains beside others; some change between runs that end inside slices."""
    nest.set(local_num_threads=threads, rng_seed=seed + 3)
    rng = np.random.RandomState(seed + 4)
    times = np.sort(np.round(rng.uniform(0.5, 40.0, 60), 3))
    coarse = {"spike_times": np.unique(np.round(times, 1))}
    several = {"spike_times": times, "spike_multiplicities": rng.randint(0, 3, 60).tolist(), "precise_times": True}
    injectors, neurons = nest.Create("spike_train_injector", 3), nest.Create(model, 5)
    for injector, train in zip(injectors, (several, coarse, {**coarse, "precise_times": True}), strict=True):
        injector.set(train)
    parrots = nest.Create("parrot_neuron", 3)
    later = nest.Create("spike_train_injector", params={"spike_times": times, "precise_times": True})
    plain = nest.Create("spike_train_injector", params={"spike_times": np.arange(1.0, 21.0)})
    watch = nest.Create("weight_recorder")
    nest.CopyModel("stdp_synapse", "watched", {"weight_recorder": watch})
    weight = nest.random.uniform(100.0, 300.0)
    for source, synapse in ((injectors, "static_synapse"), (parrots, "static_synapse"), (later, "watched")):
        nest.Connect(source, neurons, syn_spec={"synapse_model": synapse, "weight": weight})
    nest.Connect(injectors[0], neurons, syn_spec={"synapse_model": "tsodyks_synapse", "weight": weight})
    nest.Connect(neurons, neurons, syn_spec={"synapse_model": "watched", "weight": 0.1 * weight})
    nest.Connect(later + plain, parrots)
    spikes = recorder(nest, injectors + neurons + parrots + later + plain, 1.0)
    counts = []
    for k, span in enumerate((20.0, 7.3, 0.3, 0.1, 12.3)):
        if k == 1:
            later.set(spike_times=[30.01, 32.02])
            plain.set(spike_times=[28.31, 32.02], precise_times=True)
        injectors[0].frozen = k == 2
        nest.Simulate(span)
        counts.append(nest.local_spike_counter)
    weights = np.sort(nest.GetConnections(synapse_model="watched").get("weight"))
    noted = {f"weights_{k}": np.asarray(v) for k, v in watch.events.items()}
    return recorded("spikes", spikes) | noted | {"count": np.array(counts), "V_m": np.array(neurons.V_m), "w": weights}


for _model in ("iaf_psc_delta_ps", "iaf_psc_exp"):
    for _threads in (1, 2):
        CASES[f"injected_{_model}_{_threads}"] = lambda nest, seed, m=_model, t=_threads: injected(nest, seed, m, t)


def becoming_precise(nest: Any) -> Arrays:
    """Spikes that wait for delivery when the first train becomes precise, at the end of a slice and inside one."""
    found = []
    for change in (0.0, 3.0, 0.5):
        nest.ResetKernel()
        injector = nest.Create("spike_train_injector", params={"spike_times": np.arange(1.0, 20.0)})
        parrots, targets = nest.Create("parrot_neuron", 2), nest.Create("iaf_psc_alpha", 2)
        nest.Connect(injector, parrots)
        nest.Connect(parrots, targets, syn_spec={"weight": 100.0})
        for span in (8.0, 3.0, 0.5, 2.5, 1.0):
            nest.Simulate(span)
            found += list(targets.V_m)
            if span == change:
                injector.set(spike_times=[15.03], precise_times=True)
        found.append(float(nest.off_grid_spiking))
    return {"V_m": np.array(found)}


CASES["becoming_precise"] = lambda nest, seed: becoming_precise(nest)
