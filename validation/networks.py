"""Recorded simulations of devices, synapses and networks, with the seeds of the recordings or with other ones."""

from __future__ import annotations

import fnmatch
import importlib
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

import jaxnest as nest
from jaxnest.models.contract import registry
from nest_reference.simulations import Arrays, Simulation, run
from nest_reference.simulations import recorded as from_folder
from validation.comparison import Report
from validation.places import REFERENCE, ROOT
from validation.tolerances import UNPREDICTABLE


class Run(Protocol):
    """A simulation in an empty kernel, with a back end."""

    def __call__(self, *, compute_backend: str) -> Arrays:
        """Return the results."""
        ...


def simulations(folder: str) -> dict[str, Simulation]:
    """Return the simulations behind a folder of recordings."""
    return importlib.import_module(f"nest_reference.simulations.{folder}").CASES


def names() -> list[str]:
    """Return the names of all folders with recorded simulations."""
    modules = (path.stem for path in sorted((REFERENCE / "simulations").glob("*.py")))
    return [name for name in modules if (REFERENCE / name).is_dir()]


def runs(name: str, folder: Path) -> Iterator[tuple[str, Run, Arrays]]:
    """Yield the simulations of a recorded folder: name, function of the back end, and what NEST found."""
    cases = simulations(name)
    for path in sorted(folder.glob("seed_*.npz")):
        with np.load(path) as archive:
            arrays = dict(archive)
        seed = int(path.stem.removeprefix("seed_"))
        for case, simulation in cases.items():
            expected = {k.removeprefix(f"{case}/"): v for k, v in arrays.items() if k.startswith(f"{case}/")}
            yield case, partial(run, nest, simulation, seed), expected
    for case, simulation in cases.items():
        if (folder / f"{case.replace(' ', '_')}.npz").exists():
            seed, expected = from_folder(folder, case)
            yield case, partial(run, nest, simulation, seed), expected


def add(report: Report, section: str, name: str, backend: str, ours: Run, theirs: Arrays) -> None:
    """Run one simulation with one back end and compare it; note which models take part."""
    if backend == "native" or (name, name) not in UNPREDICTABLE:
        report.compare(section, name, name, backend, ours(compute_backend=backend), theirs)
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


def recorded(report: Report, backends: list[str], patterns: list[str], folder: str) -> None:
    """Compare the simulations of a folder."""
    for name, ours, theirs in runs(folder, REFERENCE / folder):
        for backend in chosen(backends, patterns, name):
            add(report, folder, name, backend, ours, theirs)


def chosen(backends: list[str], patterns: list[str], name: str) -> list[str]:
    """Return the back ends that a simulation is wanted with."""
    return backends if any(fnmatch.fnmatchcase(name, p) for p in patterns) else []


def live(report: Report, backends: list[str], patterns: list[str], folder: str, python: str, seed: int) -> None:
    """Compare with a live NEST: all simulations of a folder with another seed; with `cases` networks drawn from it."""
    for module in [folder] if folder != "cases" else [folder, "drawn"]:
        own = f"record_{module}"
        script = [own] if (REFERENCE / f"{own}.py").exists() else ["record_simulations", module]
        with tempfile.TemporaryDirectory() as place:
            ask(python, *script, place, "--seed", str(seed % 2**16))
            for name, ours, theirs in runs(module, Path(place)):
                for backend in chosen(backends, patterns, name):
                    add(report, f"{module}, seed {seed}", name, backend, ours, theirs)


def ask(python: str, script: str, *arguments: str) -> None:
    """Run a script of `nest_reference` with a live NEST."""
    command = [python, "-m", f"nest_reference.{script}", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
