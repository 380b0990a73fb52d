"""Finding connections, in NEST's order, and reading and changing their values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.connecting import violation
from jaxnest.kernel.connect.connections import Connections
from jaxnest.kernel.synapses.checks import Problem
from jaxnest.kernel.synapses.defaults import dictionary, integer, refuse, synapse_quantities
from jaxnest.kernel.synapses.delays import split, to_steps
from jaxnest.kernel.synapses.specification import SynapseSpec
from jaxnest.kernel.tables.connection_table import CATEGORIES, FROM_DEVICE, NEURON, TO_DEVICE, Table
from jaxnest.kernel.tables.own_receptors import reweigh
from jaxnest.kernel.tables.values import coerce, convert, quantities_of
from jaxnest.models.contract.synapse import Synapse

HANDLE_KEYS = ("source", "target", "target_thread", "synapse_id", "port")
"""Names of what identifies a connection."""


@final
@dataclass
class Handles:
    """Connections, in columns: what identifies them for the user, and where they are.

    Attributes
    ----------
    source, target, thread, synapse, port
        Node ids, virtual process, index of the synapse model, and place among the connections of the
        synapse model (for devices: of the synapse model and source).
    category, place
        Which table, and which place in it.
    """

    source: np.ndarray
    target: np.ndarray
    thread: np.ndarray
    synapse: np.ndarray
    port: np.ndarray
    category: np.ndarray
    place: np.ndarray

    def __len__(self) -> int:
        return len(self.place)

    def take(self, index: Any) -> Handles:
        """Return some of the connections."""
        return Handles(*(getattr(self, f.name)[index] for f in fields(self)))

    def groups(self) -> Iterator[tuple[int, int, str, np.ndarray]]:
        """Split by table: yields virtual process, synapse model, category and positions."""
        code = (self.thread.astype(np.int64) << 32) | (self.synapse.astype(np.int64) << 2) | self.category
        if len(code) and (code == code[0]).all():
            kinds, where = code[:1], np.zeros(len(code), np.int64)
        else:
            kinds, where = np.unique(code, return_inverse=True)
        for i, kind in enumerate(kinds.tolist()):
            positions = np.flatnonzero(where == i)
            yield kind >> 32, (kind >> 2) & 0x3FFFFFFF, CATEGORIES[kind & 3], positions


def joined(parts: Sequence[Handles]) -> Handles:
    """Return the connections of all parts, one after the other."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return Handles(*(np.empty(0, np.int32) for _ in fields(Handles)))
    return Handles(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Handles)))


@final
class Query:
    """Which connections are wanted.

    Parameters
    ----------
    sources, targets
        Node ids in ascending order, or None for all.
    synapse_index
        Only this synapse model, or None for all.
    label
        Only connections with this label, or None for all.
    """

    def __init__(
        self,
        connections: Connections,
        sources: np.ndarray | None = None,
        targets: np.ndarray | None = None,
        synapse_index: int | None = None,
        label: int | None = None,
    ) -> None:
        self._connections = connections
        self._nodes = connections.network.nodes
        self._sources = self._marked(sources)
        self._targets = self._marked(targets)
        self._synapse = synapse_index
        self._label = label

    def _marked(self, ids: np.ndarray | None) -> np.ndarray | None:
        if ids is None:
            return None
        marks = np.zeros(len(self._nodes) + 1, np.bool_)
        marks[ids] = True
        return marks

    def run(self) -> Handles:
        """Return the connections in the order of GetConnections."""
        self._connections.sort(compact=False)
        parts: list[Handles] = []
        for thread, index, tables in self._connections.groups():
            if self._synapse is None or index == self._synapse:
                parts += self._of(index, thread, tables)
        return joined(parts)

    def _of(self, index: int, thread: int, tables: dict[str, Table]) -> Iterator[Handles]:
        if NEURON in tables:
            table = tables[NEURON]
            source, target = table.source, table.target
            wanted = self._wanted(table, source, target)
            rows = np.arange(len(source)) if wanted is None else wanted.nonzero()[0]
            places = (table.places()[rows] if len(table.gaps) else rows).astype(np.int32)
            yield _handles(source[rows], target[rows], thread, index, places, NEURON, places)
            if len(tables) == 1:
                return
        both = [self._of_devices(tables[c], index, thread, c) for c in (TO_DEVICE, FROM_DEVICE) if c in tables]
        if self._sources is not None and len(both) == 2:
            found = joined(both)
            yield found.take(np.argsort(found.source, kind="stable"))
        elif self._targets is not None:
            yield from reversed(both)
        else:
            yield from both

    def _of_devices(self, table: Table, index: int, thread: int, category: str) -> Handles:
        source, target = table.source, table.target
        by_source = np.argsort(source, kind="stable")
        in_order = source[by_source]
        first = np.searchsorted(in_order, in_order)
        port = np.empty(len(source), np.int32)
        port[by_source] = np.arange(len(source)) - first
        wanted = self._wanted(table, source, target)
        rows = by_source if wanted is None else by_source[wanted[by_source]]
        if self._targets is not None:
            if category == FROM_DEVICE:  # NEST does not find connections between devices by their targets.
                rows = rows[self._nodes.has_proxies(target[rows])]
            ends = source[rows], target[rows]
            rows = rows[np.lexsort(ends if self._sources is None else ends[::-1])]
        places = table.places()[rows].astype(np.int32)
        return _handles(source[rows], target[rows], thread, index, port[rows], category, places)

    def _wanted(self, table: Table, source: np.ndarray, target: np.ndarray) -> np.ndarray | None:
        """Return which connections of a table are wanted, or None for all of them."""
        wanted = None if self._sources is None else self._sources[source]
        if self._targets is not None:
            wanted = _both(wanted, self._targets[target])
        if table.disabled is not None:
            wanted = _both(wanted, ~table.disabled)
        if self._label is not None:
            labels = table.read("synapse_label") if "synapse_label" in table.columns else -1
            wanted = _both(wanted, np.broadcast_to(labels == self._label, len(table)))
        return wanted


def _both(first: np.ndarray | None, second: np.ndarray) -> np.ndarray:
    return second if first is None else first & second


def _handles(
    source: np.ndarray, target: np.ndarray, thread: int, index: int, port: np.ndarray, category: str, place: np.ndarray
) -> Handles:
    n = len(source)
    kind = _filled(n, CATEGORIES.index(category), np.int8)
    return Handles(source, target, _filled(n, thread), _filled(n, index), port, kind, place)


def _filled(n: int, value: int, dtype: Any = np.int32) -> np.ndarray:
    array = np.empty(n, dtype)
    array.fill(value)
    return array


@final
class Values:
    """Values of connections, by name.

    Parameters
    ----------
    connections
        The tables.
    handles
        Which connections.
    """

    def __init__(self, connections: Connections, handles: Handles) -> None:
        self._connections = connections
        self._network = connections.network
        self._handles = handles

    def _tables(self) -> Iterator[tuple[Table, np.ndarray, np.ndarray]]:
        """Yield tables, positions among the handles, and rows."""
        for thread, index, category, positions in self._handles.groups():
            table = self._connections.table(thread, index, category)
            if table is None:
                raise errors.InexistentConnection("These connections do not exist any more; call GetConnections again.")
            for part, which, rows in table.at_places(self._handles.place[positions]):
                yield part, positions[which], rows

    def names(self) -> list[tuple[set[str], int]]:
        """Return, per table, the names of the values that its connections have, and how many they are."""
        return [(status_names(table), len(rows)) for table, _, rows in self._tables()]

    def get(self, name: str) -> list[Any]:
        """Return one value per connection, None where a connection has no such value."""
        self._connections.before_access()
        result: list[Any] | None = None
        for table, positions, rows in self._tables():
            values = self._of(table, name, positions, rows)
            if len(rows) == len(self._handles):
                return values
            if result is None:
                result = [None] * len(self._handles)
            for position, value in zip(positions.tolist(), values, strict=True):
                result[position] = value
        return result or []

    def _of(self, table: Table, name: str, positions: np.ndarray, rows: np.ndarray) -> list[Any]:
        if name not in status_names(table):
            return [None] * len(rows)
        n, handles = len(rows), self._handles
        columns = {"source": handles.source, "target": handles.target, "target_thread": handles.thread,
                   "synapse_id": handles.synapse, "port": handles.port}  # fmt: skip
        if name in columns and name not in table.columns:
            return columns[name][positions].tolist()
        if name == "delay":
            steps, shift = table.columns["delay"].at(rows), table.named.model.delay_shift
            if shift:
                clock = self._network.clock
                return (clock.ms_per_tic * (steps * clock.tics_per_step) - table.columns[shift].at(rows)).tolist()
            return (steps * self._network.clock.ms_per_step).tolist()
        if name == "receptor":
            ends = (handles.source[positions], handles.target[positions])
            return self._network.nodes.shown_receptors(*ends, table.columns["receptor"].at(rows)).tolist()
        if name in ("synapse_model", "sizeof"):
            return [table.named.name if name == "synapse_model" else table.named.model.size] * n
        if name in table.named.model.packed:
            entries = table.named.model.own_entries(name, table.named.defaults)
            values = {entry: table.columns[state].at(rows).tolist() for entry, state in entries.items()}
            return [{entry: column[i] for entry, column in values.items()} for i in range(n)]
        return table.columns[name].at(rows).tolist()

    def set(self, changes: Mapping[str, Any], each: bool = False) -> None:
        """Change values.

        Parameters
        ----------
        changes
            Names and values.
        each
            Values may be lists along the connections, all of which have to know all names. Otherwise values are single
            ones, and connections take those that they know.

        Raises
        ------
        UnaccessedDictionaryEntry, TypeMismatch, BadProperty, BadDelay
            Connections before the offending one keep their new values.
        """
        self._connections.before_access()
        tables = sorted(self._tables(), key=lambda part: part[1][0])
        lacking = [(positions, set(changes) - _settable_names(table)) for table, positions, _ in tables]
        end, unknown = len(self._handles), set.intersection(*(names for _, names in lacking))
        if each:
            end, unknown = next(((int(p[0]) + 1, names) for p, names in lacking if names), (end, set()))
        try:
            for table, positions, rows in tables:
                here = positions < end
                mine = {
                    k: _at(v, positions[here]) if each and _several(v) else v
                    for k, v in changes.items()
                    if k in _settable_names(table)
                }
                self._set(table, rows[here], mine, coerce if each else convert)
        finally:
            self._connections.values_version += 1
        if unknown and self._network.attributes.dict_miss_is_error:
            name = next(k for k in changes if k in unknown)
            hint = errors.nearest(name, set.union(*(_settable_names(table) for table, _, _ in tables)))
            models = ", ".join(dict.fromkeys(f"'{table.named.name}'" for table, _, _ in tables))
            raise errors.UnaccessedDictionaryEntry(
                f"Unaccessed elements in values of {models} connections: {name}.{hint}"
            )

    def distributable(self) -> set[str]:
        """Return the names of the values of which lists are distributed along the connections: as in NEST, those of the
        first connection.
        """
        table, _, _ = next(Values(self._connections, self._handles.take(slice(0, 1)))._tables())
        return status_names(table) - {"synapse_model", *table.named.model.packed}

    def _reweigh(self, table: Table, rows: np.ndarray, weight: Any) -> None:
        """Tell targets that know the weights of their connections."""
        target, receptor = table.at("target", rows), table.at("receptor", rows)
        weight = weight[: len(rows)] if np.ndim(weight) else weight
        before = table.at("weight", rows)
        reweigh(self._network.nodes, target.astype(np.int64), receptor.astype(np.int64), before, weight)

    def _set(self, table: Table, rows: np.ndarray, changes: Mapping[str, Any], typed: Callable[..., Any]) -> None:
        """Change values in one table up to the first row that refuses one: this one keeps values out of bounds."""
        clock, spec = self._network.clock, SynapseSpec(table.named)
        quantities = synapse_quantities(table.named.model)
        new = {k: typed(quantities[k], k, v) for k, v in changes.items() if k in quantities}
        if "synapse_label" in changes:
            labels = changes["synapse_label"]
            new["synapse_label"] = (
                np.array([integer("synapse_label", v) for v in labels])
                if _several(labels)
                else (integer("synapse_label", labels))
            )
        for name in (k for k in table.named.model.packed if k in changes):
            new |= _unpacked(table, name, changes[name], len(rows))
        declared = quantities_of(table.named.model)
        present = {k: table.at(k, rows) for k in (*declared, "weight")}
        violated = violation(spec, present | new, {**declared})  # earlier values may be out of bounds as well
        problems = [violated]
        new |= {name: (present | new)[other] for name, other in table.named.model.follows.items()}
        refuse(table.named.model, changes)
        if "delay" in changes:
            ms = np.asarray(typed(settable_delay(), "delay", changes["delay"]), np.float64)
            shift = table.named.model.delay_shift
            steps = np.broadcast_to(to_steps(clock, ms), len(rows))
            lowest = steps
            if shift:
                steps, new[shift] = (np.broadcast_to(a, len(rows)) for a in split(clock, ms))
                lowest = steps - (new[shift] > 0)
            bad = min(self._connections.delays.first_bad(a) for a in (lowest, steps))
            if bad < len(rows):
                value = float(np.broadcast_to(ms, len(rows))[bad])
                late = "delay" in left_out_by(table.named.model, _row(present | new, bad))
                problems.insert(late, Problem(bad, self._connections.delays.error(clock, value)))
            new["delay"] = steps
        worst = min((p for p in problems if p is not None), key=lambda p: p.row, default=None)
        stop = len(rows) if worst is None else worst.row + (worst is violated)  # NEST stores values, then checks them
        refused = worst is not None and worst is violated
        left_out = left_out_by(table.named.model, _row(present | new, stop - 1)) if refused else ()
        if "delay" in new:
            end = stop - ("delay" in left_out)
            self._connections.delays.use(np.append(new["delay"][:end], lowest[:end]))
        if stop and "weight" in new and table.named.model.send is None:
            self._reweigh(table, rows[:stop], new["weight"])
        table.version += 1
        for name, value in new.items():
            end = stop - (name in left_out)
            if end:
                table.columns[name].array[rows[:end]] = value[:end] if np.ndim(value) else value
        if worst is not None:
            raise worst.error


def _row(columns: Mapping[str, Any], row: int) -> dict[str, Any]:
    return {name: column[row] if np.ndim(column) else column for name, column in columns.items()}


def left_out_by(model: type[Synapse], row: Mapping[str, Any]) -> set[str]:
    """Return which values a connection does not take over, although some are refused only after they are stored."""
    if not model.checked_singly:
        return set()
    if any(relation.violated(row) for relation in model.relations):
        return {"delay", *row}
    checks = ((i, synapse_quantities(model)[name].check, name) for i, name in enumerate(model.checked_singly))
    bad = (i for i, check, name in checks if check is not None and check.violated(row[name]))
    return {*model.checked_singly[next(bad, len(model.checked_singly)) + 1 :]}


def _unpacked(table: Table, name: str, value: Any, n: int) -> dict[str, Any]:
    """Return the state variables that a dictionary, or one for each connection, sets; others are ignored."""
    each = [dictionary(name, v) for v in (value if isinstance(value, list | tuple) else [value] * n)]
    own = table.named.model.state
    return {
        state: np.array([convert(own[state], entry, values[entry]) for values in each])
        for entry, state in table.named.model.own_entries(name, table.named.defaults).items()
        if each and all(entry in values for values in each)
    }


def _at(values: Any, positions: np.ndarray) -> Any:
    return values[positions] if isinstance(values, np.ndarray) else [values[p] for p in positions.tolist()]


def _several(value: Any) -> bool:
    return isinstance(value, list | tuple | np.ndarray) and np.ndim(value) > 0


def _settable_names(table: Table) -> set[str]:
    model = table.named.model
    return {*synapse_quantities(model), *model.packed, "delay", *(["synapse_label"] if model.labelled else [])}


def settable_delay() -> Any:
    """Return the declaration of delays."""
    from jaxnest.models.contract.base import Quantity

    return Quantity(1.0, "ms", "Delay of the connection")


def status_names(table: Table) -> set[str]:
    """Return the names of all values that connections of a table have."""
    model = table.named.model
    own = {k for k, q in quantities_of(model).items() if q.visible}
    own |= {*model.packed}
    own |= {"synapse_label"} if model.labelled else set()
    own |= set() if model.weight_is_common else {"weight"}
    own |= set() if model.size is None else {"sizeof"}
    return own | {*HANDLE_KEYS, "delay", "receptor", "synapse_model"}
