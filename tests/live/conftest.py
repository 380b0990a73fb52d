from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nest_reference.simulations import Arrays

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "nest_reference"


@pytest.fixture
def record(nest_python: str, tmp_path: Path) -> Callable[..., Path]:
    """Lets a live NEST simulate what a module has, with a seed, and returns the folder with the results."""

    def run(module: str, seed: int, *only: str) -> Path:
        folder = tmp_path / f"{module}-{seed}"
        command = [nest_python, "-m", "nest_reference.record_simulations", module, str(folder), "--seed", str(seed)]
        command += ["--only", *only] if only else []
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        assert result.returncode == 0, result.stderr
        return folder

    return run


def compare(ours: Arrays, theirs: Arrays) -> None:
    """Demand equal numbers, to the last bit."""
    assert sorted(ours) == sorted(theirs)
    for name, expected in theirs.items():
        np.testing.assert_array_equal(ours[name], expected, err_msg=name)
