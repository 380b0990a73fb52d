from __future__ import annotations

import json
import runpy
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest

REFERENCE = Path(__file__).parents[2] / "nest_reference"
SCRIPT = REFERENCE / "record_connect.py"
RECORD = runpy.run_path(str(SCRIPT))
"""The recording script: which networks and mistakes there are, and how they are turned into tables."""


@pytest.fixture(scope="session", params=["recorded", pytest.param("live", marks=pytest.mark.nest)])
def recording(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, live_seed: Callable[[str], int]
) -> Path:
    """Where NEST's connections are: kept with the source, or made now with seeds of their own."""
    if request.param == "recorded":
        return REFERENCE / "connect"
    folder = tmp_path_factory.mktemp("nest")
    seeds = [str(live_seed(f"connect {i}")) for i in range(2)]
    command = [request.getfixturevalue("nest_python"), str(SCRIPT), str(folder), "--seeds", *seeds]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def tables(recording: Path) -> Mapping[str, np.ndarray]:
    with np.load(recording / "connections.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="session")
def mistakes(recording: Path) -> Mapping[str, Any]:
    return json.loads((recording / "errors.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def empty_kernel() -> Iterator[None]:
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    yield
    nest.ResetKernel()
