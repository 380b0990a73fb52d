"""Tables that compiled code makes longer while it runs."""

from __future__ import annotations

import ctypes
from typing import Any, final

import numpy as np

from jaxnest.compile.machine_code import c_library
from jaxnest.engine.layout import AT, CAPACITY, COUNT, REALLOCATE, TABLE_WORDS


@final
class Table:
    """Rows of `width` floating-point numbers; compiled code appends rows with `append` of `network.growing_loops`."""

    def __init__(self, width: int, capacity: int = 64) -> None:
        library = c_library()
        self.width = width
        self._free = library.free
        self.words = np.zeros(TABLE_WORDS, np.int64)
        self.words[AT] = library.malloc(8 * width * capacity)
        self.words[CAPACITY] = capacity
        self.words[REALLOCATE] = ctypes.cast(library.realloc, ctypes.c_void_p).value or 0

    def __del__(self) -> None:
        self._free(int(self.words[AT]))

    def __len__(self) -> int:
        return int(self.words[COUNT])

    @property
    def rows(self) -> np.ndarray:
        """The rows; valid until compiled code appends another one."""
        n = len(self) * self.width
        values: Any = (ctypes.c_double * n).from_address(int(self.words[AT])) if n else np.zeros(0)
        return np.frombuffer(values, np.float64).reshape(-1, self.width)

    @rows.setter
    def rows(self, rows: np.ndarray) -> None:
        from jaxnest.engine.network.growing_loops import make_room

        self.words[COUNT] = 0
        make_room(self.words, self.width, len(rows))
        self.words[COUNT] = len(rows)
        self.rows[:] = rows
