"""What tests share that compare simulations with recordings of NEST."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from nest_reference.simulations import Simulation, recorded, run

REFERENCE = Path(__file__).parents[2] / "nest_reference"
EXACT = ("times", "senders", "targets", "ports", "receptors", "archiver_length", "duration", "count")
"""How names of results end that array operations get to the last digit, too."""


@pytest.fixture(scope="session")
def record(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], Path]:
    """Lets a live NEST simulate what a module has, with a seed, and returns the folder with the results."""

    def record_kind(kind: str, seed: int) -> Path:
        folder = tmp_path_factory.mktemp("nest")
        script = ["record_devices"] if kind == "devices" else ["record_simulations", kind]
        command = [request.getfixturevalue("nest_python"), "-m", f"nest_reference.{script[0]}", *script[1:]]
        command += [str(folder), "--seed", str(seed)]
        subprocess.run(command, cwd=REFERENCE.parent, check=True, capture_output=True)
        return folder

    return record_kind


@pytest.fixture(scope="module", params=["recorded", pytest.param("live", marks=pytest.mark.nest)])
def recording(
    request: pytest.FixtureRequest, record: Callable[[str, int], Path], live_seed: Callable[[str, int], int]
) -> Path:
    """Where NEST's results are: kept with the source, or made now with a seed of its own.

    A module ``test_KIND.py`` compares with what is recorded of ``nest_reference/simulations/KIND.py``.
    """
    kind = request.path.stem.removeprefix("test_")
    return REFERENCE / kind if request.param == "recorded" else record(kind, live_seed(kind, 2**16))


def both(folder: Path, name: str, case: Simulation, backend: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return results, and those that they should be: NEST's, recorded in a folder.

    Array operations draw other random numbers than NEST. They are compared with compiled loops that draw the same ones.
    """
    seed, expected = recorded(folder, name)
    if backend == "native":
        return run(nest, case, seed), expected
    expected = run(nest, case, seed, rng_type="jax")
    return run(nest, case, seed, rng_type="jax", compute_backend=backend), expected


def compare(
    folder: Path, name: str, case: Simulation, backend: str, tolerance: float = 1e-9, least: float = 1e-12
) -> None:
    """Simulate what is recorded in a folder, and demand the same results.

    Parameters
    ----------
    tolerance, least
        Relative and absolute bound of the differences of array operations; compiled loops have none.
    """
    got, expected = both(folder, name, case, backend)
    seed = recorded(folder, name)[0]
    assert sorted(got) == sorted(expected)
    for key, values in expected.items():
        if backend == "native" or key.endswith(EXACT):
            np.testing.assert_array_equal(got[key], values, err_msg=f"{key}, seed {seed}")
        else:
            np.testing.assert_allclose(got[key], values, tolerance, least, err_msg=f"{key}, seed {seed}")
