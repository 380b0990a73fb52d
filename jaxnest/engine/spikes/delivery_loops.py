"""Loops over all connections that lay out the tables of delivery; compiled code.

Columns that have one entry stand for one value that all connections share.
"""

from __future__ import annotations

import numpy as np

from jaxnest.compile.apart import apart
from jaxnest.compile.compiling import njit

_FEW = 1000
"""So many connections need no machine code."""


@apart(
    "int64(int32[::1], int64[::1], int64[::1], int64[::1], int32[::1], int32[::1], float64[::1], int32[::1], "
    "int32[::1], int32[:, :, ::1], int64[::1])",
    few=_FEW,
)
def fill_lanes(
    lane: np.ndarray,
    start: np.ndarray,
    row: np.ndarray,
    size: np.ndarray,
    target: np.ndarray,
    receptor: np.ndarray,
    weight: np.ndarray,
    batch_of: np.ndarray,
    first: np.ndarray,
    offsets: np.ndarray,
    flags: np.ndarray,
) -> bool:
    """Fill in the lanes of groups of connections, and return whether some target has a flag.

    The connections of group ``g`` are the rows ``row[g]`` to ``row[g] + size[g]``; their lanes begin at ``start[g]``.
    """
    flagged = False
    step_target = 1 if len(target) > 1 else 0
    step_receptor = 1 if len(receptor) > 1 else 0
    step_weight = 1 if len(weight) > 1 else 0
    for g in range(len(start)):
        for k in range(size[g]):
            r = row[g] + k
            node = target[r * step_target]
            batch = batch_of[node]
            positive = 1 if weight[r * step_weight] > 0 else 0
            lane[start[g] + k] = first[node] + offsets[batch, positive, receptor[r * step_receptor]]
            flagged |= flags[batch] != 0
    return flagged


@njit(cache=True, nogil=True)
def _all_alike(values: np.ndarray, row: np.ndarray, n: int) -> np.ndarray:
    alike = np.ones(len(row), np.bool_)
    if len(values) == 1:
        return alike
    for g in range(len(row)):
        end = row[g + 1] if g + 1 < len(row) else n
        for r in range(row[g] + 1, end):
            if values[r] != values[r - 1]:
                alike[g] = False
                break
    return alike


def all_alike(values: np.ndarray, row: np.ndarray, n: int) -> np.ndarray:
    """Return for each group of rows whether they have one value; groups begin at `row`, the last one ends at `n`."""
    return (_all_alike.py_func if len(values) <= _FEW else _all_alike)(values, row, n)
