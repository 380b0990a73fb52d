"""Operations as custom calls of XLA on the CPU, for what has no array operations yet.

XLA hands a custom operation one pointer, to a call frame that describes its buffers (``XLA_FFI_CallFrame``
in XLA's ``c_api.h``). The functions below read that frame inside compiled code, so that no Python runs and no
lock is taken. Operations work in place: results are aliases of arguments.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from typing import Any, final

import jax
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core.cgutils import alloca_once
from numba.extending import intrinsic

from jaxnest.compile.compiling import njit
from jaxnest.compile.intrinsics import array
from jaxnest.compile.kinds import element_and_dimensions
from jaxnest.compile.operations import Operation
from jaxnest.compile.words import loader_of_pack

_int32: Any = numba.int32
_int64: Any = numba.int64

# Offsets in bytes of XLA's structures (FFI API 0.x, 64-bit).
_EXTENSION = 8
_ARGUMENTS = 72
_BUFFER_DATA = 24
_BUFFER_RANK = 32
_BUFFER_DIMENSIONS = 40
_EXTENSION_TYPE = 8
_METADATA = 24
_METADATA_MAJOR = 24
_METADATA_MINOR = 28
_METADATA_TRAITS = 32
_API_MAJOR = 0
_API_MINOR = 1


_NOT_FLUSHING = 0xFFFFFFFF & ~0x8040
"""The control word of SSE without the bits that flush subnormal results and operands."""
_API_MAJOR = 0
_API_MINOR = 1


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


@njit(nogil=True)
def _word(address: int) -> int:
    return array(address, 1, _int64)[0]


@njit(nogil=True)
def _is_query(frame: int) -> bool:
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


@njit(nogil=True)
def _write_down(frame: int, k: int, dimensions: int, pack: np.ndarray, place: int) -> int:
    """Write address and shape of an argument into a pack, and return where the next one goes."""
    buffer = _word(_word(frame + _ARGUMENTS) + 8 * k)
    pack[place] = _word(buffer + _BUFFER_DATA)
    rank, lengths = _word(buffer + _BUFFER_RANK), _word(buffer + _BUFFER_DIMENSIONS)
    if dimensions == 1:
        pack[place + 1] = 1
        for d in range(rank):
            pack[place + 1] *= _word(lengths + 8 * d)
    else:
        for d in range(dimensions):
            pack[place + 1 + d] = _word(lengths + 8 * d)
    return place + 1 + dimensions


@functools.cache
def _handler(operation: Operation) -> Any:
    kinds = tuple(operation.kinds.values())
    dimensions = tuple(element_and_dimensions(str(kind))[1] for kind in kinds)
    n, n_words = len(kinds), operation.starts[-1]

    def make() -> Any:
        body, load = operation.body(), loader_of_pack(kinds)

        def handle(frame: int) -> int:
            if _is_query(frame):
                return 0
            pack, place = np.empty(n_words, np.int64), 0
            for k in range(n):
                place = _write_down(frame, k, dimensions[k], pack, place)
            body(*load(pack.ctypes.data))
            return 0

        return njit(handle)

    return operation.variant(make, f"xla_{operation.key}")


@final
class _Address:
    """What `jax.ffi.pycapsule` takes: something with a raw pointer."""

    def __init__(self, address: int) -> None:
        self._as_parameter_ = ctypes.c_void_p(address)


@functools.cache
def _register(operation: Operation) -> str:
    """Make an operation known to XLA and return its name there, the same in every process."""
    jax.ffi.register_ffi_target(operation.key, jax.ffi.pycapsule(_Address(_handler(operation).address)), platform="cpu")
    return operation.key


def call(operation: Operation, in_place: Sequence[jax.Array], read: Sequence[Any]) -> list[jax.Array]:
    """Apply an operation to arrays of a traced function.

    Parameters
    ----------
    operation
        The operation; `in_place` and then `read` are its arguments.
    in_place
        Arrays that it changes; their new values are returned.
    read
        Arrays that it only reads.
    """
    for (name, kind), argument in zip(operation.kinds.items(), (*in_place, *read), strict=True):
        if element_and_dimensions(str(kind))[1] not in (1, np.ndim(argument)):
            raise TypeError(f"{operation.name}: {name} has to be {kind}, its shape is {np.shape(argument)}.")
    results = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in in_place]
    aliases = {i: i for i in range(len(in_place))}
    return list(jax.ffi.ffi_call(_register(operation), results, input_output_aliases=aliases)(*in_place, *read))
