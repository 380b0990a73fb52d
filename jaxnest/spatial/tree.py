"""Trees that hold the nodes of a layer and find those inside a mask; compiled code.

The tree decides in which order candidates are visited, and with that which random numbers they get, so it is
NEST's: nodes go into leaves one after the other, a leaf with more than 100 of them is halved in each dimension.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jaxnest.random.numbers.engines import compiled

from .containment import INSIDE, OUTSIDE, box_flags, contains, find

LEAF_CAPACITY = 100
MAX_DEPTH = 10
_EPSILON = 2.0**-52

START, STOP, CHILD, DEPTH = range(4)
"""Columns of `Tree.branches`: range of positions, first child or -1, and depth."""


class Tree(NamedTuple):
    """A tree; may be an argument of compiled functions.

    Attributes
    ----------
    positions
        Positions in visiting order, three coordinates each.
    branches
        Start and stop of the positions in each box, its first child (-1 for a leaf), and its depth.
    boxes
        Lower left corner and extent of each box.
    period
        Extent in dimensions with joined edges, otherwise zero.
    dimensions
        Two or three.
    """

    positions: np.ndarray
    branches: np.ndarray
    boxes: np.ndarray
    period: np.ndarray
    dimensions: int


def padded(rows: np.ndarray) -> np.ndarray:
    """Return positions or extents with three coordinates."""
    missing = 3 - rows.shape[-1]
    return np.ascontiguousarray(np.pad(rows, [(0, 0)] * (rows.ndim - 1) + [(0, missing)]))


def build(
    positions: np.ndarray, lower_left: np.ndarray, extent: np.ndarray, period: np.ndarray
) -> tuple[Tree, np.ndarray]:
    """Return the tree of some positions, and the order in which it holds them.

    Parameters
    ----------
    positions
        Positions in order of insertion.
    lower_left, extent
        Corner and size of the outermost box.
    period
        Extent in dimensions with joined edges, otherwise zero.
    """
    n, dimensions = positions.shape
    wrapped = np.array(positions)
    for i in np.flatnonzero(period):
        x = lower_left[i] + np.fmod(positions[:, i] - lower_left[i], extent[i])
        wrapped[:, i] = np.where(x < lower_left[i], x + extent[i], x)
    wrapped = padded(wrapped)
    capacity = 1 + (1 << dimensions) * (MAX_DEPTH * (n // (LEAF_CAPACITY + 1)) + 1)
    branches, boxes = np.zeros((capacity, 4), np.int64), np.zeros((capacity, 2, 3))
    boxes[0] = padded(lower_left), padded(extent)
    order = np.arange(n)
    used = _split_all(wrapped, dimensions, branches, boxes, order, np.empty(n, np.int64), np.empty(n, np.int64))
    tree = Tree(wrapped[order], branches[:used].copy(), boxes[:used].copy(), padded(period), dimensions)
    return tree, order


def heap(positions: np.ndarray, dimensions: int) -> Tree:
    """Return a tree that is nothing but a list; positions have three coordinates."""
    branches = np.array([[0, len(positions), -1, 0]])
    return Tree(positions, branches, np.zeros((1, 2, 3)), np.zeros(3), dimensions)


@compiled
def _child_of(position, dimensions, box):
    child = 0
    for i in range(dimensions):
        if not (box[0, i] + box[1, i] / 2) - position[i] > -_EPSILON:
            child |= 1 << i
    return child


@compiled
def _split_all(positions, dimensions, branches, boxes, order, children, scratch):
    """Split boxes until no leaf is too full, and return the number of boxes."""
    branches[0, START], branches[0, STOP], branches[0, CHILD], branches[0, DEPTH] = 0, len(order), -1, 0
    used, parts = 1, 1 << dimensions
    at = 0
    while at < used:
        start, stop, depth = branches[at, START], branches[at, STOP], branches[at, DEPTH]
        if stop - start > LEAF_CAPACITY and depth < MAX_DEPTH:
            for k in range(start, stop):
                children[k] = _child_of(positions[order[k]], dimensions, boxes[at])
                scratch[k] = order[k]
            branches[at, CHILD] = used
            row = start
            for child in range(parts):
                new = used + child
                for i in range(3):
                    extent = boxes[at, 1, i]
                    boxes[new, 0, i] = boxes[at, 0, i] + (extent * 0.5 if child & (1 << i) else 0.0)
                    boxes[new, 1, i] = extent * 0.5
                branches[new, START], branches[new, CHILD], branches[new, DEPTH] = row, -1, depth + 1
                for k in range(start, stop):
                    if children[k] == child:
                        order[row] = scratch[k]
                        row += 1
                branches[new, STOP] = row
            used += parts
        at += 1
    return used


class WorkSpace(NamedTuple):
    """Arrays that a search needs: anchors, boxes to be looked at, corners of a box."""

    anchors: np.ndarray
    stack: np.ndarray
    corners: np.ndarray


def work_space() -> WorkSpace:
    """Return arrays that are large enough for any search."""
    return WorkSpace(np.empty((8, 3)), np.empty(8 * (MAX_DEPTH + 2), np.int64), np.empty((4, 3)))


def most_candidates(n: int, tree: Tree) -> int:
    """Return for how many nodes a search needs room; with joined edges a large mask may find them repeatedly."""
    return n * (1 << int(np.count_nonzero(tree.period))) + 1


@compiled
def search(tree, region, position, work, found):
    """Fill `found` with the indices of the positions in a region around a position; return how many there are."""
    anchors = work.anchors
    n_anchors = _anchors(tree, region, position, anchors)
    n = 0
    for k in range(n_anchors):
        n = _visit(tree, region, anchors[k], work, found, n)
    return n


@compiled
def _anchors(tree, region, position, anchors):
    """Find the places from which a mask reaches into a layer with joined edges."""
    lower_left = tree.boxes[0, 0]
    for i in range(3):
        anchors[0, i] = position[i]
        if tree.period[i] != 0.0:
            x = np.fmod(position[i] + region.bounds[0, i] - lower_left[i], tree.period[i])
            if x < 0.0:
                x += tree.period[i]
            anchors[0, i] = x - region.bounds[0, i] + lower_left[i]
    n = 1
    for i in range(3):
        if tree.period[i] == 0.0 or not anchors[0, i] + region.bounds[1, i] - lower_left[i] > tree.period[i]:
            continue
        for k in range(n):
            for j in range(3):
                anchors[n + k, j] = anchors[k, j] - (tree.period[i] if j == i else 0.0)
        n *= 2
    return n


@compiled
def _flags(tree, region, branch, anchor, corners):
    for i in range(3):
        corners[2, i] = tree.boxes[branch, 0, i] - anchor[i]
        corners[3, i] = corners[2, i] + tree.boxes[branch, 1, i]
    return box_flags(region, corners[2], corners[3], corners)


@compiled
def _contains(tree, region, k, anchor):
    place = tree.positions[k]
    return contains(region, place[0] - anchor[0], place[1] - anchor[1], place[2] - anchor[2])


@compiled
def _visit(tree, region, anchor, work, found, n):
    """Append the positions inside the region around one anchor."""
    stack = work.stack
    if _flags(tree, region, 0, anchor, work.corners) & OUTSIDE:
        return n
    stack[0] = 0
    top, is_first = 1, True
    while top:
        top -= 1
        branch = stack[top]
        flags = _flags(tree, region, branch, anchor, work.corners)
        start, stop, child = tree.branches[branch, START], tree.branches[branch, STOP], tree.branches[branch, CHILD]
        if flags & INSIDE:
            # All of them are inside. NEST looks at the very first one nevertheless.
            if is_first and _first_leaf_is_filled(tree, branch) and not _contains(tree, region, start, anchor):
                start += 1
            is_first = False
            for k in range(start, stop):
                found[n] = k
                n += 1
        elif not flags & OUTSIDE and child < 0:
            is_first = False
            n = find(region, tree.positions, start, stop, anchor, found, n)
        elif not flags & OUTSIDE:
            for i in range((1 << tree.dimensions) - 1, -1, -1):
                stack[top] = child + i
                top += 1
    return n


@compiled
def _first_leaf_is_filled(tree, branch):
    while tree.branches[branch, CHILD] >= 0:
        branch = tree.branches[branch, CHILD]
    return tree.branches[branch, STOP] > tree.branches[branch, START]
