"""Networks that learn with e-prop, whose synapses are updated with each event.

Each event takes in what the target has noted since the last one, up to a cutoff, and lets the target forget what no
other synapse needs; the lengths of histories show that, weights the order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation
from nest_reference.simulations.eprop import N_MODELS, optimizer, record, spiking, targets, weights

CASES: dict[str, Simulation] = {}
SYNAPSE = "eprop_synapse"
FEEDBACK = "eprop_learning_signal_connection"
DURATION = 400
"""Steps of each simulation."""


def neuron(rng: np.random.RandomState, interval: float, h: float, adapts: bool, resets: bool) -> dict[str, Any]:
    """Draw the parameters of a neuron that spikes; `interval` (ms) decides when it sends flush events."""
    values = spiking(rng, interval, adapts)
    del values["regular_spike_arrival"]
    values |= {
        "c_reg": rng.choice([0.0, rng.uniform(0.0, 3.0)]),
        "kappa": rng.choice([0.0, 0.97, 1.0, rng.uniform()]),
        "kappa_reg": rng.choice([0.0, 0.97, 1.0, rng.uniform()]),
        "eprop_isi_trace_cutoff": h * rng.choice([np.inf, 0.0, 1.0, 2.4, 10.0, 40.0]),
    }
    if resets:
        values |= {"V_reset": values["E_L"], "refractory_input": bool(rng.randint(2))}
    return values


def model(rng: np.random.RandomState) -> dict[str, Any]:
    """Draw the properties of a synapse model."""
    values = optimizer(rng)["optimizer"]
    return {"optimizer": values | {"optimize_each_step": bool(rng.randint(2))}}


def connect(nest: Any, rng: np.random.RandomState, sources: Any, targets: Any, strength: float) -> None:
    """Connect nodes, each pair with one of the synapse models."""
    for source in sources:
        for target in targets:
            if source.global_id != target.global_id:
                weight = np.clip(strength * rng.randn(), -1.0, 1.5)
                spec = {"synapse_model": f"model_{rng.randint(N_MODELS)}", "delay": nest.resolution, "weight": weight}
                nest.Connect(source, target, syn_spec=spec)


def populations(nest: Any, rng: np.random.RandomState, interval: float) -> tuple[Any, Any, Any]:
    """Create inputs, neurons that spike, and readouts; `interval` (ms) decides when they send flush events."""
    h = nest.resolution
    inputs = nest.Create("parrot_neuron", 3, {"flush_event_send_interval": rng.choice([np.inf, interval])})
    readouts = nest.Create("eprop_readout", 3)
    readouts.set(
        [
            {"C_m": rng.uniform(0.5, 2.0), "tau_m": rng.uniform(5.0, 30.0), "E_L": rng.choice([0.0, 0.1])}
            | {"eprop_isi_trace_cutoff": h * rng.choice([np.inf, 7.0])}
            for _ in readouts
        ]
    )
    recurrent = None
    for name in ("eprop_iaf", "eprop_iaf_adapt", "eprop_iaf_psc_delta", "eprop_iaf_psc_delta_adapt"):
        some = nest.Create(name, 2)
        some.set([neuron(rng, interval, h, "adapt" in name, "delta" in name) for _ in some])
        recurrent = some if recurrent is None else recurrent + some
    for node in inputs:
        steps = np.unique(rng.randint(4, DURATION, rng.choice([8, 60, 200])))
        counts = [int(n) for n in rng.randint(1, 3, len(steps))]
        train = {"spike_times": np.round(steps * h, 4), "spike_multiplicities": counts}
        nest.Connect(nest.Create("spike_generator", params=train), node, syn_spec={"delay": h})
    return inputs, recurrent, readouts


def network(nest: Any, seed: int, number: int, threads: int, resolution: float) -> Arrays:
    """Inputs, neurons that spike, readouts, feedback, and settings that change between runs."""
    rng = np.random.RandomState(seed + number)
    nest.set(resolution=resolution, local_num_threads=threads, rng_seed=seed + 3)
    h = nest.resolution
    generators = nest.Create("step_rate_generator", 4)
    for k in range(N_MODELS):
        nest.CopyModel(SYNAPSE, f"model_{k}", model(rng))
    flushes = number % 2 == 0
    inputs, recurrent, readouts = populations(nest, rng, 20.0 * h if flushes else np.inf)
    connect(nest, rng, inputs, recurrent, 1.5)
    connect(nest, rng, recurrent, recurrent, 0.3)
    connect(nest, rng, recurrent, readouts, 0.5)
    feedback = {"synapse_model": FEEDBACK, "delay": h, "weight": rng.randn(len(recurrent), len(readouts))}
    nest.Connect(readouts, recurrent, syn_spec=feedback)
    targets(nest, rng, generators)
    rate = {"synapse_model": "rate_connection_delayed", "delay": h}
    nest.Connect(generators[:3], readouts, "one_to_one", rate | {"receptor_type": 2, "weight": 0.7})
    nest.Connect(generators[3:], readouts[:2], syn_spec=rate | {"receptor_type": 1})
    window = nest.Create("step_rate_generator", params={"amplitude_times": [9 * h], "amplitude_values": [1.0]})
    nest.Connect(window, readouts[2], syn_spec=rate | {"receptor_type": 1})
    step = {"amplitude_times": [50 * h, 200 * h], "amplitude_values": [0.02, -0.01]}
    nest.Connect(nest.Create("step_current_generator", params=step), recurrent, syn_spec={"delay": 2 * h})
    noted = ["V_m", "surrogate_gradient", "learning_signal", "eprop_history_duration"]
    adaptive = recurrent[2:4] + recurrent[6:]
    meters = {
        "recurrent": record(nest, recurrent, noted),
        "adaptive": record(nest, adaptive, ["adaptation", "V_th_adapt"]),
        "readout": record(nest, readouts, ["V_m", "error_signal", "readout_signal", "target_signal",
                                           "eprop_history_duration"]),
    }  # fmt: skip
    recorder = nest.Create("spike_recorder")
    nest.Connect(inputs + recurrent, recorder)
    return run(nest, meters, recorder, recurrent, flushes)


def run(nest: Any, meters: dict[str, Any], recorder: Any, recurrent: Any, flushes: bool) -> Arrays:
    """Simulate in three runs and return what was recorded.

    If there are flush events, no cutoff changes: synapses would then need what neurons have forgotten.
    """
    h = nest.resolution
    nest.Simulate(171 * h)
    result = {"spike_count": np.array(nest.local_spike_counter), "early_weights": weights(nest)}
    nest.SetDefaults("model_0", {"optimizer": {"eta": 0.02}})
    recurrent[1].set(c_reg=10.0, V_th=recurrent[1].E_L + 0.5, kappa=0.5)
    if not flushes:
        recurrent[1].eprop_isi_trace_cutoff = min(5.0 * h, recurrent[1].eprop_isi_trace_cutoff)
    recurrent[2].set(adaptation=0.2, E_L=recurrent[2].E_L + 0.1)
    nest.Simulate(100 * h)
    nest.SetDefaults("model_1", {"optimizer": {"eta": 0.0}})
    nest.Simulate((DURATION - 271) * h)
    result |= {"weights": weights(nest), "learning_signals": np.array(recurrent.learning_signal)}
    for name, meter in meters.items():
        events = meter.events
        order = np.lexsort((events["senders"], events["times"]))
        result |= {f"{name}_{key}": np.asarray(values)[order] for key, values in events.items()}
    order = np.lexsort((recorder.events["senders"], recorder.events["times"]))
    return result | {f"spikes_{key}": np.asarray(values)[order] for key, values in recorder.events.items()}


def late(nest: Any, seed: int) -> Arrays:
    """Synapses that are made when their sources have spiked already; flush events are the first that reach some.

    No spike is under way then: it would get lost in NEST.
    """
    rng = np.random.RandomState(seed)
    nest.set(resolution=1.0)
    nest.SetDefaults(SYNAPSE, {"optimizer": {"type": "adam", "eta": 0.1}})
    inputs, generators = nest.Create("parrot_neuron", 2), nest.Create("spike_generator", 2)
    inputs.flush_event_send_interval = 30.0
    trains = [[3.0, 10.0, 20.0, 90.0, 101.0, 180.0, 290.0], [4.0, 25.0, 26.0, 75.0, 77.0, 260.0]]
    generators.set([{"spike_times": train} for train in trains])
    nest.Connect(generators, inputs, "one_to_one", {"delay": 1.0})
    neurons, readout = nest.Create("eprop_iaf", 2, {"V_th": -50.0, "c_reg": 1.0}), nest.Create("eprop_readout")
    window, target = nest.Create("step_rate_generator", 2, {"amplitude_times": [3.0], "amplitude_values": [1.0]})
    rate = {"synapse_model": "rate_connection_delayed", "delay": 1.0}
    nest.Connect(window, readout, syn_spec=rate | {"receptor_type": 1})
    nest.Connect(target, readout, syn_spec=rate | {"receptor_type": 2, "weight": -0.5})
    nest.Connect(readout, neurons, syn_spec={"synapse_model": FEEDBACK, "delay": 1.0, "weight": [[2.0], [-1.0]]})
    meters = [record(nest, neurons, ["V_m", "eprop_history_duration"]), record(nest, readout, ["V_m"])]
    for end in (35, 130, 300):
        for sources, nodes in ((inputs, neurons), (neurons, readout)):
            weight = rng.uniform(5.0, 20.0, (len(nodes), len(sources)))
            nest.Connect(sources, nodes, syn_spec={"synapse_model": SYNAPSE, "delay": 1.0, "weight": weight})
        nest.Simulate(end - nest.biological_time)
    result = {}
    for k, meter in enumerate(meters):
        events = meter.events
        order = np.lexsort((events["senders"], events["times"]))
        result |= {f"{key}_{k}": np.asarray(values)[order] for key, values in events.items()}
    found = nest.GetConnections(synapse_model=SYNAPSE).get(["source", "target", "weight"])
    table = np.array([found[name] for name in ("source", "target", "weight")])
    return result | {"weights": table[:, np.lexsort(table[::-1])]}


CASES["late"] = late
for _number in range(12):
    _threads, _resolution = (1, 2, 1, 3)[_number % 4], (1.0, 0.1, 0.5)[_number % 3]
    CASES[f"network_{_number}"] = lambda nest, seed, s=_number, t=_threads, r=_resolution: network(nest, seed, s, t, r)
