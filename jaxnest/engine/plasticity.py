"""The connections of one virtual process whose synapses do more than to send a constant weight.

Connections of all models with the same functions lie in common arrays, in the order in which they are delivered.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from jaxnest.models.learning_history import BEGUN


def as_field(name: str) -> str:
    """Return a name as an attribute: ``lambda`` is ``lambda_``."""
    return name + "_" if keyword.iskeyword(name) else name


def state_names(model: type[Any]) -> tuple[str, ...]:
    """Return what each connection has that may change: its weight, and the state."""
    return (() if model.weight_is_common else ("weight",)) + tuple(model.state)


def common_names(model: type[Any]) -> tuple[str, ...]:
    """Return what all connections of a model share."""
    return (("weight",) if model.weight_is_common else ()) + tuple(model.common)


def common_slices(model: type[Any]) -> dict[str, tuple[int, int]]:
    """Return where the values of each of them begin and end in a row: vectors have several."""
    defaults = [_default(model, name) for name in common_names(model)]
    ends = np.cumsum([np.size(d) for d in defaults]).tolist()
    return {n: (e - np.size(d), e) for n, d, e in zip(common_names(model), defaults, ends, strict=True)}


@final
@dataclass
class Synapses:
    """Connections whose models have the same functions."""

    model: type[Any]
    state: np.ndarray
    """Per connection: what `state_names` says; then, per model, the `common_state`."""
    parameters: np.ndarray
    """Per connection, or one row for all: `parameters` of the model."""
    common: np.ndarray
    """Per model (a built-in one and its copies): what `common_names` says."""
    lane_positive: np.ndarray
    lane_negative: np.ndarray
    flags: np.ndarray
    delay: np.ndarray
    target: np.ndarray
    """Column of the target in the raster."""
    homes: list[tuple[Any, np.ndarray, np.ndarray]]
    """Tables of the kernel, their rows, and the rows here."""
    process: int
    """The virtual process."""

    def __len__(self) -> int:
        return sum(len(rows) for _, rows, _ in self.homes)

    def constant(self) -> tuple[np.ndarray, ...]:
        """Arrays that delivery reads."""
        return (
            self.parameters,
            self.common,
            self.lane_positive,
            self.lane_negative,
            self.flags,
            self.delay,
            self.target,
        )

    def store(self) -> None:
        """Write weights and state back to the kernel's tables."""
        for table, rows, here in self.homes:
            for k, name in enumerate(state_names(self.model)):
                table.columns[name].array[rows] = self.state[here, k]
        for (table, _, _), row in zip(self.homes, self.state[len(self.delay) :], strict=False):
            table.named.process_values[self.process] = {
                name: type(self.model.common[name].default)(value)
                for name, value in zip(self.model.common_state, row, strict=False)
            }


@final
@dataclass
class Plasticity:
    """All such connections of one virtual process, and the groups of its delivery table that they belong to."""

    dynamics: tuple[str, ...]
    """Names of the models whose functions there are on any virtual process."""
    group_kind: np.ndarray
    """Per group of connections: place of its dynamics, from 1 on; 0 for constant weights."""
    group_row: np.ndarray
    """First connection of the group in the arrays of its dynamics."""
    group_common: np.ndarray
    """Row of the group's model in the common properties."""
    synapses: list[Synapses]
    times: np.ndarray
    sources: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    """Nodes whose last spikes are kept for synapses that learn."""
    source_row: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    """Per node: its row in the archive, 0 if there is none."""

    def find_sources(self, source: np.ndarray, first_row: int, n_nodes: int) -> None:
        """Find the nodes whose spikes are kept, from the source of each group; rows begin at `first_row`."""
        learns = np.array([False, *(s.model.needs_learning for s in self.synapses)])
        self.sources = np.unique(source[learns[self.group_kind]])
        self.source_row = np.zeros(n_nodes + 1, np.int64)
        self.source_row[self.sources] = first_row + np.arange(len(self.sources))

    def store(self) -> None:
        """Write weights and states back to the kernel's tables."""
        for synapses in self.synapses:
            synapses.store()

    def readers(self, n_columns: int) -> tuple[np.ndarray, np.ndarray]:
        """Return how many synapses read the spikes of each neuron, and the longest of their delays in steps."""
        count, longest = np.zeros(n_columns, np.int64), np.zeros(n_columns, np.int64)
        for synapses in self.synapses:
            if synapses.model.needs_archive:
                n = len(synapses)
                np.add.at(count, synapses.target[:n], 1)
                np.maximum.at(longest, synapses.target[:n], synapses.delay[:n])
        return count, longest

    def begin_learning(self, n_columns: int) -> np.ndarray:
        """Return how many synapses at each neuron learn from its history that it does not know yet."""
        count = np.zeros(n_columns, np.int64)
        for synapses in self.synapses:
            if synapses.model.needs_learning:
                place = state_names(synapses.model).index(BEGUN)
                n = len(synapses)
                np.add.at(count, synapses.target[:n], synapses.state[:n, place] == 0.0)
                synapses.state[:, place] = 1.0
                for table, rows, _ in synapses.homes:
                    table.columns[BEGUN].array[rows] = 1.0
        return count


def dynamics_of(tables: Iterable[Any]) -> tuple[str, ...]:
    """Return the names of the models whose functions delivery has to know."""
    return tuple(sorted({t.named.model.dynamics for t in tables if t.named.model.send is not None}))


def build_plasticity(
    dynamics: tuple[str, ...],
    tables: Sequence[tuple[int, Any]],
    owner: np.ndarray,
    row: np.ndarray,
    first: np.ndarray,
    columns: dict[str, np.ndarray],
    clock: Any,
    collectors: dict[int, int],
    process: int,
) -> Plasticity:
    """Lay out the plastic connections of one virtual process.

    Parameters
    ----------
    dynamics
        Names of all models whose functions are needed.
    tables
        Tables of the kernel, or parts of them.
    owner, row
        Table and row of each connection, in the order of delivery.
    first
        First connection of each group.
    columns
        Per connection: lanes for positive and other weights, flags, delay and column of the target.
    collectors
        Nodes that modulate synapses -> their rows in the archive.
    process
        The virtual process.
    """
    kinds = np.array([_kind(t, dynamics) for _, t in tables] or [0])
    commons = np.array([sum(kinds[:i] == kinds[i]) for i in range(len(kinds))])
    kind = kinds[owner]
    group_row = np.zeros(len(first), np.int64)
    synapses = []
    for k in range(1, len(dynamics) + 1):
        mine = np.flatnonzero(kind == k)
        here = kind[first] == k
        group_row[here] = np.searchsorted(mine, first[here])
        members = [(i, t) for i, (_, t) in enumerate(tables) if kinds[i] == k]
        model = _model(dynamics[k - 1])
        homes = [_home(t, row[mine], owner[mine] == i) for i, t in members]
        mine_of = {name: c[mine] for name, c in columns.items()}
        synapses.append(_columns(model, homes, len(mine), mine_of, collectors, process))
    times = np.array([clock.ms_per_tic, clock.tics_per_step, clock.ms_per_step])
    return Plasticity(
        dynamics,
        kinds[owner[first]].astype(np.int64),
        group_row,
        commons[owner[first]].astype(np.int64),
        synapses,
        times,
    )


def _kind(table: Any, dynamics: tuple[str, ...]) -> int:
    model = table.named.model
    return 0 if model.send is None else dynamics.index(model.dynamics) + 1


def _model(name: str) -> type[Any]:
    from jaxnest.models.registry import SYNAPSE_MODELS

    return SYNAPSE_MODELS[name]


def _home(table: Any, row: np.ndarray, chosen: np.ndarray) -> tuple[Any, np.ndarray, np.ndarray]:
    """Return the kernel's table, the rows there and the rows here."""
    rows, here = row[chosen], np.flatnonzero(chosen)
    whole = getattr(table, "whole", None)
    return (table, rows, here) if whole is None else (whole, table.rows[rows], here)


def _columns(
    model: type[Any],
    homes: list[tuple[Any, np.ndarray, np.ndarray]],
    n: int,
    columns: dict[str, np.ndarray],
    collectors: dict[int, int],
    process: int,
) -> Synapses:
    """Return the arrays of one kind of synapse; they have one row at least, which spares the kernels a case."""
    states = state_names(model)
    state = np.zeros((max(1, n) + _n_shared(model, homes), max(1, len(states), len(model.common_state))))
    for table, rows, here in homes:
        for k, name in enumerate(states):
            state[here, k] = table.at(name, rows)
    commons = common_names(model)
    common = np.zeros((max(1, len(homes)), max(1, *(end for _, end in common_slices(model).values()), 0)))
    for i, (table, _, _) in enumerate(homes):
        values = {k: table.named.defaults.get(k, _default(model, k)) for k in commons}
        if model.modulator:
            values[model.modulator] = collectors[int(values[model.modulator].ids[0])]
        row = np.hstack([*values.values(), []])
        common[i, : len(row)] = row
        values |= table.named.process_values.get(process, {})
        for k, name in enumerate(model.common_state):
            state[max(1, n) + i, k] = values[name]

    def padded(name: str) -> np.ndarray:
        column = columns[name].astype(np.int32)
        return column if n else np.zeros(1, np.int32)

    return Synapses(
        model,
        state,
        _parameters(model, homes, n),
        common,
        padded("lane_positive"),
        padded("lane_negative"),
        padded("flags"),
        padded("delay"),
        padded("target"),
        homes,
        process,
    )


def _n_shared(model: type[Any], homes: list[Any]) -> int:
    """Return how many rows hold what a virtual process keeps of the models themselves."""
    return len(homes) if model.common_state else 0


def _default(model: type[Any], name: str) -> Any:
    return model.default_weight if name == "weight" else model.common[name].default


def _parameters(model: type[Any], homes: list[tuple[Any, np.ndarray, np.ndarray]], n: int) -> np.ndarray:
    """Return one row per connection, or a single one if they are all alike."""
    names = tuple(model.parameters)
    shared = [{table.uniform(name) for table, _, _ in homes} for name in names]
    if not n or all(len(values) == 1 and None not in values for values in shared):
        row = [next(iter(values)) for values in shared] if n else []
        return np.array([row + [0.0] * (max(1, len(names)) - len(row))], np.float64)
    parameters = np.zeros((n, len(names)))
    for table, rows, here in homes:
        for k, name in enumerate(names):
            parameters[here, k] = table.at(name, rows)
    return parameters
