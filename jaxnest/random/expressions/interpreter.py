"""Evaluation of random expressions; compiled code.

The first element of a program's stack is its status: `DONE`, or why there is no value. Compiled callers check it after
a loop; nothing here raises, so that evaluation may take place inside foreign-function calls.
"""

from __future__ import annotations

import math

import numpy as np

from jaxnest.compile.kinds import F8, U8, F8x2, I8x2
from jaxnest.compile.operations import apart
from jaxnest.random.expressions.expression import Op
from jaxnest.random.expressions.geometry import (
    CONNECTION,
    DIMENSIONS,
    DISPLACEMENT,
    DISTANCE,
    KIND,
    NODE,
    SOURCE,
    TARGET,
)
from jaxnest.random.expressions.program import MAX_REDRAWS, Program
from jaxnest.random.numbers.distributions import lognormal, normal, standard_exponential, tgamma
from jaxnest.random.numbers.engines import compiled, drand, ulrand

(
    DONE,
    TOO_MANY_REDRAWS,
    NO_CONNECTION,
    NO_NODE,
    NOT_SPATIAL,
    WRONG_DISTANCE_DIMENSION,
    WRONG_POSITION_DIMENSION,
) = range(7)

_STATUS = 0

# Compiled functions take members of enumerations for objects of their own kind; these are plain numbers.
_CONSTANT, _UNIFORM, _UNIFORM_INT = int(Op.CONSTANT), int(Op.UNIFORM), int(Op.UNIFORM_INT)
_NORMAL, _LOGNORMAL, _EXPONENTIAL = int(Op.NORMAL), int(Op.LOGNORMAL), int(Op.EXPONENTIAL)
_DISTANCE, _NODE_POSITION, _SOURCE_POSITION = int(Op.DISTANCE), int(Op.NODE_POSITION), int(Op.SOURCE_POSITION)
_TARGET_POSITION, _ADD, _SUBTRACT = int(Op.TARGET_POSITION), int(Op.ADD), int(Op.SUBTRACT)
_MULTIPLY, _DIVIDE, _LESS = int(Op.MULTIPLY), int(Op.DIVIDE), int(Op.LESS)
_LESS_EQUAL, _EQUAL = int(Op.LESS_EQUAL), int(Op.EQUAL)
_NOT_EQUAL, _GREATER_EQUAL, _GREATER = int(Op.NOT_EQUAL), int(Op.GREATER_EQUAL), int(Op.GREATER)
_GAUSSIAN_2D, _GABOR, _POWER = int(Op.GAUSSIAN_2D_KERNEL), int(Op.GABOR_KERNEL), int(Op.POWER)
_MINIMUM, _MAXIMUM, _EXP, _SIN, _COS = int(Op.MINIMUM), int(Op.MAXIMUM), int(Op.EXP), int(Op.SIN), int(Op.COS)
_EXPONENTIAL_KERNEL, _GAUSSIAN = int(Op.EXPONENTIAL_KERNEL), int(Op.GAUSSIAN_KERNEL)
_GAMMA = int(Op.GAMMA_KERNEL)
_JUMP, _JUMP_IF_ZERO, _START_REDRAW = int(Op.JUMP), int(Op.JUMP_IF_ZERO), int(Op.START_REDRAW)
_END_REDRAW, _REQUIRE_CONNECTION = int(Op.END_REDRAW), int(Op.REQUIRE_CONNECTION)


@compiled
def _drawn(op: int, integer: int, constants: np.ndarray, saved: np.ndarray, stream: np.ndarray) -> float:
    """Return the value of a constant or random leaf."""
    if op == _CONSTANT:
        return constants[0]
    if op == _UNIFORM:
        return constants[0] + drand(stream) * constants[1]
    if op == _UNIFORM_INT:
        return np.float64(ulrand(stream, integer))
    if op == _NORMAL:
        return normal(stream, saved, constants[0], constants[1])
    if op == _LOGNORMAL:
        return lognormal(stream, saved, constants[0], constants[1])
    return constants[0] * standard_exponential(stream)


@compiled
def _status_of_place(op: int, dimension: int, geometry: np.ndarray) -> int:
    """Return whether a place is defined."""
    kind = geometry[KIND]
    if op == _NODE_POSITION:
        if kind == CONNECTION:
            return NO_CONNECTION
        if kind != NODE:
            return NO_NODE
        if geometry[DIMENSIONS] == 0.0:
            return NOT_SPATIAL
        return DONE if dimension < geometry[DIMENSIONS] else WRONG_POSITION_DIMENSION
    if kind != CONNECTION:
        return NO_CONNECTION
    if op == _DISTANCE:
        return DONE if dimension <= geometry[DIMENSIONS] else WRONG_DISTANCE_DIMENSION
    return DONE if dimension < geometry[DIMENSIONS] else WRONG_POSITION_DIMENSION


@compiled
def _place(op: int, dimension: int, geometry: np.ndarray) -> float:
    """Return a coordinate or a distance."""
    if op == _DISTANCE:
        return geometry[DISTANCE] if dimension == 0 else abs(geometry[DISPLACEMENT + dimension - 1])
    return geometry[(TARGET if op == _TARGET_POSITION else SOURCE) + dimension]


@compiled
def _compared(op: int, x: float, y: float) -> bool:
    if op == _LESS:
        return x < y
    if op == _LESS_EQUAL:
        return x <= y
    if op == _EQUAL:
        return x == y
    if op == _NOT_EQUAL:
        return x != y
    if op == _GREATER_EQUAL:
        return x >= y
    return x > y


@compiled
def of_two(op: int, x: float, y: float, constants: np.ndarray) -> float:
    """Return the value of an operation on two operands."""
    if op == _ADD:
        return x + y
    if op == _SUBTRACT:
        return x - y
    if op == _MULTIPLY:
        return x * y
    if op == _DIVIDE:
        return x / y
    if op == _GAUSSIAN_2D:
        dx, dy = x - constants[0], y - constants[1]
        return math.exp(-dx * dx * constants[2] - dy * dy * constants[3] + dx * dy * constants[4])
    if op == _GABOR:
        cosine, sine, aspect = constants[0], constants[1], constants[2]
        inverse, wavelength, phase = constants[3], constants[4], constants[5]
        along = x * cosine + y * sine
        across = -x * sine + y * cosine
        envelope = math.exp(-aspect * aspect * along * along * inverse - across * across * inverse)
        return envelope * max(math.cos(2.0 * math.pi * across / wavelength + phase), 0.0)
    return 1.0 if _compared(op, x, y) else 0.0


@compiled
def of_one(op: int, x: float, constants: np.ndarray) -> float:
    """Return the value of an operation on one operand."""
    if op == _POWER:
        return math.pow(x, constants[0])
    if op == _MINIMUM:
        return constants[0] if constants[0] < x else x
    if op == _MAXIMUM:
        return constants[0] if x < constants[0] else x
    if op == _EXP:
        return math.exp(x)
    if op == _SIN:
        return math.sin(x)
    if op == _COS:
        return math.cos(x)
    if op == _EXPONENTIAL_KERNEL:
        return math.exp(-x * constants[0])
    if op == _GAUSSIAN:
        dx = x - constants[0]
        return math.exp(-dx * dx * constants[1])
    kappa, inverse = constants[0], constants[1]
    scale = math.pow(inverse, kappa) / tgamma(kappa)
    return math.pow(x, kappa - 1.0) * math.exp(-1.0 * inverse * x) * scale


@compiled
def evaluate(program: Program, stream: np.ndarray, geometry: np.ndarray) -> float:
    """Evaluate an expression once.

    Parameters
    ----------
    program : Program
        The translated expression.
    stream : numpy.ndarray
        The random stream.
    geometry : numpy.ndarray
        Row of `geometry.GEOMETRY_SIZE` numbers.

    Returns
    -------
    float
        The value, NaN if the status, ``program.stack[0]``, is not `DONE`.
    """
    return _evaluate(program.code, program.constants, program.saved, program.stack, stream, geometry)


@apart()
def _evaluate(code: I8x2, all_constants: F8, saved: F8x2, stack: F8, stream: U8, geometry: F8) -> float:
    return evaluate_part(code, 0, code.shape[0], all_constants, 0, saved, stack, stream, geometry)


@compiled
def evaluate_part(
    code: np.ndarray,
    start: int,
    stop: int,
    all_constants: np.ndarray,
    first: int,
    saved: np.ndarray,
    stack: np.ndarray,
    stream: np.ndarray,
    geometry: np.ndarray,
) -> float:
    """Evaluate an expression, whose code and constants begin at `start` and `first`, as a part of the calling code."""
    stack[_STATUS] = DONE
    at, top = start, 0
    while at < stop:
        op, integer = code[at, 0], code[at, 2]
        constants = all_constants[first + code[at, 1] :]
        at += 1
        if op <= _EXPONENTIAL:
            top += 1
            stack[top] = _drawn(op, integer, constants, saved[code[at - 1, 3]], stream)
        elif op <= _TARGET_POSITION:
            status = _status_of_place(op, integer, geometry)
            if status != DONE:
                return _failed(stack, status)
            top += 1
            stack[top] = _place(op, integer, geometry)
        elif op <= _GABOR:
            # The left operand of a comparison lies on top, that of everything else below.
            left, right = (top, top - 1) if _LESS <= op <= _GREATER else (top - 1, top)
            stack[top - 1] = of_two(op, stack[left], stack[right], constants)
            top -= 1
        elif op <= _GAMMA:
            stack[top] = of_one(op, stack[top], constants)
        elif op == _JUMP_IF_ZERO:
            at = at if stack[top] != 0.0 else start + integer
            top -= 1
        elif op == _JUMP:
            at = start + integer
        elif op == _START_REDRAW:
            top += 1
            stack[top] = MAX_REDRAWS
        elif op == _END_REDRAW:
            top -= 1
            if not (stack[top + 1] < constants[0] or stack[top + 1] > constants[1]):
                stack[top] = stack[top + 1]
                continue
            stack[top] -= 1.0
            if stack[top] == 0.0:
                return _failed(stack, TOO_MANY_REDRAWS)
            at = start + integer
        elif geometry[KIND] != CONNECTION:
            return _failed(stack, NO_CONNECTION)
    return stack[top]


@compiled
def _failed(stack: np.ndarray, status: int) -> float:
    stack[_STATUS] = status
    return math.nan


@compiled
def evaluate_many(program: Program, stream: np.ndarray, geometry: np.ndarray, out: np.ndarray) -> None:
    """Evaluate an expression several times, until a value cannot be had.

    Parameters
    ----------
    program : Program
        The translated expression.
    stream : numpy.ndarray
        The random stream.
    geometry : numpy.ndarray
        One row per evaluation, or one row for all.
    out : numpy.ndarray
        Filled with the values.
    """
    step = 1 if geometry.shape[0] > 1 else 0
    program.stack[_STATUS] = DONE
    for i in range(out.size):
        out[i] = evaluate(program, stream, geometry[i * step])
        if program.stack[_STATUS] != DONE:
            break
