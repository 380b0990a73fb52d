"""Columns of a table: arrays in which entries that are alike need no room."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from jaxnest.numerics.stretches import runs

LARGEST_CODE = 255
FEW = 1000
"""Codes of so few entries save no memory that counts."""
LONG = 100_000
"""From so many entries on, those in order are stored as stretches."""


@final
@dataclass(frozen=True)
class Coded:
    """Entries with few different values: for each of them its place among the values."""

    codes: np.ndarray
    values: np.ndarray

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Return the values of some entries."""
        return self.values[self.codes[rows]]


@final
@dataclass(frozen=True)
class Stretches:
    """Entries of which many in a row have one value."""

    values: np.ndarray
    ends: np.ndarray
    """Behind the last entry of each value."""

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Return the values of some entries."""
        if isinstance(rows, slice):
            return np.repeat(self.values, np.diff(self.ends, prepend=0))[rows]
        return self.values[np.searchsorted(self.ends, rows, side="right")]


@final
class Column:
    """One value per connection. As long as all of them share one value, or a few, each is stored once."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = np.dtype(dtype)
        self._pieces: list[tuple[int, Any]] = []
        self._length = 0
        self._one: tuple[Any, np.ndarray] | None = None
        """A value that all entries share, and an array of it."""

    def __len__(self) -> int:
        return self._length

    def append(self, n: int, values: Any) -> None:
        """Add `n` entries: an array of that length, or one value for all."""
        self._length += n
        if isinstance(values, np.ndarray) and values.ndim:
            self._pieces.append((n, np.asarray(values, self.dtype)))
        elif self.uniform == values and self._pieces:
            self._pieces = [(self._length, values)]
        else:
            self._pieces.append((n, values))

    @property
    def uniform(self) -> Any:
        """The value that all entries share, or None if they need not share one."""
        pieces = self._pieces
        return pieces[0][1] if len(pieces) == 1 and not isinstance(pieces[0][1], _SEVERAL) else None

    @property
    def array(self) -> np.ndarray:
        """All entries: the array that stores them, so that writing to it changes the column."""
        if not (len(self._pieces) == 1 and isinstance(self._pieces[0][1], np.ndarray)):
            self._pieces = [(self._length, self._expanded())]
        return self._pieces[0][1]

    def join_pieces(self) -> None:
        """Store the entries in one array, unless they have few different values."""
        if self.uniform is None and not self._code() and not self._is_stretched():
            self._pieces = [(self._length, self.array)]

    def read(self) -> np.ndarray:
        """Return all entries to read them: a single one if all are equal."""
        shared = self.uniform
        if shared is not None:
            if self._one is None or self._one[0] is not shared:
                self._one = shared, np.array([shared], self.dtype)
            return self._one[1]
        return self._pieces[0][1][:] if self._code() or self._is_stretched() else self.array

    def take(self, rows: np.ndarray) -> None:
        """Keep the entries of these rows, in this order."""
        shared = self.uniform
        if shared is not None:
            kept = shared
        elif self._code():
            coded = self._pieces[0][1]
            kept = Coded(_taken(coded.codes, rows), coded.values)
        else:
            kept = _taken(self.array, rows)
        self._pieces = [(len(rows), kept)]
        self._length = len(rows)

    def at(self, rows: np.ndarray) -> np.ndarray:
        """Return a copy of the entries of these rows."""
        shared = self.uniform
        if shared is not None:
            return np.full(len(rows), shared, self.dtype)
        return self._pieces[0][1][rows] if self._code() or self._is_stretched() else self.array[rows]

    def stretch(self, values: np.ndarray, ends: np.ndarray) -> None:
        """Set all entries to values that hold for many in a row; `ends` says behind which one each of them ends."""
        self._pieces = [(self._length, Stretches(values.astype(self.dtype), ends))]

    def word(self) -> tuple[np.ndarray, int] | None:
        """Return the entries as unsigned numbers, and how many bits these take; None if they are no such numbers."""
        if self._code():
            coded = self._pieces[0][1]
            return coded.codes, _width(len(coded.values) - 1)
        if self.dtype.kind != "i" or not self._length:
            return None
        array = self.full()
        return None if array.min() < 0 else (array, _width(array.max()))

    def from_word(self, word: np.ndarray) -> None:
        """Set the entries to what `word` has returned, in another order."""
        coded = self._pieces[0][1]
        kept = Coded(word.astype(np.uint8), coded.values) if self._code() else _cast(word, self.dtype)
        self._pieces = [(self._length, kept)]

    def from_runs(self, starts: np.ndarray, values: np.ndarray) -> None:
        """Set all entries to values that hold from some entries on; if they are few, each of them is stored once."""
        ends = np.append(starts[1:], self._length)
        if self._length >= LONG and 4 * len(starts) < self._length:
            self.stretch(values, ends)
        else:
            self._pieces = [(self._length, np.repeat(values.astype(self.dtype), ends - starts))]

    def shorten(self) -> None:
        """Store entries that many in a row have once, if that takes less memory."""
        array = self.full()
        if np.count_nonzero(array[1:] != array[:-1]) < len(array) // 4:
            self.from_runs(*runs(array))

    def runs(self) -> tuple[np.ndarray, np.ndarray]:
        """Return where stretches of equal entries begin, and their values."""
        if self._is_stretched():
            stretches = self._pieces[0][1]
            return np.append(0, stretches.ends[:-1]), stretches.values
        return runs(self.array)

    def full(self) -> np.ndarray:
        """Return all entries to read them; of stretches, an array that is not kept."""
        return self._pieces[0][1][:] if self._is_stretched() else self.array

    def _is_stretched(self) -> bool:
        return len(self._pieces) == 1 and isinstance(self._pieces[0][1], Stretches)

    def _expanded(self) -> np.ndarray:
        array = np.empty(self._length, self.dtype)
        start = 0
        for n, values in self._pieces:
            array[start : start + n] = values[:] if isinstance(values, Coded | Stretches) else values
            start += n
        return array

    def _code(self) -> bool:
        """Store the entries as codes if they have few different values; return whether they are stored so."""
        if len(self._pieces) == 1 and isinstance(self._pieces[0][1], Coded):
            return True
        if self._length <= FEW or any(isinstance(v, np.ndarray | Stretches) for _, v in self._pieces):
            return False
        pieces = [(n, _coded(v)) for n, v in self._pieces]
        values = np.unique(np.concatenate([np.asarray(coded.values, self.dtype) for _, coded in pieces]))
        if len(values) > LARGEST_CODE:
            return False
        codes = np.empty(self._length, np.uint8)
        start = 0
        for n, coded in pieces:
            translation = np.searchsorted(values, np.asarray(coded.values, self.dtype)).astype(np.uint8)
            codes[start : start + n] = translation[coded.codes]
            start += n
        self._pieces = [(self._length, Coded(codes, values))]
        return True


def _taken(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return some entries; without a check of the rows this is faster, and other threads can run meanwhile."""
    return values.take(rows, mode="clip")


@final
@dataclass(frozen=True)
class Joined:
    """Columns side by side in words of 32 bits.

    Attributes
    ----------
    words
        The words.
    columns
        The columns, from the lowest bits on.
    widths
        How many bits each of them takes.
    """

    words: np.ndarray
    columns: list[Column]
    widths: list[int]

    def part(self, words: np.ndarray) -> None:
        """Set the columns to what is in these words."""
        for column, width in zip(self.columns, self.widths, strict=True):
            column.from_word(words & ((1 << width) - 1) if len(self.columns) > 1 else words)
            words = words >> width if len(self.columns) > 1 else words


def joined_words(columns: Iterable[Column]) -> Joined | None:
    """Return columns that have more than one value side by side, None if words of 32 bits have no room for them."""
    several, words, widths = [column for column in columns if column.uniform is None], None, []
    for column in several:
        found = column.word()
        if found is None or sum(widths) + found[1] > 32:
            return None
        word = _cast(found[0], np.dtype(np.int32))
        words = word if words is None else words | word << sum(widths)
        widths.append(found[1])
    return None if words is None else Joined(words, several, widths)


def _cast(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return non-negative integers in another type, without a copy if it has the same size."""
    return values.view(dtype) if values.dtype.itemsize == dtype.itemsize else values.astype(dtype)


def _width(largest: Any) -> int:
    return max(int(largest).bit_length(), 1)


def _coded(value: Any) -> Coded:
    return value if isinstance(value, Coded) else Coded(np.zeros(1, np.uint8), np.array([value]))


_SEVERAL = (np.ndarray, Coded, Stretches)
