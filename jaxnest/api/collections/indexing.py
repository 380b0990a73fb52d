"""How scripts select nodes: by slices, positions and flags; and how values are dealt out to nodes."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.kernel.tables.values import PerNode


def along(value: Any, n: int) -> PerNode:
    """Return the first `n` elements, one for each node."""
    if isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "fiub":
        if len(value) < n:
            raise IndexError(f"index {len(value)} is out of bounds: there are {n} nodes and only {len(value)} values")
        return PerNode(value[:n])
    return PerNode([value[i] for i in range(n)])


def integer(value: Any) -> int:
    """Return a node id that is looked for; a fraction is dropped, as NEST does."""
    number = _whole(value)
    if not -(1 << 63) <= number < 1 << 63:
        raise OverflowError(f"{number} cannot be a node id: it has more than 64 bits.")
    return number


def _whole(value: Any) -> int:
    if isinstance(value, str | bytes) or not isinstance(value, numbers.Real | np.bool_):
        raise TypeError(f"an integer is required, not {value!r}")
    return int(value)  # type: ignore[arg-type]


def integers(data: Any) -> np.ndarray:
    """Return ids of nodes given by the user; fractions are dropped, as NEST does."""
    if isinstance(data, np.ndarray) and data.ndim == 1 and data.dtype.kind in "ifb":
        ids = data.astype(np.int64)
        smallest, largest = (int(ids.min()), 0) if len(ids) else (0, 0)
    else:
        items = [_whole(item) for item in data]
        smallest, largest = min(items, default=0), max(items, default=0)
        ids = np.array([item if abs(item) < 1 << 63 else 0 for item in items], np.int64)
    if smallest < 0:
        raise OverflowError(f"{smallest} cannot be a node id: can't convert negative value to size_t")
    if largest >= 1 << 64:
        raise OverflowError(f"{largest} cannot be a node id: it has more than 64 bits.")
    if largest >= 1 << 63:
        raise errors.UnknownNode(f"Node with id {largest} does not exist.")
    return ids


def slice_bounds(key: slice, size: int) -> tuple[int, int, int]:
    """Return start, stop and step; ``[0:0]`` is everything, and fractions are dropped, as in NEST."""
    start, stop, step = key.start, key.stop, 1 if key.step is None else key.step
    for bound in (start, stop, step):
        if type(bound) is not int and bound is not None and not isinstance(bound, numbers.Real | np.bool_):
            raise TypeError(f"a slice of a NodeCollection needs numbers, not {bound!r}")
    if start is None:
        start = 0
    elif not -size <= start < size:
        raise IndexError("slice start value outside of the NodeCollection")
    if stop is None:
        stop = size
    elif not -size < stop <= size:
        raise IndexError("slice stop value outside of the NodeCollection")
    elif stop <= 0:
        stop += size
    if step < 1:
        raise IndexError("slicing step for NodeCollection must be strictly positive")
    return int(start + size if start < 0 else start), int(stop), int(step)


def positions(key: Any, size: int) -> np.ndarray:
    """Return the positions that an array of integers or flags selects."""
    if isinstance(key, np.ndarray):
        if key.ndim != 1:
            raise TypeError("NumPy indices must one-dimensional")
        if key.dtype.kind not in "iub":
            raise TypeError("NumPy indices must be an array of integers or bools")
        array = key
    elif all(isinstance(item, bool) for item in key):
        array = np.array(key, np.bool_)
    elif all(isinstance(item, int | np.integer) and not isinstance(item, bool) for item in key):
        array = np.array(key, np.int64)
    else:
        raise TypeError("Indices must be integers or bools")
    if array.dtype == np.bool_:
        if len(array) != size:
            raise IndexError("Bool index array must be the same length as NodeCollection")
        return np.flatnonzero(array)
    if len(np.unique(array)) != len(array):
        raise ValueError("All node IDs in a NodeCollection have to be unique")
    if array.min() < 0:
        raise OverflowError(f"Negative positions cannot be used in an array of positions ({array.min()}).")
    if array.max() >= size:
        raise IndexError(f"pos {array.max()} points outside of the NodeCollection")
    return array
