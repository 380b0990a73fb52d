"""Random expressions as immutable trees, the saved normal variates of their leaves, and their translation."""

from __future__ import annotations

import weakref
from enum import IntEnum
from functools import cached_property
from typing import Any, final

import numpy as np

from jaxnest.random.expressions.program import Code
from jaxnest.random.expressions.saved_normals import SAVED_NORMALS


class Op(IntEnum):
    """What a node of an expression, or an instruction of a program, does."""

    CONSTANT = 0
    UNIFORM = 1
    UNIFORM_INT = 2
    NORMAL = 3
    LOGNORMAL = 4
    EXPONENTIAL = 5
    DISTANCE = 6
    NODE_POSITION = 7
    SOURCE_POSITION = 8
    TARGET_POSITION = 9

    ADD = 10
    SUBTRACT = 11
    MULTIPLY = 12
    DIVIDE = 13
    LESS = 14
    LESS_EQUAL = 15
    EQUAL = 16
    NOT_EQUAL = 17
    GREATER_EQUAL = 18
    GREATER = 19
    GAUSSIAN_2D_KERNEL = 20
    GABOR_KERNEL = 21

    POWER = 22
    MINIMUM = 23
    MAXIMUM = 24
    EXP = 25
    SIN = 26
    COS = 27
    EXPONENTIAL_KERNEL = 28
    GAUSSIAN_KERNEL = 29
    GAMMA_KERNEL = 30

    CONDITIONAL = 31
    REDRAW = 32

    JUMP = 33
    JUMP_IF_ZERO = 34
    START_REDRAW = 35
    END_REDRAW = 36
    REQUIRE_CONNECTION = 37


NORMAL_OPS = frozenset({Op.NORMAL, Op.LOGNORMAL})
KERNEL_OPS = frozenset(
    {Op.EXPONENTIAL_KERNEL, Op.GAUSSIAN_KERNEL, Op.GAUSSIAN_2D_KERNEL, Op.GAMMA_KERNEL, Op.GABOR_KERNEL}
)
SPATIAL_OPS = KERNEL_OPS | {Op.DISTANCE, Op.NODE_POSITION, Op.SOURCE_POSITION, Op.TARGET_POSITION}
COMPARISON_OPS = frozenset({Op.LESS, Op.LESS_EQUAL, Op.EQUAL, Op.NOT_EQUAL, Op.GREATER_EQUAL, Op.GREATER})
_INTEGER_IF_OPERANDS_ARE = frozenset(
    {Op.ADD, Op.SUBTRACT, Op.MULTIPLY, Op.DIVIDE, Op.POWER, Op.MINIMUM, Op.MAXIMUM, Op.CONDITIONAL}
)


@final
class Expression:
    """A node of an expression. It never changes, except that normal variates wait in it.

    Parameters
    ----------
    op : Op
        What the node does.
    constants : tuple of float
        Numbers that the operation needs.
    operands : tuple of Expression
        Expressions that the operation works on.
    integer : int
        Upper boundary of a uniform integer, or the dimension of a place.

    Attributes
    ----------
    row : int
        For normal and lognormal leaves the row of their saved variates in `SAVED_NORMALS`, else -1.
    """

    def __init__(
        self,
        op: Op,
        constants: tuple[float, ...] = (),
        operands: tuple[Expression, ...] = (),
        integer: int = 0,
    ) -> None:
        self.op = op
        self.constants = constants
        self.operands = operands
        self.integer = integer
        self.row = -1
        if op in NORMAL_OPS:
            self.row = SAVED_NORMALS.take_row()
            weakref.finalize(self, SAVED_NORMALS.give_back, self.row).atexit = False

    def __reduce__(self) -> tuple[Any, ...]:
        return Expression, (self.op, self.constants, self.operands, self.integer)

    def __copy__(self) -> Expression:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Expression:
        return self

    def __repr__(self) -> str:
        parts = [repr(operand) for operand in self.operands] + [repr(constant) for constant in self.constants]
        if self.op in (Op.UNIFORM_INT, Op.DISTANCE, Op.NODE_POSITION, Op.SOURCE_POSITION, Op.TARGET_POSITION):
            parts.append(str(self.integer))
        return f"{self.op.name.lower()}({', '.join(parts)})"

    @cached_property
    def is_spatial(self) -> bool:
        """Whether the value depends on places."""
        return self.op in SPATIAL_OPS or any(operand.is_spatial for operand in self.operands)

    @cached_property
    def is_integer(self) -> bool:
        """Whether NEST takes the values for integers."""
        if self.op is Op.CONSTANT:
            return self.constants[0].is_integer()
        if self.op is Op.UNIFORM_INT or self.op in COMPARISON_OPS:
            return True
        if self.op not in _INTEGER_IF_OPERANDS_ARE:
            return False
        operands = self.operands[1:] if self.op is Op.CONDITIONAL else self.operands
        constants = () if self.op is Op.POWER else self.constants
        return all(operand.is_integer for operand in operands) and all(c.is_integer() for c in constants)

    @cached_property
    def code(self) -> Code:
        """The program that evaluates the expression."""
        return assemble(self)


def constant(value: float) -> Expression:
    """Return an expression whose value is always the same.

    Parameters
    ----------
    value : float
        The value.

    Returns
    -------
    Expression
        The expression.
    """
    return Expression(Op.CONSTANT, (float(value),))


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
