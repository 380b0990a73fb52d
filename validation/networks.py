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


def simulations(cases: Any) -> dict[str, Callable[[Any], Arrays]]:
    """Return the simulations that a script defines, as functions of the module that runs them."""
    if hasattr(cases, "CASES"):
        return cases.CASES
    return {name: lambda n, name=name: cases.simulate(n, name) for name in cases.NEURONS}


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
    provenance = folder / "provenance.json"
    if provenance.exists():
        cases.SEED = json.loads(provenance.read_text(encoding="utf-8"))["seed"]
        for name, case in simulations(cases).items():
            with np.load(folder / f"{name.replace(' ', '_')}.npz") as archive:
                yield name, lambda b, c=case: with_backend(c, b), dict(archive)


def with_backend(case: Callable[[Any], Arrays], backend: str) -> Arrays:
    """Run a simulation in an empty kernel."""
    nest.ResetKernel()
    nest.set(compute_backend=backend)
    return case(nest)


def add(report: Report, section: str, name: str, backend: str, run: Callable[[str], Arrays], theirs: Arrays) -> None:
    """Run one simulation with one back end and compare it."""
    if backend == "strict" or (name, name) not in UNPREDICTABLE:
        report.compare(section, name, name, backend, run(backend), theirs)


def recorded(report: Report, backends: list[str], patterns: list[str]) -> None:
    """Compare all recorded simulations; the default back end, which compiles each, with the first seed of each."""
    compiled = set[tuple[str, str]]()
    for area in areas():
        for name, run, theirs in runs(area, REFERENCE / area.name):
            for backend in chosen(backends, patterns, name):
                if backend == "strict" or (area.name, name) not in compiled:
                    add(report, area.name, name, backend, run, theirs)
                if backend != "strict":
                    compiled.add((area.name, name))
    for name, case in module(LIVE / "cases.py").CASES.items():
        for backend in chosen(backends, patterns, name):
            with np.load(REFERENCE / "cases" / f"{name}.npz") as archive:
                theirs = {k: v for k, v in archive.items() if k != "provenance"}
            add(report, "cases", name, backend, lambda b, c=case: with_backend(c, b), theirs)


def chosen(backends: list[str], patterns: list[str], name: str) -> list[str]:
    """Return the back ends that a simulation is wanted with."""
    return backends if any(fnmatch.fnmatchcase(name, p) for p in patterns) else []


def live(report: Report, backends: list[str], patterns: list[str], python: str, seed: int) -> None:
    """Compare with a live NEST: all simulations with another seed, and networks drawn from it."""
    for area in areas():
        with tempfile.TemporaryDirectory() as folder:
            by_position = "--seed" not in area.script.read_text(encoding="utf-8")
            arguments = [str(seed)] if by_position else ["--seed", str(seed % 2**16)]
            ask([python, str(area.script), folder, *arguments])
            for name, run, theirs in runs(area, Path(folder)):
                for backend in chosen(backends, patterns, name):
                    add(report, f"{area.name}, seed {seed}", name, backend, run, theirs)
    drawn = module(LIVE / "drawn.py")
    seeds = [str(seed + k) for k in range(DRAWN_NETWORKS)]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.npz"
        ask([python, str(LIVE / "drawn.py"), "nest", str(out), *seeds])
        with np.load(out) as archive:
            arrays = dict(archive)
    for number in seeds:
        theirs = {k.partition("/")[2]: v for k, v in arrays.items() if k.startswith(f"{number}/")}
        for backend in chosen(backends, patterns, "network"):
            ours = with_backend(lambda n, s=int(number): drawn.simulate(n, s), backend)
            report.compare("networks, drawn at random", "network", f"seed {number}", backend, ours, theirs)


def ask(command: list[str]) -> None:
    """Run a script with a live NEST."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
