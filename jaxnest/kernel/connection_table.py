"""Connections of one synapse model on one virtual process, in columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, final

import numpy as np

from jaxnest.kernel.model_table import NamedModel

NEURON, TO_DEVICE, FROM_DEVICE = "neuron", "to_device", "from_device"
CATEGORIES = (NEURON, TO_DEVICE, FROM_DEVICE)
"""Between nodes with proxies; to a device; from a device (to anything)."""


@final
class Column:
    """One value per connection. As long as all of them share one value, it is stored once."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = np.dtype(dtype)
        self._pieces: list[tuple[int, Any]] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, n: int, values: Any) -> None:
        """Add `n` entries: an array of that length, or one value for all."""
        self._length += n
        if isinstance(values, np.ndarray) and values.ndim:
            self._pieces.append((n, np.asarray(values, self.dtype)))
        elif self.uniform is not None and self.uniform == values:
            self._pieces = [(self._length, values)]
        else:
            self._pieces.append((n, values))

    @property
    def uniform(self) -> Any:
        """The value that all entries share, or None if they need not share one."""
        return self._pieces[0][1] if len(self._pieces) == 1 and not np.ndim(self._pieces[0][1]) else None

    @property
    def array(self) -> np.ndarray:
        """All entries: the array that stores them, so that writing to it changes the column."""
        if len(self._pieces) == 1 and np.ndim(self._pieces[0][1]):
            return self._pieces[0][1]
        array = np.empty(self._length, self.dtype)
        start = 0
        for n, values in self._pieces:
            array[start : start + n] = values
            start += n
        self._pieces = [(self._length, array)]
        return array

    def take(self, rows: np.ndarray) -> None:
        """Keep the entries of these rows, in this order."""
        shared = self.uniform
        self._pieces = [(len(rows), self.array[rows] if shared is None else shared)]
        self._length = len(rows)

    def at(self, rows: np.ndarray) -> np.ndarray:
        """Return a copy of the entries of these rows."""
        shared = self.uniform
        return self.array[rows] if shared is None else np.full(len(rows), shared, self.dtype)


@final
class Table:
    """The connections of one synapse model on one virtual process.

    Columns that hold one value for all connections are not expanded until their array is asked for;
    `uniform` tells without expanding.
    """

    def __init__(self, named: NamedModel) -> None:
        self.named = named
        model = named.model
        own = {k: q.dtype for k, q in (model.parameters | model.state).items()}
        fixed: dict[str, Any] = {"source": np.int32, "target": np.int32, "delay": np.int32, "receptor": np.int32}
        if not model.weight_is_common:
            fixed["weight"] = np.float64
        if model.labelled:
            own["synapse_label"] = np.int64
        self.own = tuple(own)
        """Names of the columns that are specific to the synapse model."""
        self.columns: dict[str, Column] = {k: Column(dtype) for k, dtype in (fixed | own).items()}
        self.disabled: np.ndarray | None = None
        """Marks connections that were removed but still have their place, None if there are none."""

    def __len__(self) -> int:
        return len(self.columns["source"])

    @property
    def source(self) -> np.ndarray:
        """Ids of the sources."""
        return self.columns["source"].array

    @property
    def target(self) -> np.ndarray:
        """Ids of the targets."""
        return self.columns["target"].array

    @property
    def weight(self) -> np.ndarray:
        """Weights; a fresh array if the model's connections share theirs."""
        if "weight" in self.columns:
            return self.columns["weight"].array
        return np.full(len(self), self.named.defaults["weight"])

    @property
    def delay(self) -> np.ndarray:
        """Delays in steps."""
        return self.columns["delay"].array

    @property
    def receptor(self) -> np.ndarray:
        """Receptors of the targets."""
        return self.columns["receptor"].array

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """Parameters and state that the model's connections have of their own, `synapse_label` among them."""
        return {name: self.columns[name].array for name in self.own}

    def uniform(self, name: str) -> Any:
        """Return the value that all connections share in this column, or None."""
        if name == "weight" and "weight" not in self.columns:
            return self.named.defaults["weight"]
        return self.columns[name].uniform

    def at(self, name: str, rows: np.ndarray) -> np.ndarray:
        """Return a copy of some entries of a column."""
        if name == "weight" and "weight" not in self.columns:
            return np.full(len(rows), self.named.defaults["weight"])
        return self.columns[name].at(rows)

    def append(self, n: int, values: Mapping[str, Any]) -> None:
        """Add `n` connections; each value is an array or belongs to all of them."""
        for name, column in self.columns.items():
            column.append(n, values[name])
        if self.disabled is not None:
            self.disabled = np.append(self.disabled, np.zeros(n, np.bool_))

    def take(self, rows: np.ndarray) -> None:
        """Keep these connections, in this order."""
        for column in self.columns.values():
            column.take(rows)
        if self.disabled is not None:
            self.disabled = self.disabled[rows]

    def disable(self, row: int) -> None:
        """Remove a connection, but leave its place until `compact`."""
        if self.disabled is None:
            self.disabled = np.zeros(len(self), np.bool_)
        self.disabled[row] = True

    def compact(self) -> bool:
        """Give the places of removed connections to others; return whether there were any."""
        if self.disabled is None:
            return False
        keep = np.flatnonzero(~self.disabled)
        self.disabled = None
        self.take(keep)
        return True

    def enabled(self) -> int:
        """Return the number of connections that are not removed."""
        return len(self) - (0 if self.disabled is None else int(self.disabled.sum()))


@final
class Tables:
    """All tables, by virtual process, synapse model and category."""

    def __init__(self, n_threads: int) -> None:
        self._by_thread: list[dict[tuple[int, str], Table]] = [{} for _ in range(n_threads)]

    def get(self, thread: int, synapse_index: int, category: str) -> Table | None:
        """Return a table, or None if it would be empty."""
        return self._by_thread[thread].get((synapse_index, category))

    def provide(self, thread: int, named: NamedModel, category: str) -> Table:
        """Return a table, made on first use."""
        tables = self._by_thread[thread]
        key = (named.index, category)
        if key not in tables:
            tables[key] = Table(named)
        return tables[key]

    def __iter__(self) -> Iterator[tuple[int, int, str, Table]]:
        """Yield thread, synapse index, category and table: models first, then threads, then categories."""
        indices = sorted({index for tables in self._by_thread for index, _ in tables})
        for index in indices:
            for thread, tables in enumerate(self._by_thread):
                for category in CATEGORIES:
                    table = tables.get((index, category))
                    if table is not None and len(table):
                        yield thread, index, category, table

    def __len__(self) -> int:
        return sum(table.enabled() for tables in self._by_thread for table in tables.values())
