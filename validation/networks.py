"""Recorded simulations of devices, synapses and networks, with the seeds of the recordings or with other ones."""

from __future__ import annotations

import fnmatch
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

import jaxnest as nest
from jaxnest.models.contract import registry
from validation.comparison import Report
from validation.places import LIVE, REFERENCE, module
from validation.tolerances import UNPREDICTABLE

DRAWN_NETWORKS = 4
Arrays = dict[str, np.ndarray]


@final
@dataclass(frozen=True)
class Area:
    """A folder of recordings, the script that makes it and the simulations behind it."""

    name: str
    cases: Path
    script: Path


def areas() -> list[Area]:
    """Return the areas whose scripts run simulations of ``tests/live/*_cases.py``, found by what the scripts name."""
    found = []
    for script in sorted(REFERENCE.glob("record_*.py")):
        text = script.read_text(encoding="utf-8")
        found += [
            Area(script.stem.removeprefix("record_"), p, script) for p in LIVE.glob("*_cases.py") if p.name in text
        ]
    return found


def runs(area: Area, folder: Path) -> Iterator[tuple[str, Callable[[str], Arrays], Arrays]]:
    """Yield the simulations of a recorded folder: name, function of the back end, and what NEST found."""
    cases = module(area.cases)
    for path in sorted(folder.glob("seed_*.npz")):
        with np.load(path) as archive:
            arrays = dict(archive)
        seed = int(path.stem.removeprefix("seed_"))
        for name in cases.CASES:
            expected = {k.removeprefix(f"{name}/"): v for k, v in arrays.items() if k.startswith(f"{name}/")}
            yield name, lambda b, n=name, s=seed: cases.run(nest, n, s, compute_backend=b), expected
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    if "seed" in provenance:
        cases.SEED = provenance["seed"]
        for name, case in cases.CASES.items():
            with np.load(folder / f"{name.replace(' ', '_')}.npz") as archive:
                yield name, lambda b, c=case: with_backend(c, b), dict(archive)


def with_backend(case: Callable[[Any], Arrays], backend: str) -> Arrays:
    """Run a simulation in an empty kernel."""
    nest.ResetKernel()
    nest.set(compute_backend=backend)
    return case(nest)


def add(report: Report, section: str, name: str, backend: str, run: Callable[[str], Arrays], theirs: Arrays) -> None:
    """Run one simulation with one back end and compare it; note which models take part."""
    if backend == "native" or (name, name) not in UNPREDICTABLE:
        report.compare(section, name, name, backend, run(backend), theirs)
        for model in models_in_use():
            report.users.setdefault(model, set()).add((section, name))


def models_in_use() -> set[str]:
    """Return the models of all nodes; copies count as what they are copies of."""
    nodes = nest.GetNodes()
    names = np.atleast_1d(nodes.get("model")) if len(nodes) else []
    return {str(nest.GetDefaults(name, "type_id")) for name in set(names)}


def synapses_in_use() -> set[str]:
    """Return the synapse models of all connections; copies do not count."""
    return set(np.atleast_1d(nest.GetConnections().get("synapse_model"))) & set(registry.SYNAPSE_MODELS)


def names() -> list[str]:
    """Return the names of all folders with simulations."""
    return [*(area.name for area in areas()), "cases"]


def recorded(report: Report, backends: list[str], patterns: list[str], folder: str) -> None:
    """Compare the simulations of a folder."""
    for name, run, theirs in recordings(folder):
        for backend in chosen(backends, patterns, name):
            add(report, folder, name, backend, run, theirs)


def recordings(folder: str) -> Iterator[tuple[str, Callable[[str], Arrays], Arrays]]:
    """Yield all recorded simulations of a folder."""
    yield from (run for area in areas() if area.name == folder for run in runs(area, REFERENCE / folder))
    if folder == "cases":
        for name, case in module(LIVE / "cases.py").CASES.items():
            with np.load(REFERENCE / folder / f"{name}.npz") as archive:
                theirs = {k: v for k, v in archive.items() if k != "provenance"}
            yield name, lambda b, c=case: with_backend(c, b), theirs


def chosen(backends: list[str], patterns: list[str], name: str) -> list[str]:
    """Return the back ends that a simulation is wanted with."""
    return backends if any(fnmatch.fnmatchcase(name, p) for p in patterns) else []


def live(report: Report, backends: list[str], patterns: list[str], folder: str, python: str, seed: int) -> None:
    """Compare with a live NEST: all simulations of a folder with another seed, or networks drawn from it."""
    for area in areas():
        if area.name != folder:
            continue
        with tempfile.TemporaryDirectory() as place:
            ask([python, str(area.script), place, "--seed", str(seed % 2**16)])
            for name, run, theirs in runs(area, Path(place)):
                for backend in chosen(backends, patterns, name):
                    add(report, f"{area.name}, seed {seed}", name, backend, run, theirs)
    if folder == "cases":
        drawn_networks(report, chosen(backends, patterns, "network"), python, seed)


def drawn_networks(report: Report, backends: list[str], python: str, seed: int) -> None:
    """Compare networks that are drawn from seeds."""
    drawn = module(LIVE / "drawn.py")
    seeds = [str(seed + k) for k in range(DRAWN_NETWORKS)]
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "out.npz"
        ask([python, str(LIVE / "drawn.py"), "nest", str(out), *seeds])
        with np.load(out) as archive:
            arrays = dict(archive)
    for number in seeds:
        theirs = {k.partition("/")[2]: v for k, v in arrays.items() if k.startswith(f"{number}/")}
        for backend in backends:
            ours = with_backend(lambda n, s=int(number): drawn.simulate(n, s), backend)
            report.compare("networks, drawn at random", "network", f"seed {number}", backend, ours, theirs)


def ask(command: list[str]) -> None:
    """Run a script with a live NEST."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
