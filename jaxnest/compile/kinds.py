"""Kinds of arguments of operations (see `compile.operations`), as annotations name them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

B1 = I4 = I8 = U4 = U8 = F8 = np.ndarray
"""One-dimensional arrays: flags; whole numbers with and without a sign, floating-point numbers, of four and of eight
bytes."""
I4x2 = I8x2 = U8x2 = F8x2 = np.ndarray
"""Arrays of rows."""
I4x3 = I8x3 = F8x3 = np.ndarray
"""Arrays of tables."""


class Record(NamedTuple):
    """The kind of a named tuple.

    Attributes
    ----------
    of
        Its class.
    parts
        Kinds of its fields.
    """

    of: type[Any]
    parts: tuple[Any, ...]


Kind = str | Record
"""The name of a kind of array, ``"int"``, ``"float"``, or a named tuple of such."""

_ARRAYS = ("B1", "I4", "I8", "U4", "U8", "F8", "I4x2", "I8x2", "U8x2", "F8x2", "I4x3", "I8x3", "F8x3")
TYPES: dict[str, tuple[str, int]] = {name: (name[:2].lower(), int(name[3:] or 1)) for name in _ARRAYS}
"""Name of a kind of argument -> type of its elements and number of dimensions."""
LANES = 8
"""The longest of the vectors that are values (see `compile.values.short_vectors`)."""
SCALARS = {"int": "i8", "float": "f8"}
RESULTS = {"None": "none", "int": "int", "bool": "int", "float": "float"}
"""What an annotation of a result says -> its kind."""
DTYPES = {name: np.dtype(name) for name in ("b1", "i4", "i8", "u4", "u8", "f8")}


def element_and_dimensions(kind: str) -> tuple[str, int]:
    """Return the type of the elements and the number of dimensions of a kind of argument, 0 for a number."""
    return TYPES[kind] if kind in TYPES else (SCALARS[kind], 0)


def address_of(array: Any) -> int:
    """Return where the elements of an array in C order are; to ask `array.ctypes` takes five times as long."""
    try:
        return ctypes.addressof(ctypes.c_char.from_buffer(array))
    except (TypeError, ValueError):  # there is nothing in it, or it must not be written
        return array.ctypes.data


def n_words(kind: Kind) -> int:
    """Return how many words an argument takes in a pack."""
    if isinstance(kind, Record):
        return sum(map(n_words, kind.parts))
    return 1 + element_and_dimensions(kind)[1]


def annotated(function: Callable[..., Any]) -> dict[str, Kind]:
    """Return the kinds of the arguments of a function, from its annotations."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return {name: _kind_of(function, name) for name in names}


def _kind_of(function: Callable[..., Any], name: str) -> Kind:
    annotation: Any = function.__annotations__.get(name)
    if annotation in TYPES or annotation in SCALARS:
        return annotation
    record = function.__globals__.get(annotation)
    if record is None or not hasattr(record, "_fields"):
        raise TypeError(f"Argument {name} of {function.__qualname__} has no kind that operations know: {annotation}")
    parts = (record.__annotations__[field] for field in record._fields)
    return Record(record, tuple(getattr(part, "__forward_arg__", part) for part in parts))
