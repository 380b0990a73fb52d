from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import jaxnest as nest
from jaxnest.kernel.kernel import kernel
from jaxnest.kernel.settings.attributes import Attributes

REFERENCE = Path(__file__).parents[2] / "nest_reference"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """An empty network and default settings, those included that ResetKernel keeps."""
    kernel.attributes = Attributes()
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.QUIET
    yield
    nest.verbosity = nest.VerbosityLevel.INFO


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], Any]:
    """What NEST answered, see `nest_reference/record_status.py`."""

    def load(name: str) -> Any:
        return json.loads((REFERENCE / "status" / f"{name}.json").read_text())["content"]

    return load
