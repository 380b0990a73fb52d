"""The order of events that come at the same time: that of the C++ library's unstable sort, which NEST uses.

Events are rows of an array: node, time stamp (steps), offset (ms), weight. They are sorted so that the first one comes
last. Small arrays keep the order in which equal events arrived, in larger ones it changes.
"""

from __future__ import annotations

import numpy as np

from jaxnest.compile.compiling import njit

SMALL = 16
"""Up to this length, arrays are sorted by insertion."""
PARTS = 128
"""Rows that sorting needs to work with: no array is partitioned more often."""

_compiled = njit(nogil=True, _nrt=False)  # without reference counts, which cost more than most sorts


@_compiled
def _at(events: np.ndarray, i: int) -> tuple[float, float, float, float]:
    return events[i, 0], events[i, 1], events[i, 2], events[i, 3]


@_compiled
def _put(events: np.ndarray, i: int, one: tuple[float, float, float, float]) -> None:
    events[i, 0], events[i, 1], events[i, 2], events[i, 3] = one


@_compiled
def later(a: np.ndarray, b: np.ndarray) -> bool:
    """Return whether event `a` comes after event `b`."""
    return a[2] < b[2] if a[1] == b[1] else a[1] > b[1]


@_compiled
def sort_events(events: np.ndarray, parts: np.ndarray) -> None:
    """Sort events, the last one first; `parts` are so many rows as `PARTS` says to work with."""
    n = len(events)
    if n > 1:
        depth = 0
        while n >> (depth + 1):
            depth += 1
        if n > SMALL:
            _quicksort(events, parts, 2 * depth)
        _insertion_sort(events, 0, min(n, SMALL))
        for i in range(SMALL, n):
            _insert(events, i)


@_compiled
def _swap(events: np.ndarray, i: int, j: int) -> None:
    one = _at(events, i)
    _put(events, i, _at(events, j))
    _put(events, j, one)


@_compiled
def _insert(events: np.ndarray, i: int) -> None:
    """Move event `i` forward to its place."""
    one = _at(events, i)
    while later(one, events[i - 1]):
        _put(events, i, _at(events, i - 1))
        i -= 1
    _put(events, i, one)


@_compiled
def _insertion_sort(events: np.ndarray, first: int, last: int) -> None:
    for i in range(first + 1, last):
        if later(events[i], events[first]):
            one = _at(events, i)
            for k in range(i, first, -1):
                _put(events, k, _at(events, k - 1))
            _put(events, first, one)
        else:
            _insert(events, i)


@_compiled
def _quicksort(events: np.ndarray, parts: np.ndarray, depth: int) -> None:
    """Partition until the parts are small; a part that was partitioned `depth` times is sorted otherwise."""
    parts[0, 0], parts[0, 1], parts[0, 2] = 0, len(events), depth
    n = 1
    while n > 0:
        n -= 1
        first, last, depth = int(parts[n, 0]), int(parts[n, 1]), int(parts[n, 2])
        while last - first > SMALL:
            if depth == 0:
                _heapsort(events, first, last)
                break
            depth -= 1
            cut = _partition(events, first, last)
            parts[n, 0], parts[n, 1], parts[n, 2] = cut, last, depth
            n += 1
            last = cut


@_compiled
def _partition(events: np.ndarray, first: int, last: int) -> int:
    """Separate later from sooner events, and return where the second part begins."""
    _median_to(events, first, first + 1, first + (last - first) // 2, last - 1)
    left, right = first + 1, last
    while True:
        while later(events[left], events[first]):
            left += 1
        right -= 1
        while later(events[first], events[right]):
            right -= 1
        if left >= right:
            return left
        _swap(events, left, right)
        left += 1


@_compiled
def _median_to(events: np.ndarray, place: int, a: int, b: int, c: int) -> None:
    """Swap the median of three events to a place."""
    if later(events[a], events[b]):
        if later(events[b], events[c]):
            chosen = b
        elif later(events[a], events[c]):
            chosen = c
        else:
            chosen = a
    elif later(events[a], events[c]):
        chosen = a
    elif later(events[b], events[c]):
        chosen = c
    else:
        chosen = b
    _swap(events, place, chosen)


@_compiled
def _heapsort(events: np.ndarray, first: int, last: int) -> None:
    """Sort what many partitions have not sorted."""
    n = last - first
    for parent in range((n - 2) // 2, -1, -1):
        _sift(events, first, parent, n, _at(events, first + parent))
    for end in range(n - 1, 0, -1):
        one = _at(events, first + end)
        _put(events, first + end, _at(events, first))
        _sift(events, first, 0, end, one)


@_compiled
def _sift(events: np.ndarray, first: int, hole: int, n: int, one: tuple[float, float, float, float]) -> None:
    """Put an event into a heap at a hole: down to a leaf, and then up to its place."""
    top, child = hole, hole
    while child < (n - 1) // 2:
        child = 2 * (child + 1)
        if later(events[first + child], events[first + child - 1]):
            child -= 1
        _put(events, first + hole, _at(events, first + child))
        hole = child
    if n % 2 == 0 and child == (n - 2) // 2:
        child = 2 * (child + 1)
        _put(events, first + hole, _at(events, first + child - 1))
        hole = child - 1
    parent = (hole - 1) // 2
    while hole > top and later(events[first + parent], one):
        _put(events, first + hole, _at(events, first + parent))
        hole = parent
        parent = (hole - 1) // 2
    _put(events, first + hole, one)
