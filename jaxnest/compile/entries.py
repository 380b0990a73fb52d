"""Machine code of operations (see `compile.operations`)."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any, final

from numba import types

from jaxnest.compile import caching
from jaxnest.compile.compiling import callback, njit
from jaxnest.compile.kinds import element_and_dimensions
from jaxnest.compile.words import unpack

_ELEMENTS = {
    "i4": types.int32, "i8": types.int64, "u4": types.uint32, "u8": types.uint64, "f8": types.float64,
}  # fmt: skip


def compile_entry(function: Callable[..., Any], kinds: tuple[str, ...], key: str, subject: str) -> Any:
    """Compile a function so that it takes its arguments from a pack."""
    file = getattr(function, "py_func", function).__code__.co_filename
    source = caching.digest_of_file(file) if os.path.exists(file) else file
    types_of_arguments = tuple(_numba_type(kind) for kind in kinds)
    return callback(body_of(function), subject, f"{key}_{source}", types_of_arguments)


def body_of(function: Callable[..., Any]) -> Any:
    """Return a function as compiled code calls it."""
    return function if hasattr(function, "py_func") else njit(error_model="numpy", nogil=True)(function)


def loader_of_pack(kinds: tuple[str, ...]) -> Any:
    """Return the function that makes the arguments of a function from the address of a pack."""
    return unpack(tuple(_numba_type(kind) for kind in kinds))


def _numba_type(kind: str) -> Any:
    element, dimensions = element_and_dimensions(kind)
    return types.Array(_ELEMENTS[element], dimensions, "C") if dimensions else _ELEMENTS[element]


@final
class entry:
    """Decorator of a function of an address that compiled code calls; it is compiled when it is needed.

    `subject` says whose code it is, in errors.
    """

    def __init__(self, subject: str) -> None:
        self._subject = subject

    def __call__(self, function: Callable[[int], int]) -> entry:
        """Take the function."""
        self.__wrapped__ = function
        return self

    @functools.cached_property
    def _compiled(self) -> Any:
        return callback(njit(self.__wrapped__), self._subject)

    @property
    def address(self) -> int:
        """The address of the machine code."""
        return self._compiled.address
