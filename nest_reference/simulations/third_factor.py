"""Synapses that a neuromodulator changes.

Their weights change when dopamine spikes are delivered, too, at the ends of intervals that depend on the delays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation

CASES: dict[str, Simulation] = {}
N_MODELS = 60


def values(nest: Any, models: list[str]) -> Arrays:
    """Return what the connections of some models show, in the order of model, source, target and port."""
    rows = []
    for k, model in enumerate(models):
        status = nest.GetConnections(synapse_model=model).get()
        names = ("source", "target", "port", "weight", "c", "n", "Kplus")
        rows.append(np.stack([np.full(len(status["port"]), k, float), *(np.asarray(status[x]) for x in names)]))
    table = np.concatenate(rows, axis=1)
    return {"connections": table[:, np.lexsort(table[[3, 2, 1, 0]])]}


def train(nest: Any, rng: np.random.RandomState, node: Any, until: int, n: int, most: int = 1) -> None:
    """Let a generator drive one node, with several spikes at once if `most` is larger than one."""
    steps = np.unique(rng.randint(10, until, n))
    counts = rng.randint(1, most + 1, len(steps)).tolist()
    times: dict[str, Any] = {"spike_times": np.round(0.1 * steps, 1)}
    if most > 1:
        times["spike_multiplicities"] = counts
    nest.Connect(nest.Create("spike_generator", params=times), node)


def parameters(rng: np.random.RandomState) -> dict[str, float]:
    """Draw common properties of synapses."""
    return {
        "A_plus": rng.uniform(0.2, 2.0),
        "A_minus": rng.uniform(0.2, 2.0),
        "tau_plus": rng.uniform(5.0, 40.0),
        "tau_c": rng.uniform(50.0, 1500.0),
        "tau_n": rng.uniform(20.0, 400.0),
        "b": rng.choice([0.0, 0.002, 0.01, 0.05]),
        "Wmin": rng.choice([0.0, 15.0]),
        "Wmax": rng.choice([25.0, 200.0]),
    }


def trains(nest: Any, seed: int, shortest: float, threads: int) -> Arrays:
    """Random trains at both sides of synapses of many models, and dopamine from several transmitters."""
    nest.set(local_num_threads=threads, rng_seed=seed + 77)
    rng = np.random.RandomState(seed + 5)
    pre = nest.Create("parrot_neuron", 2)
    transmitters = [nest.Create("volume_transmitter", params={"deliver_interval": rng.randint(1, 4)})]
    post = nest.Create("parrot_neuron", 2, {"tau_minus": 22.0})
    transmitters.append(nest.Create("volume_transmitter", params={"deliver_interval": rng.randint(2, 9)}))
    post = post + nest.Create("parrot_neuron", 2, {"tau_minus": 15.0})
    transmitters.append(nest.Create("volume_transmitter", params={"deliver_interval": 1}))
    dopamine = nest.Create("parrot_neuron", 3)
    for nodes, n in ((pre, 120), (post, 100)):
        for node in nodes:
            train(nest, rng, node, 3000, n)
    for node in dopamine:
        train(nest, rng, node, 3000, 60, 3)
    for k, transmitter in enumerate(transmitters):
        nest.Connect(dopamine[k:], transmitter, syn_spec={"delay": shortest + 0.3 * k})
    nest.Connect(dopamine[0], transmitters[0], syn_spec={"delay": shortest})
    recorder = nest.Create("weight_recorder")
    models = [f"model_{i}" for i in range(N_MODELS)]
    for i, model in enumerate(models):
        common: dict[str, Any] = parameters(rng) | {"volume_transmitter": transmitters[i % 3]}
        if i < 3:
            common["weight_recorder"] = recorder
        nest.CopyModel("stdp_dopamine_synapse", model, common)
        delay = shortest + 0.1 * rng.randint(30) * (i % 4 > 0)
        for source, target in ((pre, post[i % 4]), (pre[i % 2], post)):
            spec = {"synapse_model": model, "weight": 20.0, "delay": delay, "receptor_type": 1}
            nest.Connect(source, target, syn_spec=spec)
    nest.Simulate(150.3)
    nest.Simulate(161.0)
    sent = {f"sent_{k}": np.asarray(v) for k, v in recorder.events.items()}
    lengths = {k: np.asarray(v) for k, v in post.get(["archiver_length", "post_trace"]).items()}
    return values(nest, models) | sent | lengths


for _shortest, _threads in ((1.0, 1), (0.3, 2), (2.5, 1)):
    CASES[f"trains_{_shortest}_{_threads}"] = lambda nest, seed, d=_shortest, t=_threads: trains(nest, seed, d, t)


def network(nest: Any, seed: int, threads: int) -> Arrays:
    """A recurrent network whose own spikes are the dopamine; settings change between the runs.

    With compressed spikes NEST may send pending spikes through the wrong connections if new ones are made.
    """
    nest.set(local_num_threads=threads, rng_seed=seed + 55, use_compressed_spikes=False)
    neurons = nest.Create("iaf_psc_exp", 40, {"V_m": nest.random.normal(-62.0, 3.0)})
    transmitter = nest.Create("volume_transmitter", params={"deliver_interval": 3})
    drive = nest.Create("poisson_generator", params={"rate": 12000.0})
    recorder = nest.Create("spike_recorder")
    nest.Connect(drive, neurons, syn_spec={"weight": 60.0})
    nest.Connect(neurons[::4], transmitter, syn_spec={"delay": 1.2})
    nest.Connect(neurons, recorder)
    for name in ("first", "second"):
        nest.CopyModel("stdp_dopamine_synapse", name, {"volume_transmitter": transmitter, "b": 0.03, "tau_n": 80.0})
    nest.SetDefaults("second", {"c": 0.1, "n": 0.02, "Kplus": 0.4})
    rule = {"rule": "fixed_indegree", "indegree": 5}
    nest.Connect(neurons, neurons, rule, {"synapse_model": "first", "weight": 50.0, "delay": 1.5})
    nest.Connect(neurons, neurons, rule, {"synapse_model": "second", "weight": nest.random.uniform(10.0, 90.0)})
    nest.Simulate(63.7)
    transmitter.deliver_interval = 5
    nest.SetDefaults("first", {"A_plus": 0.5, "b": 0.0})
    nest.Simulate(40.3)
    transmitter.frozen = True
    nest.Simulate(20.0)
    transmitter.frozen = False
    nest.Connect(neurons[:3], neurons, {"rule": "fixed_indegree", "indegree": 1}, {"synapse_model": "second"})
    nest.Simulate(51.0)
    spikes = {f"spikes_{k}": np.asarray(v) for k, v in recorder.events.items()}
    return values(nest, ["first", "second"]) | spikes


CASES["network"] = lambda nest, seed: network(nest, seed, 1)
CASES["network_two_threads"] = lambda nest, seed: network(nest, seed, 2)
