"""Vectors of at most `LANES` numbers in compiled code: values like numbers are, with a length that is not known before.

Arrays that functions of models make of arrays get memory each time, which takes ten times as long as the sums and
products. These here lie in registers, and all numbers are added or multiplied at once; what lies beyond the length is
computed, too, and never used.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from jaxnest.compile.kinds import LANES
from jaxnest.compile.words import WORD

DOUBLE = ir.DoubleType()
_LANES, _MASK = ir.VectorType(DOUBLE, LANES), ir.VectorType(ir.IntType(1), LANES)
_INDEX = ir.IntType(32)


@final
class _Lanes(types.Type):
    """The numbers."""

    def __init__(self) -> None:
        super().__init__("Lanes")


@final
class ShortVector(types.Type):
    """A vector."""

    def __init__(self) -> None:
        super().__init__("ShortVector")


_means: Any = infer_global
KIND, _NUMBERS = ShortVector(), _Lanes()


@register_model(_Lanes)
@final
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _LANES)


@register_model(ShortVector)
@final
class _VectorModel(models.StructModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, [("length", types.int64), ("numbers", _NUMBERS)])


def _made(context: Any, builder: Any, length: Any, numbers: Any) -> Any:
    vector = cgutils.create_struct_proxy(KIND)(context, builder)
    vector.length, vector.numbers = length, numbers
    return vector._getvalue()


def _parts(builder: Any, value: Any) -> tuple[Any, Any]:
    return builder.extract_value(value, 0), builder.extract_value(value, 1)


def _all_lanes(builder: Any, number: Any) -> Any:
    """Write code that makes lanes of one number."""
    kind = ir.VectorType(number.type, LANES)
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), number, _INDEX(0))
    first = ir.Constant(ir.VectorType(_INDEX, LANES), None)
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), first)


def _mask(builder: Any, length: Any) -> Any:
    """Write code that tells which lanes are in use."""
    count = ir.Constant(ir.VectorType(WORD, LANES), [WORD(k) for k in range(LANES)])
    return builder.icmp_signed("<", count, _all_lanes(builder, length))


def _one_by_one(builder: Any, result: Any, length: Any, go_on: Callable[[Any, int], Any]) -> Any:
    """Write code that replaces a value for each lane in use: ``go_on(value, lane)``."""
    end, found = builder.append_basic_block("end"), []
    for k in range(LANES):
        found.append((result, builder.block))
        there = builder.append_basic_block("element")
        builder.cbranch(builder.icmp_signed("<", WORD(k), length), there, end)
        builder.position_at_end(there)
        result = go_on(result, k)
    found.append((result, builder.block))
    builder.branch(end)
    builder.position_at_end(end)
    last = builder.phi(result.type)
    for value, block in found:
        last.add_incoming(value, block)
    return last


def vector_at(context: Any, builder: Any, address: Any, length: Any) -> Any:
    """Write code that reads a vector from where it lies."""
    pointer = _LANES.as_pointer()
    kind = ir.FunctionType(_LANES, [pointer, _INDEX, _MASK, _LANES])
    load = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.load.v{LANES}f64.p0")
    zeros = ir.Constant(_LANES, None)
    numbers = builder.call(load, [builder.inttoptr(address, pointer), _INDEX(8), _mask(builder, length), zeros])
    return _made(context, builder, length, numbers)


def _strided(typing_context: Any, address: Any, step: Any, length: Any) -> Any:
    """Read a vector whose numbers are `step` bytes apart."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place, step, length = arguments

        def read(numbers: Any, k: int) -> Any:
            at = builder.add(place, builder.mul(step, WORD(k)))
            number = builder.load(builder.inttoptr(at, DOUBLE.as_pointer()))
            return builder.insert_element(numbers, number, _INDEX(k))

        return _made(context, builder, length, _one_by_one(builder, ir.Constant(_LANES, None), length, read))

    return KIND(types.int64, types.int64, types.int64), generate


strided: Any = intrinsic(_strided)


def _store(typing_context: Any, vector: Any, address: Any) -> Any:
    """Write a vector to an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        length, numbers = _parts(builder, arguments[0])
        pointer = _LANES.as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [_LANES, pointer, _INDEX, _MASK])
        write = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.store.v{LANES}f64.p0")
        builder.call(write, [numbers, builder.inttoptr(arguments[1], pointer), _INDEX(8), _mask(builder, length)])
        return context.get_dummy_value()

    return types.none(vector, types.int64), generate


store: Any = intrinsic(_store)


def _binary(operation: Callable[..., Any], instruction: str) -> None:
    @_means(operation)
    @final
    class Typed(AbstractTemplate):
        def generic(self, arguments: Any, named: Any) -> Any:
            if len(arguments) != 2 or KIND not in arguments:
                return None
            return signature(KIND, *(KIND if one == KIND else types.float64 for one in arguments))

    def generate(context: Any, builder: Any, typed: Any, arguments: Any) -> Any:
        length, values = None, []
        for kind, value in zip(typed.args, arguments, strict=True):
            if kind == KIND:
                own, value = _parts(builder, value)
                length = own if length is None else length
            else:
                value = _all_lanes(builder, value)
            values.append(value)
        return _made(context, builder, length, getattr(builder, instruction)(*values))

    for kinds in ((KIND, KIND), (KIND, types.float64), (types.float64, KIND)):
        lower_builtin(operation, *kinds)(generate)


for _operation, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _binary(_operation, _instruction)


@_means(operator.neg)
@final
class _Negative(AbstractTemplate):
    def generic(self, arguments: Any, named: Any) -> Any:
        return signature(KIND, KIND) if arguments == (KIND,) else None


@lower_builtin(operator.neg, KIND)
def _negate(context: Any, builder: Any, typed: Any, arguments: Any) -> Any:
    length, numbers = _parts(builder, arguments[0])
    return _made(context, builder, length, builder.fneg(numbers))


def _magnitudes(typing_context: Any, vector: Any) -> Any:
    """Return the absolute values."""

    def generate(context: Any, builder: Any, typed: Any, arguments: Any) -> Any:
        length, numbers = _parts(builder, arguments[0])
        kind = ir.FunctionType(_LANES, [_LANES])
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fabs.v{LANES}f64")
        return _made(context, builder, length, builder.call(function, [numbers]))

    return KIND(KIND), generate


magnitudes: Any = intrinsic(_magnitudes)


@_means(len)
@final
class _Length(AbstractTemplate):
    def generic(self, arguments: Any, named: Any) -> Any:
        return signature(types.int64, KIND) if arguments == (KIND,) else None


@lower_builtin(len, KIND)
def _length(context: Any, builder: Any, typed: Any, arguments: Any) -> Any:
    return builder.extract_value(arguments[0], 0)


@_means(operator.getitem)
@final
class _Item(AbstractTemplate):
    def generic(self, arguments: Any, named: Any) -> Any:
        if arguments[0] == KIND and isinstance(arguments[1], types.Integer):
            return signature(types.float64, KIND, types.int64)
        return None


@lower_builtin(operator.getitem, KIND, types.int64)
def _item(context: Any, builder: Any, typed: Any, arguments: Any) -> Any:
    return builder.extract_element(builder.extract_value(arguments[0], 1), arguments[1])


def folding(combine: Callable[..., Any], n: int) -> Any:
    """Return a function of a number and `n` vectors that combines the number with their elements, one after another.

    Parameters
    ----------
    combine
        Gets the builder, the number and an element of each vector, and writes code for the new number.
    """

    def generate(context: Any, builder: Any, typed: Any, arguments: Any) -> Any:
        start, *vectors = arguments
        length, lanes = builder.extract_value(vectors[0], 0), [builder.extract_value(v, 1) for v in vectors]

        def go_on(result: Any, k: int) -> Any:
            return combine(builder, result, *(builder.extract_element(v, _INDEX(k)) for v in lanes))

        return _one_by_one(builder, start, length, go_on)

    kinds: Any = types.float64(types.float64, *[KIND] * n)
    functions = {
        1: lambda typing_context, start, a: (kinds, generate),
        2: lambda typing_context, start, a, b: (kinds, generate),
        4: lambda typing_context, start, a, b, c, d: (kinds, generate),
    }
    return intrinsic(functions[n])


def _larger(builder: Any, result: Any, a: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", a, result), a, result)


def _add_two_products(builder: Any, result: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    return builder.fadd(result, builder.fadd(builder.fmul(a, b), builder.fmul(c, d)))


largest = folding(_larger, 1)
total = folding(lambda builder, result, a: builder.fadd(result, a), 1)
accumulated = folding(lambda builder, result, a, b: builder.fadd(result, builder.fmul(a, b)), 2)
accumulated_pairs = folding(_add_two_products, 4)
