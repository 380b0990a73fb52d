"""Simulations of single models, each described by data, which NEST and jaxnest run and whose results are compared.

Run as a program it runs descriptions with NEST: ``python -m nest_reference.model_cases DESCRIPTIONS.json OUT.npz``.

A description is a dictionary that JSON can hold. The recording script finds it by asking NEST, so that no model
needs more than a few facts here: vectors that it wants set, and what a synapse model wants to connect.
"""

from __future__ import annotations

import fnmatch
import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]
Description = dict[str, Any]

TWO_TIMES = {"tau_syn": [1.5, 4.0]}
COMPARTMENT = {"C_m": 10.0, "g_C": 0.0, "g_L": 1.0, "e_L": -70.0, "gbar_Na": 100.0, "gbar_K": 20.0}
TWO_COMPARTMENTS = {
    "compartments": [
        {"parent_idx": -1, "params": COMPARTMENT},
        {"parent_idx": 0, "params": {"C_m": 1.0, "g_C": 1.0, "g_L": 0.1, "e_L": -70.0}},
    ],
    "receptors": [
        {"comp_idx": 0, "receptor_type": "AMPA"},
        {"comp_idx": 1, "receptor_type": "GABA"},
        {"comp_idx": 1, "receptor_type": "AMPA_NMDA"},
    ],
}
PARAMETERS: dict[str, dict[str, Any]] = {
    "iaf_psc_*_multisynapse": TWO_TIMES,
    "gif_psc_exp_multisynapse": TWO_TIMES,
    "gif_cond_exp_multisynapse": {**TWO_TIMES, "E_rev": [0.0, -85.0]},
    "aeif_cond_alpha_multisynapse": {**TWO_TIMES, "E_rev": [0.0, -85.0]},
    "aeif_cond_beta_multisynapse": {"tau_rise": [0.5, 2.0], "tau_decay": [1.5, 9.0], "E_rev": [0.0, -85.0]},
    "gif_*": {"tau_sfa": [30.0, 90.0], "q_sfa": [4.0, 1.0], "tau_stc": [20.0], "q_stc": [6.0]},
    "gif_pop_psc_exp": {"tau_sfa": [30.0, 90.0], "q_sfa": [4.0, 1.0], "tau_stc": None, "q_stc": None},
    "glif_psc": TWO_TIMES,
    "glif_psc_double_alpha": {"tau_syn_fast": [1.5, 4.0], "tau_syn_slow": [5.0, 9.0], "amp_slow": [0.3, 0.2]},
    "glif_cond": {"tau_syn": [0.4, 3.0], "E_rev": [0.0, -85.0]},
    "iaf_psc_exp_ps_lossless": {"tau_syn_ex": 3.0, "tau_syn_in": 3.0},
    "iaf_chs_2007": {"noise": [0.01 * ((7 * k) % 11) for k in range(12000)]},
    "siegert_neuron": {"mean": 0.5},
    "cm_default": TWO_COMPARTMENTS,
    "ignore_and_fire": {"phase": 0.3, "rate": 80.0},
    "spike_train_injector": {"spike_times": [1.0, 4.0, 5.0, 17.0, 60.0], "spike_multiplicities": [1, 3, 1, 2, 1]},
    "*_rate_?pn": {"sigma": 0.3, "mu": 0.2},
    "gauss_rate_ipn": {"sigma": 0.7, "mu": 0.2},
    "rate_transformer_gauss": {"sigma": 0.7, "mu": 0.2},
}
"""Pattern of names of neuron models -> parameters that differ from the defaults; None takes one away again."""

CELLS: dict[str, dict[str, Any]] = {
    "*": {"pre": "parrot_neuron", "post": "parrot_neuron", "receptor": 1},
    "*_hpc": {"receptor": 0},
    "clopath_*": {"post": "aeif_psc_delta_clopath", "receptor": 0, "current": 900.0},
    "urbanczik_synapse": {"post": "pp_cond_exp_mc_urbanczik", "receptor": 3},
    "urbanczik_synapse_hpc": {"post": "pp_cond_exp_mc_urbanczik", "receptor": 1},
    "urbanczik_synapse_lbl": {"post": "pp_cond_exp_mc_urbanczik", "receptor": 3},
    "eprop_synapse*": {"pre": "eprop_iaf", "post": "eprop_iaf", "receptor": 0, "current": 500.0, "delay_steps": 1},
    "eprop_synapse_bsshslm*": {"pre": "eprop_iaf_bsshslm_2020", "post": "eprop_iaf_bsshslm_2020"},
    "eprop_learning*": {
        "pre": "eprop_readout",
        "post": "eprop_iaf",
        "receptor": 0,
        "current": 500.0,
        "delay_steps": 1,
        "weights": False,
    },
    "eprop_learning*bsshslm*": {"pre": "eprop_readout_bsshslm_2020", "post": "eprop_iaf_bsshslm_2020"},
    "stdp_dopamine*": {"volume_transmitter": True},
    "gap_junction*": {
        "pre": "hh_psc_alpha_gap",
        "post": "hh_psc_alpha_gap",
        "receptor": 0,
        "symmetric": True,
        "current": 650.0,
        "weights": False,
    },
    "rate_connection*": {"pre": "lin_rate_ipn", "post": "tanh_rate_ipn", "receptor": 0, "weights": False},
    "diffusion_connection*": {"pre": "siegert_neuron", "post": "siegert_neuron", "receptor": 0, "weights": False},
    "sic_connection*": {
        "pre": "astrocyte_lr_1994",
        "post": "aeif_cond_alpha_astro",
        "receptor": 0,
        "input": 3.0,
        "current": 700.0,
        "weights": False,
    },
    "cont_delay_synapse*": {"pre": "parrot_neuron_ps", "post": "parrot_neuron_ps", "weights": False},
}
"""Pattern of names of synapse models -> the cells that they connect; later lines add to earlier ones."""

UNDEFINED = {"diffusion_connection": ("weight",)}
"""Values of synapse models that NEST leaves undefined or that Connect does not take."""


def matching(table: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """Return what the lines of a table whose pattern fits say together."""
    found: dict[str, Any] = {}
    for pattern, values in table.items():
        if fnmatch.fnmatchcase(name, pattern):
            found |= values
    return {key: value for key, value in found.items() if value is not None}


def train(seed: int, duration: float, n: int = 45) -> list[float]:
    """Return random spike times on a grid of 1 ms, which every resolution has."""
    times = np.random.RandomState(seed).randint(1, 100, n)
    return sorted(float(t) for t in times if t < duration)


def number(value: Any) -> bool:
    """Whether a value of a status dictionary is a floating-point number."""
    return isinstance(value, float | np.floating)


def floats(status: dict[str, Any]) -> dict[str, float]:
    """Return what is a floating-point number in a status dictionary."""
    return {key: float(value) for key, value in sorted(status.items()) if number(value)}


def prepare(nest: Any, description: Description, attributes: dict[str, Any]) -> None:
    """Empty the kernel and set what a description and the caller want of it."""
    nest.ResetKernel()
    nest.set(resolution=description["resolution"], rng_seed=description["seed"], **attributes)


def connect_input(nest: Any, way: Description, nodes: Any, delay: float) -> None:
    """Connect a device with all nodes, with a weight of its own for each; zero stands for no connection."""
    device = nest.Create(way["device"], params=way["parameters"])
    if way["through"]:
        relay = nest.Create(way["through"])
        nest.Connect(device, relay, syn_spec={"delay": delay})
        device = relay
    for node, weight in zip(nodes, way["weights"], strict=True):
        if weight != 0.0:
            synapse = {"synapse_model": way["synapse"], "weight": weight, "receptor_type": way["receptor"]}
            nest.Connect(device, node, syn_spec=synapse | ({} if way["instantaneous"] else {"delay": delay}))


def samples(meter: Any, n: int, names: list[str]) -> Arrays:
    """Return what a multimeter holds, one row per time and one column per node."""
    events = meter.get("events")
    return {f"sampled {name}": np.asarray(events[name]).reshape(-1, n) for name in names}


def simulate_neurons(nest: Any, description: Description, **attributes: Any) -> Arrays:
    """Run nodes of one model, each with parameters and inputs of its own."""
    prepare(nest, description, attributes)
    h, model = description["resolution"], description["model"]
    nodes = sum((nest.Create(model, params=p) for p in description["nodes"]), nest.NodeCollection([]))
    for way in description["inputs"]:
        connect_input(nest, way, nodes, 2 * h)
    result: Arrays = {}
    names, meter, recorder = description["record_from"], None, None
    if names:
        meter = nest.Create("multimeter", params={"record_from": names, "interval": max(h, description["interval"])})
        nest.Connect(meter, nodes)
    if description["spikes"]:
        recorder = nest.Create("spike_recorder")
        nest.Connect(nodes, recorder)
    for duration in description["runs"]:
        nest.Simulate(duration)
    if meter is not None:
        result |= samples(meter, len(nodes), names)
    if recorder is not None:
        events = recorder.get("events")
        result |= {f"spike {key}": np.asarray(events[key]) for key in ("times", "senders")}
    status = [floats(node.get()) for node in nodes]
    common = sorted(set.intersection(*map(set, status)) - {"rng_seed"})
    return result | {f"final {key}": np.array([s[key] for s in status]) for key in common}


def simulate_synapses(nest: Any, description: Description, **attributes: Any) -> Arrays:
    """Connect two cells with two others by one synapse model, with several sets of parameters and delays."""
    prepare(nest, description, attributes)
    cells, h = description["cells"], description["resolution"]
    pre, post = nest.Create(cells["pre"], 2), nest.Create(cells["post"], 2)
    for seed, node in enumerate([*pre, *post]):
        drive(nest, cells, node, seed, h)
    recorder = nest.Create("spike_recorder") if description["spikes"] else None
    recorders = [connect_set(nest, description, k, pre, post) for k in range(len(description["sets"]))]
    if recorder is not None:
        nest.Connect(post, recorder)
    meter = None
    if description["record_from"]:
        meter = nest.Create("multimeter", params={"record_from": description["record_from"], "interval": max(1.0, h)})
        nest.Connect(meter, post)
    for duration in description["runs"]:
        nest.Simulate(duration)
    result: Arrays = {}
    if recorder is not None:
        result |= {f"spike {key}": np.asarray(recorder.get("events")[key]) for key in ("times", "senders")}
    if meter is not None:
        result |= samples(meter, len(post), description["record_from"])
    for k, weights in enumerate(recorders):
        if weights is not None:
            result |= {f"sent {k} {key}": np.asarray(v) for key, v in weights.get("events").items()}
        result |= connection_values(nest, description["model"], k)
    return result


def drive(nest: Any, cells: Description, node: Any, seed: int, h: float) -> None:
    """Make a cell active: with spikes where it takes them, with a current where the table says so."""
    model = node.model
    if "rate" in model or "siegert" in model:
        node.set({"siegert_neuron": {"mean": 0.3 + 0.1 * seed}}.get(model, {"rate": 0.2 + 0.1 * seed}))
        return
    if "current" in cells and "I_e" in node.get() and "readout" not in model:
        node.set(I_e=cells["current"] + 40.0 * seed)
    source = nest.Create("spike_generator", params={"spike_times": train(seed, 1e3)})
    weight = cells.get("input", 1.0) if "parrot" in model or "astro" in model else 150.0
    receptor = 1 if "urbanczik" in model else 0
    nest.Connect(source, node, syn_spec={"weight": weight, "delay": 2 * h, "receptor_type": receptor})


def connect_set(nest: Any, description: Description, k: int, pre: Any, post: Any) -> Any:
    """Connect with one of the sets of parameters; return the recorder of weights, if there is one."""
    cells, h = description["cells"], description["resolution"]
    chosen, recorder = description["sets"][k], None
    model = f"set_{k}"
    nest.CopyModel(description["model"], model, chosen["defaults"])
    if cells.get("volume_transmitter"):
        transmitter = nest.Create("volume_transmitter")
        nest.Connect(pre[0], transmitter, syn_spec={"delay": 2 * h})
        nest.SetDefaults(model, {"volume_transmitter": transmitter})
    if description["weights"]:
        recorder = nest.Create("weight_recorder")
        nest.SetDefaults(model, {"weight_recorder": recorder})
    synapse = {"synapse_model": model, "receptor_type": cells["receptor"]}
    if description["delays"]:
        synapse["delay"] = cells.get("delay_steps", chosen["delay_steps"]) * h
    if cells.get("symmetric"):
        nest.Connect(pre, post, {"rule": "one_to_one", "make_symmetric": True}, synapse)
    else:
        nest.Connect(pre, post, "all_to_all", synapse)
    return recorder


def connection_values(nest: Any, model: str, k: int) -> Arrays:
    """Return all floating-point numbers of the connections of one set, in the order of source and target."""
    connections = nest.GetConnections(synapse_model=f"set_{k}").get(output="json")
    status = json.loads(connections)
    rows = [dict(zip(status, values, strict=True)) for values in zip(*status.values(), strict=True)]
    rows.sort(key=lambda row: (row["source"], row["target"]))
    left_out = ("source", "target", *UNDEFINED.get(model, ()))
    names = [key for key in status if key not in left_out and number(rows[0][key])]
    return {f"connection {k} {key}": np.array([row[key] for row in rows]) for key in sorted(names)}


def name_of_error(action: Callable[[], Any]) -> str:
    """Return the class of the error that an action leads to, or nothing."""
    try:
        action()
    except Exception as error:
        return type(error).__name__
    return ""


def set_one(nest: Any, model: str, name: str, value: float) -> None:
    """Set one value of a node, or one default of a synapse model."""
    if model in nest.node_models:
        nest.Create(model, params={name: value})
    else:
        nest.ResetKernel()
        nest.SetDefaults(model, {name: value})


def refused(nest: Any, model: str) -> dict[str, dict[str, str]]:
    """Return which error setting each number of a model to -1 and to 0 leads to."""
    nest.ResetKernel()
    found: dict[str, dict[str, str]] = {}
    for name, value in nest.GetDefaults(model).items():
        if number(value):
            found[name] = {str(x): name_of_error(lambda n=name, x=x: set_one(nest, model, n, x)) for x in (-1.0, 0.0)}
    nest.ResetKernel()
    return found


SIMULATE = {"neuron": simulate_neurons, "synapse": simulate_synapses}


def simulate(nest: Any, description: Description, **attributes: Any) -> Arrays:
    """Run a description in an empty kernel."""
    return SIMULATE[description["kind"]](nest, description, **attributes)


def outcome(nest: Any, description: Description, **attributes: Any) -> Arrays:
    """Run a description; an error of NEST is a result, too."""
    try:
        return simulate(nest, description, **attributes)
    except nest.NESTError as error:
        return {"error": np.array(type(error).__name__)}


def main(source: str, out: str) -> None:
    """Run the descriptions in a file with NEST and write what comes out."""
    import nest

    nest.set(verbosity=nest.VerbosityLevel.ERROR)
    with open(source, encoding="utf-8") as file:
        results = {f"{k}/{key}": v for k, d in enumerate(json.load(file)) for key, v in outcome(nest, d).items()}
    np.savez_compressed(out, allow_pickle=False, **results)


if __name__ == "__main__":
    main(*sys.argv[1:])
