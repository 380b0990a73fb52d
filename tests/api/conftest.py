from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

REFERENCE = Path(__file__).parents[2] / "nest_reference"


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], Any]:
    """What NEST answered, see `nest_reference/record_status.py`."""

    def load(name: str) -> Any:
        return json.loads((REFERENCE / "status" / f"{name}.json").read_text())["content"]

    return load
