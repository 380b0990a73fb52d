"""Bounds on the values of parameters and state variables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final


@final
@dataclass(frozen=True)
class Check:
    """A bound on one value: `violated(value)` is evaluated for whole columns at once."""

    violated: Callable[[Any], Any]
    message: str
    bounds: str


def positive(message: str) -> Check:
    """The value has to be larger than zero."""
    return Check(lambda x: x <= 0, message, "> 0")


def not_negative(message: str) -> Check:
    """The value has to be at least zero."""
    return Check(lambda x: x < 0, message, ">= 0")


def within(low: float, high: float, message: str) -> Check:
    """The value has to lie in the closed interval [low, high]."""
    return Check(lambda x: (x < low) | (x > high), message, f"in [{low}, {high}]")
