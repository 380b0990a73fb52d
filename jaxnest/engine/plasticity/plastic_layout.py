"""Lays out the connections whose synapses do more than to send a constant weight, from the kernel's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, final

import numpy as np

from jaxnest.engine.layout import (
    AGAIN,
    BINARY,
    FLAGS,
    GROUP_COMMON,
    GROUP_KIND,
    GROUP_ROW,
    GROUP_STATES,
    GROUP_STEP,
    GROUP_WORDS,
    KEPT,
    PLAIN,
    SITE_WORDS,
)
from jaxnest.engine.network.shard import Shard
from jaxnest.engine.plasticity.synapses import (
    Home,
    Plasticity,
    Synapses,
    common_default,
    common_names,
    common_slices,
    own_names,
)
from jaxnest.models.histories.learning_history import Updates
from jaxnest.random.numbers.streams import earlier_equals


class Sorted(Protocol):
    """Where the connections of each source are in a table of the kernel."""

    order: np.ndarray | None
    """Its rows in the order of their sources, None if they are in that order."""
    row: np.ndarray
    """Per group of connections with the same source: the first, in that order."""
    size: np.ndarray


class Places(Protocol):
    """Where in the ring buffer input to each node goes."""

    batch_of: np.ndarray
    first: np.ndarray
    flags: np.ndarray
    own: np.ndarray
    offsets: np.ndarray


@final
class Sites:
    """One row for each receptor of each node that has lanes, as `Synapses.sites` says."""

    def __init__(self, shard: Shard, places: Places) -> None:
        self.n_receptors = places.offsets.shape[2]
        self.first = np.zeros(len(places.batch_of), np.int64)
        """Per node, its first row."""
        parts, n = [np.empty((0, SITE_WORDS), np.int64)], 0
        for b, batch in enumerate(shard.receivers):
            size = len(batch) * self.n_receptors
            self.first[batch.node_ids] = n + np.arange(len(batch)) * self.n_receptors
            n += size
            lane = places.first[batch.node_ids][:, None]
            columns = (
                np.repeat(batch.first_column + np.arange(len(batch)), self.n_receptors),
                (lane + places.offsets[b, 1]).reshape(-1),
                (lane + places.offsets[b, 0]).reshape(-1),
                self._flags(places, b, len(batch)),
            )
            parts.append(np.stack(columns, axis=1))
        self.rows = np.concatenate(parts).astype(np.int32)
        self.are_binary = bool((places.flags & BINARY).any())
        self._again = len(self.rows)
        if self.are_binary:
            self.rows = np.concatenate([self.rows, self.rows])
            self.rows[self._again :, FLAGS] |= AGAIN
        self.switches = np.full(2 * len(self.rows) if (places.flags & (BINARY | KEPT)).any() else 1, -1, np.int64)

    def _flags(self, places: Places, b: int, n: int) -> np.ndarray:
        """Return the flags of all receptors of `n` nodes of a batch."""
        receptor, flags = np.arange(self.n_receptors), places.flags[b] & ~KEPT
        if places.own[b] > 0:
            flags = np.where(receptor >= places.own[b], flags | PLAIN | KEPT, flags)
        return np.tile(np.broadcast_to(flags, self.n_receptors), n)

    def of(self, target: np.ndarray, receptor: np.ndarray, again: np.ndarray | None) -> np.ndarray:
        """Return the rows of the targets of connections, each at a receptor.

        `again` says which targets get each spike through another connection before: binary ones count such spikes.
        """
        rows = self.first[target] + receptor
        if again is not None:
            rows = np.where(again & (self.rows[rows, FLAGS] & BINARY > 0), rows + self._again, rows)
        return rows.astype(np.int32)


@final
@dataclass
class Connections:
    """The tables of one virtual process, and the groups of their connections in the order of delivery."""

    tables: Sequence[tuple[int, Any]]
    sorted: Sequence[Sorted]
    """Per table."""
    source: np.ndarray
    owner: np.ndarray
    """Per group, index in `tables`."""
    row: np.ndarray
    """Per group, its first row in the table, after sorting by source."""
    lane_start: np.ndarray
    """Per group of connections with constant weights, the first of their lanes."""
    at_once: np.ndarray
    """Per table, whether its connections come from devices, which send spikes at once."""

    def column(self, k: int, name: str) -> np.ndarray:
        """Return a column of a table in the order of the sources: a copy; one entry if all connections share it."""
        _, table = self.tables[k]
        value, order = table.uniform(name), self.sorted[k].order
        if value is not None:
            return np.array([value], np.float64)
        return table.at(name, np.arange(len(table.source)) if order is None else order)


def build_plasticity(
    dynamics: tuple[str, ...], connections: Connections, shard: Shard, places: Places, n_nodes: int, clock: Any
) -> Plasticity:
    """Lay out the plastic connections of one virtual process; `dynamics`: all models whose functions are needed."""
    kinds = np.array([_kind(t, dynamics) for _, t in connections.tables] or [0])
    groups = np.zeros((len(connections.owner), GROUP_WORDS), np.int64)
    if len(groups):
        groups[:, GROUP_KIND], groups[:, GROUP_ROW] = kinds[connections.owner], connections.lane_start
    sites = Sites(shard, places)
    again = _again(connections, kinds) if sites.are_binary else {}
    synapses = []
    for k, name in enumerate(dynamics, start=1):
        members = np.flatnonzero(kinds == k).tolist() if connections.tables else []
        synapses.append(_Layout(_model(name), connections, members, groups).synapses(sites, shard, again))
    times = np.array([clock.ms_per_tic, clock.tics_per_step, clock.ms_per_step])
    learns = np.array([False, *(s.model.needs_learning is Updates.AT_INTERVALS for s in synapses)])
    sources = np.unique(connections.source[learns[groups[:, GROUP_KIND]]])
    source_row = np.zeros(n_nodes + 1, np.int64)
    source_row[sources] = shard.first_source_row + np.arange(len(sources))
    at_once = connections.at_once[connections.owner]
    return Plasticity(dynamics, groups, synapses, times, sources, source_row, sites.first, at_once)


def _again(connections: Connections, kinds: np.ndarray) -> dict[int, np.ndarray]:
    """Return for each plastic table which connections come after one of constant weight with the same ends.

    A binary neuron corrects itself at each spike of a sender in a time step but the first. What synapses with functions
    send is seen when they do; that of others is known before.
    """
    pairs, order = [], []
    for k, (_, table) in enumerate(connections.tables):
        part, mine = connections.sorted[k], np.flatnonzero(connections.owner == k)
        mine = mine[np.argsort(connections.row[mine], kind="stable")]
        order.append(np.repeat(mine, part.size))
        n = len(table.source)
        ends = (np.broadcast_to(connections.column(k, name), n).astype(np.int64) for name in ("source", "target"))
        source, target = ends
        pairs.append(source << 32 | target)
    constant = [k for k, kind in enumerate(kinds[: len(pairs)]) if kind == 0]
    known = np.concatenate([np.empty(0, np.int64), *(pairs[k] for k in constant)])
    when = np.concatenate([np.empty(0, np.int64), *(order[k] for k in constant)])
    by_pair = np.lexsort((when, known))
    known, when = known[by_pair], when[by_pair]
    found = {}
    for k in (k for k in range(len(pairs)) if kinds[k] > 0 and len(known)):
        place = np.minimum(np.searchsorted(known, pairs[k]), len(known) - 1)
        same = known[place] == pairs[k]
        found[k] = same & (when[place] < order[k])
    return found


def _kind(table: Any, dynamics: tuple[str, ...]) -> int:
    name = table.named.model.dynamics
    return dynamics.index(name) + 1 if name in dynamics else 0


def _model(name: str) -> type[Any]:
    from jaxnest.models.contract.registry import SYNAPSE_MODELS

    return SYNAPSE_MODELS[name]


@final
class _Layout:
    """The tables whose models have the same functions; fills in their `groups`."""

    def __init__(self, model: type[Any], connections: Connections, members: list[int], groups: np.ndarray) -> None:
        self.model, self.connections, self.members = model, connections, members
        sizes = [len(connections.tables[k][1].source) for k in members]
        self.first = np.append(0, np.cumsum(sizes)).astype(np.int64)
        """Per table, the row of its first connection."""
        self.homes: list[Home] = []
        self.of_source: list[np.ndarray] = []
        n_states = 0
        for i, k in enumerate(members):
            part = connections.sorted[k]
            mine = np.flatnonzero(connections.owner == k)
            mine = mine[np.argsort(connections.row[mine], kind="stable")]
            states, alike = _source_states(model, connections, k)
            rows = np.where(alike, 1, part.size)
            begin = n_states + np.cumsum(rows) - rows
            n_states += len(states)
            self.of_source.append(states)
            groups[mine, GROUP_ROW] = self.first[i] + part.row
            common = next(
                j for j, other in enumerate(members) if connections.tables[other][0] == connections.tables[k][0]
            )
            groups[mine, GROUP_COMMON], groups[mine, GROUP_STATES], groups[mine, GROUP_STEP] = common, begin, ~alike
            table, chosen = _whole(connections.tables[k][1], part.order)
            self.homes.append(Home(table, chosen, int(self.first[i]), sizes[i], part.size, begin, alike, common))

    def synapses(self, sites: Sites, shard: Shard, again: dict[int, np.ndarray]) -> Synapses:
        """Return the arrays; those of values that all connections share have one row at least."""
        of_source = np.concatenate([np.empty((0, len(self.model.source_states))), *self.of_source])
        columns = ((self._column(k, "target"), self._column(k, "receptor"), again.get(k)) for k in self.members)
        place = [sites.of(*of_table) for of_table in columns]
        return Synapses(
            self.model,
            np.concatenate([np.empty(0, np.int32), *place]),
            sites.rows,
            sites.switches,
            self._joined("delay", np.int32, True),
            *self._common(shard),
            of_source,
            np.concatenate([np.empty(0, np.int64), *(self._identity(k) for k in self.members)]),
            {name: self._joined(name, np.float64, name not in self.model.dynamic) for name in own_names(self.model)},
            self.homes,
            shard.index,
        )

    def _identity(self, k: int) -> np.ndarray:
        """Return what tells connections of a source apart: target, how many to it go before, and synapse model."""
        index, table = self.connections.tables[k]
        if not self.model.is_stochastic:
            return np.empty(0, np.int64)
        n = len(table.source)
        source, target = (np.broadcast_to(self._column(k, name), n).astype(np.int64) for name in ("source", "target"))
        return target | earlier_equals(source << 32 | target) << 32 | index << 48

    def _column(self, k: int, name: str) -> np.ndarray:
        return self.connections.column(k, name).astype(np.int32, copy=False)

    def _joined(self, name: str, dtype: Any, is_constant: bool) -> np.ndarray:
        """Return a column of all tables; a single entry if all connections have one value and never change it."""
        parts = [self.connections.column(k, name) for k in self.members]
        if is_constant and parts and all(len(p) == 1 and p[0] == parts[0][0] for p in parts):
            return parts[0].astype(dtype)
        joined = np.empty(self.first[-1], dtype)
        for part, begin, end in zip(parts, self.first, self.first[1:], strict=False):
            joined[begin:end] = part
        return joined

    def _common(self, shard: Shard) -> tuple[np.ndarray, np.ndarray]:
        """Return what all connections of each model share, and what the virtual process keeps of that and changes."""
        model, n = self.model, max(1, len(self.members))
        common = np.zeros((n, max([end for _, end in common_slices(model).values()], default=0)))
        changing = np.zeros((n, len(model.common_state)))
        for i, k in enumerate(self.members):
            named = self.connections.tables[k][1].named
            values = {name: named.defaults.get(name, common_default(model, name)) for name in common_names(model)}
            if model.modulator:
                values[model.modulator] = shard.collector_rows[int(values[model.modulator].ids[0])]
            common[i] = np.hstack([*values.values(), []])
            values |= named.process_values.get(shard.index, {})
            changing[i] = [values[name] for name in model.common_state]
        return common, changing


def _source_states(model: type[Any], connections: Connections, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of states that follow from the source's spikes, and per group whether its connections share one.

    They share it if they agree in these states and in all parameters.
    """
    from jaxnest.engine.spikes.delivery_loops import all_alike

    part = connections.sorted[k]
    if not model.source_states:
        return np.empty((0, 0)), np.ones(len(part.row), np.bool_)
    alike = np.ones(len(part.row), np.bool_)
    columns = [connections.column(k, name) for name in model.source_states]
    for values in (*columns, *(connections.column(k, name) for name in model.parameters)):
        alike &= all_alike(values, part.row, len(values))
    rows = np.where(alike, 1, part.size)
    place = np.repeat(part.row - np.cumsum(rows) + rows, rows) + np.arange(rows.sum())
    states = np.empty((len(place), len(columns)))
    for i, values in enumerate(columns):
        states[:, i] = values if len(values) == 1 else values[place]
    return states, alike


def _whole(table: Any, order: np.ndarray | None) -> tuple[Any, np.ndarray | None]:
    """Return the kernel's table, and the rows there in the order of sources."""
    whole = getattr(table, "whole", None)
    if whole is None:
        return table, order
    return whole, table.rows if order is None else table.rows[order]
