"""Networks that grow and change between short runs, simulated by a live NEST as well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import jaxnest as nest
from nest_reference.simulations import growing, recorded, run

from .conftest import compare

pytestmark = pytest.mark.nest


@pytest.mark.parametrize("choice", [1, 2, "fresh"])
def test_growing_networks_equal_live_nest(
    choice: int | str, record: Callable[..., Path], live_seed: Callable[[str, int], int]
) -> None:
    seed = live_seed("growing", 1 << 30) if isinstance(choice, str) else choice
    folder = record("growing", seed)
    for name, simulation in growing.CASES.items():
        try:
            compare(run(nest, simulation, seed), recorded(folder, name)[1])
        except AssertionError as error:
            raise AssertionError(f"{name} of seed {seed} differs: {error}") from None
