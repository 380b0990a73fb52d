"""Small networks give what real NEST recorded, in threads and in tiles, too."""

from __future__ import annotations

import json

import pytest

import jaxnest as nest
from jaxnest.engine import native
from jaxnest.engine.network import shard
from nest_reference.simulations import recorded, run
from nest_reference.simulations.cases import CASES

from .conftest import REFERENCE, compare

SETTINGS = {"rng_seed": "rng_seed", "rng_type": "rng_type", "resolution": "resolution", "threads": "local_num_threads"}


@pytest.mark.parametrize("name", CASES)
def test_case_equals_nest(name: str) -> None:
    seed, expected = recorded(REFERENCE / "cases", name)
    compare(run(nest, CASES[name], seed), expected)
    facts = json.loads((REFERENCE / "cases" / "provenance.json").read_text(encoding="utf-8"))["files"][f"{name}.npz"]
    assert {key: facts[key] for key in SETTINGS} == {key: nest.get(name) for key, name in SETTINGS.items()}


@pytest.mark.parametrize("name", ["noisy_two_threads", "brunel_iaf_psc_alpha_2", "driven_coarse_iaf_psc_exp"])
def test_virtual_processes_in_threads_give_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "PARALLEL_WORK", 1)
    test_case_equals_nest(name)


@pytest.mark.parametrize("name", ["noisy", "brunel_iaf_psc_alpha_1", "driven_iaf_psc_exp_multisynapse", "weights"])
def test_size_of_tiles_does_not_matter(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard, "TILE_SIZE", 2)
    monkeypatch.setattr(shard, "TILE_UPDATES", 0)
    test_case_equals_nest(name)
