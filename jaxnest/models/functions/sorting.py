"""Sorting in functions of devices."""

from __future__ import annotations

from typing import Any

from jaxnest.models.ops import helper


@helper
def sort_first(values: Any, n: int) -> None:
    """Sort the first `n` numbers of an array, in ascending order."""
    values[:n].sort()
