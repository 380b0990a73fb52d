"""Layers: where the nodes of one Create call are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

from jaxnest import errors


@final
@dataclass(frozen=True, eq=False)
class Layer:
    """Nodes with consecutive ids in a box of two or three dimensions.

    Attributes
    ----------
    first_id
        Id of the first node.
    positions
        One row per node.
    lower_left, extent
        Corner and size of the box.
    edge_wrap
        Whether opposite edges are joined.
    shape
        Number of nodes in each dimension if they are on a grid, else None.
    """

    first_id: int
    positions: np.ndarray
    lower_left: np.ndarray
    extent: np.ndarray
    edge_wrap: bool
    shape: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        for array in (self.positions, self.lower_left, self.extent):
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.positions)

    def __str__(self) -> str:
        return "spatial"

    @property
    def dimensions(self) -> int:
        """Two or three."""
        return self.positions.shape[1]

    @property
    def center(self) -> np.ndarray:
        """Middle of the box."""
        return self.lower_left + self.extent / 2

    @cached_property
    def period(self) -> np.ndarray:
        """Extent in each dimension in which edges are joined, otherwise zero."""
        return self.extent if self.edge_wrap else np.zeros(self.dimensions)

    def at(self, ids: np.ndarray) -> np.ndarray:
        """Return the positions of nodes of the layer."""
        return self.positions[np.asarray(ids) - self.first_id]

    def describe(self, nodes: Any) -> dict[str, Any]:
        """Return what scripts see as ``nodes.spatial`` of some nodes of the layer."""
        status: dict[str, Any] = {
            "center": self.center,
            "edge_wrap": self.edge_wrap,
            "extent": self.extent.copy(),
            "network_size": len(nodes),
        }
        if self.shape is None:
            return status | {"positions": self.at(nodes.ids).copy()}
        return status | {"shape": np.array(self.shape)}

    def is_like(self, other: Any) -> bool:
        """True if the other is a layer that looks the same to scripts."""
        return self is other or (
            isinstance(other, Layer)
            and (self.edge_wrap, self.shape) == (other.edge_wrap, other.shape)
            and np.array_equal(self.extent, other.extent)
            and np.array_equal(self.positions, other.positions)
        )

    def displacement(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Return vectors from `start` to `end`, by the shorter way round if edges are joined.

        Half the extent, which is equally far both ways, is negative.
        """
        if start.shape[-1] != self.dimensions or end.shape[-1] != self.dimensions:
            raise wrong_dimensions(self.dimensions)
        vector = end - start
        if self.edge_wrap:
            half = 0.5 * self.extent
            vector = -half + np.fmod(vector + half, self.extent)
            vector = np.where(vector < -half, vector + self.extent, vector)
        return vector

    def distance(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Return distances from `start` to `end`."""
        square = np.zeros(())
        for component in np.moveaxis(self.displacement(start, end), -1, 0):
            square = square + component * component
        return np.sqrt(square)


def wrong_dimensions(expected: int) -> errors.BadProperty:
    """Return the error for a position with too many or too few coordinates."""
    return errors.BadProperty(f"Expected a {expected}-dimensional position.")


def _vector(values: Any, dimensions: int) -> np.ndarray:
    vector = np.array(values, np.float64)
    if vector.shape != (dimensions,):
        raise wrong_dimensions(dimensions)
    return vector


def grid_layer(first_id: int, shape: tuple[int, ...], center: Any, extent: Any, edge_wrap: bool) -> Layer:
    """Return a layer of nodes on a grid.

    Parameters
    ----------
    first_id
        Id of the first node.
    shape
        Number of nodes in each dimension.
    center, extent
        Middle and size of the box, or None for the origin and for 1 in each dimension.
    edge_wrap
        Whether opposite edges are joined.
    """
    dimensions = len(shape)
    size = np.ones(dimensions)
    lower_left = np.full(dimensions, -0.5)
    if extent is not None:
        middle = lower_left + size / 2
        size = _vector(extent, dimensions)
        lower_left = middle - size / 2
    if center is not None:
        lower_left = _vector(center, dimensions) - size / 2
    index = np.indices(shape).reshape(dimensions, -1).T
    corner, step = lower_left.copy(), size / shape
    corner[1] += size[1]
    step[1] = -size[1] / shape[1]
    return Layer(first_id, corner + step * index + step * 0.5, lower_left, size, edge_wrap, shape)


def free_layer(first_id: int, positions: np.ndarray, extent: Any, edge_wrap: bool) -> Layer:
    """Return a layer of nodes at any positions.

    Parameters
    ----------
    first_id
        Id of the first node.
    positions
        One row per node.
    extent
        Size of the box around the middle of the positions; None for whole numbers just large enough.
    edge_wrap
        Whether opposite edges are joined.

    Raises
    ------
    BadProperty
        If a node is outside of the box.
    KernelException
        If there is only one node, and no extent.
    """
    low, high = np.fmin.reduce(positions), np.fmax.reduce(positions)
    middle = (high + low) / 2
    if extent is None:
        if len(positions) == 1:
            raise errors.KernelException("If only one node is created, 'extent' must be specified.")
        size = np.ceil(high - low)
        return Layer(first_id, positions, middle - size / 2, size, edge_wrap)
    size = _vector(extent, positions.shape[1])
    lower_left = middle - size / 2
    outside = ((positions < lower_left) | (positions > middle + size / 2)).any(axis=1)
    if outside.any():
        where = positions[np.argmax(outside)].tolist()
        raise errors.BadProperty(
            f"Node position outside of layer: {where} is not between {lower_left.tolist()} and "
            f"{(middle + size / 2).tolist()}. The layer, of the given extent, lies around the middle of all positions."
        )
    return Layer(first_id, positions, lower_left, size, edge_wrap)
