"""The operations of `models.ops` in loops that the compiler turns into vector instructions.

Calls of the C library would stand in the way. The exponential function is therefore written out here: reduction to
2^(k/128) e^r with a table and a polynomial of degree 5. GNU's C library uses the same method (by S. Nagy); with fused
products results are the same to the last bit, for arguments between -512 and 512.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

from jaxnest.compile import late
from jaxnest.compile.compiling import njit
from jaxnest.compile.late import intrinsic, ir
from jaxnest.models import ops
from jaxnest.models.ops import *  # noqa: F403

_PARTS = 128
_SHIFT = 1.5 * 2.0**52
"""Adding it rounds to an integer, which is then found in the low bits."""
_PARTS_PER_UNIT = float.fromhex("0x1.71547652b82fep0") * _PARTS
_LN2_PART_HIGH = float.fromhex("-0x1.62e42fefa0000p-8")
_LN2_PART_LOW = float.fromhex("-0x1.cf79abc9e3b39p-47")
_COEFFICIENTS = tuple(
    float.fromhex(c)
    for c in ("0x1.ffffffffffdbdp-2", "0x1.555555555543cp-3", "0x1.55555cf172b91p-5", "0x1.1111167a4d017p-7")
)
_LARGEST, _SMALLEST = 709.0, -708.0
"""Beyond, results are infinite and zero: 0.1 % of the range of numbers is given up."""


def _powers() -> tuple[list[float], list[float]]:
    """Return 2^(k/128), rounded, and the relative errors of that."""
    import decimal

    with decimal.localcontext(prec=60):
        exact = [decimal.Decimal(2) ** (decimal.Decimal(k) / _PARTS) for k in range(_PARTS)]
        rounded = [float(x) for x in exact]
        return rounded, [
            float((x - decimal.Decimal(h)) / decimal.Decimal(h)) for x, h in zip(exact, rounded, strict=True)
        ]


def _table(module: Any, name: str, values: list[float]) -> Any:
    """Return a constant array of a module."""
    name = f"jaxnest_{name}"
    if name in module.globals:
        return module.globals[name]
    kind = ir.ArrayType(ir.DoubleType(), len(values))
    table = ir.GlobalVariable(module, kind, name)
    table.global_constant, table.linkage = True, "internal"
    table.initializer = ir.Constant(kind, values)
    return table


def _exp(typing_context: Any, x: Any) -> Any:
    """Return the exponential of a number."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        double, word = ir.DoubleType(), ir.IntType(64)
        kind = ir.FunctionType(double, [double] * 3)
        fused = builder.module.declare_intrinsic("llvm.fmuladd", [double], kind)
        x = context.cast(builder, arguments[0], signature.args[0], late.types.float64)

        def multiply_add(a: Any, b: Any, c: Any) -> Any:
            return builder.call(fused, [a, b, c])

        def constant(value: float) -> Any:
            return ir.Constant(double, value)

        def entry(name: str, values: list[float]) -> Any:
            table = _table(builder.module, name, values)
            return builder.load(builder.gep(table, [ir.Constant(word, 0), index], inbounds=True))

        shifted = multiply_add(x, constant(_PARTS_PER_UNIT), constant(_SHIFT))
        k = builder.bitcast(shifted, word)
        parts = builder.fsub(shifted, constant(_SHIFT))
        r = multiply_add(parts, constant(_LN2_PART_LOW), multiply_add(parts, constant(_LN2_PART_HIGH), x))
        index = builder.and_(k, ir.Constant(word, _PARTS - 1))
        powers, errors = _powers()
        exponent = builder.shl(builder.sub(k, index), ir.Constant(word, 52 - 7))
        scale = builder.bitcast(builder.add(builder.bitcast(entry("powers", powers), word), exponent), double)
        c2, c3, c4, c5 = (constant(c) for c in _COEFFICIENTS)
        square = builder.fmul(r, r)
        low = multiply_add(square, multiply_add(r, c3, c2), builder.fadd(entry("errors", errors), r))
        rest = multiply_add(builder.fmul(square, square), multiply_add(r, c5, c4), low)
        value = multiply_add(scale, rest, scale)
        value = builder.select(builder.fcmp_ordered(">=", x, constant(_LARGEST)), constant(float("inf")), value)
        return builder.select(builder.fcmp_ordered("<=", x, constant(_SMALLEST)), constant(0.0), value)

    return late.types.float64(x), generate


exp: Any = intrinsic(_exp)


def with_vector_operations(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a model's function with these operations in place of `models.ops`, for numba to compile."""
    names = dict(function.__globals__)
    for name in function.__code__.co_names:
        value = names.get(name)
        if value is ops:
            names[name] = sys.modules[__name__]
        elif value is ops.exp:
            names[name] = exp
        elif isinstance(value, types.FunctionType) and value in ops.HELPERS:
            names[name] = njit(inline="always", error_model="numpy")(with_vector_operations(value))
    return types.FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
