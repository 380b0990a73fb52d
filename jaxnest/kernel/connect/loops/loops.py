"""The draw loops of the connection rules; compiled code.

NEST draws everything from one stream, so every loop evaluates the random expressions of the synapse
specifications (`programs`) right after it has chosen a pair of nodes. Numbers that depend on keys depend on the target
(or source, or number of the pair) that the loop is at. Loops do not allocate. Those that do not
know how many connections there will be stop when their buffers are full and go on from there (`progress`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from jaxnest.compile.kinds import B1, F8, I4, I8, U8, F8x2
from jaxnest.compile.operations import apart
from jaxnest.kernel.connect.loops.programs import FEW, Programs, draw_row, value
from jaxnest.random.expressions.interpreter import DONE
from jaxnest.random.numbers.engines import compiled, drand, ulrand
from jaxnest.random.numbers.keyed import turn_to
from jaxnest.random.numbers.poisson import poisson, poisson_set_mean

TARGET, SOURCE, ROW, PENDING, FAILED = range(5)
"""Progress of a loop: next target and source, rows filled, connections left of the present pair or target (-1 if
that is not drawn yet), and whether it cannot go on: a degree is impossible, or an expression has no value."""
PROGRESS_SIZE = 5


class Buffers(NamedTuple):
    """What is drawn: nodes, the number of each pair where it is asked for, and what expressions give, row by row."""

    source: I4
    target: I4
    index: I4
    drawn: F8x2


_SOME = 5
"""What a number that is drawn may be."""


def _by_target(stream: Any, sources: Any, targets: Any, here: Any, degree: int, *_: Any) -> int:
    return len(targets) * (degree if degree >= 0 else _SOME)


def _by_source(stream: Any, sources: Any, targets: Any, degree: int, *_: Any) -> int:
    return len(sources) * (degree if degree >= 0 else _SOME)


def _in_all(
    stream: Any, sources: Any, targets: Any, here: Any, autapses: Any, programs: Any, source: Any, *_: Any
) -> int:
    return len(source)


def _pairs(stream: Any, sources: Any, targets: Any, *_: Any) -> int:
    return len(sources) * len(targets)


@compiled
def round_half_away(x):
    """Round as C's `round` does."""
    return np.int64(np.floor(x + 0.5)) if x >= 0.0 else np.int64(np.ceil(x - 0.5))


@compiled
def _partners(population, node, autapses):
    """Return how many partners a node has in a population."""
    n = len(population)
    if not autapses:
        for other in population:
            if other == node:
                n -= 1
    return n


@apart(few=FEW, work=_by_target)
def fixed_indegree(
    stream: U8,
    sources: I4,
    targets: I4,
    here: B1,
    degree: int,
    degrees: Programs,
    elsewhere: int,
    autapses: int,
    multapses: int,
    programs: Programs,
    used: I8,
    buffers: Buffers,
    progress: I8,
) -> None:
    """Draw sources target by target; `used` marks those that a target has.

    The indegree is `degree`, or drawn by `degrees` if that is negative, with `elsewhere` for all targets anywhere.
    """
    (source, target, index, drawn), row = buffers, 0
    for t in range(progress[TARGET], len(targets)):
        if progress[PENDING] < 0:
            turn_to(stream, targets[t])
        k = degree if progress[PENDING] < 0 else progress[PENDING]
        if k < 0 and row == len(source):
            progress[TARGET], progress[ROW] = t, row
            return
        if k < 0 and (here[t] or elsewhere):
            k = round_half_away(value(degrees, 0, stream))
            if degrees.failure[0] != DONE:
                progress[TARGET], progress[ROW], progress[FAILED] = t, row, 1
                return
        progress[PENDING] = -1
        if not here[t] or k <= 0:
            continue
        node = targets[t]
        if degree < 0:
            possible = _partners(sources, node, autapses)
            progress[FAILED] = possible == 0 or (not multapses and k > possible)
        if progress[FAILED]:
            progress[TARGET], progress[PENDING], progress[ROW] = t, k, row
            return
        for j in range(k):
            if row == len(source):
                progress[TARGET], progress[PENDING], progress[ROW] = t, k - j, row
                return
            i = ulrand(stream, len(sources))
            while (not autapses and sources[i] == node) or (not multapses and used[i] == t):
                i = ulrand(stream, len(sources))
            used[i] = t
            source[row], target[row] = sources[i], node
            if len(index) > 0:
                index[row] = t
            draw_row(programs, stream, target[row], drawn, row)
            row += 1
            if programs.failure[0] != DONE:
                progress[TARGET], progress[ROW], progress[FAILED] = t, row, 1
                return
    progress[TARGET], progress[ROW] = len(targets), row


@apart(few=FEW, work=_by_source)
def fixed_outdegree(
    stream: U8,
    sources: I4,
    targets: I4,
    degree: int,
    degrees: Programs,
    autapses: int,
    multapses: int,
    used: I8,
    buffers: Buffers,
    progress: I8,
) -> None:
    """Draw targets source by source; their connections are made later, by each virtual process."""
    source, target, index, _ = buffers
    row = 0
    for s in range(progress[SOURCE], len(sources)):
        if progress[PENDING] < 0:
            turn_to(stream, sources[s])
        k = degree if progress[PENDING] < 0 else progress[PENDING]
        if k < 0:
            k = round_half_away(value(degrees, 0, stream))
            if degrees.failure[0] != DONE:
                progress[SOURCE], progress[ROW], progress[FAILED] = s, row, 1
                return
        progress[PENDING] = -1
        if k <= 0:
            continue
        node = sources[s]
        if degree < 0:
            possible = _partners(targets, node, autapses)
            progress[FAILED] = possible == 0 or (not multapses and k > possible)
        if progress[FAILED] or row + k > len(source):
            progress[SOURCE], progress[PENDING], progress[ROW] = s, k, row
            return
        for _ in range(k):
            i = ulrand(stream, len(targets))
            while (not autapses and targets[i] == node) or (not multapses and used[i] == s):
                i = ulrand(stream, len(targets))
            used[i] = s
            source[row], target[row], index[row] = node, targets[i], s
            row += 1
    progress[SOURCE], progress[ROW] = len(sources), row


@apart(few=FEW, work=_in_all)
def fixed_total_number(
    stream: U8,
    sources: I4,
    targets: I4,
    here: B1,
    autapses: int,
    programs: Programs,
    source: I4,
    target: I4,
    index: I8,
    drawn: F8x2,
) -> int:
    """Draw as many pairs as the buffers have room for; keep those whose target is `here` and return how many."""
    row = 0
    for k in range(len(source)):
        turn_to(stream, k)
        s, t = ulrand(stream, len(sources)), ulrand(stream, len(targets))
        while not autapses and sources[s] == targets[t]:
            s, t = ulrand(stream, len(sources)), ulrand(stream, len(targets))
        if here[t]:
            source[row], target[row], index[row] = sources[s], targets[t], k
            draw_row(programs, stream, target[row], drawn, row)
            row += 1
            if programs.failure[0] != DONE:
                break
    return row


@apart(few=FEW, work=_pairs)
def pairwise_bernoulli(
    stream: U8,
    sources: I4,
    targets: I4,
    p: float,
    probabilities: Programs,
    autapses: int,
    programs: Programs,
    buffers: Buffers,
    progress: I8,
) -> None:
    """Decide pair by pair. A negative `p` means that `probabilities` draws it, after the number it is compared with."""
    source, target, _, drawn = buffers
    row = 0
    for t in range(progress[TARGET], len(targets)):
        if progress[SOURCE] == 0:
            turn_to(stream, targets[t])
        for s in range(progress[SOURCE], len(sources)):
            if row == len(source):
                progress[TARGET], progress[SOURCE], progress[ROW] = t, s, row
                return
            if not autapses and sources[s] == targets[t]:
                continue
            u = drand(stream)
            chance = p if p >= 0.0 else value(probabilities, 0, stream)
            if probabilities.failure[0] != DONE:
                progress[TARGET], progress[ROW], progress[FAILED] = t, row, 1
                return
            if u >= chance:
                continue
            source[row], target[row] = sources[s], targets[t]
            draw_row(programs, stream, target[row], drawn, row)
            row += 1
            if programs.failure[0] != DONE:
                progress[TARGET], progress[ROW], progress[FAILED] = t, row, 1
                return
        progress[SOURCE] = 0
    progress[TARGET], progress[ROW] = len(targets), row


@apart()
def pairwise_poisson(
    stream: U8,
    sources: I4,
    targets: I4,
    mean: float,
    means: Programs,
    autapses: int,
    programs: Programs,
    distribution: F8,
    buffers: Buffers,
    progress: I8,
) -> None:
    """Draw a number of connections pair by pair; each target has a new distribution object."""
    source, target, _, drawn = buffers
    row = 0
    for t in range(progress[TARGET], len(targets)):
        if progress[SOURCE] == 0 and progress[PENDING] < 0:
            turn_to(stream, targets[t])
            distribution[:] = 0.0
            if mean >= 0.0:
                poisson_set_mean(distribution, mean)
        for s in range(progress[SOURCE], len(sources)):
            if not autapses and sources[s] == targets[t]:
                continue
            k = progress[PENDING]
            if k < 0:
                if row == len(source):
                    progress[TARGET], progress[SOURCE], progress[ROW] = t, s, row
                    return
                if mean < 0.0:
                    drawn_mean = value(means, 0, stream)
                    if means.failure[0] != DONE:
                        progress[TARGET], progress[ROW], progress[FAILED] = t, row, 1
                        return
                    poisson_set_mean(distribution, drawn_mean)
                k = np.int64(poisson(stream, distribution))
            progress[PENDING] = -1
            for j in range(k):
                if row == len(source):
                    progress[TARGET], progress[SOURCE], progress[PENDING], progress[ROW] = t, s, k - j, row
                    return
                source[row], target[row] = sources[s], targets[t]
                draw_row(programs, stream, target[row], drawn, row)
                row += 1
                if programs.failure[0] != DONE:
                    progress[TARGET], progress[ROW], progress[FAILED] = t, row, 1
                    return
        progress[SOURCE] = 0
    progress[TARGET], progress[ROW] = len(targets), row


@apart()
def symmetric_partners(stream: U8, sources: I4, node: int, n: int, used: I8, mark: int, chosen: I4) -> None:
    """Draw `n` distinct sources of one target into `chosen`."""
    i = 0
    while i < n:
        s = ulrand(stream, len(sources))
        if sources[s] == node or used[s] == mark:
            continue
        used[s] = mark
        chosen[i] = sources[s]
        i += 1
