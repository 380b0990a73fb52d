"""Regions made from dictionaries, with NEST's checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any, final

import numpy as np

from jaxnest import errors

from .layer import wrong_dimensions
from .regions import Anchored, Ball, Box, Ellipse, GridRegion, Region, Shape, SolidRegion


@final
class _Specification:
    """The dictionary that specifies a mask, and which of its entries have been asked for."""

    def __init__(self, kind: str, entries: Any) -> None:
        if entries is None:
            raise AttributeError(f"The specification of mask '{kind}' must not be None.")
        if not isinstance(entries, Mapping):
            raise errors.TypeMismatch(f"'{kind}' has to be a dictionary, not {entries!r}.")
        self.kind = kind
        self._entries = dict(entries)
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        self._asked.add(key)
        return key in self._entries

    def _get(self, key: str) -> Any:
        if key not in self:
            raise IndexError(f"Mask '{self.kind}' needs '{key}'.{errors.nearest(key, self._entries)}")
        return self._entries[key]

    def number(self, key: str) -> float:
        """Return a number that has to be there."""
        value = self._get(key)
        if not isinstance(value, Real) or isinstance(value, bool):
            raise errors.TypeMismatch(f"'{key}' of mask '{self.kind}' has to be a number, not {value!r}.")
        return float(value)

    def point(self, key: str, dimensions: int) -> np.ndarray:
        """Return a position that has to be there."""
        return vector(f"'{key}' of mask '{self.kind}'", self._get(key), dimensions)

    def integers(self, key: str) -> list[int]:
        """Return a list of integers that has to be there."""
        values = self._get(key)
        if not np.iterable(values) or isinstance(values, str) or not all(isinstance(v, Integral) for v in values):
            raise errors.TypeMismatch(f"'{key}' of mask '{self.kind}' has to be a list of integers, not {values!r}.")
        return [int(v) for v in values]

    def refuse_others(self) -> None:
        """Raise UnaccessedDictionaryEntry if there are entries that nobody asked for."""
        left = [key for key in self._entries if key not in self._asked]
        if left:
            hint = errors.nearest(left[0], self._asked)
            raise errors.UnaccessedDictionaryEntry(
                f"Unaccessed elements in specs, in function CreateMask:  {' '.join(left)}.{hint}"
            )


def vector(name: str, values: Any, dimensions: int) -> np.ndarray:
    """Return a position.

    Raises
    ------
    TypeMismatch
        If it is no list of numbers.
    BadProperty
        If it has the wrong length.
    """
    if not isinstance(values, list | tuple | np.ndarray) or not all(isinstance(v, Real) for v in values):
        raise errors.TypeMismatch(f"{name} has to be a list of numbers, not {values!r}.")
    array = np.array(values, np.float64)
    if dimensions and len(array) != dimensions:
        raise wrong_dimensions(dimensions)
    return array


def _ball(specs: _Specification, dimensions: int) -> Region:
    radius = specs.number("radius")
    if radius <= 0:
        raise errors.BadProperty(f"Mask '{specs.kind}': radius > 0 required, got {radius}.")
    return Ball(dimensions, _center(specs, dimensions), radius)


def _center(specs: _Specification, dimensions: int) -> np.ndarray:
    return specs.point("anchor", dimensions) if "anchor" in specs else np.zeros(dimensions)


def _angles(specs: _Specification, dimensions: int) -> tuple[float, float]:
    azimuth = specs.number("azimuth_angle") if "azimuth_angle" in specs else 0.0
    if "polar_angle" not in specs:
        return azimuth, 0.0
    if dimensions == 2:
        raise errors.BadProperty(f"Mask '{specs.kind}': polar_angle not defined in 2D.")
    return azimuth, specs.number("polar_angle")


def _box(specs: _Specification, dimensions: int) -> Region:
    low, high = specs.point("lower_left", dimensions), specs.point("upper_right", dimensions)
    if not (low < high).all():
        raise errors.BadProperty(
            f"Mask '{specs.kind}': Upper right must be strictly to the right and above lower left, "
            f"got {low.tolist()} and {high.tolist()}."
        )
    return Box(dimensions, low, high, *_angles(specs, dimensions))


def _ellipse(specs: _Specification, dimensions: int) -> Region:
    major, minor, polar = specs.number("major_axis"), specs.number("minor_axis"), 0.0
    if major <= 0 or minor <= 0:
        raise errors.BadProperty(f"Mask '{specs.kind}': All axis > 0 required, got {major} and {minor}.")
    if major < minor:
        raise errors.BadProperty(
            f"Mask '{specs.kind}': major_axis greater than minor_axis required, got {major} and {minor}."
        )
    if "polar_axis" in specs:
        if dimensions == 2:
            raise errors.BadProperty(f"Mask '{specs.kind}': polar_axis not defined in 2D.")
        polar = specs.number("polar_axis")
        if polar <= 0:
            raise errors.BadProperty(f"Mask '{specs.kind}': All axis > 0 required, got polar_axis = {polar}.")
    center = _center(specs, dimensions)
    return Ellipse(dimensions, center, (major, minor, polar), *_angles(specs, dimensions))


def _doughnut(specs: _Specification, dimensions: int) -> Region:
    outer, inner = specs.number("outer_radius"), specs.number("inner_radius")
    if inner >= outer:
        raise errors.BadProperty(f"Mask 'doughnut': inner_radius < outer_radius required, got {inner} and {outer}.")
    center = _center(specs, dimensions)
    return Ball(dimensions, center, outer).combined(Shape.MINUS, Ball(dimensions, center, inner))


def _grid(specs: _Specification, dimensions: int) -> Region:
    shape = specs.integers("shape")
    if len(shape) < dimensions:
        raise errors.BadProperty(f"Mask 'grid': shape has to have {dimensions} entries, got {shape}.")
    return GridRegion(dimensions, np.zeros(dimensions, np.int64), np.array(shape[:dimensions]))


_MAKERS: dict[str, tuple[Callable[[_Specification, int], Region], int]] = {
    "circular": (_ball, 2),
    "spherical": (_ball, 3),
    "rectangular": (_box, 2),
    "box": (_box, 3),
    "elliptical": (_ellipse, 2),
    "ellipsoidal": (_ellipse, 3),
    "doughnut": (_doughnut, 2),
    "grid": (_grid, 2),
}
"""Masks by name, with their number of dimensions."""


def create_region(specification: Any) -> Region | None:
    """Return the region that a dictionary describes.

    Parameters
    ----------
    specification
        Kind of the mask and its own dictionary, and perhaps ``anchor``. None is returned if it is empty.

    Raises
    ------
    UndefinedName, UnaccessedDictionaryEntry, TypeMismatch, BadProperty, IndexError
        If the kind is unknown, or entries are unknown, wrong or missing.
    """
    if specification is None:
        raise AttributeError("The mask must not be None.")
    if not isinstance(specification, Mapping):
        raise errors.TypeMismatch(f"The mask has to be a dictionary, not {specification!r}.")
    region: Region | None = None
    for kind in sorted(k for k in specification if k != "anchor"):
        specs = _Specification(kind, specification[kind])
        if kind not in _MAKERS:
            raise errors.UndefinedName(f"There is no mask '{kind}'.{errors.nearest(kind, _MAKERS)}")
        maker, dimensions = _MAKERS[kind]
        region = maker(specs, dimensions)
        specs.refuse_others()
    return region if "anchor" not in specification else _anchored(region, specification["anchor"])


def _anchored(region: Region | None, anchor: Any) -> Region:
    point = vector("'anchor'", anchor, 0)
    if len(point) not in (2, 3):
        raise errors.BadProperty(f"Anchor must be 2- or 3-dimensional, not {anchor}.")
    # A list counts as one of integers if its first element is one.
    on_grid = isinstance(anchor[0], Integral)
    if isinstance(region, GridRegion) and on_grid and len(point) == region.dimensions:
        shift = point.astype(np.int64)
        return GridRegion(region.dimensions, region.first - shift, region.last - shift)
    if on_grid:
        raise errors.BadProperty(
            f"Mask must be {len(point)}-dimensional grid mask, since its anchor {anchor} consists of integers. "
            "The anchor of other masks consists of floats."
        )
    if not isinstance(region, SolidRegion) or len(point) != region.dimensions:
        raise TypeError(f"The anchor {anchor} does not fit the mask: it has another number of dimensions.")
    return Anchored(region.dimensions, region, point)


def is_inside(region: Region, point: Any) -> bool:
    """Return whether a point lies in a region.

    Raises
    ------
    KernelException
        If the region has no place in space.
    TypeMismatch, BadProperty
        If the point is no list of as many numbers as the region has dimensions.
    """
    if not isinstance(region, SolidRegion):
        raise errors.KernelException("Grid mask must be applied to a grid layer.")
    from .containment import compiled_region, contains

    x, y, z = [*vector("The point", point, region.dimensions).tolist(), 0.0][:3]
    return bool(contains(compiled_region(region), x, y, z))
