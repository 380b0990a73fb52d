"""Regions of space that masks stand for."""

from __future__ import annotations

import abc
import math
from dataclasses import dataclass, field
from enum import IntEnum
from typing import final

import numpy as np

from jaxnest import errors

from .layer import Layer, wrong_dimensions

TOLERANCE = 1e-12
"""How far a point may lie outside of a rotated box."""

Bounds = tuple[np.ndarray, np.ndarray]
"""Lower left and upper right corner."""


class Shape(IntEnum):
    """Instructions of a compiled region."""

    BALL = 0
    BOX = 1
    ROTATED_BOX = 2
    ELLIPSE = 3
    ALL = 4
    AND = 5
    OR = 6
    MINUS = 7


Leaf = tuple[Shape, list[float], list[list[float]]]
"""A shape, its constants, and the moves (factor and shift) that a point goes through before."""


class Region(abc.ABC):
    """A region of two or three dimensions around the origin.

    Attributes
    ----------
    dimensions
        Two or three.
    """

    dimensions: int

    def compatible_with(self, layer: Layer, allow_oversized: bool) -> SolidRegion:
        """Return the region as it is used with a layer.

        Raises
        ------
        BadProperty
            If it does not fit.
        """
        region = self.on(layer, allow_oversized)
        if region.dimensions != layer.dimensions:
            raise errors.BadProperty(
                f"Mask is incompatible with layer: the mask has {region.dimensions} dimensions, "
                f"the layer {layer.dimensions}."
            )
        return region

    @abc.abstractmethod
    def on(self, layer: Layer, allow_oversized: bool) -> SolidRegion:
        """Return the region in the coordinates of a layer."""

    @abc.abstractmethod
    def combined(self, how: Shape, other: Region) -> Region:
        """Return the intersection, union or difference with another region."""


class SolidRegion(Region, abc.ABC):
    """A region that is given in coordinates."""

    @abc.abstractmethod
    def bounds(self) -> Bounds:
        """Return a box that holds the region."""

    @abc.abstractmethod
    def leaves(self, moves: list[list[float]]) -> list[Leaf]:
        """Return shapes and operations in postfix order; `moves` are made before those of the region itself."""

    def on(self, layer: Layer, allow_oversized: bool) -> SolidRegion:
        """Return the region in the coordinates of a layer."""
        if layer.edge_wrap and not allow_oversized and self.dimensions == layer.dimensions:
            low, high = self.bounds()
            check_size(high - low, layer.extent)
        return self

    def combined(self, how: Shape, other: Region) -> Region:
        """Return the intersection, union or difference with another region."""
        if not isinstance(other, SolidRegion) or other.dimensions != self.dimensions:
            raise errors.BadProperty("Masks must have same number of dimensions.")
        return Combined(self.dimensions, how, self, other)


def check_size(size: np.ndarray, available: np.ndarray) -> None:
    """Raise BadProperty if a mask is larger than a layer with joined edges."""
    if (size > available).any():
        raise errors.BadProperty(
            "Mask size must not exceed layer size; set allow_oversized_mask to override. "
            f"(The mask has the size {size.tolist()}, the layer {available.tolist()}.)"
        )


@final
@dataclass(frozen=True)
class Everything(SolidRegion):
    """All of space."""

    dimensions: int

    def bounds(self) -> Bounds:
        """Return a box that holds the region."""
        return np.full(self.dimensions, -np.inf), np.full(self.dimensions, np.inf)

    def leaves(self, moves: list[list[float]]) -> list[Leaf]:
        """Return shapes and operations in postfix order."""
        return [(Shape.ALL, [], [])]


@final
@dataclass(frozen=True)
class Ball(SolidRegion):
    """A circle or sphere."""

    dimensions: int
    center: np.ndarray
    radius: float

    def bounds(self) -> Bounds:
        """Return a box that holds the region."""
        return self.center - self.radius, self.center + self.radius

    def leaves(self, moves: list[list[float]]) -> list[Leaf]:
        """Return shapes and operations in postfix order."""
        return [(Shape.BALL, [*_padded(self.bounds()), *_three(self.center), self.radius], moves)]


@final
@dataclass(frozen=True)
class Box(SolidRegion):
    """A rectangle or box, rotated around its middle by angles in degrees."""

    dimensions: int
    low: np.ndarray
    high: np.ndarray
    azimuth: float = 0.0
    polar: float = 0.0
    _rotation: tuple[float, float, float, float] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rotation", (*_turn(self.azimuth), *_turn(self.polar)))

    @property
    def is_rotated(self) -> bool:
        """Whether the edges are not parallel to the axes."""
        return self.azimuth != 0.0 or self.polar != 0.0

    @property
    def center(self) -> np.ndarray:
        """Middle of the box."""
        return (self.high + self.low) * 0.5

    def bounds(self) -> Bounds:
        """Return a box that holds the region."""
        if not self.is_rotated:
            return self.low, self.high
        cosine, sine, polar_cosine, polar_sine = self._rotation
        center = self.center
        ends = np.stack([self.low - center, self.high - center])
        corners = []
        for i in (0, 1):
            for j in (0, 1):
                along = ends[i, 0] * cosine - ends[j, 1] * sine
                across = ends[i, 0] * sine + ends[j, 1] * cosine + center[1]
                if self.dimensions == 2:
                    corners.append([along + center[0], across])
                    continue
                for k in (0, 1):
                    z = ends[k, 2]
                    x = along * polar_cosine - z * polar_sine + center[0]
                    corners.append([x, across, along * polar_sine + z * polar_cosine + center[2]])
        return np.min(corners, axis=0), np.max(corners, axis=0)

    def leaves(self, moves: list[list[float]]) -> list[Leaf]:
        """Return shapes and operations in postfix order."""
        bounds = _padded(self.bounds())
        if not self.is_rotated:
            return [(Shape.BOX, bounds, moves)]
        outline = _padded((self.low - TOLERANCE, self.high + TOLERANCE))
        return [(Shape.ROTATED_BOX, [*bounds, *outline, *_three(self.center), *self._rotation], moves)]


@final
@dataclass(frozen=True)
class Ellipse(SolidRegion):
    """An ellipse or ellipsoid with rotated axes; angles are in degrees, a polar axis of 0 is infinitely long."""

    dimensions: int
    center: np.ndarray
    axes: tuple[float, float, float]
    azimuth: float
    polar: float

    def bounds(self) -> Bounds:
        """Return a box that holds the region."""
        radii = np.array(self.axes) / 2.0
        if self.azimuth != 0.0 or self.polar != 0.0:
            radii[:] = max(self.axes[0], self.axes[2]) / 2.0
        radii = radii[: self.dimensions]
        return self.center - radii, self.center + radii

    def leaves(self, moves: list[list[float]]) -> list[Leaf]:
        """Return shapes and operations in postfix order."""
        scales = [4.0 / (axis * axis) if axis else 0.0 for axis in self.axes]
        rotation = [*_turn(self.azimuth), *_turn(self.polar)]
        return [(Shape.ELLIPSE, [*_padded(self.bounds()), *_three(self.center), *scales, *rotation], moves)]


@final
@dataclass(frozen=True)
class Combined(SolidRegion):
    """Intersection, union or difference of two regions."""

    dimensions: int
    how: Shape
    first: SolidRegion
    second: SolidRegion

    def bounds(self) -> Bounds:
        """Return a box that holds the region."""
        (low, high), (other_low, other_high) = self.first.bounds(), self.second.bounds()
        if self.how is Shape.AND:
            return np.maximum(low, other_low), np.minimum(high, other_high)
        if self.how is Shape.OR:
            return np.minimum(low, other_low), np.maximum(high, other_high)
        return low, high

    def leaves(self, moves: list[list[float]]) -> list[Leaf]:
        """Return shapes and operations in postfix order."""
        return [*self.first.leaves(moves), *self.second.leaves(moves), (self.how, [], [])]


@final
@dataclass(frozen=True)
class Anchored(SolidRegion):
    """A region that is moved."""

    dimensions: int
    region: SolidRegion
    anchor: np.ndarray

    def bounds(self) -> Bounds:
        """Return a box that holds the region."""
        low, high = self.region.bounds()
        return low + self.anchor, high + self.anchor

    def leaves(self, moves: list[list[float]]) -> list[Leaf]:
        """Return shapes and operations in postfix order."""
        return self.region.leaves([*moves, [1.0, *_three(self.anchor)]])


@final
@dataclass(frozen=True)
class Converse(SolidRegion):
    """A region mirrored at the origin, for searching the sources of a target instead of the targets of a source."""

    dimensions: int
    region: SolidRegion

    def bounds(self) -> Bounds:
        """Return a box that holds the region."""
        low, high = self.region.bounds()
        return 0.0 - high, 0.0 - low

    def leaves(self, moves: list[list[float]]) -> list[Leaf]:
        """Return shapes and operations in postfix order."""
        return self.region.leaves([*moves, [-1.0, 0.0, 0.0, 0.0]])


@final
@dataclass(frozen=True)
class GridRegion(Region):
    """A rectangle of nodes on a grid.

    Attributes
    ----------
    first, last
        Grid indices of the upper left corner and of the one after the lower right corner.
    """

    dimensions: int
    first: np.ndarray
    last: np.ndarray

    def on(self, layer: Layer, allow_oversized: bool) -> SolidRegion:
        """Return the region in the coordinates of a layer."""
        if layer.shape is None or len(layer.shape) != self.dimensions:
            raise errors.BadProperty("Grid masks can only be used with grid layers.")
        shape = np.array(layer.shape)
        if layer.edge_wrap and not allow_oversized:
            check_size(self.last - self.first, shape)
        step = layer.extent / shape
        low, high = step * self.first - step * 0.5, step * self.last - step * 0.5
        # Indices run downwards.
        low[1], high[1] = -high[1], -low[1]
        return Box(self.dimensions, low, high)

    def combined(self, how: Shape, other: Region) -> Region:
        """Refuse, as NEST does."""
        raise errors.KernelException("Grid masks can not be combined.")


def _turn(degrees: float) -> tuple[float, float]:
    """Return cosine and sine."""
    angle = degrees * math.pi / 180.0
    return math.cos(angle), math.sin(angle)


def _three(vector: np.ndarray) -> list[float]:
    return [*vector.tolist(), 0.0][:3]


def _padded(bounds: Bounds) -> list[float]:
    """Return bounds of three dimensions; there are none in a third dimension that does not exist."""
    low, high = bounds
    return [*[*low.tolist(), -math.inf][:3], *[*high.tolist(), math.inf][:3]]


def check_dimensions(point: np.ndarray, dimensions: int) -> None:
    """Raise BadProperty for a point with too many or too few coordinates."""
    if len(point) != dimensions:
        raise wrong_dimensions(dimensions)
