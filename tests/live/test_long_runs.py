"""Kinds of networks that are measured over long runs, simulated by a live NEST as well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import jaxnest as nest
from nest_reference.simulations import long_runs, recorded, run

from .conftest import compare

pytestmark = [pytest.mark.nest, pytest.mark.slow]


def test_networks_equal_live_nest(record: Callable[..., Path]) -> None:
    folder = record("long_runs", 1)
    for name, simulation in long_runs.CASES.items():
        try:
            compare(run(nest, simulation, 1), recorded(folder, name)[1])
        except AssertionError as error:
            raise AssertionError(f"{name} differs: {error}") from None
