"""All nodes of the network, in columns: one store per model class, one row per node.

A device has one row per virtual process (its twins), a neuron one row on the process it lives on.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.tables.model_table import NamedModel
from jaxnest.kernel.tables.values import (
    PerNode,
    Rows,
    as_column,
    coerce,
    expanded,
    first_violation,
    followers,
    quantities_of,
    shown_names,
)
from jaxnest.models.contract.base import HAS_CONNECTIONS, Node, Quantity
from jaxnest.models.contract.device import Sender

AT_ONCE = 1000
"""So many new nodes are written when they are created, so that a lack of memory shows."""

_FIRST = np.zeros(1, np.int64)


@final
class Growing:
    """An array that grows at its end, in time proportional to what is added."""

    def __init__(self, dtype: Any) -> None:
        self.array = self._space = np.empty(0, dtype)

    def has_space(self, n: int) -> bool:
        """True if there is space for `n` further entries."""
        return len(self.array) + n <= len(self._space)

    def reserve(self, n: int) -> None:
        """Provide space for `n` further entries."""
        if not self.has_space(n):
            first = len(self.array)
            space = np.empty(max(first + n, first + first // 4 + 8), self._space.dtype)
            space[:first] = self.array
            self._space = space
            self.array = space[:first]

    def append(self, n: int, values: Any) -> None:
        """Add `n` entries: an array, or one value for all."""
        first = len(self.array)
        if first + n > len(self._space):
            self.reserve(n)
        self.array = array = self._space[: first + n]
        array[first:] = values


@final
class Store:
    """The rows of all nodes of one model class (built-in or copied).

    New rows are only noted; all that are new are written when their values are first asked for.
    """

    def __init__(self, model: type[Node]) -> None:
        self.model = model
        self.quantities = quantities_of(model)
        self._dtypes = {k: q.dtype for k, q in self.quantities.items()}
        self._growing = {k: Growing(dtype) for k, dtype in self._dtypes.items()}
        self._columns: dict[str, np.ndarray] = {k: column.array for k, column in self._growing.items()}
        self._node_ids, self._virtual_processes = Growing(np.int64), Growing(np.int32)
        self._frozen = Growing(np.bool_)
        self._new: list[tuple[int, dict[str, Any]]] = []
        """Numbers of new rows, and the defaults that they hold."""
        self.extra: dict[int, dict[str, Any]] = {}
        """What the engine keeps for single rows beside the declared columns."""
        self.values_version = 0
        """Counts changes of values."""
        self.changed: set[str] = set()
        """Names of the quantities that scripts changed since a run was prepared."""

    def append(self, defaults: Mapping[str, Any], node_ids: Any, virtual_processes: Any, n: int) -> int:
        """Add `n` rows that hold the defaults and return the index of the first."""
        first = len(self.node_ids)
        if n > AT_ONCE:
            _ = self.columns
            self._write([(n, defaults)])
        else:
            self._new.append((n, dict(defaults)))
        self._node_ids.append(n, node_ids)
        self._virtual_processes.append(n, virtual_processes)
        return first

    @property
    def node_ids(self) -> np.ndarray:
        """The node of each row."""
        return self._node_ids.array

    @property
    def virtual_processes(self) -> np.ndarray:
        """The virtual process of each row."""
        return self._virtual_processes.array

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """The values of each quantity."""
        self._write_new()
        return self._columns

    @property
    def frozen(self) -> np.ndarray:
        """Whether rows are excluded from updates."""
        self._write_new()
        return self._frozen.array

    def at(self, rows: np.ndarray) -> Rows:
        """Return the values of some rows, copied when they are first asked for."""
        columns = self.columns
        return Rows(lambda name: columns[name][rows])

    def unwritten(self, row: int) -> Mapping[str, Any] | None:
        """Return the defaults that a row, which is the last one, holds as long as nothing was written to it."""
        alone = bool(self._new) and self._new[-1][0] == 1 and row == len(self.node_ids) - 1
        return self._new[-1][1] if alone else None

    def _write_new(self) -> None:
        if self._new:
            self._write(self._new)
            self._new = []

    def _write(self, new_rows: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
        n = sum(number for number, _ in new_rows)
        if not self._frozen.has_space(n):  # nor have the others, which are as long
            for column in (*self._growing.values(), self._frozen):
                column.reserve(n)
        for name, dtype in self._dtypes.items():
            column = self._growing[name]
            for number, defaults in new_rows:
                if dtype is not object:
                    column.append(number, defaults[name])
                    continue
                first = len(column.array)
                column.append(number, None)
                if copy.copy(defaults[name]) is not defaults[name]:
                    for i in range(first, first + number):
                        column.array[i] = copy.copy(defaults[name])
                elif defaults[name] is not None:
                    column.array[first:].fill(defaults[name])
            self._columns[name] = column.array
        self._frozen.append(n, False)


@final
class Row(Mapping[str, Any]):
    """The values of one row of a store, read when they are asked for."""

    def __init__(self, store: Store, index: int) -> None:
        self._columns, self._index = store.columns, index

    def __getitem__(self, name: str) -> Any:
        return self._columns[name][self._index]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


@final
class NodeTable:
    """Ids, models and rows of all nodes."""

    def __init__(self, virtual_processes: int = 1) -> None:
        self.n_virtual_processes = virtual_processes
        self.stores: dict[type[Node], Store] = {}
        self._named: list[NamedModel] = []
        self._index_of: dict[NamedModel, int] = {}
        self._model_indices, self._rows, self._proxies = Growing(np.int32), Growing(np.int64), Growing(np.bool_)
        self.n_prepared = 0
        """Number of nodes when a run was prepared last: only these take part in it."""
        self.notes_inputs = False
        """True if there are models that want to know which nodes spikes can arrive at."""
        self.n_numbered = 0
        """Number of nodes that have positions on their threads (`thread_local_id`)."""
        self.lost_readers: dict[int, int] = {}
        """How many connections that read the spikes of a node were removed."""
        self.version = 0
        """Counts changes of structure of nodes that there are: vector sizes changed, nodes frozen."""
        self.values_version = 0
        """Counts changes of values."""
        self.before_access: Callable[[Iterable[type[Node]]], None] = lambda _: None
        """Called before stored states of nodes of some models are read or written: the engine brings them home."""

    def __len__(self) -> int:
        return len(self._rows.array)

    def refuse_threads(self) -> None:
        """Raise KernelException if there are devices that several virtual processes cannot have.

        As in NEST, they may be created and connected.
        """
        for model in self.stores if self.n_virtual_processes > 1 else ():
            if issubclass(model, Sender) and model.single_thread:
                raise errors.KernelException(
                    f"The network contains a {model.name} which cannot be used with multiple threads."
                )

    def create(self, named: NamedModel, n: int) -> tuple[int, int]:
        """Append `n` nodes and return their first and last id."""
        first = len(self) + 1
        store = self.stores.get(named.model)
        if store is None:
            store = self.stores[named.model] = Store(named.model)
            self.notes_inputs |= HAS_CONNECTIONS in store.quantities
        twins = 1 if named.model.has_proxies else self.n_virtual_processes
        ids: Any = np.arange(first, first + n) if n > 1 else first
        processes = ids % self.n_virtual_processes if twins == 1 else np.tile(np.arange(twins), n)
        row = store.append(named.defaults, np.repeat(ids, twins) if twins > 1 else ids, processes, n * twins)
        if named not in self._index_of:
            self._index_of[named] = len(self._named)
            self._named.append(named)
        self._model_indices.append(n, self._index_of[named])
        self._rows.append(n, np.arange(row, row + n * twins, twins) if n > 1 else row)
        self._proxies.append(n, named.model.has_proxies)
        return first, first + n - 1

    def number(self) -> None:
        """Give all nodes their positions on their threads, as Connect and Prepare do."""
        self.n_numbered = len(self)

    @staticmethod
    def bytes_per_node(model: type[Node]) -> int:
        """Return how much memory a node takes: what is stored of its quantities, and where it is."""
        return 8 * len(quantities_of(model)) + 30

    def check_ids(self, ids: np.ndarray) -> None:
        """Raise UnknownNode if one of the ids does not exist."""
        if len(ids) == 1 and 1 <= ids[0] <= len(self):
            return
        if len(ids) and (ids.min() < 1 or ids.max() > len(self)):
            bad = ids[(ids < 1) | (ids > len(self))][0]
            present = f"ids run from 1 to {len(self)}" if len(self) else "there are no nodes"
            raise errors.UnknownNode(f"Node with id {bad} does not exist; {present}.")

    def named(self, node_id: int) -> NamedModel:
        """Return the model of a node under the name that it was created with."""
        return self._named[self._model_indices.array[node_id - 1]]

    def model(self, node_id: int) -> type[Node]:
        """Return the model class of a node."""
        return self.named(node_id).model

    def has_proxies(self, ids: Any) -> np.ndarray:
        """Return False for devices, element by element."""
        return self._proxies.array[np.asarray(ids) - 1]

    def listens_locally(self, ids: np.ndarray) -> np.ndarray:
        """Return True for devices of which each twin gets what its virtual process sends."""
        globally = np.zeros(len(self._named), np.bool_)
        globally[:] = [named.model.receives_globally for named in self._named]
        indices: Any = self._model_indices.array[ids - 1]
        return ~self.has_proxies(ids) & ~globally[indices]

    def rows(self, ids: np.ndarray) -> np.ndarray:
        """Return each node's row in its store (the first twin's for devices)."""
        return self._rows.array[np.asarray(ids) - 1]

    def row(self, node_id: int) -> int:
        """Return a node's row in its store."""
        return int(self._rows.array[node_id - 1])

    def groups(self, ids: np.ndarray) -> Iterator[tuple[NamedModel, Store, np.ndarray]]:
        """Split `ids` by model: yields the model, its store and the positions in `ids`."""
        if len(ids) == 1:
            named = self.named(ids[0])
            yield named, self.stores[named.model], _FIRST
            return
        indices = self._model_indices.array[ids - 1]
        for index in dict.fromkeys(indices.tolist()) if len(ids) < 100 else np.unique(indices):
            named = self._named[index]
            yield named, self.stores[named.model], np.flatnonzero(indices == index)

    # -- reading -----------------------------------------------------------------------------------

    def get(self, node_id: int, key: str) -> Any:
        """Return the user's value of one declared quantity of a node."""
        return self.values(self.stores[self.model(node_id)], self.rows(np.array([node_id])), key)[0]

    def values(self, store: Store, rows: np.ndarray, key: str) -> list[Any]:
        """Return the user's values of one declared quantity in some rows."""
        self.before_access((store.model,))
        return _user_values(store.quantities, Rows(lambda name: store.columns[name][rows].tolist()), key)

    def status(self, store: Store, rows: np.ndarray) -> dict[str, list[Any]]:
        """Return the user's values of all declared quantities in some rows, and what the model computes from them."""
        model = store.model
        self.before_access((model,))
        if len(rows) == 1:
            row = int(rows[0])
            stored = {name: [column.item(row)] for name, column in store.columns.items()}
        else:
            stored = {name: column[rows].tolist() for name, column in store.columns.items()}
        alike, others = shown_names(model)
        result = {key: stored[key] for key in alike}
        result |= {key: _user_values(store.quantities, stored, key) for key in others}
        computed = []
        for _, *row in zip(rows, *stored.values(), strict=True):
            values = dict(zip(stored, row, strict=True))
            recordables = model.recordable_names(values)
            entries: dict[str, Any] = {"recordables": recordables} if recordables else {}
            if model.receptor_types:
                entries["receptor_types"] = dict(model.receptor_types)
            computed.append(entries | model.status(values))
        overlay(result, computed)
        return result

    # -- writing -----------------------------------------------------------------------------------

    def set_all(
        self,
        named: NamedModel,
        store: Store,
        ids: np.ndarray,
        changes: Mapping[str, Any],
        draw: Callable[[Any, int, int], float],
    ) -> None:
        """Set the same dictionary on nodes of one model, vectorised; PerNode values are distributed along the nodes."""
        dictionaries = [k for k in changes if k in store.quantities and store.quantities[k].members is not None]
        if dictionaries and any(isinstance(changes[k], PerNode) for k in dictionaries):
            for i in range(len(ids)):
                one = {k: v.values[i] if isinstance(v, PerNode) else v for k, v in changes.items()}
                self.set_all(named, store, ids[i : i + 1], one, draw)
            return
        rows, positions = self._rows.array[ids - 1], np.arange(len(ids))
        if not store.model.has_proxies and self.n_virtual_processes > 1:
            twins = self.n_virtual_processes
            rows, positions = (rows[:, None] + np.arange(twins)).ravel(), np.repeat(positions, twins)
        self._set_group(named, store, rows, positions, changes, draw)

    def _set_group(
        self,
        named: NamedModel,
        store: Store,
        rows: np.ndarray,
        positions: np.ndarray,
        changes: Mapping[str, Any],
        draw: Callable[[Any, int, int], float],
    ) -> None:
        model = store.model
        changes = expanded(store.quantities, changes)
        for key in changes:
            quantity = store.quantities.get(key)
            if quantity is None or not quantity.settable:
                hint = errors.nearest(key, (k for k, q in store.quantities.items() if q.settable))
                raise errors.UnaccessedDictionaryEntry(f"Unaccessed elements in {named.name}: {key}.{hint}")
        order = [k for k in store.quantities if k in changes] if len(changes) > 1 else list(changes)
        values = as_column(store, order, changes, rows, positions, draw)
        table = store.columns

        def stored(name: str) -> np.ndarray:
            if name in model.state:  # of which the engine may hold newer values
                self.before_access((model,))
            return table[name]

        columns = Rows(lambda name: stored(name)[rows])
        given = {k: coerce(store.quantities[k], k, values[k]) for k in order}
        arrays = {k: v if isinstance(v, np.ndarray) else np.array([v]).repeat(len(rows)) for k, v in given.items()}
        model.assign(columns, arrays)
        fit_vectors(model, columns)
        written = list(columns)  # relations read others
        bad, message = first_violation(model, len(rows), columns, values)
        leader = model.receptor_vector
        vectors = [name for name in columns if store.quantities[name].is_vector]
        before = {name: store.columns[name][rows] for name in vectors}
        if HAS_CONNECTIONS in store.quantities and leader is not None and leader in before:
            bad, message = _lost_receptors(model, columns, before[leader], columns[leader], bad, message)
        for name in written:
            old, new = stored(name), columns[name]
            if name in given or old.dtype == object or (old[rows] != new).any():
                store.changed.add(name)
            old[rows[:bad]] = new[:bad]
        self.values_version += 1
        store.values_version += 1
        if any(len(a) != len(b) for k, old in before.items() for a, b in zip(old, columns[k], strict=True)):
            self.version += 1
        if bad < len(rows):
            node_id = store.node_ids[rows[bad]]
            raise model.refusal(order)(f"Setting status of a '{named.name}' with node ID {node_id}: {message}")

    def lengthen_receptors(self, ids: np.ndarray, more: Sequence[np.ndarray]) -> np.ndarray:
        """Append elements to the vectors that decide the number of receptors of nodes; return how many there were."""
        had = np.zeros(len(ids), np.int64)
        for named, store, positions in self.groups(ids):
            self.before_access((store.model,))
            rows, name = self.rows(ids[positions]), named.model.receptor_vector
            assert name is not None
            columns = Rows(lambda key, store=store, rows=rows: store.columns[key][rows])
            for i, position in enumerate(positions.tolist()):
                had[position] = len(columns[name][i])
                columns[name][i] = np.append(columns[name][i], more[position])
            fit_vectors(named.model, columns)
            for key, column in columns.items():
                store.columns[key][rows] = column
                store.changed.add(key)
            store.values_version += 1
        self.values_version += 1
        self.version += 1
        return had

    def set_receptor(self, node_id: int, k: int, value: float) -> None:
        """Set one element of the vector that decides the number of receptors of a node."""
        store, row = self.stores[self.model(node_id)], self.rows(np.array([node_id]))[0]
        self.before_access((store.model,))
        name = store.model.receptor_vector
        assert name is not None
        changed = store.columns[name][row].copy()
        changed[k] = value
        store.columns[name][row] = changed
        store.changed.add(name)
        store.values_version += 1
        self.values_version += 1

    def shown_receptors(self, sources: np.ndarray, targets: np.ndarray, receptors: np.ndarray) -> np.ndarray:
        """Return the receptors of connections as NEST shows them: some models number them from 0 on."""
        result = receptors
        for named, _, positions in self.groups(targets):
            if named.model.receptors_from_zero:
                result = receptors.copy() if result is receptors else result
                for source in np.unique(sources[positions]):
                    emits = self.model(int(source)).emits or ""
                    known = {"spikes": named.model.spike_receptors, "currents": named.model.current_receptors}.get(
                        emits
                    )
                    if known:
                        result[positions[sources[positions] == source]] -= min(known)
        return result

    def note_inputs(self, sources: Any, targets: Any) -> None:
        """Remember which nodes spikes can arrive at, for models that want to know it."""
        if not self.notes_inputs:
            return
        sources, targets = (np.ravel(a) for a in np.broadcast_arrays(sources, targets))
        for named, _, positions in list(self.groups(sources)):
            if named.model.emits == "spikes":
                for _, store, places in self.groups(np.unique(targets[positions])):
                    if HAS_CONNECTIONS in store.quantities:
                        ids = np.unique(targets[positions])[places]
                        store.columns[HAS_CONNECTIONS][self.rows(ids)] = True

    def freeze(self, ids: np.ndarray, frozen: Sequence[bool]) -> None:
        """Exclude nodes from updates, or include them again."""
        for _, store, positions in self.groups(ids):
            twins = 1 if store.model.has_proxies else self.n_virtual_processes
            for position in positions:
                first = self.rows(ids[position : position + 1])[0]
                store.frozen[first : first + twins] = frozen[position]
        self.version += 1


def _user_values(quantities: Mapping[str, Quantity], stored: Mapping[str, list[Any]], key: str) -> list[Any]:
    """Return the values of a quantity as scripts see them; `stored` has those of all quantities."""
    quantity = quantities[key]
    if quantity.members is not None:
        members = {entry: stored[name] for entry, name in sorted(quantity.members.items())}
        return [dict(zip(members, row, strict=True)) for row in zip(*members.values(), strict=True)]
    values = stored[key]
    if quantity.shown is not None:
        return [quantity.shown(v) for v in values]
    if quantity.relative_to:
        return [v + reference for v, reference in zip(values, stored[quantity.relative_to], strict=True)]
    return [copy.copy(v) for v in values] if quantity.dtype is object else values


def overlay(values: dict[str, list[Any]], entries: Sequence[Mapping[str, Any]]) -> None:
    """Add entries that single nodes have to the values of all of them; None where there is no such entry."""
    for i, entry in enumerate(entries):
        for key, value in entry.items():
            if key not in values:
                values[key] = [None] * len(entries)
            values[key][i] = value


def _lost_receptors(
    model: type[Node], columns: dict[str, Any], before: np.ndarray, after: np.ndarray, bad: int, message: str
) -> tuple[int, str]:
    """Return the first row with connections whose number of receptors changes in a way that they forbid."""
    for i, (old, new) in enumerate(zip(before[:bad], after[:bad], strict=True)):
        changes = len(new) != len(old) if model.fixed_receptors else len(new) < len(old)
        if columns[HAS_CONNECTIONS][i] and changes:
            return i, "The neuron has connections, therefore the number of ports cannot be reduced."
    return bad, message


def fit_vectors(model: type[Node], columns: dict[str, Any]) -> None:
    """Give vector states the length of the vector parameter that they follow; what is new is zero."""
    for name, followed in followers(model):
        for i, leader in enumerate(columns[followed]):
            old = columns[name][i]
            if len(old) != len(leader):
                n = min(len(old), len(leader))
                columns[name][i] = np.zeros(len(leader))
                columns[name][i][:n] = old[:n]
