"""Simulations that are run with NEST and with jaxnest and compared, in a module for each folder of recordings.

A simulation is a function of the simulator and a seed, which is added to all seeds that it uses. The kernel has to be
empty. `CASES` of a module has its simulations by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]
Simulation = Callable[[Any, int], Arrays]


def run(nest: Any, simulation: Simulation, seed: int, **attributes: Any) -> Arrays:
    """Simulate in an empty kernel with these attributes."""
    nest.ResetKernel()
    nest.set(**attributes)
    return simulation(nest, seed)


def recorded(folder: Path, name: str) -> tuple[int, Arrays]:
    """Return the seed of a simulation that is recorded in a folder, and its results."""
    seed = json.loads((folder / "provenance.json").read_text(encoding="utf-8")).get("seed", 0)
    with np.load(folder / f"{name.replace(' ', '_')}.npz") as archive:
        return seed, {key: values for key, values in archive.items() if key != "provenance"}


def events(**recorders: Any) -> Arrays:
    """Return everything that the recorders hold."""
    return {
        f"{name}_{key}": np.asarray(values)
        for name, recorder in recorders.items()
        for key, values in recorder.get("events").items()
    }
