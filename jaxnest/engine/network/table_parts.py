"""Some rows of the kernel's tables of connections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from jaxnest.numerics.stretches import runs


@final
@dataclass
class TablePart:
    """Some rows of a table."""

    named: Any
    rows: np.ndarray
    source: np.ndarray
    target: np.ndarray
    receptor: np.ndarray
    weight: np.ndarray
    delay: np.ndarray
    whole: Any
    """The table."""

    def __len__(self) -> int:
        return len(self.rows)

    def runs(self) -> tuple[np.ndarray, np.ndarray]:
        """Return where stretches of connections with one source begin, and these sources."""
        return runs(self.source)

    @property
    def a_source(self) -> int:
        """The source of one of the connections."""
        return int(self.source[0])

    def grouped(self) -> None:
        """Return None: these are in order."""

    def read(self, name: str) -> np.ndarray:
        """Return a column."""
        return getattr(self, name) if name in _PART_COLUMNS else self.whole.at(name, self.rows)

    def at(self, name: str, rows: np.ndarray) -> np.ndarray:
        """Return some entries of a column."""
        return self.whole.at(name, self.rows[rows])

    def uniform(self, name: str) -> Any:
        """Return the value that all connections share in this column, or None."""
        return self.whole.uniform(name)


_PART_COLUMNS = ("source", "target", "receptor", "weight", "delay")


def part(table: Any, chosen: np.ndarray) -> TablePart:
    """Return the rows of a table for which `chosen` is true."""
    here = np.flatnonzero(chosen)
    columns = (getattr(table, name)[here] for name in _PART_COLUMNS)
    if isinstance(table, TablePart):
        return TablePart(table.named, table.rows[here], *columns, whole=table.whole)
    return TablePart(table.named, here, *columns, whole=table)
