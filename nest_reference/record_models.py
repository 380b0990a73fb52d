"""Record what a real NEST makes of single models: subthreshold, spiking and edge cases at several resolutions.

Every model is asked the same questions, so that none is left out: does it integrate its inputs, spike, reset and adapt
as NEST's does, and does it still where time constants are equal, refractory times vanish or parameters are at their
bounds; and which values does it refuse, and how.

Run it with a Python that has NEST; it writes one archive per model::

    python -m nest_reference.record_models nest_reference/models [--only PATTERN]

What makes a model spike, and which parameters it takes, is found out by asking NEST (see ``model_cases.py``).
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from nest_reference import model_cases as cases
from nest_reference import provenance

DURATIONS = {0.1: 100.0, 0.01: 20.0, 0.5: 100.0, 1.0: 100.0}
"""Resolution (ms) -> biological time (ms)."""
SEED = 4711
SCALES = np.round(10.0 ** np.arange(-2.5, 5.01, 0.125), 6)
"""Amplitudes among which the threshold of each input is looked for."""
DEVICES: dict[str, dict[str, Any]] = {
    "spikes": {"device": "spike_generator", "synapse": "static_synapse", "instantaneous": False, "through": ""},
    "current": {"device": "dc_generator", "synapse": "static_synapse", "instantaneous": False, "through": ""},
    "rate": {
        "device": "step_rate_generator",
        "synapse": "rate_connection_delayed",
        "instantaneous": False,
        "through": "",
    },
}
AMPLITUDES = {"pp_psc_delta": (8.0, 400.0), "pp_cond_exp_mc_urbanczik": (8.0, 600.0)}
"""Weights of spikes and currents for models that spike by chance, whatever their input."""
BINARY = ("erfc_neuron", "ginzburg_neuron", "mcculloch_pitts_neuron")
"""Models whose spikes say in which state they are; they get their input through parrots."""
LEARNING = ("lambda", "eta", "alpha", "A_plus", "A_minus", "Aplus", "Aminus", "weight_per_lut_entry")
"""Parameters of synapses without which nothing would change, or by which NEST divides."""
TIME_CONSTANTS = ("tau_m", "tau_syn*", "tau_rise*", "tau_decay*", "tau_w", "tau_ahp", "tau_epsp", "tau_reset")


def receptors(nest: Any, model: str, parameters: dict[str, Any]) -> list[int]:
    """Return the receptors that inputs are tried at."""
    status = nest.Create(model, params=parameters).get()
    if status.get("receptor_types"):
        return sorted(status["receptor_types"].values())
    if status.get("receptors"):
        return list(range(len(status["receptors"])))
    vectors = ("tau_syn", "tau_rise", "tau_syn_fast")
    n = max((len(status[v]) for v in vectors if np.ndim(status.get(v)) == 1), default=0)
    return list(range(max(2, n + 1)))


def device_parameters(kind: str, seed: int) -> dict[str, Any]:
    if kind == "spikes":
        return {"spike_times": cases.train(seed, 100.0)}
    if kind == "current":
        return {"amplitude": 1.0, "start": 2.0, "stop": 90.0}
    return {"amplitude_times": [4.0, 9.0, 30.0], "amplitude_values": [0.5, -0.3, 0.7]}


def ways_in(nest: Any, model: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the inputs that a model takes: device, receptor and sign of the weight."""
    ways = []
    for receptor in receptors(nest, model, parameters):
        for kind, device in DEVICES.items():
            for sign in (1.0, -1.0):
                way = {**device, "receptor": receptor, "sign": sign, "weights": [sign]}
                way["parameters"] = device_parameters(kind, len(ways) + 1)
                if model in BINARY and kind == "spikes":
                    way["through"] = "parrot_neuron"
                nest.ResetKernel()
                node = nest.Create(model, params=parameters)
                refused = cases.name_of_error(lambda w=way, n=node: cases.connect_input(nest, w, n, 1.0))
                if not (refused or cases.name_of_error(lambda: nest.Simulate(100.0))):
                    ways.append(way)
    return ways


def takes(nest: Any, model: str, device: str) -> bool:
    """Whether a recorder can be connected with a model."""
    nest.ResetKernel()
    pair = nest.Create(model), nest.Create(device)
    return not cases.name_of_error(lambda: nest.Connect(*(pair if device == "spike_recorder" else pair[::-1])))


def description(nest: Any, model: str, nodes: list[Any], inputs: list[Any], resolution: float) -> dict[str, Any]:
    duration = DURATIONS[resolution]
    nest.ResetKernel()
    recordables = [{str(name) for name in nest.Create(model, params=p).get().get("recordables", ())} for p in nodes]
    first = 0.25 * duration
    return {
        "kind": "neuron",
        "model": model,
        "resolution": resolution,
        "seed": SEED,
        "nodes": nodes,
        "inputs": inputs,
        "record_from": sorted(set.intersection(*recordables)),
        "interval": 1.0 if resolution > 0.05 else 0.2,
        "spikes": takes(nest, model, "spike_recorder"),
        "runs": [first, duration - first],
    }


def threshold(nest: Any, model: str, parameters: dict[str, Any], way: dict[str, Any]) -> float:
    """Return the smallest amplitude of an input that adds spikes; NaN if none does."""
    if model in AMPLITUDES:
        return AMPLITUDES[model][way["device"] == "dc_generator"]
    for largest in (1e5, 1e4, 1e3, 1e2, 1e1, 1.0):
        weights = [float(s) for s in SCALES if s <= largest] + [0.0]
        searched = description(nest, model, [parameters] * len(weights), [{**way, "weights": weights}], 0.1)
        if not searched["spikes"]:
            break
        try:
            senders = cases.simulate(nest, searched | {"record_from": []})["spike senders"].astype(int)
        except nest.NESTError:  # the strongest input is too much
            continue
        counts = np.bincount(senders - 1, minlength=len(weights))
        more = np.flatnonzero(counts[:-1] > counts[-1])
        return weights[more[0]] if len(more) else float("nan")
    return float("nan")


def thresholds(nest: Any, model: str, parameters: dict[str, Any], ways: list[dict[str, Any]]) -> list[float]:
    """Return for each input the smallest amplitude that adds spikes; 1 where none does."""
    found = [threshold(nest, model, parameters, way) if way["sign"] > 0 else float("nan") for way in ways]
    positive = [x for x in found if np.isfinite(x)]
    default = min(positive) if positive else 1.0
    return [x if np.isfinite(x) else default for x in found]


def edges(nest: Any, model: str, known: dict[str, dict[str, str]]) -> dict[str, dict[str, Any]]:
    """Return sets of parameters at the edge of what a model takes."""
    status = nest.GetDefaults(model)
    times = [n for n in known if any(fnmatch.fnmatchcase(n, p) for p in TIME_CONSTANTS)]
    common = float(status["tau_m"]) if "tau_m" in known else 5.0
    at_zero = [n for n, e in known.items() if not e["0.0"] and e["-1.0"]]
    return {
        "equal time constants": dict.fromkeys(times, common),
        "no refractory time": {"t_ref": 0.0} if "t_ref" in known else {},
        "parameters at their lower bound": dict.fromkeys(at_zero, 0.0),
    }


def accepted(nest: Any, model: str, parameters: dict[str, Any]) -> bool:
    """Whether a model takes the parameters and stays defined with them for a while."""
    nest.ResetKernel()
    if cases.name_of_error(lambda: nest.Create(model, params=parameters)) or cases.name_of_error(
        lambda: nest.Simulate(20.0)
    ):
        return False
    return not np.any(np.isnan(list(cases.floats(nest.NodeCollection([1]).get()).values())))


def neuron(nest: Any, model: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the descriptions of a neuron model and which values it refuses."""
    base = cases.matching(cases.PARAMETERS, model)
    known = cases.refused(nest, model)
    ways = ways_in(nest, model, base)
    limits = thresholds(nest, model, base, ways)
    sets = {"subthreshold": base, "spiking": base, "current": base}
    for name, parameters in edges(nest, model, known).items():
        if parameters and accepted(nest, model, base | parameters):
            sets[name] = base | parameters
    candidates = [(limit, k) for k, (way, limit) in enumerate(zip(ways, limits, strict=True)) if way["sign"] > 0]
    strongest = min(candidates, default=(1.0, -1))[1]
    for k, (way, limit) in enumerate(zip(ways, limits, strict=True)):
        current = way["device"] == "dc_generator"
        strong = 1.7 if k == strongest else 0.5 if way["sign"] > 0 else 0.4
        weak = 0.25 if current is False else 0.1
        driven = 1.5 if current and way["sign"] > 0 else 0.0
        others = [(1.3 if current else strong) for _ in range(len(sets) - 3)]
        way["weights"] = [way["sign"] * limit * f for f in (weak, strong, driven, *others)]
    nodes = list(sets.values())
    found = [description(nest, model, nodes, ways, h) for h in DURATIONS]
    for item in found:
        item["names"] = list(sets)
    return found, known


def neighbours(values: dict[str, Any], factor: np.random.RandomState) -> dict[str, Any]:
    """Return values near given ones."""
    return {k: v * factor.uniform(0.75, 1.25) for k, v in values.items() if cases.number(v) and np.isfinite(v) and v}


def synapse(nest: Any, model: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the descriptions of a synapse model and which values of its defaults it refuses."""
    nest.ResetKernel()
    defaults = nest.GetDefaults(model)
    known = cases.refused(nest, model)
    random, left_out = np.random.RandomState(5), ("delay", *cases.UNDEFINED.get(model, ()))
    sets: list[dict[str, Any]] = [{"defaults": {}, "delay_steps": 10}]
    for steps in (1, 23):
        chosen: dict[str, Any] = {}
        for name, value in neighbours({k: v for k, v in defaults.items() if k not in left_out}, random).items():
            nest.ResetKernel()
            if not cases.name_of_error(lambda c=chosen, n=name, v=value: nest.SetDefaults(model, c | {n: v})):
                chosen[name] = value
        sets.append({"defaults": chosen, "delay_steps": steps})
    sets += [{"defaults": chosen, "delay_steps": 1} for chosen in bounds(nest, model, known)]
    cells = cases.matching(cases.CELLS, model)
    nest.ResetKernel()
    post = nest.Create(cells["post"]).get()
    recordables = sorted(str(r) for r in post.get("recordables", ()))
    found = []
    for h, duration in DURATIONS.items():
        runs = [41.0, 60.0] if duration > 50.0 else [8.0, 12.0]
        found.append({
            "kind": "synapse", "model": model, "resolution": h, "seed": SEED, "cells": cells, "sets": sets,
            "delays": bool(defaults.get("has_delay", True)), "weights": cells.get("weights", True),
            "record_from": recordables, "spikes": takes(nest, cells["post"], "spike_recorder"), "runs": runs,
        })  # fmt: skip
    return simplified(nest, found), known


def bounds(nest: Any, model: str, known: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    """Return sets of defaults at the edge of what a synapse model takes: what may vanish, and what ends at one."""
    kept = (*LEARNING, "weight", "delay", "Wmax", *cases.UNDEFINED.get(model, ()))
    times = [n for n in known if n.startswith("tau") or n.endswith(("_time", "_duration"))]
    zero = [n for n, errors in known.items() if not errors["0.0"] and n not in (*times, *kept)]
    nest.ResetKernel()
    limited = [n for n in known if cases.name_of_error(lambda n=n: cases.set_one(nest, model, n, 1.0 + 1e-6))]
    found = []
    for names, value in ((zero, 0.0), (limited, 1.0)):
        chosen: dict[str, Any] = {}
        for name in names:
            nest.ResetKernel()
            if not cases.name_of_error(lambda c=chosen, n=name, v=value: nest.SetDefaults(model, c | {n: v})):
                chosen[name] = value
        found += [chosen] if chosen else []
    return found


def simplified(nest: Any, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what NEST does not do with this model: recording weights, delays, the altered sets."""
    choices: list[dict[str, Any]] = [{}, {"weights": False}, {"weights": False, "delays": False}]
    for change in (*choices, *(c | {"sets": found[0]["sets"][:1]} for c in choices)):
        if not cases.name_of_error(lambda c=change: cases.simulate(nest, found[0] | c)):
            return [item | change for item in found]
    cases.simulate(nest, found[0] | change)  # its error is the reason
    raise AssertionError


def defined(result: dict[str, np.ndarray]) -> bool:
    """Whether no value is undefined, as with equations that NEST cannot integrate at a coarse resolution."""
    return not any(v.dtype.kind == "f" and np.isnan(v).any() for v in result.values())


def record(nest: Any, model: str, folder: Path) -> dict[str, Any]:
    """Record a model; return the settings that it was recorded with."""
    find = neuron if model in nest.node_models else synapse
    descriptions, refused = find(nest, model)
    results = [(d, cases.outcome(nest, d)) for d in descriptions]
    results = [(d, found) for d, found in results if defined(found)]
    descriptions = [d for d, _ in results]
    arrays = {f"{k}/{key}": v for k, (_, found) in enumerate(results) for key, v in found.items()}
    text = json.dumps({"descriptions": descriptions, "refused": refused})
    path = folder / f"{model}.npz"
    np.savez_compressed(path, allow_pickle=False, description=np.array(text), **arrays)
    resolutions = [d["resolution"] for d in descriptions]
    return {"rng_seed": SEED, "rng_type": nest.rng_type, "resolution": resolutions, "threads": 1}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="*", metavar="PATTERN", help="models to record")
    arguments = parser.parse_args()
    import nest

    files: dict[str, dict[str, Any]] = {}
    nest.set(verbosity=nest.VerbosityLevel.ERROR)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    neurons = [m for m in nest.node_models if nest.GetDefaults(m)["element_type"] == "neuron"]
    for model in [*neurons, *nest.synapse_models]:
        if fnmatch.fnmatchcase(model, arguments.only):
            try:
                files[f"{model}.npz"] = record(nest, model, arguments.folder)
            except Exception as error:
                print(f"{model}: {type(error).__name__}: {error}", file=sys.stderr)
    provenance.write(nest, arguments.folder, files)


if __name__ == "__main__":
    main()
