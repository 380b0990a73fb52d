"""Networks that learn with e-prop.

Gradients are gathered over whole histories of neurons and applied with the spikes of later updates; only runs over
several updates, with threads and several runs, show their order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation

CASES: dict[str, Simulation] = {}
SYNAPSE = "eprop_synapse_bsshslm_2020"
FEEDBACK = "eprop_learning_signal_connection_bsshslm_2020"
SURROGATES = ("piecewise_linear", "exponential", "fast_sigmoid_derivative", "arctan_derivative")
N_MODELS = 8
DURATION = 400
"""Steps of each simulation."""


def kernel(nest: Any, seed: int, rng: np.random.RandomState, interval: int, threads: int, resolution: float) -> None:
    """Set the kernel's attributes; `interval` is in steps."""
    nest.set(resolution=resolution, local_num_threads=threads, rng_seed=seed + 3)
    nest.eprop_learning_window = resolution
    nest.eprop_update_interval = interval * resolution
    nest.eprop_learning_window = resolution * rng.randint(max(1, interval // 2), interval + 1)
    nest.eprop_reset_neurons_on_update = bool(rng.randint(3))


def spiking(rng: np.random.RandomState, interval: float, adapts: bool) -> dict[str, Any]:
    """Draw the parameters of a neuron that spikes."""
    threshold = rng.uniform(0.1, 1.0)
    values = {
        "C_m": rng.uniform(0.5, 2.0),
        "E_L": rng.choice([0.0, -70.0]),
        "I_e": rng.choice([0.0, rng.uniform(0.0, 0.05)]),
        "tau_m": rng.uniform(5.0, 30.0),
        "t_ref": rng.choice([0.0, 2.0, 3.0]),
        "c_reg": rng.choice([0.0, rng.uniform(0.0, 300.0)]),
        "f_target": rng.uniform(1.0, 50.0),
        "regular_spike_arrival": bool(rng.randint(2)),
        "surrogate_gradient_function": SURROGATES[rng.randint(4)],
        "surrogate_gradient_height": rng.uniform(0.1, 1.0),
        "surrogate_gradient_width": rng.uniform(0.2, 2.0),
        "flush_event_send_interval": rng.choice([np.inf, 1.5 * interval]),
    }
    values |= {"V_m": values["E_L"], "V_th": values["E_L"] + threshold}
    if rng.randint(3) == 0:
        values["V_min"] = values["E_L"] - rng.uniform(0.1, 1.0)
    if rng.randint(6) == 0:
        values |= {"ignore_and_spike": True, "ignore_and_spike_offset": 7.0, "ignore_and_spike_interval": 9.0}
    if adapts:
        values |= {"adapt_beta": rng.uniform(0.0, 0.5), "adapt_tau": rng.uniform(20.0, 500.0)}
        values |= {"adaptation": rng.choice([0.0, 0.3])}
    return values


def optimizer(rng: np.random.RandomState) -> dict[str, Any]:
    """Draw the properties of a synapse model."""
    values: dict[str, Any] = {
        "type": ["gradient_descent", "adam"][rng.randint(2)],
        "eta": rng.uniform(0.0, 0.05),
        "batch_size": int(rng.randint(1, 4)),
        "Wmin": rng.choice([-100.0, -1.0]),
        "Wmax": rng.choice([100.0, 1.5]),
    }
    if values["type"] == "adam":
        values |= {"beta_1": rng.uniform(0.5, 0.95), "beta_2": rng.uniform(0.9, 0.9999), "epsilon": 1e-8}
    return {"optimizer": values, "average_gradient": bool(rng.randint(2))}


def connect(nest: Any, rng: np.random.RandomState, sources: Any, targets: Any, strength: float) -> None:
    """Connect nodes, each pair with one of the synapse models."""
    for source in sources:
        for target in targets:
            if source.global_id == target.global_id:
                continue
            spec = {
                "synapse_model": f"model_{rng.randint(N_MODELS)}",
                "delay": nest.resolution,
                "weight": np.clip(strength * rng.randn(), -1.0, 1.5),
                "tau_m_readout": rng.uniform(5.0, 40.0),
            }
            nest.Connect(source, target, syn_spec=spec)


def targets(nest: Any, rng: np.random.RandomState, generators: Any) -> None:
    """Let generators send signals that change now and then."""
    h = nest.resolution
    for generator in generators:
        steps = np.unique(rng.randint(4, DURATION, 40))
        values = rng.uniform(-1.0, 1.0, len(steps))
        generator.set(amplitude_times=np.round(steps * h, 4), amplitude_values=values)
    generators[0].set(start=20 * h, stop=300 * h)


def record(nest: Any, nodes: Any, names: list[str]) -> Any:
    """Return a multimeter that records in every step."""
    meter = nest.Create("multimeter", params={"interval": nest.resolution, "record_from": names})
    nest.Connect(meter, nodes)
    return meter


def weights(nest: Any) -> np.ndarray:
    """Return what the synapses show, in the order of model, source and target."""
    rows = []
    for k in range(N_MODELS):
        found = nest.GetConnections(synapse_model=f"model_{k}")
        if len(found) == 0:
            continue
        status = [found.get(name) for name in ("source", "target", "weight", "optimizer")]
        *columns, state = [np.atleast_1d(column) for column in status]
        moments = [[entry.get(name, 0.0) for entry in state] for name in ("m", "v")]
        rows.append(np.stack([np.full(len(state), k, float), *columns[:2], *moments, columns[2]]))
    table = np.concatenate(rows, axis=1)
    return table[:, np.lexsort(table[[2, 1, 0]])]


def network(nest: Any, seed: int, number: int, interval: int, threads: int, resolution: float) -> Arrays:
    """Inputs, neurons that spike, readouts with both losses, feedback, and settings that change between runs."""
    rng = np.random.RandomState(seed + number)
    h = resolution
    kernel(nest, seed, rng, interval, threads, h)
    generators = nest.Create("step_rate_generator", 3)
    inputs = nest.Create("parrot_neuron", 3, {"flush_event_send_interval": rng.choice([np.inf, 1.5 * interval * h])})
    plain = nest.Create("eprop_iaf_bsshslm_2020", 3)
    losses = ["mean_squared_error", "mean_squared_error", "cross_entropy", "cross_entropy"]
    readouts = nest.Create("eprop_readout_bsshslm_2020", 4)
    adaptive = nest.Create("eprop_iaf_adapt_bsshslm_2020", 3)
    generators = generators + nest.Create("step_rate_generator", 1)
    plain.set([spiking(rng, interval * h, False) for _ in plain])
    adaptive.set([spiking(rng, interval * h, True) for _ in adaptive])
    readouts.set(
        [
            {"loss": x, "C_m": rng.uniform(0.5, 2.0), "tau_m": rng.uniform(5.0, 30.0), "E_L": rng.choice([0.0, 0.1])}
            for x in losses
        ]
    )
    readouts.set(regular_spike_arrival=False)
    for k in range(N_MODELS):
        nest.CopyModel(SYNAPSE, f"model_{k}", optimizer(rng))
    for node in inputs:
        steps = np.unique(rng.randint(4, DURATION, rng.choice([8, 60, 200])))
        counts = [int(n) for n in rng.randint(1, 3, len(steps))]
        train = {"spike_times": np.round(steps * h, 4), "spike_multiplicities": counts}
        nest.Connect(nest.Create("spike_generator", params=train), node, syn_spec={"delay": h})
    recurrent = plain + adaptive
    connect(nest, rng, inputs, recurrent, 1.5)
    connect(nest, rng, recurrent, recurrent, 0.3)
    connect(nest, rng, recurrent, readouts, 0.5)
    feedback = {"synapse_model": FEEDBACK, "delay": h, "weight": rng.randn(len(recurrent), len(readouts))}
    nest.Connect(readouts, recurrent, syn_spec=feedback)
    targets(nest, rng, generators)
    rate = {"synapse_model": "rate_connection_delayed", "delay": h}
    nest.Connect(generators, readouts, "one_to_one", rate | {"receptor_type": 2, "weight": 0.7})
    rule = {"rule": "all_to_all", "allow_autapses": False}
    nest.Connect(readouts[2:], readouts[2:], rule, rate | {"receptor_type": 1})
    step = {"amplitude_times": [50 * h, 200 * h], "amplitude_values": [0.02, -0.01]}
    nest.Connect(nest.Create("step_current_generator", params=step), recurrent, syn_spec={"delay": 2 * h})
    noted = ["V_m", "surrogate_gradient", "learning_signal", "eprop_history_duration"]
    meters = {
        "plain": record(nest, plain, noted),
        "adaptive": record(nest, adaptive, [*noted, "adaptation", "V_th_adapt"]),
        "readout": record(nest, readouts, ["V_m", "error_signal", "readout_signal", "readout_signal_unnorm",
                                           "target_signal", "eprop_history_duration"]),
    }  # fmt: skip
    recorder = nest.Create("spike_recorder")
    nest.Connect(inputs + recurrent, recorder)
    return run(nest, meters, recorder, recurrent)


def run(nest: Any, meters: dict[str, Any], recorder: Any, recurrent: Any) -> Arrays:
    """Simulate in three runs and return what was recorded."""
    h = nest.resolution
    nest.Simulate(171 * h)
    result = {"spike_count": np.array(nest.local_spike_counter), "early_weights": weights(nest)}
    nest.SetDefaults("model_0", {"optimizer": {"eta": 0.02}})
    recurrent[1].set(c_reg=10.0, V_th=recurrent[1].E_L + 0.5)
    some = nest.GetConnections(recurrent[:2], recurrent[2:])
    some.set(tau_m_readout=17.0)
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


for _number, (_interval, _threads, _resolution) in enumerate(
    (
        (50, 1, 1.0),
        (31, 2, 0.1),
        (100, 1, 1.0),
        (7, 1, 0.5),
        (20, 3, 1.0),
        (150, 1, 0.1),
        (12, 1, 1.0),
        (3, 1, 1.0),
        (2, 2, 1.0),
    )
):
    CASES[f"network_{_interval}_{_threads}"] = lambda nest, seed, s=_number, i=_interval, t=_threads, r=_resolution: (
        network(nest, seed, s, i, t, r)
    )
