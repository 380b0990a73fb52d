from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

REFERENCE = Path(__file__).parents[2] / "nest_reference"

Recording = Callable[[str], Mapping[str, np.ndarray]]


def record_live(folder: Path) -> None:
    python = os.environ.get("JAXNEST_NEST_PYTHON")
    if not python:
        pytest.skip("JAXNEST_NEST_PYTHON does not name a Python that has NEST")
    seeds = [str(1 + secrets.randbelow(2**32 - 1)) for _ in range(2)]
    script = REFERENCE / "record_random.py"
    subprocess.run([python, str(script), str(folder), "--seeds", *seeds], check=True, capture_output=True)


@pytest.fixture(scope="session", params=["recorded", pytest.param("live", marks=pytest.mark.nest)])
def recording(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """What NEST drew: kept with the source, or drawn now with seeds that nobody has tried before."""
    folder = REFERENCE / "random"
    if request.param == "live":
        folder = tmp_path_factory.mktemp("nest")
        record_live(folder)

    def load(name: str) -> Mapping[str, np.ndarray]:
        with np.load(folder / f"{name}.npz") as arrays:
            return dict(arrays)

    return load
