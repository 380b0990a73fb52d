"""Loops over all connections that lay out the tables of delivery; compiled code.

Columns that have one entry stand for one value that all connections share.
"""

from __future__ import annotations

import numpy as np

from jaxnest.compile.kinds import F8, I4, I8, I4x3
from jaxnest.compile.operations import apart

_FEW = 1000
"""So many connections need no machine code."""


@apart(few=_FEW)
def fill_lanes(
    lane: I4,
    start: I8,
    row: I8,
    size: I8,
    target: I4,
    receptor: I4,
    weight: F8,
    batch_of: I4,
    first: I4,
    offsets: I4x3,
    flags: I8,
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


def all_alike(values: np.ndarray, row: np.ndarray, n: int) -> np.ndarray:
    """Return for each group of rows whether they have one value; groups begin at `row`, the last one ends at `n`."""
    if len(values) == 1 or n < 2:
        return np.ones(len(row), np.bool_)
    changes = np.zeros(n, np.int32)  # how often the value has changed up to each row
    np.cumsum(values[1:n] != values[: n - 1], out=changes[1:])
    end = np.append(row[1:], n)
    return (end <= row) | (changes[np.maximum(end, 1) - 1] == changes[np.minimum(row, n - 1)])
