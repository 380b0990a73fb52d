"""Names of PyNEST where published code finds them: ``nest.spatial.hl_api_spatial``."""

from __future__ import annotations

from . import DistanceParameter, free, grid, pos, source_pos, target_pos

__all__ = [
    "DistanceParameter",
    "free",
    "grid",
    "pos",
    "source_pos",
    "target_pos",
]
