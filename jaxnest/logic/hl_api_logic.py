"""Names of PyNEST where published code finds them: ``nest.logic.hl_api_logic``."""

from __future__ import annotations

from . import conditional

__all__ = [
    "conditional",
]
