"""Networks with precise spike times learn as in a live NEST."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import jaxnest as nest
from nest_reference.simulations import recorded, run
from nest_reference.simulations.eprop_precise import CASES

from .conftest import compare

pytestmark = [pytest.mark.nest, pytest.mark.slow]


def test_weights_and_spikes_are_those_of_nest(record: Callable[..., Path]) -> None:
    folder = record("eprop_precise", 11)
    for name, simulation in CASES.items():
        seed, expected = recorded(folder, name)
        nest.ResetKernel()
        compare(run(nest, simulation, seed), expected)
