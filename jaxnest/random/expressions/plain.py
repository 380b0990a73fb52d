"""Evaluation of expressions that draw nothing, for many connections of one node at once; compiled code."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jaxnest.random.expressions.expression import Op
from jaxnest.random.expressions.interpreter import of_one, of_two
from jaxnest.random.expressions.program import Code
from jaxnest.random.numbers.engines import compiled

_PLAIN = frozenset(
    {
        *(op for op in Op if Op.ADD <= op <= Op.GAMMA_KERNEL),
        *(Op.CONSTANT, Op.DISTANCE, Op.SOURCE_POSITION, Op.TARGET_POSITION, Op.REQUIRE_CONNECTION),
    }
)
_CONSTANT, _DISTANCE, _SOURCE_POSITION = int(Op.CONSTANT), int(Op.DISTANCE), int(Op.SOURCE_POSITION)
_TARGET_POSITION, _LESS, _GREATER = int(Op.TARGET_POSITION), int(Op.LESS), int(Op.GREATER)
_GABOR, _GAMMA = int(Op.GABOR_KERNEL), int(Op.GAMMA_KERNEL)


def is_plain(code: Code, dimensions: int) -> bool:
    """Return whether `evaluate_plain` can evaluate an expression: it draws nothing, branches nowhere and cannot fail.

    Parameters
    ----------
    code : Code
        The translated expression.
    dimensions : int
        Number of dimensions of the layers.
    """
    for op, _, integer, _ in code.code.tolist():
        too_far = integer > dimensions if op == Op.DISTANCE else integer >= dimensions
        if op not in _PLAIN or (op in (Op.DISTANCE, Op.SOURCE_POSITION, Op.TARGET_POSITION) and too_far):
            return False
    return True


class Bundle(NamedTuple):
    """The connections between one node and others; may be an argument of compiled functions.

    Attributes
    ----------
    node : numpy.ndarray
        Position of the node.
    is_source : bool
        Whether the node is the source of all connections.
    displacements : numpy.ndarray
        Work space of three rows: components of the vectors from source to target.
    distances : numpy.ndarray
        Work space: distances from source to target.
    stack : numpy.ndarray
        Work space: one row for each value that an expression has to keep.
    """

    node: np.ndarray
    is_source: bool
    displacements: np.ndarray
    distances: np.ndarray
    stack: np.ndarray


@compiled
def measure(bundle, positions, chosen, n, period, dimensions):
    """Calculate vectors and distances to the first `n` chosen positions; see `geometry.connection_geometry`."""
    for k in range(n):
        bundle.distances[k] = 0.0
    for i in range(dimensions):
        inverse = 1.0 / period[i] if period[i] != 0.0 else 0.0
        row = bundle.displacements[i]
        for k in range(n):
            vector = positions[chosen[k], i] - bundle.node[i]
            vector = vector if bundle.is_source else -vector
            if period[i] != 0.0:
                turns = vector * inverse
                whole = np.trunc(turns)
                if abs(turns - whole) >= 0.5:
                    whole += 1.0 if turns > 0.0 else -1.0
                vector -= period[i] * whole
            row[k] = vector
            bundle.distances[k] += vector * vector
    for k in range(n):
        bundle.distances[k] = np.sqrt(bundle.distances[k])


@compiled
def _load(bundle, op, integer, constants, positions, chosen, n, row):
    """Fill a row with a constant, a distance or a coordinate."""
    if op == _CONSTANT:
        row[:n] = constants[0]
    elif op == _DISTANCE and integer == 0:
        for k in range(n):
            row[k] = bundle.distances[k]
    elif op == _DISTANCE:
        for k in range(n):
            row[k] = abs(bundle.displacements[integer - 1, k])
    elif bundle.is_source == (op == _SOURCE_POSITION):
        row[:n] = bundle.node[integer]
    else:
        for k in range(n):
            row[k] = positions[chosen[k], integer]


@compiled
def evaluate_plain(bundle, code, all_constants, positions, chosen, n, out):
    """Evaluate an expression for the first `n` chosen positions.

    Parameters
    ----------
    bundle : Bundle
        The connections, after `measure`.
    code, all_constants : numpy.ndarray
        The translated expression; `is_plain` holds for it.
    positions, chosen : numpy.ndarray
        All positions, and the indices of those of the other nodes.
    n : int
        How many there are.
    out : numpy.ndarray
        Filled with the values.
    """
    stack = bundle.stack
    top = -1
    for at in range(code.shape[0]):
        op, integer = code[at, 0], code[at, 2]
        constants = all_constants[code[at, 1] :]
        if op <= _TARGET_POSITION:
            top += 1
            _load(bundle, op, integer, constants, positions, chosen, n, stack[top])
        elif op <= _GABOR:
            left, right = (top, top - 1) if _LESS <= op <= _GREATER else (top - 1, top)
            for k in range(n):
                stack[top - 1, k] = of_two(op, stack[left, k], stack[right, k], constants)
            top -= 1
        elif op <= _GAMMA:
            for k in range(n):
                stack[top, k] = of_one(op, stack[top, k], constants)
    for k in range(n):
        out[k] = stack[0, k]
