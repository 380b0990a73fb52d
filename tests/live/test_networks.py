"""Networks of more than a thousand neurons fire exactly NEST's spikes, with either back end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest.kernel.kernel import kernel

from .conftest import script

CASES: dict[str, Any] = script("network_cases.py")["CASES"]
RECORDED = Path(__file__).parents[2] / "nest_reference" / "networks"


@pytest.mark.parametrize("backend", ["native"])
@pytest.mark.parametrize("name", CASES)
def test_every_spike_is_that_of_nest(name: str, backend: str) -> None:
    seed = json.loads((RECORDED / "provenance.json").read_text())["seed"]
    CASES[name].__globals__["SEED"] = seed
    nest.compute_backend = backend
    ours = CASES[name](nest)
    with np.load(RECORDED / f"{name}.npz") as expected:
        for key, values in expected.items():
            np.testing.assert_array_equal(ours[key], values, err_msg=key)
    assert len(ours["steps"]) > 500
    session = kernel.simulation._session
    assert session is not None
    runner = session._runner
    assert all(b.side_by_side for shard in runner.plan.shards for b in shard.batches)
