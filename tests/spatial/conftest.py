from __future__ import annotations

import json
import os
import runpy
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest

REFERENCE = Path(__file__).parents[2] / "nest_reference"
SCRIPT = REFERENCE / "record_spatial.py"
RECORD = runpy.run_path(str(SCRIPT))
"""The recording script: which networks, questions and mistakes there are."""


def record_live(folder: Path) -> None:
    python = os.environ.get("JAXNEST_NEST_PYTHON")
    if not python:
        pytest.skip("JAXNEST_NEST_PYTHON does not name a Python that has NEST")
    seeds = [str(1 + secrets.randbelow(2**32 - 1)) for _ in range(2)]
    subprocess.run([python, str(SCRIPT), str(folder), "--seeds", *seeds], check=True, capture_output=True)


@pytest.fixture(scope="session", params=["recorded", pytest.param("live", marks=pytest.mark.nest)])
def recording(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where NEST's answers are: kept with the source, or made now with seeds that nobody has tried before."""
    if request.param == "recorded":
        return REFERENCE / "spatial"
    folder = tmp_path_factory.mktemp("nest")
    record_live(folder)
    return folder


@pytest.fixture(scope="session")
def tables(recording: Path) -> Mapping[str, np.ndarray]:
    with np.load(recording / "networks.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="session")
def answers(recording: Path) -> Mapping[str, Any]:
    return json.loads((recording / "answers.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def errors(recording: Path) -> Mapping[str, str]:
    return json.loads((recording / "errors.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def empty_kernel() -> Iterator[None]:
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    yield
    nest.ResetKernel()
