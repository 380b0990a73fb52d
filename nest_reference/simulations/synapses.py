"""Plastic and stochastic synapses.

Weights depend on the pairs of spikes that a synapse sees, on the history that its target keeps, and on the order of
random draws, with delays, threads and changes between runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation

CASES: dict[str, Simulation] = {}

STDP = {"lambda": 0.03, "alpha": 1.1, "mu_plus": 0.7, "mu_minus": 0.4, "Wmax": 90.0, "tau_plus": 17.0}
STP = {"U": 0.45, "tau_rec": 120.0, "tau_fac": 40.0}
MODELS: dict[str, tuple[dict[str, Any], dict[str, Any], float | None]] = {
    "stdp_synapse": (STDP, {}, 40.0),
    "stdp_nn_symm_synapse": (STDP, {}, 40.0),
    "stdp_nn_restr_synapse": (STDP, {}, 40.0),
    "stdp_nn_pre_centered_synapse": (STDP, {}, 40.0),
    "stdp_synapse_hom": ({}, STDP, 40.0),
    "stdp_pl_synapse_hom": ({}, {"tau_plus": 15.0, "alpha": 0.1, "mu": 0.4, "lambda": 0.05}, 45.0),
    "stdp_triplet_synapse": (
        {"tau_plus": 17.0, "Aplus": 5e-2, "Aplus_triplet": 6e-2, "Aminus": 7e-2, "Aminus_triplet": 2e-2, "Wmax": 20.0},
        {},
        5.0,
    ),
    "vogels_sprekeler_synapse": ({"eta": 0.02, "alpha": 0.3, "tau": 21.0, "Wmax": -10.0}, {}, -2.0),
    "jonke_synapse": (
        {},
        {"alpha": 1.2, "beta": 0.01, "mu_plus": 0.1, "mu_minus": 0.05, "tau_plus": 19.0, "Wmax": 8.0, "lambda": 0.05},
        3.0,
    ),
    "stdp_facetshw_synapse_hom": (
        {"a_thresh_th": 1.1, "a_thresh_tl": 1.1},
        {"Wmax": 30.0, "driver_readout_time": 2.3, "synapses_per_driver": 3, "tau_plus": 17.0, "tau_minus_stdp": 14.0},
        11.0,
    ),
    "tsodyks_synapse": ({**STP, "tau_psc": 3.0, "x": 0.8, "y": 0.1}, {}, 7.0),
    "tsodyks_synapse_hom": ({"x": 0.8}, {**STP, "tau_psc": 2.7, "weight": 7.0}, None),
    "tsodyks2_synapse": ({**STP, "u": 0.3}, {}, 7.0),
    "quantal_stp_synapse": ({**STP, "u": 0.3, "n": 5, "a": 3}, {}, 7.0),
    "bernoulli_synapse": ({"p_transmit": 0.4}, {}, 7.0),
    "ht_synapse": ({"tau_P": 50.0, "delta_P": 0.2, "P": 0.9}, {}, 7.0),
}
"""Model -> parameters of the connection, common parameters, weight."""


def connection_values(nest: Any, model: str) -> Arrays:
    """Return everything numeric that the connections of a model show, in the order of source, target, delay."""
    status = nest.GetConnections(synapse_model=model).get()
    names = [k for k, v in status.items() if isinstance(v[0], int | float) and k not in ("synapse_id", "sizeof")]
    order = np.lexsort([status["port"], status["target"], status["source"]])
    return {f"connection_{k}": np.asarray(status[k])[order] for k in names}


def trains(nest: Any, seed: int, delay: float, threads: int) -> Arrays:
    """Random trains of spikes on both sides of synapses of all models, among them coincident spikes."""
    nest.set(local_num_threads=threads, rng_seed=seed + 77)
    rng = np.random.RandomState(seed + 3)
    pre, post = nest.Create("parrot_neuron", 2), nest.Create("parrot_neuron", 3, {"tau_minus": 22.0})
    for nodes in (pre, post):
        for node in nodes:
            steps = np.unique(rng.randint(10, 3000, 100))
            source = nest.Create("spike_generator", params={"spike_times": np.round(0.1 * steps, 1)})
            nest.Connect(source, node)
    recorders = {}
    for model, (own, common, weight) in MODELS.items():
        recorders[model] = nest.Create("weight_recorder")
        nest.CopyModel(model, f"a_{model}", {"weight_recorder": recorders[model], **common})
        for d in (delay, delay + 0.7):
            spec = {"synapse_model": f"a_{model}", "delay": d, "receptor_type": 1, **own}
            nest.Connect(pre, post, "all_to_all", spec if weight is None else spec | {"weight": weight})
    nest.Simulate(150.0)
    nest.Simulate(162.3)
    result = {k: np.asarray(v) for k, v in post.get(["t_spike", "archiver_length", "post_trace", "Ca"]).items()}
    for model, recorder in recorders.items():
        result |= {f"{model}_sent_{k}": v for k, v in recorder.get("events").items()}
        result |= {f"{model}_{k}": v for k, v in connection_values(nest, f"a_{model}").items()}
    return result


for _delay, _threads in ((1.0, 1), (1.3, 2), (5.2, 1)):
    CASES[f"trains_{_delay}_{_threads}"] = lambda nest, seed, d=_delay, t=_threads: trains(nest, seed, d, t)


def recurrent(nest: Any, seed: int, neuron: str, threads: int) -> Arrays:
    """A network in which several kinds of synapses end at the same neurons, multapses among them."""
    nest.set(local_num_threads=threads, rng_seed=seed + 55)
    scale = 1.0 if "delta" in neuron else 2.5 if "cond" in neuron else 90.0
    excitatory = nest.Create(neuron, 60, {"V_m": nest.random.normal(-62.0, 3.0)})
    inhibitory = nest.Create(neuron, 15)
    neurons = excitatory + inhibitory
    drive = nest.Create("poisson_generator", params={"rate": 12000.0})
    recorder = nest.Create("spike_recorder")
    meter = nest.Create("voltmeter", params={"interval": 0.5})
    nest.Connect(drive, neurons, syn_spec={"weight": scale, "delay": 1.5})
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("stdp_synapse", {"weight": nest.random.uniform(0.5 * scale, scale), "Wmax": 2.0 * scale}),
        ("tsodyks2_synapse", {"weight": scale}),
        ("bernoulli_synapse", {"weight": 1.5 * scale, "p_transmit": 0.7}),
        ("static_synapse", {"weight": scale}),
        ("stdp_triplet_synapse", {"weight": 0.5 * scale, "Wmax": 1.5 * scale}),
    ]
    for model, values in kinds:
        rule = {"rule": "fixed_indegree", "indegree": 4}
        delays = nest.random.uniform(1.0, 3.0)
        nest.Connect(excitatory, neurons, rule, {"synapse_model": model, "delay": delays, **values})
    nest.CopyModel("vogels_sprekeler_synapse", "inhibition", {"weight": -5.0 * scale, "Wmax": -9.0 * scale})
    nest.Connect(inhibitory, neurons, {"rule": "fixed_indegree", "indegree": 5}, {"synapse_model": "inhibition"})
    nest.Connect(neurons, recorder)
    nest.Connect(meter, neurons[:3])
    nest.Simulate(133.7)
    nest.Simulate(100.0)
    events, samples = recorder.get("events"), meter.get("events")
    result = {f"spikes_{k}": np.asarray(v) for k, v in events.items()}
    result |= {f"samples_{k}": np.asarray(v) for k, v in samples.items()}
    for model in ("stdp_synapse", "inhibition", "stdp_triplet_synapse", "tsodyks2_synapse"):
        result |= {f"{model}_{k}": v for k, v in connection_values(nest, model).items()}
    return result


for _neuron, _threads in (("iaf_psc_alpha", 1), ("iaf_psc_delta", 2), ("iaf_cond_exp", 1)):
    CASES[f"recurrent_{_neuron}_{_threads}"] = lambda nest, seed, n=_neuron, t=_threads: recurrent(nest, seed, n, t)


def changes(nest: Any, seed: int, threads: int = 1) -> Arrays:
    """Weights set between runs, further connections and nodes, and a silent source whose synapses keep all spikes."""
    nest.set(local_num_threads=threads, rng_seed=seed + 9)
    neurons = nest.Create("iaf_psc_exp", 6, {"I_e": 500.0, "tau_minus": 15.0})
    silent = nest.Create("parrot_neuron")
    recorder = nest.Create("weight_recorder")
    nest.CopyModel("stdp_synapse_hom", "first", {"weight_recorder": recorder, "lambda": 0.05})
    nest.CopyModel("stdp_synapse_hom", "second", {"lambda": 0.1})
    nest.Connect(neurons, neurons, "all_to_all", {"synapse_model": "first", "weight": 20.0, "delay": 1.2})
    nest.Connect(silent, neurons, "all_to_all", {"synapse_model": "second", "weight": 50.0})
    nest.Simulate(61.4)
    first = nest.GetConnections(synapse_model="first")
    ends = first.get(["source", "target"])  # with several threads NEST's order depends on their speed
    first.set(weight=[6.0 * source + target - 6.75 for source, target in zip(*ends.values(), strict=True)])
    neurons[2:].tau_minus = 25.0
    nest.Simulate(50.0)
    nest.Create("iaf_psc_alpha")
    nest.Connect(neurons[:3], neurons, {"rule": "fixed_indegree", "indegree": 2}, {"synapse_model": "second"})
    nest.SetDefaults("first", {"lambda": 0.02})
    source = nest.Create("spike_generator", params={"spike_times": [150.0, 170.0, 171.0]})
    nest.Connect(source, silent)
    nest.Simulate(90.0)
    events = recorder.get("events")
    result = {f"sent_{k}": np.asarray(v) for k, v in events.items()}
    for model in ("first", "second"):
        result |= {f"{model}_{k}": v for k, v in connection_values(nest, model).items()}
    status = neurons.get(["t_spike", "archiver_length", "post_trace", "Ca"])
    return result | {k: np.asarray(v) for k, v in status.items()}


CASES["changes"] = changes
CASES["changes_two_threads"] = lambda nest, seed: changes(nest, seed, 2)


def uncompressed(nest: Any, seed: int, threads: int) -> Arrays:
    """A network of stochastic and plastic synapses whose connections are not sorted by source."""
    nest.set(local_num_threads=threads, rng_seed=seed + 31, use_compressed_spikes=False)
    neurons = nest.Create("iaf_psc_alpha", 20, {"V_m": nest.random.uniform(-70.0, -56.0)})
    drive = nest.Create("poisson_generator", params={"rate": 15000.0})
    recorder, meter = nest.Create("spike_recorder"), nest.Create("voltmeter")
    nest.Connect(drive, neurons, syn_spec={"weight": 40.0})
    nest.CopyModel("bernoulli_synapse", "unreliable", {"p_transmit": 0.3})
    for model in ("bernoulli_synapse", "static_synapse", "unreliable", "quantal_stp_synapse", "stdp_synapse") * 2:
        values = {"weight": nest.random.uniform(10.0, 60.0), "delay": nest.random.uniform(1.0, 2.0)}
        spec = {"synapse_model": model, **values}
        nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 2}, spec)
        nest.Connect(neurons[3:5], neurons[2:7], "all_to_all", spec)
    nest.Connect(neurons, recorder)
    nest.Connect(meter, neurons)
    nest.Simulate(100.3)
    nest.Simulate(50.0)
    result = {f"spikes_{k}": np.asarray(v) for k, v in recorder.get("events").items()}
    return result | {f"samples_{k}": np.asarray(v) for k, v in meter.get("events").items()}


for _threads in (1, 2):
    CASES[f"uncompressed_{_threads}"] = lambda nest, seed, t=_threads: uncompressed(nest, seed, t)


def packets(nest: Any, seed: int, threads: int, compressed: bool) -> Arrays:
    """Devices whose spikes, several at a time, go through plastic and stochastic synapses, as those of neurons do."""
    nest.set(local_num_threads=threads, rng_seed=seed + 13, use_compressed_spikes=compressed)
    early = nest.Create("iaf_psc_alpha", 3, {"I_e": 300.0})
    recorder, weights, meter = nest.Create("spike_recorder"), nest.Create("weight_recorder"), nest.Create("voltmeter")
    values = {"activity": 9, "sdev": 1.5, "pulse_times": [11.0, 23.0, 31.0, 58.0, 90.0]}
    models = {k: v for k, v in MODELS.items() if k != "stdp_facetshw_synapse_hom"}
    devices = nest.Create("pulsepacket_generator", 2 * len(models), values)
    late, parrots = nest.Create("iaf_cond_exp", 3, {"tau_minus": 22.0}), nest.Create("parrot_neuron", 2)
    neurons = early + late
    for nodes, weight in ((early, 90.0), (late, 3.0), (parrots, 1.0)):
        drive = nest.Create("poisson_generator", params={"rate": 4000.0 if weight > 1.0 else 50.0})
        nest.Connect(drive, nodes, syn_spec={"weight": weight, "delay": 1.0})
    for i, (model, (own, common, weight)) in enumerate(models.items()):
        nest.CopyModel(model, f"a_{model}", {**common, "weight_recorder": weights})
        spec = {"synapse_model": f"a_{model}", **own} | ({} if weight is None else {"weight": weight})
        nest.Connect(devices[2 * i], neurons, "all_to_all", spec | {"delay": 0.8})
        for k, node in enumerate((*neurons, neurons[1])):
            nest.Connect(devices[2 * i + 1], node, syn_spec=spec | {"delay": 1.1 + 0.3 * k})
        nest.Connect(parrots, neurons, "all_to_all", spec | {"delay": 0.9})
    plain = nest.Create("pulsepacket_generator", params=values)
    nest.Connect(plain, neurons, syn_spec={"weight": 2.0, "delay": 0.9})
    nest.Connect(devices[-1], parrots, syn_spec={"synapse_model": "a_ht_synapse", "delay": 1.3})
    nest.Connect(neurons, recorder)
    nest.Connect(meter, neurons)
    result = {}
    for n, duration in enumerate((20.3, 13.0, 60.0)):
        nest.Simulate(duration)
        for model in models:
            result |= {f"{n}_{model}_{k}": v for k, v in connection_values(nest, f"a_{model}").items()}
        nest.GetConnections(devices[0], neurons[1]).weight = 33.0 + n
        devices[4].activity = 20
    for name, one in (("spikes", recorder), ("samples", meter), ("sent", weights)):
        result |= {f"{name}_{k}": np.asarray(v) for k, v in one.get("events").items()}
    status = neurons.get(["t_spike", "archiver_length", "post_trace", "Ca"])
    return result | {k: np.asarray(v) for k, v in status.items()}


for _threads, _compressed in ((1, True), (2, True), (1, False), (2, False)):
    CASES[f"packets_{_threads}_{_compressed}"] = lambda nest, seed, a=(_threads, _compressed): packets(nest, seed, *a)


def binary(nest: Any, seed: int, threads: int, compressed: bool, mixed: bool = False) -> Arrays:
    """Binary neurons, to which all synapses that act are one sender if they have one; some have several.

    If they are `mixed`, synapses of constant weight come after stochastic ones between the same neurons.
    """
    nest.set(local_num_threads=threads, rng_seed=seed + 17, use_compressed_spikes=compressed)
    neurons = nest.Create("ginzburg_neuron", 8) + nest.Create("mcculloch_pitts_neuron", 3)
    neurons.set(tau_m=3.0, theta=0.5)
    detector, meter, weights = nest.Create("spin_detector"), nest.Create("multimeter"), nest.Create("weight_recorder")
    meter.set(record_from=["S", "h"], interval=1.0)
    for model, copy in (
        ("stdp_synapse", "plastic"),
        ("bernoulli_synapse", "unreliable"),
        ("static_synapse", "late"),
        ("tsodyks2_synapse", "depressing"),
    ):
        nest.CopyModel(model, copy, {"weight_recorder": weights})

    def connect(source: Any, target: Any, model: str) -> None:
        values = {"weight": nest.random.uniform(0.2, 1.0), "delay": nest.random.uniform(1.0, 2.0)}
        nest.Connect(source, target, {"rule": "all_to_all"}, {"synapse_model": model, **values})

    for model in ("static_synapse", "plastic", "plastic", "late", "stdp_synapse", "stdp_triplet_synapse", "depressing"):
        connect(neurons[:6], neurons[2:], model)
    for model in ("unreliable", "quantal_stp_synapse", "unreliable", *(("late", "static_synapse") if mixed else ())):
        connect(neurons[6:], neurons[:5], model)
    nest.Connect(neurons, detector)
    nest.Connect(meter, neurons)
    nest.Simulate(40.3)
    nest.Simulate(20.0)
    result = connection_values(nest, "plastic") | connection_values(nest, "depressing")
    for name, device in (("spins", detector), ("samples", meter), ("weights", weights)):
        result |= {f"{name}_{k}": np.asarray(v) for k, v in device.get("events").items()}
    return result


for _threads, _compressed in ((1, True), (2, True), (1, False), (2, False)):
    CASES[f"binary_{_threads}_{_compressed}"] = lambda nest, seed, a=(_threads, _compressed): binary(nest, seed, *a)
for _threads in (1, 2):
    CASES[f"binary_mixed_{_threads}"] = lambda nest, seed, t=_threads: binary(nest, seed, t, True, True)
