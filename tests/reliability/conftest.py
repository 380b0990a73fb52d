from __future__ import annotations

from collections.abc import Iterator

import pytest

import jaxnest as nest


@pytest.fixture(autouse=True)
def empty_kernel() -> Iterator[None]:
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    yield
    nest.ResetKernel()
