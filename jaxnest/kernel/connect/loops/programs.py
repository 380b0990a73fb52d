"""Several random expressions inside compiled loops."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jaxnest.compile.kinds import F8, I4, I8, U8, F8x2, I4x2, I8x2
from jaxnest.compile.operations import apart
from jaxnest.random.expressions.interpreter import DONE, evaluate_part
from jaxnest.random.numbers.distributions import sample_in_order
from jaxnest.random.numbers.engines import compiled, drand, ulrand
from jaxnest.random.numbers.keyed import turn_to

FEW = 500
"""So many draws need no machine code."""


class Programs(NamedTuple):
    """Random expressions of one virtual process, and a third factor; may be an argument of compiled functions.

    Attributes
    ----------
    code, constants, saved, stack
        As in `Program`, code and constants of all expressions one after the other.
    bounds
        For each expression the rows of its code and where its constants start.
    geometry
        What the expressions may know of places: nothing.
    failure
        The status of the first evaluation that failed, `DONE` if none did; and which of the expressions of a
        connection this was, -1 if it was none of them.
    n_own
        How many expressions belong to the connections themselves; the others belong to those of the third
        factor.
    last_row, n_last
        The connection (-1 for none) that is the last one to be made, and how many expressions are evaluated for it.
    probability, population, pools, pool_of
        The third factor: its probability (negative if there is none), its nodes, the pool of each target (filled
        with -1 before it is drawn), and the row of `pools` of each node.
    """

    code: I8x2
    constants: F8
    saved: F8x2
    stack: F8
    bounds: I8x2
    geometry: F8
    failure: I8
    n_own: int
    last_row: int
    n_last: int
    probability: float
    population: I4
    pools: I4x2
    pool_of: I4


@apart()
def value(programs: Programs, k: int, stream: U8) -> float:
    """Evaluate one of the expressions."""
    return _value(programs, k, stream)


@compiled
def _value(programs, k, stream):
    bounds, own = programs.bounds[k], programs
    result = evaluate_part(
        own.code, bounds[0], bounds[1], own.constants, bounds[2], own.saved, own.stack, stream, own.geometry
    )
    if programs.stack[0] != DONE and programs.failure[0] == DONE:
        programs.failure[0] = programs.stack[0]
    return result


@compiled
def _third_node(programs, stream, target):
    """Choose a node from the pool of a target, which is drawn when it is first needed."""
    pool = programs.pools[programs.pool_of[target]]
    if pool[0] < 0:
        sample_in_order(stream, len(programs.population), pool)
        for i in range(len(pool)):
            pool[i] = programs.population[pool[i]]
    return pool[ulrand(stream, len(pool)) if len(pool) > 1 else 0]


@compiled
def draw_row(programs, stream, target, drawn, row):
    """Evaluate all expressions for one connection, if there are any."""
    if programs.n_own > 0 or programs.probability >= 0.0:
        _draw_row(programs, stream, target, drawn, row)


@apart()
def _draw_row(programs: Programs, stream: U8, target: int, drawn: F8x2, row: int) -> None:
    _draw_own(programs, stream, target, drawn, row)


@compiled
def _draw_own(programs, stream, target, drawn, row):
    """Evaluate all expressions for one connection.

    With a third factor there is one more row of `drawn`, after those of the connection itself: the node of the
    third population, NaN if none joins the connection. The rows of its expressions follow.
    """
    n = programs.n_own
    for k in range(min(n, programs.n_last) if row == programs.last_row else n):
        drawn[k, row] = _value(programs, k, stream)
        if programs.failure[0] != DONE:
            programs.failure[1] = k
            drawn[k:, row] = np.nan
            return
    if programs.probability < 0.0 or (row == programs.last_row and programs.n_last <= n):
        return
    drawn[n:, row] = np.nan
    if drand(stream) < programs.probability:
        drawn[n, row] = _third_node(programs, stream, target)
        for k in range(n, len(programs.bounds)):
            drawn[k + 1, row] = _value(programs, k, stream)


@apart(few=FEW, work=lambda programs, stream, target, *_: len(target))
def draw_rows(programs: Programs, stream: U8, target: I4, whom: I8, drawn: F8x2) -> int:
    """Evaluate all expressions for all connections, one connection after the other; `whom` may tell them apart.

    Returns for how many there are values: for all, or up to one whose values could not all be drawn.
    """
    for row in range(drawn.shape[1]):
        if len(whom) > 0:
            turn_to(stream, whom[row])
        _draw_own(programs, stream, target[row], drawn, row)
        if programs.failure[0] != DONE:
            return row + 1
    return drawn.shape[1]
