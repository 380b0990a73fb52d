"""Connections that carry numbers.

Rates, gap junctions, diffusion and slow inward currents are exchanged once per slice, and, where they act without
delay, in repeated passes over it; their sums depend on the order of nodes, threads and passes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation, events

CASES: dict[str, Simulation] = {}

GAINS: dict[str, dict[str, tuple[float, float]]] = {
    "lin": {"g": (0.2, 1.5), "g_ex": (0.5, 1.5), "g_in": (0.5, 1.5), "theta_ex": (0.0, 2.0), "theta_in": (0.0, 2.0)},
    "tanh": {"g": (0.2, 2.0), "theta": (-1.0, 1.0)},
    "sigmoid": {"g": (0.2, 2.0), "beta": (0.5, 2.0), "theta": (-1.0, 1.0)},
    "sigmoid_gg_1998": {"g": (0.05, 0.3)},
    "threshold_lin": {"g": (0.2, 1.2), "theta": (-1.0, 1.0), "alpha": (0.5, 3.0)},
    "gauss": {"g": (0.2, 1.5), "mu": (-1.0, 1.0), "sigma": (0.3, 2.0)},
}
WITH_OUTPUT_NOISE = ("lin", "tanh", "threshold_lin")


def model_name(gain: str, kind: str) -> str:
    """Return the name of a rate model."""
    if kind == "transformer":
        return f"rate_transformer_{gain}"
    return f"sigmoid_rate_gg_1998_{kind}" if gain == "sigmoid_gg_1998" else f"{gain}_rate_{kind}"


def draw(generator: np.random.RandomState, ranges: dict[str, tuple[float, float]], n: int) -> list[dict[str, Any]]:
    """Return parameter sets drawn uniformly."""
    return [{k: float(generator.uniform(low, high)) for k, (low, high) in ranges.items()} for _ in range(n)]


def wire(
    nest: Any, generator: np.random.RandomState, sources: Any, targets: Any, degree: int, synapse: dict[str, Any]
) -> None:
    """Connect each target to some sources with random values; pairs of numbers are bounds of what is drawn."""
    source = np.concatenate([generator.choice(sources, degree, replace=False) for _ in targets])
    target = np.repeat(targets, degree)
    values = {k: generator.uniform(v[0], v[1], len(source)) if isinstance(v, tuple) else v for k, v in synapse.items()}
    if "delay" in values:
        values["delay"] = np.round(values["delay"], 1)
    order = generator.permutation(len(source))
    nest.Connect(source[order], target[order], "one_to_one", values)


def rate_parameters(generator: np.random.RandomState, gain: str, kind: str, n: int) -> list[dict[str, Any]]:
    """Return random parameter sets of a rate model."""
    sets = draw(generator, GAINS[gain], n)
    for k, one in enumerate(sets):
        one["linear_summation"] = k % 3 != 2
        if kind == "transformer":
            continue
        one["tau"] = float(generator.uniform(2.0, 20.0))
        one["std"], one["mean"] = float(generator.uniform(0.0, 0.5)), float(generator.uniform(-0.5, 1.0))
        one["mult_coupling"] = k % 2 == 1
        if kind == "ipn":
            one["lambda"] = 0.0 if k % 10 == 9 else float(generator.uniform(0.5, 2.0))
            one["rectify_output"], one["rectify_rate"] = k % 5 == 3, float(generator.uniform(0.0, 0.3))
    return sets


def rates(nest: Any, seed: int, gain: str, kind: str, threads: int, iterated: bool, resolution: float) -> Arrays:
    """Neurons with parameters of their own, connected with and without delay, and a generator, in several runs."""
    generator = np.random.RandomState(7 + seed)
    nest.set(local_num_threads=threads, rng_seed=17 + seed, resolution=resolution)
    nest.use_wfr = iterated
    before = nest.Create("step_rate_generator")
    nodes = nest.Create(model_name(gain, kind), 60)
    after = nest.Create("step_rate_generator")
    for node, one in zip(nodes, rate_parameters(generator, gain, kind, 60), strict=True):
        node.set(one)
    nodes.rate = generator.uniform(-0.5, 0.5, 60).tolist()
    before.set(amplitude_times=[3.0, 7.0], amplitude_values=[1.5, -0.7], stop=19.0)
    after.set(amplitude_times=[2.0, 8.0], amplitude_values=[0.8, 0.3], start=4.0)
    ids = np.array(nodes.tolist())
    unit = 0.5
    delayed = {"synapse_model": "rate_connection_delayed", "weight": (-0.3, 0.4), "delay": (unit, 2.5)}
    if resolution != 0.1:
        delayed["delay"] = (1.0, 1.0)
    wire(nest, generator, ids, ids, 4, delayed)
    immediate = {"synapse_model": "rate_connection_instantaneous", "weight": (-0.3, 0.3)}
    wire(nest, generator, ids, ids, 3, immediate)
    for device, chosen in ((before, nodes[:9]), (after, nodes[5:20])):
        nest.Connect(device, chosen, syn_spec={"synapse_model": "rate_connection_delayed", "weight": 0.6, "delay": 1.0})
    meter = nest.Create("multimeter", params={"record_from": list(nodes[0].recordables), "interval": 1.0})
    nest.Connect(meter, nodes)
    for span in (2.3, 4.0, 11.2, 6.5) if resolution == 0.1 else (2.0, 9.0, 11.0):
        nest.Simulate(span)
    return events(meter=meter) | {"rate": np.array(nodes.rate)}


for _gain in GAINS:
    for _kind in ("ipn", "opn", "transformer"):
        if _kind != "opn" or _gain in WITH_OUTPUT_NOISE:
            CASES[f"{model_name(_gain, _kind)}-1"] = lambda nest, seed, a=(_gain, _kind, 1, True, 0.1): rates(
                nest, seed, *a
            )
for _gain, _kind in (("lin", "ipn"), ("tanh", "opn"), ("lin", "transformer")):
    CASES[f"{model_name(_gain, _kind)}-2"] = lambda nest, seed, k=(_gain, _kind): rates(nest, seed, *k, 2, True, 0.1)
    CASES[f"{model_name(_gain, _kind)}-once"] = lambda nest, seed, a=(_gain, _kind, 1, False, 0.1): rates(
        nest, seed, *a
    )
    CASES[f"{model_name(_gain, _kind)}-0.5"] = lambda nest, seed, k=(_gain, _kind): rates(nest, seed, *k, 1, True, 0.5)


GAP_NEURONS: dict[str, dict[str, tuple[float, float]]] = {
    "hh_psc_alpha_gap": {
        "I_e": (0.0, 200.0), "C_m": (35.0, 50.0), "g_Na": (4000.0, 5000.0), "E_L": (-72.0, -66.0), "t_ref": (0.5, 3.0),
        "tau_syn_ex": (0.2, 2.0), "tau_syn_in": (0.5, 3.0), "V_m": (-72.0, -60.0),
    },
    "hh_cond_beta_gap_traub": {
        "I_e": (0.0, 300.0), "C_m": (180.0, 230.0), "V_T": (-55.0, -45.0), "E_L": (-65.0, -58.0), "t_ref": (0.5, 3.0),
        "tau_rise_ex": (0.3, 1.0), "tau_decay_ex": (2.0, 6.0), "V_m": (-65.0, -55.0),
    },
}  # fmt: skip


def gaps(nest: Any, seed: int, model: str, threads: int, order: int | None, resolution: float = 0.1) -> Arrays:
    """Neurons with gap junctions, chemical synapses, a current and Poisson input, in several runs.

    Without an order there is no iteration.
    """
    generator = np.random.RandomState(5 + seed)
    nest.set(local_num_threads=threads, rng_seed=12 + seed, resolution=resolution)
    nest.use_wfr = order is not None
    if order is not None:
        nest.set(wfr_interpolation_order=order, wfr_tol=1e-4, wfr_max_iterations=6)
    n = 50
    neurons = nest.Create(model, n)
    for neuron, one in zip(neurons, draw(generator, GAP_NEURONS[model], n), strict=True):
        neuron.set(one)
    drive = nest.Create("poisson_generator", params={"rate": 800.0})
    current = nest.Create("dc_generator", params={"amplitude": 60.0, "start": 5.0, "stop": 15.0})
    scale = 1.0 if "psc" in model else 0.02
    ids = np.array(neurons.tolist())
    for _ in range(70):
        a, b = generator.choice(ids, 2, replace=False)
        rule = {"rule": "one_to_one", "make_symmetric": True}
        weight = float(generator.uniform(0.1, 1.5))
        pair = nest.NodeCollection([int(a)]), nest.NodeCollection([int(b)])
        nest.Connect(*pair, rule, {"synapse_model": "gap_junction", "weight": weight})
    wire(nest, generator, ids, ids, 2, {"weight": (-150.0 * scale, 300.0 * scale), "delay": (1.0, 2.0)})
    nest.Connect(drive, neurons, syn_spec={"weight": 200.0 * scale, "delay": 1.0})
    nest.Connect(current, neurons[:9], syn_spec={"delay": 1.0})
    meter = nest.Create("multimeter", params={"record_from": ["V_m", "Act_m", "Inact_h"], "interval": 1.0})
    recorder = nest.Create("spike_recorder")
    nest.Connect(meter, neurons)
    nest.Connect(neurons, recorder)
    for span in (7.3, 2.2, 15.5) if resolution == 0.1 else (8.0, 17.0):
        nest.Simulate(span)
    return events(meter=meter, spikes=recorder) | {"V_m": np.array(neurons.V_m)}


def gaps_beside_rates(nest: Any) -> Arrays:
    """Neurons without gap junctions in a network that is iterated, which changes their integration steps."""
    nest.wfr_comm_interval = 0.7
    neurons = nest.Create("hh_psc_alpha_gap", 3, {"I_e": 150.0})
    rates = nest.Create("lin_rate_ipn", 2, {"sigma": 0.1, "mean": 1.0})
    nest.Connect(rates, rates, syn_spec={"synapse_model": "rate_connection_instantaneous", "weight": 0.3})
    meter = nest.Create("multimeter", params={"record_from": ["V_m"], "interval": 0.2})
    nest.Connect(meter, neurons)
    nest.Simulate(20.0)
    nest.Connect(neurons[0], neurons[1], {"rule": "one_to_one", "make_symmetric": True}, "gap_junction")
    nest.Simulate(10.2)
    nest.wfr_tol = 1e-9
    neurons.I_e = [100.0, 200.0, 150.0]
    nest.Simulate(5.0)
    return events(meter=meter) | {"rate": np.array(rates.rate)}


for _model in GAP_NEURONS:
    for _order in (0, 1, 3, None):
        _name = f"{_model}-order{_order}" if _order is not None else f"{_model}-once"
        CASES[_name] = lambda nest, seed, a=(_model, 1, _order): gaps(nest, seed, *a)
    CASES[f"{_model}-2"] = lambda nest, seed, a=(_model, 2, 3): gaps(nest, seed, *a)
CASES["hh_psc_alpha_gap-0.5"] = lambda nest, seed: gaps(nest, seed, "hh_psc_alpha_gap", 1, 3, 0.5)
CASES["gaps_beside_rates"] = lambda nest, seed: gaps_beside_rates(nest)


def gaps_changed(nest: Any) -> Arrays:
    """Settings of the iteration, weights and the network itself change between runs."""
    neurons = nest.Create("hh_psc_alpha_gap", 2, {"I_e": 100.0})
    nest.Connect(neurons, neurons, {"rule": "all_to_all"}, "gap_junction")
    potentials = []
    for change in (
        lambda: None,
        lambda: nest.set(wfr_max_iterations=2),
        lambda: nest.Create("hh_psc_alpha_gap"),
        lambda: nest.set(wfr_tol=1e-7, wfr_max_iterations=9),
        lambda: nest.GetConnections().set(weight=0.4),
    ):
        change()
        nest.Simulate(5.0)
        potentials += list(neurons.V_m)
    return {"V_m": np.array(potentials)}


CASES["gaps_changed"] = lambda nest, seed: gaps_changed(nest)


ASTROCYTE = {
    "Ca_tot": (1.5, 2.5), "IP3_0": (0.1, 0.3), "Kd_act": (0.06, 0.1), "SIC_scale": (5.0, 60.0), "SIC_th": (0.05, 0.15),
    "delta_IP3": (0.01, 0.4), "tau_IP3": (200.0, 2000.0), "rate_IP3R": (0.02, 0.2), "ratio_ER_cyt": (0.15, 0.25),
    "k_IP3R": (0.0002, 0.002), "IP3": (0.1, 0.8), "Ca_astro": (0.03, 0.4), "h_IP3R": (0.3, 0.9),
}  # fmt: skip
NEURON = {"I_e": (0.0, 500.0), "C_m": (200.0, 300.0), "tau_syn_ex": (0.2, 2.0), "b": (20.0, 90.0), "t_ref": (0.0, 2.0)}


def astrocytes(nest: Any, seed: int, threads: int, resolution: float = 0.1) -> Arrays:
    """Astrocytes driven by neurons and noise, and neurons that get slow inward currents, in several runs."""
    generator = np.random.RandomState(9 + seed)
    nest.set(local_num_threads=threads, rng_seed=14 + seed, resolution=resolution)
    neurons = nest.Create("aeif_cond_alpha_astro", 50)
    cells = nest.Create("astrocyte_lr_1994", 50)
    for nodes, ranges in ((neurons, NEURON), (cells, ASTROCYTE)):
        for node, one in zip(nodes, draw(generator, ranges, 50), strict=True):
            node.set(one)
    drive = nest.Create("poisson_generator", params={"rate": 1500.0})
    noise = nest.Create("noise_generator", params={"mean": 0.0, "std": 0.001}) if threads == 1 else None
    sources, targets = np.array(neurons.tolist()), np.array(cells.tolist())
    wire(nest, generator, sources, targets, 3, {"weight": (0.5, 1.5), "delay": (1.0, 3.0)})
    wire(nest, generator, targets, sources, 4, {
        "synapse_model": "sic_connection", "weight": (-0.2, 1.0), "delay": (1.0, 3.0)})  # fmt: skip
    nest.Connect(drive, neurons, syn_spec={"weight": 15.0, "delay": 1.0})
    if noise is not None:
        nest.Connect(noise, cells, syn_spec={"delay": 1.0})
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    meters = {}
    for name, nodes in (("neurons", neurons), ("cells", cells)):
        meters[name] = nest.Create("multimeter", params={"record_from": list(nodes[0].recordables), "interval": 5.0})
        nest.Connect(meters[name], nodes)
    for span in (40.3, 25.7, 60.0) if resolution == 0.1 else (40.0, 60.0):
        nest.Simulate(span)
    return events(spikes=recorder, **meters) | {"V_m": np.array(neurons.V_m), "Ca_astro": np.array(cells.Ca_astro)}


CASES["astrocytes-1"] = lambda nest, seed: astrocytes(nest, seed, 1)
CASES["astrocytes-2"] = lambda nest, seed: astrocytes(nest, seed, 2)
CASES["astrocytes-0.5"] = lambda nest, seed: astrocytes(nest, seed, 1, 0.5)


SIEGERT = {
    "mean": (0.0, 5.0), "theta": (10.0, 20.0), "V_reset": (-5.0, 5.0), "tau": (0.5, 5.0), "tau_m": (5.0, 20.0),
    "tau_syn": (0.0, 1.0), "t_ref": (0.0, 3.0), "rate": (0.0, 30.0),
}  # fmt: skip


def mean_field(nest: Any, seed: int, threads: int, iterated: bool) -> Arrays:
    """Populations that excite and inhibit each other, some of them silent, some far above threshold."""
    generator = np.random.RandomState(3 + seed)
    nest.set(local_num_threads=threads)
    nest.use_wfr = iterated
    nodes = nest.Create("siegert_neuron", 60)
    for node, one in zip(nodes, draw(generator, SIEGERT, 60), strict=True):
        node.set(one)
    nodes[:5].set(tau_syn=0.0, V_reset=0.0)
    drive = nest.Create("siegert_neuron", 3, {"theta": 1000.0, "mean": 20.0, "rate": 20.0})
    drive.mean = [10.0, 30.0, 60.0]
    ids, outside = np.array(nodes.tolist()), np.array(drive.tolist())
    diffusion = {"synapse_model": "diffusion_connection", "diffusion_factor": (0.0, 1.0)}
    wire(nest, generator, ids, ids, 5, diffusion | {"drift_factor": (-0.1, 0.1)})
    wire(nest, generator, outside, ids, 2, diffusion | {"drift_factor": (-0.1, 0.7), "diffusion_factor": (0.01, 2.0)})
    meter = nest.Create("multimeter", params={"record_from": ["rate"], "interval": 0.5})
    nest.Connect(meter, nodes)
    for span in (3.3, 8.2, 4.0):
        nest.Simulate(span)
    return events(meter=meter) | {"rate": np.array(nodes.rate)}


CASES["siegert_neuron-1"] = lambda nest, seed: mean_field(nest, seed, 1, True)
CASES["siegert_neuron-2"] = lambda nest, seed: mean_field(nest, seed, 2, True)
CASES["siegert_neuron-once"] = lambda nest, seed: mean_field(nest, seed, 1, False)


def _everything(nest: Any, seed: int, threads: int, iterated: bool) -> tuple[Any, ...]:
    """Make a small network with all kinds of connections that carry numbers."""
    nest.set(local_num_threads=threads, rng_seed=21 + seed)
    nest.use_wfr = iterated
    rates = nest.Create("lin_rate_ipn", 5, {"sigma": 0.5}) + nest.Create("rate_transformer_lin", 1)
    rates[:5].rate = [1.0, 2.0, 3.0, 4.0, 5.0]
    means = nest.Create("siegert_neuron", 3, {"mean": 3.0, "theta": 10.0})
    cells, astro = nest.Create("astrocyte_lr_1994", 2, {"IP3": 1.0}), nest.Create("aeif_cond_alpha_astro", 2)
    gaps = nest.Create("hh_psc_alpha_gap", 3, {"I_e": 100.0})
    return rates, means, cells, astro, gaps


def _connect_everything(nest: Any, nodes: tuple[Any, ...], names: dict[str, str]) -> None:
    rates, means, cells, astro, gaps = nodes
    diffusion = {"drift_factor": 0.3, "diffusion_factor": 0.2}
    others = {"rule": "all_to_all", "allow_autapses": False}
    for (source, target), model, spec in (
        ((rates, rates), "rate_connection_instantaneous", {"weight": 0.1}),
        ((rates, rates), "rate_connection_delayed", {"weight": 0.1, "delay": 2.0}),
        ((means, means), "diffusion_connection", diffusion),
        ((cells, astro), "sic_connection", {"weight": 5.0}),
        ((gaps, gaps), "gap_junction", {"weight": 2.0}),
        ((gaps, gaps), "static_synapse", {"weight": 20.0}),
    ):
        nest.Connect(source, target, others, {"synapse_model": names.get(model, model), **spec})


SPANS = (3.0, 0.3, 0.4, 2.0, 1.3, 0.1, 4.0, 5.0)


def frozen(nest: Any, seed: int, threads: int, iterated: bool) -> Arrays:
    """Nodes that are frozen in some of several runs, which also end inside slices, send again what they sent last."""
    nodes = _everything(nest, seed, threads, iterated)
    _connect_everything(nest, nodes, {})
    rates, means, cells, astro, gaps = nodes
    found = []
    for k, span in enumerate(SPANS):
        rates[k % 6].frozen = k % 2 == 0
        means[k % 3].frozen = k % 4 < 2
        cells[k % 2].frozen = k % 3 == 0
        astro[0].frozen = k % 4 == 1
        gaps[k % 3].frozen = not gaps[k % 3].frozen
        nest.Simulate(span)
        found += [*rates.rate, *means.rate, *cells.Ca_astro, *astro.V_m, *gaps.V_m]
    return {"states": np.array(found)}


def weights_watched(nest: Any, seed: int, threads: int, iterated: bool) -> Arrays:
    """Weights of connections that carry numbers are recorded at each delivery, those of iterations included."""
    nodes = _everything(nest, seed, threads, iterated)
    recorders, names = nest.Create("weight_recorder", 4), {}
    recorders[2].set(senders=nodes[0][:2], targets=nodes[0][3:], start=2.0, stop=9.0)
    for model, which in (
        ("rate_connection_instantaneous", 0),
        ("rate_connection_delayed", 2),
        ("diffusion_connection", 0),
        ("sic_connection", 1),
        ("gap_junction", 3),
        ("static_synapse", 3),
    ):
        names[model] = f"watched_{model}"
        nest.CopyModel(model, names[model], {"weight_recorder": recorders[which]})
    _connect_everything(nest, nodes, names)
    for span in SPANS:
        nest.Simulate(span)
    return {f"{i}_{k}": np.asarray(v) for i, device in enumerate(recorders) for k, v in device.events.items()}


for _threads in (1, 2):
    for _iterated in (True, False):
        _name = f"{_threads}-{'wfr' if _iterated else 'once'}"
        CASES[f"frozen-{_name}"] = lambda nest, seed, a=(_threads, _iterated): frozen(nest, seed, *a)
        CASES[f"watched-{_name}"] = lambda nest, seed, a=(_threads, _iterated): weights_watched(nest, seed, *a)
