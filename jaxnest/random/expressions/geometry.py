"""What spatial expressions depend on: a row of float64 per node or connection."""

from __future__ import annotations

from typing import Final

import numpy as np

KIND: Final = 0
"""`NOWHERE`, `NODE` or `CONNECTION`."""
DIMENSIONS: Final = 1
"""Number of dimensions; zero for a node that has no position."""
DISTANCE: Final = 2
"""Distance from source to target."""
DISPLACEMENT: Final = 3
"""First of three components of the displacement from source to target."""
SOURCE: Final = 6
"""First of three coordinates of the source, or of the node."""
TARGET: Final = 9
"""First of three coordinates of the target."""
GEOMETRY_SIZE: Final = 12
"""Length of a row."""

NOWHERE, NODE, CONNECTION = range(3)

NO_GEOMETRY: Final = np.zeros((1, GEOMETRY_SIZE))
"""For expressions that are evaluated outside of any node or connection."""
NO_GEOMETRY.flags.writeable = False


def node_geometry(positions: np.ndarray) -> np.ndarray:
    """Return the geometry of nodes.

    Parameters
    ----------
    positions : numpy.ndarray
        Positions, of shape (nodes, dimensions); zero dimensions for nodes without a position.

    Returns
    -------
    numpy.ndarray
        One row per node.
    """
    n, dimensions = positions.shape
    rows = np.zeros((n, GEOMETRY_SIZE))
    rows[:, KIND] = NODE
    rows[:, DIMENSIONS] = dimensions
    rows[:, SOURCE : SOURCE + dimensions] = positions
    return rows


def connection_geometry(sources: np.ndarray, targets: np.ndarray, period: np.ndarray | None = None) -> np.ndarray:
    """Return the geometry of connections.

    Parameters
    ----------
    sources, targets : numpy.ndarray
        Positions of the sources and of the targets, of shape (connections, dimensions) or broadcastable to it.
    period : numpy.ndarray, optional
        Extent of the layer in each dimension if its boundaries are periodic; zero where they are not.

    Returns
    -------
    numpy.ndarray
        One row per connection.
    """
    sources, targets = np.broadcast_arrays(sources, targets)
    n, dimensions = sources.shape
    rows = np.zeros((n, GEOMETRY_SIZE))
    rows[:, KIND] = CONNECTION
    rows[:, DIMENSIONS] = dimensions
    rows[:, SOURCE : SOURCE + dimensions] = sources
    rows[:, TARGET : TARGET + dimensions] = targets
    square = np.zeros(n)
    for i in range(dimensions):
        displacement = targets[:, i] - sources[:, i]
        if period is not None and period[i] != 0.0:
            displacement = displacement - period[i] * _round(displacement * (1.0 / period[i]))
        rows[:, DISPLACEMENT + i] = displacement
        square += displacement * displacement
    rows[:, DISTANCE] = np.sqrt(square)
    return rows


def _round(x: np.ndarray) -> np.ndarray:
    """Round to the nearest integer, halves away from zero."""
    whole = np.trunc(x)
    return whole + np.copysign(np.abs(x - whole) >= 0.5, x)
