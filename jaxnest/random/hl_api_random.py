"""Names of PyNEST where published code finds them: ``nest.random.hl_api_random``."""

from __future__ import annotations

from . import exponential, lognormal, normal, uniform, uniform_int

__all__ = [
    "exponential",
    "lognormal",
    "normal",
    "uniform",
    "uniform_int",
]
