"""The simulations of `cases.py` give what real NEST recorded, with either back end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest

from .conftest import compare, script

CASES: dict[str, Any] = script("cases.py")["CASES"]
RECORDED = Path(__file__).parents[2] / "nest_reference" / "cases"


@pytest.mark.parametrize("backend", ["strict", "xla"])
@pytest.mark.parametrize("name", CASES)
def test_case_equals_nest(name: str, backend: str) -> None:
    path = RECORDED / f"{name}.npz"
    assert path.exists(), "record this case with nest_reference/record_cases.py"
    with np.load(path) as arrays:
        recorded = dict(arrays)
    provenance = json.loads(str(recorded.pop("provenance")))
    nest.compute_backend = backend
    ours = CASES[name](nest)
    compare(ours, recorded, backend)
    settings = ("rng_seed", "rng_type", "resolution", "local_num_threads", "biological_time")
    assert {k: provenance[k] for k in settings} == {k: nest.get(k) for k in settings}
