"""Machine code of operations (see `engine.operations`)."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any, final

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from jaxnest import caching
from jaxnest.compiling import callback, njit
from jaxnest.engine.intrinsics import array_at
from jaxnest.engine.operations import element_and_dimensions

_ELEMENTS = {
    "i4": types.int32, "i8": types.int64, "u4": types.uint32, "u8": types.uint64, "f8": types.float64,
}  # fmt: skip


def compile_entry(function: Callable[..., Any], kinds: tuple[str, ...], key: str) -> Any:
    """Compile a function so that it takes its arguments from a pack."""
    body, load = body_of(function), loader_of_pack(kinds)

    def entry(address: int) -> int:
        return _word(body(*load(address)))

    file = getattr(function, "py_func", function).__code__.co_filename
    source = caching.digest_of_file(file) if os.path.exists(file) else file
    return callback(entry, types.int64(types.int64), f"{key}_{source}")


def body_of(function: Callable[..., Any]) -> Any:
    """Return a function as compiled code calls it."""
    return function if hasattr(function, "py_func") else njit(error_model="numpy", nogil=True)(function)


def _as_word(typing_context: Any, value: Any) -> Any:
    """Return what a function returns as a word; 0 if it returns nothing."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if isinstance(value, types.NoneType):
            return ir.Constant(ir.IntType(64), 0)
        return context.cast(builder, arguments[0], value, types.int64)

    return types.int64(value), generate


_word: Any = intrinsic(_as_word)


def loader_of_pack(kinds: tuple[str, ...]) -> Any:
    """Return the function that makes the arguments of a function from the address of a pack."""
    loaded = [_numba_type(kind) for kind in kinds]

    def load(typing_context: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            word = ir.IntType(64)
            pack = builder.inttoptr(arguments[0], word.as_pointer())
            place, values = 0, []
            for kind in loaded:
                n = 1 + (kind.ndim if isinstance(kind, types.Array) else 0)
                words = [builder.load(builder.gep(pack, [ir.Constant(word, place + k)])) for k in range(n)]
                values.append(_value(context, builder, kind, words))
                place += n
            return context.make_tuple(builder, signature.return_type, values)

        return types.Tuple(loaded)(types.int64), generate

    return intrinsic(load)


def _numba_type(kind: str) -> Any:
    element, dimensions = element_and_dimensions(kind)
    return types.Array(_ELEMENTS[element], dimensions, "C") if dimensions else _ELEMENTS[element]


def _value(context: Any, builder: Any, kind: Any, words: list[Any]) -> Any:
    if isinstance(kind, types.Array):
        return array_at(context, builder, kind, words[0], words[1:])
    return builder.bitcast(words[0], ir.DoubleType()) if kind == types.float64 else words[0]


@final
class entry:
    """Decorator of a function of an address that compiled code calls; it is compiled when it is needed."""

    def __init__(self, function: Callable[[int], int]) -> None:
        self.__wrapped__ = function

    @functools.cached_property
    def _compiled(self) -> Any:
        return callback(self.__wrapped__, types.int64(types.int64))

    @property
    def address(self) -> int:
        """The address of the machine code."""
        return self._compiled.address
