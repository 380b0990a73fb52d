from __future__ import annotations

import os
import runpy
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest

HERE = Path(__file__).parent
EXACT = ("times", "senders", "targets", "receptors", "ports")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """An empty network and default settings."""
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.QUIET
    yield
    nest.verbosity = nest.VerbosityLevel.INFO


def script(name: str) -> dict[str, Any]:
    """Return what a script beside this file defines."""
    return runpy.run_path(str(HERE / name))


def ask_nest(name: str, folder: Path, *arguments: str) -> dict[str, np.ndarray]:
    """Run a script of this folder with a live NEST and return the arrays that it wrote."""
    python = os.environ.get("JAXNEST_NEST_PYTHON")
    if not python:
        pytest.skip("JAXNEST_NEST_PYTHON does not name a Python that has NEST")
    out = folder / "out.npz"
    command = [python, str(HERE / name), "nest", str(out), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr
    with np.load(out) as arrays:
        return dict(arrays)


def compare(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray], backend: str) -> None:
    """Demand equal numbers of the strict back end; of the other one equal events and values within rounding."""
    assert set(ours) == set(theirs)
    for name, expected in theirs.items():
        if backend == "native" or name.endswith(EXACT):
            np.testing.assert_array_equal(ours[name], expected, err_msg=name)
        else:
            np.testing.assert_allclose(ours[name], expected, rtol=1e-9, atol=1e-9, err_msg=name)
