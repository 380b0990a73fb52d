from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

REFERENCE = Path(__file__).parents[2] / "nest_reference"

Recording = Callable[[str], Mapping[str, np.ndarray]]


@pytest.fixture(scope="session", params=["recorded", pytest.param("live", marks=pytest.mark.nest)])
def recording(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, live_seed: Callable[[str], int]
) -> Recording:
    """What NEST drew: kept with the source, or drawn now with seeds of their own."""
    folder = REFERENCE / "random"
    if request.param == "live":
        folder = tmp_path_factory.mktemp("nest")
        seeds = [str(live_seed(f"random {i}")) for i in range(2)]
        command = [request.getfixturevalue("nest_python"), "-m", "nest_reference.record_random", str(folder)]
        command += ["--seeds", *seeds]
        subprocess.run(command, cwd=REFERENCE.parent, check=True, capture_output=True)

    def load(name: str) -> Mapping[str, np.ndarray]:
        with np.load(folder / f"{name}.npz") as arrays:
            return dict(arrays)

    return load
