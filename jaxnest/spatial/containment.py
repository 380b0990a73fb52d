"""Whether points and boxes lie in a region; compiled code."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jaxnest.random.numbers.engines import compiled

from .regions import Shape, SolidRegion

_BALL, _BOX, _ROTATED_BOX, _ELLIPSE = int(Shape.BALL), int(Shape.BOX), int(Shape.ROTATED_BOX), int(Shape.ELLIPSE)
_ALL, _AND, _OR = int(Shape.ALL), int(Shape.AND), int(Shape.OR)
_CENTER, _RADIUS = 6, 9
_LOW, _HIGH, _BOX_CENTER, _BOX_ROTATION = 6, 9, 12, 15
_SCALES, _ROTATION = 9, 12

INSIDE, OUTSIDE = 1, 2
"""Flags: a box lies in the region; a box has no point in common with the region. Neither is certain if not set."""


class CompiledRegion(NamedTuple):
    """A region for compiled code.

    Attributes
    ----------
    code
        Instructions in postfix order, one per row: shape or operation, index of its first constant, index of its
        first move, number of moves.
    constants
        Constants of all shapes; bounds come first.
    moves
        A factor and a shift per row, which points and boxes go through before a shape is looked at.
    bounds
        Lower left and upper right corner of the whole region.
    dimensions
        Two or three.
    """

    code: np.ndarray
    constants: np.ndarray
    moves: np.ndarray
    bounds: np.ndarray
    dimensions: int


def compiled_region(region: SolidRegion) -> CompiledRegion:
    """Translate a region.

    Parameters
    ----------
    region
        The region.
    """
    code, constants, moves = [], [], []
    for shape, numbers, moved in region.leaves([]):
        code.append([int(shape), len(constants), len(moves), len(moved)])
        constants += numbers
        moves += moved
    bounds = np.zeros((2, 3))
    bounds[:, : region.dimensions] = region.bounds()
    return CompiledRegion(
        np.array(code, np.int64),
        np.array([*constants, 0.0]),
        np.array(moves, np.float64).reshape(-1, 4),
        bounds,
        region.dimensions,
    )


@compiled
def _in_ball(constants, x, y, z):
    radius = constants[_RADIUS]
    dx, dy, dz = abs(x - constants[_CENTER]), abs(y - constants[_CENTER + 1]), abs(z - constants[_CENTER + 2])
    if dx > radius or dy > radius or dz > radius:
        return False
    return dx + dy + dz <= radius or np.sqrt(dx * dx + dy * dy + dz * dz) <= radius


@compiled
def _in_bounds(constants, x, y, z):
    low, high = constants[0:3], constants[3:6]
    return low[0] <= x <= high[0] and low[1] <= y <= high[1] and low[2] <= z <= high[2]


@compiled
def _in_rotated_box(constants, x, y, z):
    """Rotate the point back and look whether it is in the unrotated box; NEST's order of operations."""
    cx, cy, cz = constants[_BOX_CENTER], constants[_BOX_CENTER + 1], constants[_BOX_CENTER + 2]
    cosine, sine = constants[_BOX_ROTATION], constants[_BOX_ROTATION + 1]
    polar_cosine, polar_sine = constants[_BOX_ROTATION + 2], constants[_BOX_ROTATION + 3]
    cc, sc, cs, ss = cosine * polar_cosine, sine * polar_cosine, cosine * polar_sine, sine * polar_sine
    a, b = cx * cosine, cy * sine
    u = x * cc - a * polar_cosine + y * sc - b * polar_cosine - z * polar_sine + cz * polar_sine + cx
    v = -x * sine + cx * sine + y * cosine - cy * cosine + cy
    w = x * cs - a * polar_sine + y * ss - b * polar_sine + z * polar_cosine - cz * polar_cosine + cz
    low, high = constants[_LOW : _LOW + 3], constants[_HIGH : _HIGH + 3]
    return low[0] <= u <= high[0] and low[1] <= v <= high[1] and low[2] <= w <= high[2]


@compiled
def _in_ellipse(constants, x, y, z):
    dx, dy, dz = x - constants[_CENTER], y - constants[_CENTER + 1], z - constants[_CENTER + 2]
    cosine, sine = constants[_ROTATION], constants[_ROTATION + 1]
    polar_cosine, polar_sine = constants[_ROTATION + 2], constants[_ROTATION + 3]
    along = dx * cosine + dy * sine
    u = along * polar_cosine - dz * polar_sine
    v = dx * sine - dy * cosine
    w = along * polar_sine + dz * polar_cosine
    scales = constants[_SCALES : _SCALES + 3]
    return u * u * scales[0] + v * v * scales[1] + w * w * scales[2] <= 1.0


@compiled
def _in_shape(shape, constants, x, y, z):
    if shape == _BALL:
        return _in_ball(constants, x, y, z)
    if shape == _BOX:
        return _in_bounds(constants, x, y, z)
    if shape == _ROTATED_BOX:
        return _in_rotated_box(constants, x, y, z)
    if shape == _ELLIPSE:
        return _in_ellipse(constants, x, y, z)
    return True


@compiled
def contains(region, x, y, z):
    """Return whether a point lies in a region.

    Intermediate results are bits of an integer, the latest one lowest.
    """
    results = 0
    for i in range(region.code.shape[0]):
        shape = region.code[i, 0]
        if shape > _ALL:
            second, first, results = results & 1, (results >> 1) & 1, results >> 2
            both = first & second if shape == _AND else (first | second if shape == _OR else first & (1 - second))
            results = (results << 1) | both
            continue
        px, py, pz = x, y, z
        start = region.code[i, 2]
        for k in range(start, start + region.code[i, 3]):
            factor = region.moves[k, 0]
            px, py, pz = (
                factor * px - region.moves[k, 1],
                factor * py - region.moves[k, 2],
                factor * pz - region.moves[k, 3],
            )
        inside = _in_shape(shape, region.constants[region.code[i, 1] :], px, py, pz)
        results = (results << 1) | (1 if inside else 0)
    return results & 1 == 1


@compiled
def find(region, positions, start, stop, anchor, found, n):
    """Append to the `n` indices found those of the positions from `start` to `stop` that lie in a region.

    There has to be room for one more. A single ball takes no branches, which processors could not predict.
    """
    if region.code.shape[0] == 1 and region.code[0, 0] == _BALL and region.code[0, 3] <= 1:
        return _find_in_ball(region, positions, start, stop, anchor, found, n)
    for k in range(start, stop):
        place = positions[k]
        if contains(region, place[0] - anchor[0], place[1] - anchor[1], place[2] - anchor[2]):
            found[n] = k
            n += 1
    return n


@compiled
def _find_in_ball(region, positions, start, stop, anchor, found, n):
    """Do what `find` does; the operations are those of `contains`."""
    constants, move = region.constants[region.code[0, 1] :], region.code[0, 2]
    factor, sx, sy, sz = 1.0, 0.0, 0.0, 0.0
    if region.code[0, 3] == 1:
        moves = region.moves[move]
        factor, sx, sy, sz = moves[0], moves[1], moves[2], moves[3]
    cx, cy, cz, radius = constants[_CENTER], constants[_CENTER + 1], constants[_CENTER + 2], constants[_RADIUS]
    ax, ay, az = anchor[0], anchor[1], anchor[2]
    for k in range(start, stop):
        dx = abs(factor * (positions[k, 0] - ax) - sx - cx)
        dy = abs(factor * (positions[k, 1] - ay) - sy - cy)
        dz = abs(factor * (positions[k, 2] - az) - sz - cz)
        near = (dx + dy + dz <= radius) | (np.sqrt(dx * dx + dy * dy + dz * dz) <= radius)
        found[n] = k
        n += 1 if (dx <= radius) & (dy <= radius) & (dz <= radius) & near else 0
    return n


@compiled
def _box_in_shape(shape, constants, dimensions, box):
    """Return the flags of a box, given by rows of lower left and upper right corner."""
    if shape == _ALL:
        return INSIDE
    flags = 0
    for i in range(dimensions):
        if box[1, i] < constants[i] or box[0, i] > constants[3 + i]:
            flags = OUTSIDE
    if shape in (_BOX, _ROTATED_BOX):
        # Two corners are enough for NEST, also if the box of the mask is rotated.
        low = _in_shape(shape, constants, box[0, 0], box[0, 1], box[0, 2])
        return flags | INSIDE if low and _in_shape(shape, constants, box[1, 0], box[1, 1], box[1, 2]) else flags
    for corner in range(1 << dimensions):
        x, y, z = box[corner & 1, 0], box[(corner >> 1) & 1, 1], box[(corner >> 2) & 1, 2]
        if not _in_shape(shape, constants, x, y, z):
            return flags
    return flags | INSIDE


@compiled
def box_flags(region, low, high, box):
    """Return the flags of a box; `box` is work space of two rows and three columns.

    Results are pairs of bits of an integer, as in `contains`.
    """
    results = 0
    for i in range(region.code.shape[0]):
        shape = region.code[i, 0]
        if shape > _ALL:
            second, first, results = results & 3, (results >> 2) & 3, results >> 4
            if shape == _AND:
                flags = (first & second & INSIDE) | ((first | second) & OUTSIDE)
            elif shape == _OR:
                flags = ((first | second) & INSIDE) | (first & second & OUTSIDE)
            else:
                swapped = (second >> 1) | ((second & 1) << 1)
                flags = (first & swapped & INSIDE) | ((first | swapped) & OUTSIDE)
            results = (results << 2) | flags
            continue
        for j in range(3):
            box[0, j], box[1, j] = low[j], high[j]
        start = region.code[i, 2]
        for k in range(start, start + region.code[i, 3]):
            mirrored = region.moves[k, 0] < 0.0
            for j in range(3):
                shift = region.moves[k, 1 + j]
                if mirrored:
                    box[0, j], box[1, j] = -box[1, j] - shift, -box[0, j] - shift
                else:
                    box[0, j], box[1, j] = box[0, j] - shift, box[1, j] - shift
        flags = _box_in_shape(shape, region.constants[region.code[i, 1] :], region.dimensions, box)
        results = (results << 2) | flags
    return results & 3
