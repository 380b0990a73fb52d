"""What all tests share: an empty kernel, and a live NEST where there is one."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator

import pytest

import jaxnest as nest
from jaxnest.kernel.kernel import kernel
from jaxnest.kernel.settings.attributes import Attributes

LIVE_SEED = os.environ.get("JAXNEST_LIVE_SEED", "3.10.0")
"""Seeds of live comparisons are drawn from this; ``random`` draws them afresh in each run."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever waits for a live NEST is slow."""
    for item in items:
        if item.get_closest_marker("nest"):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def fresh_kernel() -> Iterator[None]:
    """An empty network and default settings, those included that ResetKernel keeps, and no messages."""
    kernel.attributes = Attributes()
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.QUIET
    yield
    kernel.attributes = Attributes()
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.INFO


@pytest.fixture(scope="session")
def nest_python() -> str:
    """The Python that has NEST; without one the test is skipped."""
    python = os.environ.get("JAXNEST_NEST_PYTHON")
    if not python:
        pytest.skip("JAXNEST_NEST_PYTHON does not name a Python that has NEST")
    return python


@pytest.fixture(scope="session")
def live_seed() -> Callable[[str, int], int]:
    """Draw the seed of a live comparison: ``live_seed(name, limit)`` lies in 1 ... ``limit``."""

    def draw(name: str, limit: int = 2**32 - 1) -> int:
        source = random.Random() if LIVE_SEED == "random" else random.Random(f"{LIVE_SEED}/{name}")
        return source.randint(1, limit)

    return draw
