"""Numba functions as custom operations of XLA on the CPU, at the cost of a C call.

XLA hands a custom operation one pointer, to a call frame that describes its buffers (``XLA_FFI_CallFrame``
in XLA's ``c_api.h``). The functions below read that frame inside compiled code, so that no Python runs and no
lock is taken. Operations work in place: results are aliases of arguments.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, final

import jax
import numba
from llvmlite import ir
from numba import types
from numba.core.cgutils import alloca_once
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from jaxnest.compiling import callback, njit

_int32: Any = numba.int32

# Offsets in bytes of XLA's structures (FFI API 0.x, 64-bit).
_EXTENSION = 8
_N_ARGUMENTS = 56
_ARGUMENTS = 72
_BUFFER_DATA = 24
_BUFFER_RANK = 32
_BUFFER_DIMENSIONS = 40
_EXTENSION_TYPE = 8
_METADATA = 24
_METADATA_MAJOR = 24
_METADATA_MINOR = 28
_METADATA_TRAITS = 32
_NOT_FLUSHING = 0xFFFFFFFF & ~0x8040
"""The control word of SSE without the bits that flush subnormal results and operands."""
_API_MAJOR = 0
_API_MINOR = 1


def _array_at(typing_context: Any, address: Any, size: Any, dtype: Any) -> Any:
    """Make an array of what lies at an address; unlike ``numba.carray`` also in functions without reference counts."""
    kind = types.Array(dtype.dtype, 1, "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        result = context.make_array(kind)(context, builder)
        word, item = context.get_value_type(types.intp), context.get_data_type(kind.dtype)
        item_size = ir.Constant(word, context.get_abi_sizeof(item))
        data = builder.inttoptr(arguments[0], item.as_pointer())
        populate_array(result, data, [arguments[1]], [item_size], item_size, None)
        return result._getvalue()

    return kind(types.intp, types.intp, dtype), generate


array: Any = intrinsic(_array_at)
"""``array(address, size, dtype)``: the array that lies at an address."""


def _rows_at(typing_context: Any, address: Any, size: Any, width: Any, dtype: Any) -> Any:
    """Make an array with rows of `width` numbers of what lies at an address."""
    kind = types.Array(dtype.dtype, 2, "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        result = context.make_array(kind)(context, builder)
        word, item = context.get_value_type(types.intp), context.get_data_type(kind.dtype)
        item_size = ir.Constant(word, context.get_abi_sizeof(item))
        data = builder.inttoptr(arguments[0], item.as_pointer())
        shape = [builder.sdiv(arguments[1], arguments[2]), arguments[2]]
        strides = [builder.mul(arguments[2], item_size), item_size]
        populate_array(result, data, shape, strides, item_size, None)
        return result._getvalue()

    return kind(types.intp, types.intp, types.intp, dtype), generate


rows: Any = intrinsic(_rows_at)
"""``rows(address, size, width, dtype)``: the array that lies at an address, in rows of `width` numbers."""


def _call_function(typing_context: Any, address: Any, argument: Any) -> Any:
    """Call the function ``int64(int64)`` at an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = context.get_value_type(types.int64)
        kind = ir.FunctionType(word, [word])
        return builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), [arguments[1]])

    return types.int64(types.int64, types.int64), generate


call_function: Any = intrinsic(_call_function)


def _prefetch(typing_context: Any, address: Any) -> Any:
    """Fetch the word at an address into the cache; the program does not wait for it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, flag = context.get_value_type(types.voidptr), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, flag, flag, flag])
        function = builder.module.declare_intrinsic("llvm.prefetch", [pointer], kind)
        builder.call(function, [builder.inttoptr(arguments[0], pointer), flag(1), flag(3), flag(1)])
        return context.get_dummy_value()

    return types.none(types.int64), generate


prefetch: Any = intrinsic(_prefetch)


@njit(inline="always")
def _word(address: int) -> int:
    return array(address, 1, numba.int64)[0]


@njit
def _size(buffer: int) -> int:
    n = 1
    dimensions = _word(buffer + _BUFFER_DIMENSIONS)
    for k in range(_word(buffer + _BUFFER_RANK)):
        n *= _word(dimensions + 8 * k)
    return n


@njit
def _buffer(frame: int, index: int) -> int:
    return _word(_word(frame + _ARGUMENTS) + 8 * index)


def _reader(dtype: Any) -> Callable[[int, int], Any]:
    @njit
    def read(frame: int, index: int) -> Any:
        return array(address(frame, index), size(frame, index), dtype)

    return read


float64 = _reader(numba.float64)
int64 = _reader(numba.int64)
int32 = _reader(numba.int32)
uint64 = _reader(numba.uint64)


@njit
def address(frame: int, index: int) -> int:
    """Return where an argument lies."""
    return _word(_buffer(frame, index) + _BUFFER_DATA)


@njit
def size(frame: int, index: int) -> int:
    """Return the number of elements of an argument."""
    return _size(_buffer(frame, index))


@njit
def n_arguments(frame: int) -> int:
    """Return the number of arguments."""
    return _word(frame + _N_ARGUMENTS)


def _keep_subnormal_numbers(typing_context: Any) -> Any:
    """Let the thread compute with numbers below the smallest normal one; XLA makes it take them for zeros."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if builder.module.triple.startswith(("x86_64", "i686")):
            word, pointer = ir.IntType(32), context.get_value_type(types.voidptr)
            kind = ir.FunctionType(ir.VoidType(), [pointer])
            read, write = (
                builder.module.declare_intrinsic(f"llvm.x86.sse.{name}", (), kind) for name in ("stmxcsr", "ldmxcsr")
            )
            mode = alloca_once(builder, word)
            place = builder.bitcast(mode, pointer)
            builder.call(read, [place])
            builder.store(builder.and_(builder.load(mode), word(_NOT_FLUSHING)), mode)
            builder.call(write, [place])
        return context.get_dummy_value()

    return types.none(), generate


keep_subnormal_numbers: Any = intrinsic(_keep_subnormal_numbers)


@njit
def is_query(frame: int) -> bool:
    """Answer XLA's question for the version of the interface; True if the call was nothing else.

    Every handler asks this first. From then on the thread keeps subnormal numbers, until XLA restores its mode.
    """
    keep_subnormal_numbers()
    extension = _word(frame + _EXTENSION)
    if extension == 0:
        return False
    if array(extension + _EXTENSION_TYPE, 1, _int32)[0] == 1:
        metadata = _word(extension + _METADATA)
        version = array(metadata + _METADATA_MAJOR, 2, _int32)
        version[0], version[1] = _API_MAJOR, _API_MINOR
        array(metadata + _METADATA_TRAITS, 1, _int32)[0] = 0
        return True
    return False


@final
class handler:
    """Decorator of a function that XLA calls with the address of its call frame; it is compiled when it is needed."""

    def __init__(self, function: Callable[[int], int]) -> None:
        self.__wrapped__ = function

    @functools.cached_property
    def _compiled(self) -> Any:
        return callback(self.__wrapped__, types.int64(types.int64))

    @property
    def address(self) -> int:
        """The address of the machine code."""
        return self._compiled.address


@functools.cache
def register(handler: handler) -> str:
    """Make a handler known to XLA and return its name there."""
    function = handler.__wrapped__
    name = f"{function.__module__}.{function.__name__}"  # the same in every process: programs are cached by it
    jax.ffi.register_ffi_target(name, jax.ffi.pycapsule(_Address(handler.address)), platform="cpu")
    return name


@final
class _Address:
    """What `jax.ffi.pycapsule` takes: something with a raw pointer."""

    def __init__(self, address: int) -> None:
        import ctypes

        self._as_parameter_ = ctypes.c_void_p(address)


def call(handler: Any, in_place: Sequence[jax.Array], read: Sequence[Any]) -> list[jax.Array]:
    """Apply a handler to arrays of a traced function.

    Parameters
    ----------
    handler
        The compiled function; it sees `in_place` and then `read` as its arguments 0, 1, ...
    in_place
        Arrays that it changes; their new values are returned.
    read
        Arrays that it only reads.
    """
    results = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in in_place]
    aliases = {i: i for i in range(len(in_place))}
    operation = jax.ffi.ffi_call(register(handler), results, input_output_aliases=aliases)
    return list(operation(*in_place, *read))
