"""Where the second variate of each pair of normal variates waits until it is asked for."""

from __future__ import annotations

from typing import final

import numpy as np

_FIRST_CAPACITY = 256


@final
class SavedNormals:
    """One row per normal or lognormal leaf of an expression, for every thread.

    NEST keeps a distribution object per thread in each such leaf, and expressions that share the leaf share the
    object. Rows of one array do the same for compiled code, which can then evaluate any expression.
    """

    def __init__(self) -> None:
        self._rows: list[np.ndarray] = []
        self._capacity = _FIRST_CAPACITY
        self._used = 0
        self._free: list[int] = []

    def take_row(self) -> int:
        """Return the index of an unused row, in which nothing is saved."""
        if self._free:
            row = self._free.pop()
            for rows in self._rows:
                if row < len(rows):
                    rows[row] = 0.0
            return row
        self._used += 1
        return self._used - 1

    def give_back(self, row: int) -> None:
        """Make a row available again.

        Parameters
        ----------
        row : int
            Its index.
        """
        self._free.append(row)

    def rows(self, thread: int) -> np.ndarray:
        """Return the rows of a thread.

        Parameters
        ----------
        thread : int
            Number of the thread.

        Returns
        -------
        numpy.ndarray
            An array of shape (rows, 2), to be updated in place. It is current until further leaves are made.
        """
        while self._capacity < self._used:
            self._capacity *= 2
        while len(self._rows) <= thread:
            self._rows.append(np.zeros((self._capacity, 2)))
        missing = self._capacity - len(self._rows[thread])
        if missing:
            self._rows[thread] = np.concatenate([self._rows[thread], np.zeros((missing, 2))])
        return self._rows[thread]


SAVED_NORMALS = SavedNormals()
"""The rows of all expressions."""
