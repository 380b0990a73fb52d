"""Names of PyNEST where published code finds them: ``nest.math.hl_api_math``."""

from __future__ import annotations

from . import cos, exp, max, min, redraw, sin

__all__ = [
    "cos",
    "exp",
    "max",
    "min",
    "redraw",
    "sin",
]
