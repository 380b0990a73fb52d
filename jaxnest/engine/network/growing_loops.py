"""Compiled code for tables that grow (see `engine.network.growing`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.intrinsics import rows
from jaxnest.compile.kinds import I8
from jaxnest.compile.late import float64, intrinsic, ir, types, words
from jaxnest.compile.operations import operation
from jaxnest.engine.layout import AT, CAPACITY, COUNT, REALLOCATE


def _call_with_two(typing_context: Any, address: Any, first: Any, second: Any) -> Any:
    """Call the function of two words at an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(words.WORD, [words.WORD, words.WORD])
        return builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])

    return types.int64(types.int64, types.int64, types.int64), generate


_call: Any = intrinsic(_call_with_two)


@njit(nogil=True)
def reserve(table: np.ndarray, width: int, more: int) -> None:
    """Let a table have room for further rows."""
    n = table[COUNT] + more
    if n > table[CAPACITY]:
        table[CAPACITY] = 2 * n
        table[AT] = _call(table[REALLOCATE], table[AT], 8 * width * table[CAPACITY])


@njit(nogil=True)
def all_rows(table: np.ndarray, width: int) -> np.ndarray:
    """Return the rows of a table, those included that are room for further ones."""
    return rows(table[AT], table[CAPACITY] * width, width, float64)


@njit(nogil=True)
def append(table: np.ndarray, a: float, b: float, c: float, d: float) -> None:
    """Append a row of four numbers."""
    reserve(table, 4, 1)
    row = all_rows(table, 4)[table[COUNT]]
    row[0], row[1], row[2], row[3] = a, b, c, d
    table[COUNT] += 1


@operation
def make_room(table: I8, width: int, more: int) -> None:
    """Let a table have room for further rows."""
    reserve(table, width, more)
