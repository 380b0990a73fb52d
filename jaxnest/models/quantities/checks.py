"""Bounds on the values of parameters and state variables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np


@final
@dataclass(frozen=True)
class Check:
    """A bound on one value: `violated(value)` is evaluated for whole columns at once."""

    violated: Callable[[Any], Any]
    message: str
    bounds: str


def positive(message: str, nan: bool = True) -> Check:
    """The value has to be larger than zero; `nan` says whether it may be no number."""
    return Check((lambda x: x <= 0) if nan else (lambda x: np.logical_not(x > 0)), message, "> 0")


def not_negative(message: str, nan: bool = True) -> Check:
    """The value has to be at least zero; `nan` says whether it may be no number."""
    return Check((lambda x: x < 0) if nan else (lambda x: np.logical_not(x >= 0)), message, ">= 0")


def within(low: float, high: float, message: str) -> Check:
    """The value has to lie in the closed interval [low, high]."""
    return Check(lambda x: (x < low) | (x > high), message, f"in [{low}, {high}]")
