"""Networks drawn at random, simulated by a live NEST and by both back ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import jaxnest as nest

from .conftest import ask_nest, compare, script

FIXED_SEEDS = [1, 2, 3, 5, 14]
FRESH_SEEDS = 5


@pytest.mark.nest
@pytest.mark.parametrize("backend", ["native"])
@pytest.mark.parametrize("choice", ["fixed", "fresh"])
def test_random_networks_equal_live_nest(
    choice: str, backend: str, tmp_path: Path, live_seed: Callable[[str, int], int]
) -> None:
    seeds = FIXED_SEEDS if choice == "fixed" else [live_seed(f"network {i}", 1 << 31) for i in range(FRESH_SEEDS)]
    theirs = ask_nest("drawn.py", tmp_path, *map(str, seeds))
    simulate = script("drawn.py")["simulate"]
    for seed in seeds:
        nest.ResetKernel()
        nest.compute_backend = backend
        expected = {k.partition("/")[2]: v for k, v in theirs.items() if k.startswith(f"{seed}/")}
        try:
            compare(simulate(nest, seed), expected, backend)
        except AssertionError as error:
            raise AssertionError(f"the network of seed {seed} differs: {error}") from None


@pytest.mark.nest
def test_cases_equal_live_nest(tmp_path: Path) -> None:
    """The recorded numbers are what the NEST at hand computes."""
    theirs = ask_nest("cases.py", tmp_path, "noisy_two_threads", "brunel_iaf_psc_exp_1", "weights")
    folder = Path(__file__).parents[2] / "nest_reference" / "cases"
    for key, values in theirs.items():
        case, _, name = key.partition("/")
        with np.load(folder / f"{case}.npz") as recorded:
            np.testing.assert_array_equal(values, recorded[name], err_msg=key)
