"""Several random expressions inside compiled loops."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jaxnest.random.engines import compiled
from jaxnest.random.interpreter import DONE, evaluate
from jaxnest.random.program import Program


class Programs(NamedTuple):
    """Random expressions of one virtual process; may be an argument of compiled functions.

    Attributes
    ----------
    code, constants, saved, stack
        As in `Program`, code and constants of all expressions one after the other.
    bounds
        For each expression the rows of its code and where its constants start.
    geometry
        What the expressions may know of places: nothing.
    failure
        The status of the first evaluation that failed, `DONE` if none did.
    """

    code: np.ndarray
    constants: np.ndarray
    saved: np.ndarray
    stack: np.ndarray
    bounds: np.ndarray
    geometry: np.ndarray
    failure: np.ndarray


@compiled
def value(programs, k, stream):
    """Evaluate one of the expressions."""
    start, stop, first = programs.bounds[k, 0], programs.bounds[k, 1], programs.bounds[k, 2]
    program = Program(programs.code[start:stop], programs.constants[first:], programs.saved, programs.stack)
    result = evaluate(program, stream, programs.geometry)
    if programs.stack[0] != DONE and programs.failure[0] == DONE:
        programs.failure[0] = programs.stack[0]
    return result


@compiled
def draw_row(programs, stream, drawn, row):
    """Evaluate all expressions for one connection."""
    for k in range(drawn.shape[0]):
        drawn[k, row] = value(programs, k, stream)


@compiled
def draw_rows(programs, stream, drawn):
    """Evaluate all expressions for all connections, one connection after the other."""
    for row in range(drawn.shape[1]):
        draw_row(programs, stream, drawn, row)
