"""Kinds of arguments of operations (see `compile.operations`), as annotations name them."""

from __future__ import annotations

import numpy as np

I4 = I8 = U4 = U8 = F8 = np.ndarray
"""One-dimensional arrays: whole numbers with and without a sign, floating-point numbers, of four and of eight bytes."""
I4x2 = I8x2 = U8x2 = F8x2 = np.ndarray
"""Arrays of rows."""
I8x3 = F8x3 = np.ndarray
"""Arrays of tables."""

TYPES: dict[str, tuple[str, int]] = {
    name: (name[:2].lower(), int(name[3:] or 1))
    for name in ("I4", "I8", "U4", "U8", "F8", "I4x2", "I8x2", "U8x2", "F8x2", "I8x3", "F8x3")
}
"""Name of a kind of argument -> type of its elements and number of dimensions."""
SCALARS = {"int": "i8", "float": "f8"}
DTYPES = {name: np.dtype(name) for name in ("i4", "i8", "u4", "u8", "f8")}


def element_and_dimensions(kind: str) -> tuple[str, int]:
    """Return the type of the elements and the number of dimensions of a kind of argument, 0 for a number."""
    return TYPES[kind] if kind in TYPES else (SCALARS[kind], 0)
