"""Connections of one synapse model on one virtual process, in columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.settings.memory import give_back
from jaxnest.kernel.tables.columns import LONG, Column, joined_words
from jaxnest.kernel.tables.model_table import NamedModel

MANY = 1_000_000
"""So many connections are worth giving freed memory back."""
_DENSE = 0.5
"""So many connections per pair of nodes are many."""
SHORTEST = 1000
"""So many connections NEST does not move if they are in order; of fewer, it may."""
NEURON, TO_DEVICE, FROM_DEVICE = "neuron", "to_device", "from_device"
CATEGORIES = (NEURON, TO_DEVICE, FROM_DEVICE)
"""Between nodes with proxies; to a device; from a device (to anything)."""


SINGLE = ("source", "target", "weight", "delay")
"""Values in which single connections of one kind may differ."""


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
        self._columns: dict[str, Column] = {k: Column(dtype) for k, dtype in (fixed | own).items()}
        self._new: list[tuple[Mapping[str, Any], list[tuple[Any, ...]]]] = []
        """Connections that are in no column yet: what they have in common, and the `SINGLE` values of each."""
        self._n = self._n_new = 0
        self.disabled: np.ndarray | None = None
        """Marks connections that were removed but still have their place, None if there are none."""
        self.gaps = np.empty(0, np.int64)
        """Places of other removed connections. In NEST they stay between the others, and take part in its sort."""
        self.gone: Table | None = None
        """These connections, which can still be read, in the order of their places; None if there were none yet."""
        self._gap_ends = np.empty(0, np.bool_)
        """Whether there was no connection of the same source behind each of them when it was removed."""
        self.registered = np.empty(0, np.int64)
        """Places where stretches begin for which spikes are kept, if they are not compressed (see `register`)."""
        self.version = 0
        """Counts changes of the connections and of their values."""
        self._is_due = False
        """Whether the connections still have to be brought in the order in which NEST sorts them (see `grouped`)."""
        self.n_sorted = 0
        """So many of the connections were there when tables were sorted last; over others nothing is sent yet."""

    def __len__(self) -> int:
        return self._n

    @property
    def columns(self) -> dict[str, Column]:
        """The values of all connections, in order."""
        if self._new:
            self.fill_columns()
        if self._is_due:
            self._is_due = False
            self._bring_in_order([self._columns["target"]])
        return self._columns

    def _column(self, name: str) -> Column:
        """Return a column; the order of connections does not matter if they share a value."""
        self.fill_columns()
        column = self._columns[name]
        return column if column.uniform is not None else self.columns[name]

    def fill_columns(self) -> None:
        """Put connections into the columns that are in none yet."""
        if self._new:
            new, self._new = self._new, []
            self._n, self._n_new = self._n - self._n_new, 0
            for shared, rows in new:
                self.append(len(rows), {**shared, **self._gathered(rows)})

    @property
    def source(self) -> np.ndarray:
        """Ids of the sources, to read them."""
        return self.columns["source"].full()

    def runs(self) -> tuple[np.ndarray, np.ndarray]:
        """Return where stretches of connections with one source begin, and these sources."""
        return self.columns["source"].runs()

    @property
    def a_source(self) -> int:
        """The source of one of the connections."""
        self.fill_columns()
        return int(self._columns["source"].at(np.zeros(1, np.int64))[0])

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
        if name == "weight" and "weight" not in self._columns:
            return self.named.defaults["weight"]
        self.fill_columns()
        return self._columns[name].uniform

    def at(self, name: str, rows: np.ndarray) -> np.ndarray:
        """Return a copy of some entries of a column."""
        if name == "weight" and "weight" not in self._columns:
            return np.full(len(rows), self.named.defaults["weight"])
        return self._column(name).at(rows)

    def read(self, name: str) -> np.ndarray:
        """Return a column to read it: a single entry if all connections share it."""
        if name == "weight" and "weight" not in self._columns:
            return np.array([self.named.defaults["weight"]], np.float64)
        return self._column(name).read()

    def append(self, n: int, values: Mapping[str, Any]) -> None:
        """Add `n` connections; each value is an array or belongs to all of them."""
        self.version += 1
        for name, column in self.columns.items():
            column.append(n, values[name])
        self._n += n
        if self.disabled is not None:
            self.disabled = np.append(self.disabled, np.zeros(n, np.bool_))

    def append_one(self, single: tuple[Any, ...], shared: Mapping[str, Any]) -> None:
        """Add a connection; in columns are many at once, those in a row that share the same dictionary.

        Parameters
        ----------
        single
            Its `SINGLE` values.
        shared
            All others.
        """
        if self.disabled is not None:
            self.append(1, {**shared, **self._gathered([single])})
            return
        if not self._new or self._new[-1][0] is not shared:
            self._new.append((shared, []))
        self._new[-1][1].append(single)
        self.version += 1
        self._n += 1
        self._n_new += 1

    def _gathered(self, rows: list[tuple[Any, ...]]) -> dict[str, Any]:
        """Return `SINGLE` values as arrays, or as one value if all are the same."""
        if len(rows) == 1:
            return dict(zip(SINGLE, rows[0], strict=True))
        values: dict[str, Any] = {}
        for name, given in zip(SINGLE, zip(*rows, strict=True), strict=True):
            if name not in self._columns:
                continue
            array = values[name] = np.array(given, self._columns[name].dtype)
            bits = array.view(np.uint8).reshape(len(array), -1)  # zeros may have a sign
            if name in ("weight", "delay") and (bits == bits[0]).all():
                values[name] = array[0].item()
        return values

    def join_pieces(self) -> None:
        """Store each column in one array, unless it has few different values."""
        for column in self.columns.values():
            column.join_pieces()

    def take(self, rows: np.ndarray) -> None:
        """Keep these connections, in this order."""
        self.version += 1
        for column in self.columns.values():
            column.take(rows)
        self._n = len(rows)

    def disable(self, row: int) -> None:
        """Remove a connection, but leave its place until `compact`."""
        self.version += 1
        if self.disabled is None:
            self.disabled = np.zeros(len(self), np.bool_)
        self.disabled[row] = True

    def compact(self) -> bool:
        """Turn removed connections into gaps; return whether there were any."""
        if self.disabled is None:
            return False
        self.fill_columns()
        removed, keep = np.flatnonzero(self.disabled), np.flatnonzero(~self.disabled)
        keys, places = self.known_keys(), self.places()[removed]
        last = np.ones(
            len(self) + len(self.gaps), np.bool_
        )  # of new connections NEST does not know what is behind them
        last[: len(keys[1:])] = keys[1:] != keys[:-1]
        gaps = np.append(self.gaps, places)
        order = np.argsort(gaps)
        self.gone = self.gone or Table(self.named)
        self.gone.append(len(removed), {name: column.at(removed) for name, column in self.columns.items()})
        self.gone.take(order)
        self.gaps = gaps[order]
        self._gap_ends = np.append(self._gap_ends, last[places])[order]
        self.disabled = None
        self.n_sorted = int(np.searchsorted(keep, self.n_sorted))
        self.take(keep)
        return True

    def places(self) -> np.ndarray:
        """Return the place of each connection among all of NEST's, gaps counted."""
        if not len(self.gaps):
            return np.arange(len(self))
        taken = np.ones(len(self) + len(self.gaps), np.bool_)
        taken[self.gaps] = False
        return np.flatnonzero(taken)

    def at_places(self, places: np.ndarray) -> Iterator[tuple[Table, np.ndarray, np.ndarray]]:
        """Yield which connections are at these places: a table, which of the places, and the rows.

        As in NEST, removed connections are still there until tables are sorted.

        Raises
        ------
        InexistentConnection
            If there is none.
        """
        if len(places) and places.max() >= len(self) + len(self.gaps):
            raise errors.InexistentConnection("These connections do not exist any more; call GetConnections again.")
        if self.gone is None or not len(self.gaps):
            yield self, np.arange(len(places)), places
            return
        removed = np.isin(places, self.gaps)
        for table, own, where in (self, self.places(), ~removed), (self.gone, self.gaps, removed):
            if where.any():
                yield table, np.flatnonzero(where), np.searchsorted(own, places[where])

    def keys(self) -> np.ndarray:
        """Return what NEST sorts by: the sources, also those of gaps."""
        if self.gone is None or not len(self.gaps):
            return self.source
        keys = np.empty(len(self) + len(self.gaps), np.int32)
        keys[self.places()], keys[self.gaps] = self.source, self.gone.source
        return keys

    def known_keys(self) -> np.ndarray:
        """Return `keys` up to the connections that were there when tables were sorted last."""
        keys = self.keys()
        return keys[: self.places()[self.n_sorted]] if self.n_sorted < len(self) else keys

    def known_sources(self) -> np.ndarray:
        """Return the different `known_keys` in order."""
        keys = self.known_keys()
        if (keys[1:] < keys[:-1]).any():
            keys = np.sort(keys)
        return keys[np.append(True, keys[1:] != keys[:-1])[: len(keys)]]

    def stretches(self) -> np.ndarray:
        """Return the number of the stretch of connections with the same source, gaps among them, that each is in."""
        keys = self.keys()
        return np.cumsum(np.append(False, keys[1:] != keys[:-1]))[self.places()]

    def register(self) -> bool:
        """Note where the stretches of connections with the same source begin, as NEST does after changes.

        It keeps no spikes for stretches whose first connection is gone by then. A connection that is removed through a
        SynapseCollection is no change: its stretch keeps its spikes. Returns whether others are kept than before.
        """
        keys = self.keys()
        starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
        before, self.registered = self.registered, np.setdiff1d(starts, self.gaps)
        return not np.array_equal(before, self.registered)

    def reached(self, registered: np.ndarray) -> np.ndarray:
        """Return over which connections spikes go that are not compressed, if those of these stretches are kept.

        In NEST a spike goes on from one connection to the next in its stretch, gaps included, but for a gap that was
        the last one of its stretch when it came up.
        """
        keys = self.keys()
        starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
        stretch = np.cumsum(np.isin(np.arange(len(keys)), starts)) - 1
        ends = np.zeros(len(keys) + 1, np.int64)
        ends[self.gaps + 1] = self._gap_ends
        before = np.cumsum(ends)[: len(keys)]
        return (np.isin(starts, registered)[stretch] & (before == before[starts][stretch]))[self.places()]

    def sort(self, stable: bool) -> bool:
        """Bring the connections in NEST's order; return whether any moved.

        NEST's order among equal sources depends on all connections of the virtual process. Where nothing may depend on
        that, connections stay in the order in which they were made (`stable`).
        """
        from jaxnest.numerics.connection_sort import in_order_of_creation, nest_order

        if len(self) > SHORTEST:
            self.join_pieces()
        if len(self) > MANY:
            give_back()
        if stable:
            return self.reorder(in_order_of_creation(self.keys()))
        if len(self.gaps) or len(self) < SHORTEST:
            return self.reorder(nest_order(self.keys()))
        others = [column for name, column in self.columns.items() if name != "source"]
        if len(self) < LONG or self.named.model.send is not None or not self._differ_in_targets(others):
            return self._bring_in_order(others)
        source = self.source
        if self._is_dense(source):
            return self._bring_in_order(others)
        self._is_due = bool((source[1:] < source[:-1]).any())
        if self._is_due:
            self._columns["target"].shorten()
        self.version += self._is_due
        return self._is_due

    def _differ_in_targets(self, others: list[Column]) -> bool:
        return all(column.uniform is not None for column in others if column is not self._columns["target"])

    def _is_dense(self, source: np.ndarray) -> bool:
        """Return whether pairs of nodes have many connections: made one after the other, each waits for the last one.

        Delivery adds to one place of a ring buffer then, again and again.
        """
        target = self.target
        pairs = (int(source.max()) - int(source.min()) + 1) * (int(target.max()) - int(target.min()) + 1)
        return len(self) > _DENSE * pairs

    def _bring_in_order(self, others: list[Column]) -> bool:
        """Sort sources as NEST does, and other columns along with them."""
        from jaxnest.numerics.connection_sort import nest_sorted

        source, joined = self._columns["source"], joined_words(others)
        words = np.arange(len(self), dtype=np.int32) if joined is None else joined.words
        found = nest_sorted(source.full(), words)
        if found is None:
            return False
        self.version += 1
        starts, sources, words = found
        source.from_runs(starts, sources)
        if joined is not None:
            joined.part(words)
            return True
        order = words.astype(np.int64)
        for column in others:
            column.take(order)
        return True

    def grouped(self) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Return where the connections of each source begin, these sources, and the targets, or None.

        Where connections differ in nothing but their ends, a spike adds the same to all targets, whatever their order.
        That of NEST, which takes longer, is needed when somebody asks for single connections; only then are they
        brought in this order. None is returned if they are in order.
        """
        from jaxnest.numerics.connection_sort import grouped

        if not self._is_due:
            return None
        return grouped(self._columns["source"].full(), self._columns["target"].full())

    def reorder(self, order: np.ndarray | None) -> bool:
        """Give places a new order (None: as it is) and forget gaps at the end; return whether connections moved."""
        if self.gone is not None and len(self.gaps):
            row_at = np.empty(len(self) + len(self.gaps), np.int64)
            row_at[self.places()], row_at[self.gaps] = np.arange(len(self)), -1 - np.arange(len(self.gaps))
            if order is not None:
                row_at, order = row_at[order], row_at[order][row_at[order] >= 0]
            end = np.max(np.flatnonzero(row_at >= 0), initial=-1) + 1
            self.gaps = np.flatnonzero(row_at[:end] < 0)
            self.gone.take(-1 - row_at[self.gaps])
            self._gap_ends = np.zeros(len(self.gaps), np.bool_)
        self.join_pieces() if order is None else self.take(order)
        return order is not None

    def enabled(self) -> int:
        """Return the number of connections that are not removed."""
        return len(self) - (0 if self.disabled is None else int(self.disabled.sum()))


@final
class Tables:
    """All tables, by virtual process, synapse model and category."""

    def __init__(self, n_threads: int) -> None:
        self._by_thread: list[dict[tuple[int, str], Table]] = [{} for _ in range(n_threads)]
        self._indices: list[int] = []
        self.listed: list[tuple[int, int, str, Table]] = []
        """All tables: models first, then threads, then categories."""

    def get(self, thread: int, synapse_index: int, category: str) -> Table | None:
        """Return a table, or None if it would be empty."""
        return self._by_thread[thread].get((synapse_index, category))

    def provide(self, thread: int, named: NamedModel, category: str) -> Table:
        """Return a table, made on first use."""
        tables = self._by_thread[thread]
        key = (named.index, category)
        if key not in tables:
            tables[key] = Table(named)
            self._indices = sorted({*self._indices, named.index})
            self.listed = [
                (thread, index, category, tables[index, category])
                for index in self._indices
                for thread, tables in enumerate(self._by_thread)
                for category in CATEGORIES
                if (index, category) in tables
            ]
        return tables[key]

    def __iter__(self) -> Iterator[tuple[int, int, str, Table]]:
        """Yield thread, synapse index, category and table: models first, then threads, then categories."""
        return (listed for listed in self.listed if len(listed[3]))

    def groups(self) -> Iterator[tuple[int, int, dict[str, Table]]]:
        """Yield thread, synapse index and the tables of all categories that have connections."""
        for index in self._indices:
            for thread, tables in enumerate(self._by_thread):
                found = {c: tables[index, c] for c in CATEGORIES if (index, c) in tables and len(tables[index, c])}
                if found:
                    yield thread, index, found

    def between_neurons(self) -> Iterator[tuple[int, int, Table]]:
        """Yield thread, synapse index and table, models first, also of tables that have become empty."""
        return ((thread, index, table) for thread, index, category, table in self.listed if category == NEURON)

    def __len__(self) -> int:
        return sum(table.enabled() for *_, table in self.listed)
