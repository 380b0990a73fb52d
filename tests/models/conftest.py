"""What tests share that compare the simulations of a script of ``tests/live`` with recordings of NEST."""

from __future__ import annotations

import json
import runpy
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest.kernel.kernel import kernel
from jaxnest.kernel.settings.attributes import Attributes

REFERENCE = Path(__file__).parents[2] / "nest_reference"
EXACT = ("times", "senders", "targets", "ports", "receptors", "archiver_length", "duration", "count")
"""How names of results end that the default back end gets to the last digit, too."""

Results = dict[str, np.ndarray]


@pytest.fixture(autouse=True)
def empty_kernel() -> Iterator[None]:
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    yield
    kernel.attributes = Attributes()  # some outlive ResetKernel
    nest.ResetKernel()


@pytest.fixture(scope="session")
def record(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], Path]:
    """Runs a script of `nest_reference` with a live NEST and a seed, and returns the folder with its results."""

    def run(kind: str, seed: int) -> Path:
        folder = tmp_path_factory.mktemp("nest")
        script = REFERENCE / f"record_{kind}.py"
        command = [request.getfixturevalue("nest_python"), str(script), str(folder), "--seed", str(seed)]
        subprocess.run(command, check=True, capture_output=True)
        return folder

    return run


@pytest.fixture(scope="module", params=["recorded", pytest.param("live", marks=pytest.mark.nest)])
def recording(
    request: pytest.FixtureRequest, record: Callable[[str, int], Path], live_seed: Callable[[str, int], int]
) -> Path:
    """Where NEST's results are: kept with the source, or made now with a seed of its own.

    A module ``test_KIND.py`` compares with what ``record_KIND.py`` records.
    """
    kind = request.path.stem.removeprefix("test_")
    return REFERENCE / kind if request.param == "recorded" else record(kind, live_seed(kind, 2**16))


def simulations(script: str) -> dict[str, Any]:
    """Return the simulations of a script of ``tests/live`` by name."""
    return runpy.run_path(str(Path(__file__).parents[1] / "live" / script))["CASES"]


def compare(
    folder: Path, name: str, case: Callable[[Any], Results], backend: str, tolerance: float = 1e-9, least: float = 1e-12
) -> None:
    """Simulate what is recorded in a folder, and demand the same results.

    Parameters
    ----------
    tolerance, least
        Relative and absolute bound of the differences of the default back end; there are none in the strict one.
    """
    seed = json.loads((folder / "provenance.json").read_text())["seed"]
    case.__globals__["SEED"] = seed
    nest.compute_backend = backend
    got = case(nest)
    with np.load(folder / f"{name}.npz") as expected:
        assert sorted(got) == sorted(expected)
        for key, values in expected.items():
            if backend == "native" or key.endswith(EXACT):
                np.testing.assert_array_equal(got[key], values, err_msg=f"{key}, seed {seed}")
            else:
                np.testing.assert_allclose(got[key], values, tolerance, least, err_msg=f"{key}, seed {seed}")
