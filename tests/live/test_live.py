"""Networks that are drawn at random are simulated by a live NEST, and small ones again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import jaxnest as nest
from nest_reference.simulations import drawn, recorded, run

from .conftest import REFERENCE, compare

pytestmark = pytest.mark.nest


@pytest.mark.parametrize("choice", [1, 14, "fresh"])
def test_random_networks_equal_live_nest(
    choice: int | str, record: Callable[..., Path], live_seed: Callable[[str, int], int]
) -> None:
    seed = live_seed("network", 1 << 31) if isinstance(choice, str) else choice
    folder = record("drawn", seed)
    for name, simulation in drawn.CASES.items():
        _, expected = recorded(folder, name)
        try:
            compare(run(nest, simulation, seed), expected)
        except AssertionError as error:
            raise AssertionError(f"{name} of seed {seed} differs: {error}") from None


def test_cases_equal_live_nest(record: Callable[..., Path]) -> None:
    """The recorded numbers are what the NEST at hand computes."""
    names = ("noisy_two_threads", "brunel_iaf_psc_exp_1", "weights")
    folder = record("cases", 0, *names)
    for name in names:
        compare(*(recorded(place, name)[1] for place in (folder, REFERENCE / "cases")))
