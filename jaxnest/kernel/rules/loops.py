"""The draw loops of the connection rules; compiled code.

NEST draws everything from one stream, so every loop evaluates the random expressions of the synapse
specifications (`programs`) right after it has chosen a pair of nodes.
"""

from __future__ import annotations

import numpy as np

from jaxnest.kernel.rules.programs import draw_row, value
from jaxnest.random.engines import compiled, ulrand



@compiled
def longer(array, n):
    """Return a copy with room for `n` entries."""
    result = np.empty(n, array.dtype)
    result[: len(array)] = array
    return result


@compiled
def wider(drawn, n):
    """Return a copy with room for the values of `n` connections."""
    result = np.empty((drawn.shape[0], n))
    result[:, : drawn.shape[1]] = drawn
    return result


@compiled
def round_half_away(x):
    """Round as C's `round` does."""
    return np.int64(np.floor(x + 0.5)) if x >= 0.0 else np.int64(np.ceil(x - 0.5))


@compiled
def available(population, node, autapses):
    """Return how many partners a node has in a population."""
    n = len(population)
    if not autapses:
        for other in population:
            if other == node:
                n -= 1
    return n


@compiled
def fixed_indegree(stream, sources, targets, here, degree, degrees, draws_elsewhere, autapses, multapses, programs):
    """Draw sources target by target.

    The indegree is `degree`, or drawn by `degrees` if that is negative (also for targets of other virtual
    processes if NEST comes across them). Returns the pairs, drawn values, the index of the target of each
    pair, and the index and degree of a target whose degree is impossible (-1 if there is none).
    """
    n = max(degree, 0) * here.sum() if degree >= 0 else 1024
    source, target, index = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32)
    drawn = np.empty((len(programs.bounds), n))
    used = np.full(len(sources), -1, np.int64)
    row = 0
    for t in range(len(targets)):
        k = degree
        if degree < 0 and (here[t] or draws_elsewhere):
            k = round_half_away(value(degrees, 0, stream))
        if not here[t] or k <= 0:
            continue
        node = targets[t]
        if degree < 0:
            possible = available(sources, node, autapses)
            if possible == 0 or (not multapses and k > possible):
                return source[:row], target[:row], drawn[:, :row], index[:row], t, k
        if row + k > len(source):
            n = 2 * (row + k)
            source, target, index = longer(source, n), longer(target, n), longer(index, n)
            drawn = wider(drawn, n)
        for _ in range(k):
            i = ulrand(stream, len(sources))
            while (not autapses and sources[i] == node) or (not multapses and used[i] == t):
                i = ulrand(stream, len(sources))
            used[i] = t
            source[row], target[row], index[row] = sources[i], node, t
            draw_row(programs, stream, drawn, row)
            row += 1
    return source[:row], target[:row], drawn[:, :row], index[:row], -1, 0
