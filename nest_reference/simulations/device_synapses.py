"""Devices whose spikes go through synapses that change, choose or learn.

They do so at once: the order of devices and neurons decides what a synapse reads, and what its target forgets. Each
target of a device gets spikes of its own, drawn after its synapse has decided.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation
from nest_reference.simulations.synapses import MODELS, connection_values

CASES: dict[str, Simulation] = {}

TRAIN = {"spike_times": [3.0, 7.0, 7.1, 12.0, 22.0, 35.0, 41.5]}
RATE = {"start": 1.0, "rate": 300.0, "amplitude": 100.0, "frequency": 20.0}
DEVICES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("spike_generator", TRAIN | {"spike_multiplicities": [1, 2, 1, 3, 1, 1, 2]}),
    ("spike_generator", TRAIN | {"spike_weights": [1.0, 2.0, -1.0, 3.0, 0.5, 1.0, 0.0]}),
    ("pulsepacket_generator", {"activity": 4, "sdev": 0.4, "pulse_times": [5.0, 9.3, 12.0, 21.0, 33.0, 41.0]}),
    ("poisson_generator", {"rate": 400.0}),
    ("poisson_generator_ps", {"rate": 300.0, "dead_time": 0.3, "start": 1.0}),
    ("gamma_sup_generator", {"rate": 50.0, "gamma_shape": 2, "n_proc": 5}),
    ("ppd_sup_generator", {"rate": 50.0, "dead_time": 1.0, "n_proc": 5}),
    ("mip_generator", {"rate": 300.0, "p_copy": 0.6}),
    ("inhomogeneous_poisson_generator", {"rate_times": [1.0, 20.0], "rate_values": [300.0, 600.0]}),
    ("sinusoidal_poisson_generator", RATE),
    ("common_train", RATE),
    ("sinusoidal_gamma_generator", RATE | {"order": 2.0}),
)
PACKETS = {"activity": 9, "sdev": 1.5, "pulse_times": [11.0, 23.0, 31.0, 58.0, 90.0]}


def collected(neurons: Any, devices: dict[str, Any]) -> Arrays:
    """Return what neurons and recording devices show."""
    result = {f"{name}_{k}": np.asarray(v) for name, one in devices.items() for k, v in one.get("events").items()}
    return result | {"last_V_m": np.asarray(neurons.get("V_m"))}


def changing(nest: Any, seed: int, device: str, threads: int, compressed: bool) -> Arrays:
    """Devices that send what they send through all synapses that neurons have, to neurons before and after them."""
    nest.set(local_num_threads=threads, rng_seed=seed + 3, use_compressed_spikes=compressed)
    early = nest.Create("iaf_psc_alpha", 3, {"I_e": 300.0})
    recorder, meter = nest.Create("spike_recorder"), nest.Create("voltmeter")
    parrots, n = nest.Create("parrot_neuron", 2), 2 * len(MODELS) + 2
    devices = nest.Create(device, n, PACKETS if device == "pulsepacket_generator" else {"p_copy": 0.6})
    transmitter = nest.Create("volume_transmitter")
    models = MODELS | {"stdp_dopamine_synapse": ({}, {"volume_transmitter": transmitter, "A_plus": 2.0}, 30.0)}
    late = nest.Create("iaf_cond_exp", 3, {"tau_minus": 22.0})
    neurons = early + late
    for nodes, weight in ((early, 90.0), (late, 3.0), (parrots, 1.0)):
        drive = nest.Create("poisson_generator", params={"rate": 4000.0 if weight > 1.0 else 80.0})
        nest.Connect(drive, nodes, syn_spec={"weight": weight, "delay": 1.0})
    nest.Connect(parrots, transmitter)
    if device == "spike_dilutor":
        nest.Connect(parrots, devices, "all_to_all")
    for i, (model, (own, common, weight)) in enumerate(models.items()):
        nest.CopyModel(model, f"a_{model}", common)
        spec = {"synapse_model": f"a_{model}", **own} | ({} if weight is None else {"weight": weight})
        nest.Connect(devices[2 * i], neurons, "all_to_all", spec | {"delay": 0.8})
        for k, node in enumerate((*neurons, neurons[1])):
            nest.Connect(devices[2 * i + 1], node, syn_spec=spec | {"delay": 1.1 + 0.3 * k})
        nest.Connect(parrots, neurons, "all_to_all", spec | {"delay": 0.9})
    nest.Connect(neurons, recorder)
    nest.Connect(meter, neurons)
    result = {}
    for k, duration in enumerate((20.3, 13.0, 9.9, 30.0, 20.0)):
        nest.Simulate(duration)
        status = neurons.get(["t_spike", "archiver_length", "post_trace", "Ca"])
        result |= {f"{k}_{name}": np.asarray(v) for name, v in status.items()}
        for model in models:
            values = connection_values(nest, f"a_{model}").items()
            result |= {f"{k}_{model}_{name}": v for name, v in values if k in (1, 4)}
        if k == 2:
            nest.GetConnections(devices[0], neurons[1]).weight = 33.0
    return result | collected(neurons, {"spikes": recorder, "samples": meter})


for _threads, _compressed in ((1, True), (2, True), (1, False)):
    CASES[f"packets_{_threads}_{_compressed}"] = lambda nest, seed, a=(_threads, _compressed): changing(
        nest, seed, "pulsepacket_generator", *a
    )
CASES["dilutors_True"] = lambda nest, seed: changing(nest, seed, "spike_dilutor", 1, True)
CASES["dilutors_False"] = lambda nest, seed: changing(nest, seed, "spike_dilutor", 1, False)


def learning(nest: Any, seed: int, threads: int, at_events: bool) -> Arrays:
    """All devices that send spikes, at synapses of e-prop of neurons before, between and after them."""
    suffix = "" if at_events else "_bsshslm_2020"
    nest.set(local_num_threads=threads, rng_seed=seed + 5, eprop_update_interval=8.0, eprop_learning_window=8.0)
    nest.CopyModel("sinusoidal_poisson_generator", "common_train", {"individual_spike_trains": False})
    nodes = []
    for model in (f"eprop_iaf{suffix}", f"eprop_readout{suffix}"):
        nodes.append(nest.Create(model, 2))
    devices = []
    for k, (model, values) in enumerate(DEVICES):
        devices.append(nest.Create(model, params=values))
        if k % 3 == 1:
            nodes.append(nest.Create(f"eprop_iaf{suffix}", 1, {"I_e": 200.0}))
            nodes.append(nest.Create(f"eprop_readout{suffix}"))
    if not at_events:
        devices = [devices[0], devices[2]]  # others send before intervals begin, which is an error
    neurons = nodes[0]
    for more in nodes[1:]:
        neurons += more
    spiking = neurons[[k for k, one in enumerate(neurons.model) if "iaf" in one]]
    readouts = neurons[[k for k, one in enumerate(neurons.model) if "readout" in one]]
    recorder = nest.Create("spike_recorder")
    wanted = ["eprop_history_duration", "learning_signal", "surrogate_gradient", "V_m"]
    meter = nest.Create("multimeter", params={"record_from": wanted, "interval": 0.1})
    nest.Connect(spiking, recorder)
    nest.Connect(meter, spiking)
    synapse, feedback = f"eprop_synapse{suffix}", f"eprop_learning_signal_connection{suffix}"
    for k, device in enumerate(devices):
        nest.CopyModel(synapse, f"a_{k}", {"optimizer": {"type": "adam" if k % 2 else "gradient_descent", "eta": 1e-3}})
        nest.Connect(device, neurons, "all_to_all", {"synapse_model": f"a_{k}", "weight": 90.0, "delay": 0.1})
    nest.Connect(readouts, spiking, "all_to_all", {"synapse_model": feedback, "weight": 3.0, "delay": 0.1})
    result = {}
    for duration in (17.0, 25.3):
        nest.Simulate(duration)
        for k in range(len(devices)):
            result |= {f"{duration}_{k}_{name}": v for name, v in connection_values(nest, f"a_{k}").items()}
    return result | collected(neurons, {"spikes": recorder, "samples": meter})


for _threads in (1, 2):
    for _at_events in (True, False):
        CASES[f"learning_{_threads}_{_at_events}"] = lambda nest, seed, a=(_threads, _at_events): learning(
            nest, seed, *a
        )


def potentials(nest: Any, seed: int, threads: int) -> Arrays:
    """Packets at synapses that read potentials, and at dendrites."""
    nest.set(local_num_threads=threads, rng_seed=seed + 7)
    values = PACKETS | {"activity": 20}
    early = nest.Create("pp_cond_exp_mc_urbanczik", 2)
    devices = nest.Create("pulsepacket_generator", 3, values)
    late = nest.Create("pp_cond_exp_mc_urbanczik", 2)
    reading = nest.Create("aeif_psc_delta_clopath", 2) + nest.Create("hh_psc_alpha_clopath", 2)
    recorder, drive = nest.Create("spike_recorder"), nest.Create("poisson_generator", params={"rate": 3000.0})
    nest.Connect(early + late + reading, recorder)
    nest.Connect(drive, reading, syn_spec={"weight": 30.0})
    soma = nest.GetDefaults("pp_cond_exp_mc_urbanczik", "receptor_types")["soma_exc"]
    dendrite = nest.GetDefaults("pp_cond_exp_mc_urbanczik", "receptor_types")["dendritic_exc"]
    nest.Connect(drive, early + late, syn_spec={"weight": 0.6, "receptor_type": soma})
    predicting = {"synapse_model": "urbanczik_synapse", "weight": 0.5, "receptor_type": dendrite}
    nest.Connect(devices[0], early + late, syn_spec=predicting)
    for k, delay in ((1, 1.0), (2, 1.5)):
        nest.Connect(devices[k], reading, syn_spec={"synapse_model": "clopath_synapse", "weight": 9.0, "delay": delay})
    nest.Simulate(50.5)
    nest.Simulate(60.0)
    result = connection_values(nest, "clopath_synapse")
    result |= {f"predicted_{k}": v for k, v in connection_values(nest, "urbanczik_synapse").items()}
    return result | collected(reading, {"spikes": recorder})


for _threads in (1, 2):
    CASES[f"potentials_{_threads}"] = lambda nest, seed, t=_threads: potentials(nest, seed, t)


def off_grid(nest: Any, seed: int, threads: int) -> Arrays:
    """Packets that go through synapses to neurons whose spikes are off the grid, and to others beside them."""
    nest.set(local_num_threads=threads, rng_seed=seed + 9)
    models = ("stdp_synapse", "tsodyks_synapse", "bernoulli_synapse", "stdp_triplet_synapse")
    devices = nest.Create("pulsepacket_generator", len(models), PACKETS | {"activity": 20})
    neurons = nest.Create("iaf_psc_alpha_ps", 2, {"I_e": 300.0})
    for model in ("iaf_psc_delta_ps", "parrot_neuron_ps", "iaf_psc_exp", "parrot_neuron"):
        neurons += nest.Create(model, 2)
    recorder, drive = nest.Create("spike_recorder"), nest.Create("poisson_generator_ps", params={"rate": 3000.0})
    nest.Connect(neurons, recorder)
    nest.Connect(drive, neurons[:4], syn_spec={"weight": 30.0})
    result = {}
    for k, model in enumerate(models):
        nest.Connect(devices[k], neurons, "all_to_all", {"synapse_model": model, "weight": 40.0, "delay": 1.1})
    for duration in (40.3, 60.0):
        nest.Simulate(duration)
        for model in models:
            result |= {f"{duration}_{model}_{k}": v for k, v in connection_values(nest, model).items()}
    return result | collected(neurons[:4], {"spikes": recorder})


for _threads in (1, 2):
    CASES[f"off_grid_{_threads}"] = lambda nest, seed, t=_threads: off_grid(nest, seed, t)


def forgetting(nest: Any, seed: int, threads: int) -> Arrays:
    """Neurons before, between and after devices whose synapses read their spikes, which they forget then."""
    nest.set(local_num_threads=threads, rng_seed=seed + 11)
    neurons = nest.Create("parrot_neuron", 3)
    devices = nest.Create(
        "pulsepacket_generator", 2, {"activity": 2, "sdev": 1.0, "pulse_times": np.arange(9.0, 90.0, 13.0)}
    )
    neurons += nest.Create("parrot_neuron", 2)
    devices += nest.Create(
        "pulsepacket_generator", 1, {"activity": 2, "sdev": 1.0, "pulse_times": np.arange(9.0, 90.0, 13.0)}
    )
    neurons += nest.Create("parrot_neuron", 3)
    drive = nest.Create("poisson_generator", params={"rate": 800.0})
    nest.Connect(drive, neurons, syn_spec={"delay": 2.0})
    spec = {"synapse_model": "stdp_synapse", "receptor_type": 1, "delay": 2.0}
    nest.Connect(devices, neurons, "all_to_all", spec)
    result = {}
    for k in range(45):
        nest.Simulate(2.0)
        result[f"{k}_archiver_length"] = np.asarray(neurons.get("archiver_length"))
    return result | connection_values(nest, "stdp_synapse")


for _threads in (1, 2):
    CASES[f"forgetting_{_threads}"] = lambda nest, seed, t=_threads: forgetting(nest, seed, t)
