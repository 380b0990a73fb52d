"""Buffers for loops that do not know how many connections there will be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

FIRST_CAPACITY = 1 << 12
LARGEST_CAPACITY = 1 << 22

Buffers = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Source, target, index of the node that has the degree, and drawn values."""


def collect(
    step: Callable[[Buffers, np.ndarray], Any],
    n_drawn: int,
    done: Callable[[np.ndarray], bool],
    expected: int,
    indexed: bool = True,
    limit: int | None = None,
) -> tuple[Buffers, np.ndarray]:
    """Call a loop until it is done, and join what it has put into its buffers.

    Parameters
    ----------
    step
        The loop, called with buffers and progress.
    n_drawn
        Number of random expressions.
    done
        Tells from the progress whether the loop is at its end, or cannot go on.
    expected
        Number of connections to make room for at first.
    indexed
        Whether the third buffer has room, too.
    limit
        Stop after so many connections.
    """
    from jaxnest.kernel.connect.loops.loops import PENDING, PROGRESS_SIZE, ROW

    progress = np.zeros(PROGRESS_SIZE, np.int64)
    progress[PENDING] = -1
    capacity = max(expected, FIRST_CAPACITY) if limit is None else limit
    parts: list[Buffers] = []
    while True:
        ids = [np.empty(n, np.int32) for n in (capacity, capacity, capacity * indexed)]
        buffers = (ids[0], ids[1], ids[2], np.empty((n_drawn, capacity)))
        step(buffers, progress)
        n = int(progress[ROW])
        parts.append((ids[0][:n], ids[1][:n], ids[2][:n], buffers[3][:, :n]))
        if limit is not None or done(progress):
            break
        capacity = max(min(2 * capacity, LARGEST_CAPACITY), int(progress[PENDING]))
    if len(parts) == 1:
        return parts[0], progress
    source, target, index, drawn = zip(*parts, strict=True)
    joined = (np.concatenate(source), np.concatenate(target), np.concatenate(index), np.concatenate(drawn, axis=1))
    return joined, progress
