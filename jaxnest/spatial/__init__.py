"""Layers of nodes in space, and the positions and distances that values can depend on.

``nest.spatial.grid`` and ``nest.spatial.free`` say where the nodes of a ``Create`` call are;
``nest.spatial.pos``, ``source_pos``, ``target_pos`` and ``distance`` are Parameters.
"""

from __future__ import annotations

from jaxnest import errors

from .places import DistanceParameter, distance, free, grid, pos, source_pos, target_pos

__all__ = ["DistanceParameter", "distance", "free", "grid", "pos", "source_pos", "target_pos"]

__getattr__ = errors.no_attribute(__name__, __all__)
