"""The simulations of `cases.py` give what real NEST recorded, with either back end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest.engine import native
from jaxnest.models.contract.base import Node

from .conftest import compare, script

CASES: dict[str, Any] = script("cases.py")["CASES"]
RECORDED = Path(__file__).parents[2] / "nest_reference" / "cases"


@pytest.mark.parametrize("backend", ["native"])
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


THREADED = ["noisy_two_threads", "brunel_iaf_psc_alpha_2", "driven_coarse_iaf_psc_exp"]


@pytest.mark.parametrize("backend", ["native"])
@pytest.mark.parametrize("name", THREADED)
def test_virtual_processes_in_threads_give_the_same(name: str, backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "PARALLEL_WORK", 1)
    test_case_equals_nest(name, backend)


@pytest.mark.parametrize("backend", ["native"])
@pytest.mark.parametrize("name", ["noisy", "brunel_iaf_psc_alpha_1", "driven_iaf_psc_exp_multisynapse", "weights"])
def test_size_of_tiles_does_not_matter(name: str, backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Node, "tile_size", 2)
    monkeypatch.setattr(Node, "tile_updates", 0)
    test_case_equals_nest(name, backend)
