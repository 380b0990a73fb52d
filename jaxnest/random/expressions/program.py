"""Programs for a small stack machine, which evaluate random expressions inside compiled code."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jaxnest.random.expressions.expression import COMPARISON_OPS, KERNEL_OPS, Expression, Op

MAX_REDRAWS = 1000


class Program(NamedTuple):
    """Everything that `interpreter.evaluate` needs of an expression; may be an argument of compiled functions.

    Attributes
    ----------
    code : numpy.ndarray
        Instructions, one per row: operation, index of its first constant, integer, row of the saved variate.
    constants : numpy.ndarray
        Constants of all instructions.
    saved : numpy.ndarray
        Saved normal variates of one thread, one per row.
    stack : numpy.ndarray
        Work space; its first element holds the status, see `interpreter`.
    """

    code: np.ndarray
    constants: np.ndarray
    saved: np.ndarray
    stack: np.ndarray


class Code(NamedTuple):
    """The part of a program that does not depend on the thread.

    Attributes
    ----------
    code, constants : numpy.ndarray
        As in `Program`.
    stack_size : int
        Length of the work space.
    """

    code: np.ndarray
    constants: np.ndarray
    stack_size: int


def assemble(expression: Expression) -> Code:
    """Translate an expression.

    Parameters
    ----------
    expression : Expression
        The expression.

    Returns
    -------
    Code
        Its instructions, in the order in which NEST evaluates and draws.
    """
    code: list[list[int]] = []
    constants: list[float] = []
    depth = _emit(expression, code, constants)
    return Code(np.array(code, dtype=np.int64), np.array(constants, dtype=np.float64), depth + 1)


def _emit(expression: Expression, code: list[list[int]], constants: list[float]) -> int:
    """Append the instructions of an expression and return how many places of the stack they need."""

    def add(op: Op, integer: int = 0) -> int:
        code.append([op, len(constants), integer, expression.row])
        return len(code) - 1

    op, operands = expression.op, expression.operands
    if op is Op.CONDITIONAL:
        depth = _emit(operands[0], code, constants)
        branch = add(Op.JUMP_IF_ZERO)
        depth = max(depth, _emit(operands[1], code, constants))
        end = add(Op.JUMP)
        code[branch][2] = len(code)
        depth = max(depth, _emit(operands[2], code, constants))
        code[end][2] = len(code)
        return depth
    if op is Op.REDRAW:
        add(Op.START_REDRAW)
        start = len(code)
        depth = _emit(operands[0], code, constants) + 1
        add(Op.END_REDRAW, start)
        constants.extend(expression.constants)
        return depth
    if op in KERNEL_OPS:
        add(Op.REQUIRE_CONNECTION)
    # NEST evaluates the right operand of a comparison before the left one.
    in_order = operands[::-1] if op in COMPARISON_OPS else operands
    depth = max([1, *(i + _emit(operand, code, constants) for i, operand in enumerate(in_order))])
    add(op, expression.integer)
    constants.extend(expression.constants)
    return depth
