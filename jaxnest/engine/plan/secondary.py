"""Connections that carry numbers (`contract.secondary`): where values are kept, and what is added to which input.

What neurons send is kept in one array for all virtual processes, *signals*: one row for each neuron and component, one
column for each step of the slice. Its first row holds ones. A connection becomes one or several *terms*: row of the
signals, factor, lane of the ring buffer, and how many steps later than a value without delay it arrives.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from jaxnest.engine.network.growing import Table
from jaxnest.engine.network.shard import Batch, Shard
from jaxnest.models.contract.secondary import CONSTANT, Kind

FEW_STEPS = 4
"""In slices of less steps it does not pay to bring the numbers of a lane together, nor does it for less than"""
MANY_TERMS = 4
"""so many terms per lane."""


@final
@dataclass
class Terms:
    """Products that are added to the ring buffer of one virtual process, in NEST's order."""

    row: np.ndarray
    factor: np.ndarray
    lane: np.ndarray
    offset: np.ndarray
    marker: np.ndarray
    """The lane that becomes one where the product takes the place of what was there; -1 where it is added."""
    at_once: np.ndarray
    """1 where only the first value of a slice is heard, whatever the delay, in the segment that comes next; 2 where it
    is heard in the one after that; else 0."""
    transformed: list[tuple[int, np.ndarray, np.ndarray]]
    """Batch, indices of the terms whose values it transforms, and the positions of their targets in the batch."""

    def __len__(self) -> int:
        return len(self.row)

    def part(self, chosen: np.ndarray) -> Terms:
        """Return the terms for which `chosen` is true."""
        new = np.cumsum(chosen) - 1
        kept = [(b, new[i[chosen[i]]], p[chosen[i]]) for b, i, p in self.transformed]
        kept = [entry for entry in kept if len(entry[1])]
        return Terms.of((column[chosen] for column in self.columns), kept)

    @classmethod
    def of(cls, columns: Iterable[np.ndarray], transformed: list[tuple[int, np.ndarray, np.ndarray]]) -> Terms:
        """Return terms with these `columns`."""
        row, factor, lane, offset, marker, at_once = columns
        return cls(row, factor, lane, offset, marker, at_once, transformed)

    @property
    def columns(self) -> tuple[np.ndarray, ...]:
        """All columns."""
        return self.row, self.factor, self.lane, self.offset, self.marker, self.at_once

    @property
    def plain(self) -> np.ndarray:
        """Indices of the terms whose values are multiplied as they are."""
        is_plain = np.ones(len(self), np.bool_)
        for _, indices, _ in self.transformed:
            is_plain[indices] = False
        return np.flatnonzero(is_plain)

    def brought_together(self, chosen: np.ndarray, min_delay: int) -> tuple[np.ndarray, ...] | None:
        """Return the columns of chosen terms for `secondary_kernels.add_many_terms`, or None if that is not faster."""
        special = (self.marker[chosen] >= 0) | (self.at_once[chosen] > 0)
        if min_delay < FEW_STEPS or special.any() or not len(chosen):
            return None
        lanes, index = np.unique(self.lane[chosen], return_inverse=True)
        n_steps = min_delay + int(self.offset[chosen].max())
        if len(chosen) * min_delay < MANY_TERMS * len(lanes) * n_steps:
            return None
        row = np.ascontiguousarray(self.row[chosen])
        place = index * n_steps + self.offset[chosen]
        return np.zeros((len(lanes), n_steps)), row, row, self.factor[chosen], place, lanes


@final
@dataclass
class Generators:
    """Devices of one batch that send numbers, which their targets get in the same slice."""

    device: int
    """Index of the batch."""
    name: str
    """The recordable that is sent."""
    sooner: Terms
    """To targets that are advanced after their device."""
    later: Terms
    """To those before it, which have done the present slice."""


@final
@dataclass
class Secondary:
    """Everything about connections that carry numbers."""

    CHANGING: ClassVar = ("signals", "previous", "being_sent", "deliveries")

    first_row: list[list[dict[Kind, int]]]
    """Per shard and batch of neurons: where its values lie in the signals."""
    n_rows: int
    iterates: bool
    """Whether slices are iterated."""
    delayed: list[Terms]
    """Per shard: what is delivered once, at the beginning of a slice."""
    immediate: list[Terms]
    """Per shard: what is delivered then and after each iteration."""
    iterated_lanes: list[np.ndarray]
    """Per shard: lanes of inputs without delay, which forget at the end of each iteration."""
    awake_lanes: list[np.ndarray]
    """Per shard: those of nodes that are not frozen, which forget at the end of each segment."""
    generators: list[list[Generators]]
    tolerance: float
    most_iterations: int
    structure: tuple[int, ...]
    """Numbers of rows, connections and nodes."""
    watched: list[list[Any]]
    """Per shard: tables of connections whose weights are recorded."""
    deliveries: list[Table]
    """Per shard, where weights are recorded: whether a delivery was one of an iteration, its stamp, and how many
    weights of spikes were noted before."""
    signals: np.ndarray
    """What was sent last: (row, lag)."""
    previous: np.ndarray
    """What was sent before: NEST exchanges two buffers, so nodes that send nothing send that again."""
    being_sent: np.ndarray
    """One if the two have changed their places, but what is to be sent is not complete."""

    def take_over(self, old: Secondary | None) -> None:
        """Go on with what was sent before; as in NEST, a change of the network makes it zero."""
        if old is not None and old.structure == self.structure:
            self.signals, self.previous, self.being_sent = old.signals, old.previous, old.being_sent

    def sent(self, shard: int, batch: int) -> dict[Kind, int]:
        """Return the kinds that a batch of neurons sends, and their first rows in the signals."""
        return self.first_row[shard][batch]


def is_secondary(table: Any) -> bool:
    """Return whether a table of connections carries numbers."""
    return table.named.model.carries is not None


def build_secondary(network: Any, shards: list[Shard], lookups: list[Any]) -> Secondary | None:
    """Lay out all connections that carry numbers; None if there are none."""
    found = [(s, i, kind, t) for s, i, kind, t in network.connections.delivering() if is_secondary(t)]
    if not found:
        return None
    kinds = list(dict.fromkeys(t.named.model.carries for _, _, _, t in found))
    batches = [b for shard in shards for b in shard.batches]
    attributes = network.attributes
    first_row, n_rows = _rows(shards, kinds)
    maker = _TermMaker(shards, lookups, first_row, network.connections.min_delay)
    delayed, immediate, generators, watched = [], [], [], []
    for s in range(len(shards)):
        tables = [t for shard, _, kind, t in found if shard == s and kind == "neuron"]
        delayed.append(maker.terms(s, [t for t in tables if not t.named.model.carries.iterated]))
        immediate.append(maker.terms(s, [t for t in tables if t.named.model.carries.iterated]))
        watched.append([t for t in tables if len(t.named.defaults.get("weight_recorder", ()))])
        generators.append(list(maker.generators(s, [t for x, _, kind, t in found if x == s and kind == "from_device"])))
    return Secondary(
        first_row,
        n_rows,
        attributes.use_wfr and any(b.model.uses_iterations() for b in batches),
        delayed,
        immediate,
        [_iterated_lanes(shard) for shard in shards],
        [_iterated_lanes(shard, awake=True) for shard in shards],
        generators,
        attributes.wfr_tol,
        attributes.wfr_max_iterations,
        (n_rows, network.connections.num_connections, len(network.nodes)),
        watched,
        [Table(4) for _ in shards] if any(watched) else [],
        _no_signals(n_rows, network.connections.min_delay),
        _no_signals(n_rows, network.connections.min_delay),
        np.zeros(1, np.int64),
    )


def show_arrived(batches: Iterable[Batch], ring: np.ndarray, step: int) -> None:
    """Store in the nodes what has arrived for the step that comes next, where they show it."""
    row = ring[step % len(ring)]
    for batch in batches:
        for term in (t for hearing in batch.model.hears.values() for t in hearing.terms if t.shown):
            positions = np.arange(len(batch))
            has_arrived = row[batch.lanes(positions, batch.inputs.index(term.marker))] > 0.0
            arrived = row[batch.lanes(positions, batch.inputs.index(term.channel))]
            batch.store.columns[term.shown][batch.rows[has_arrived]] = arrived[has_arrived]


def _no_signals(n_rows: int, min_delay: int) -> np.ndarray:
    signals = np.zeros((n_rows, min_delay))
    signals[0] = 1.0
    return signals


def _rows(shards: list[Shard], kinds: list[Kind]) -> tuple[list[list[dict[Kind, int]]], int]:
    """Give the batches of neurons their rows in the signals."""
    n_rows, result = 1, []
    for shard in shards:
        places = []
        for batch in shard.batches:
            mine = {}
            for kind in batch.model.signals:
                if kind in kinds:
                    mine[kind] = n_rows
                    n_rows += kind.components * batch.padded_size
            places.append(mine)
        result.append(places)
    return result, n_rows


def _iterated_lanes(shard: Shard, awake: bool = False) -> np.ndarray:
    lanes = [np.empty(0, np.int64)]
    for batch in shard.batches:
        positions = np.arange(len(batch))
        if awake and batch.frozen is not None:
            positions = positions[~batch.frozen]
        for kind, hearing in batch.model.hears.items():
            if kind.iterated:
                names = dict.fromkeys(c for term in hearing.terms for c in term.channels)
                lanes += [batch.lanes(positions, batch.inputs.index(c)) for c in names]
    return np.unique(np.concatenate(lanes))


@final
class _TermMaker:
    """Turns connections into terms."""

    def __init__(self, shards: list[Shard], lookups: list[Any], first_row: Any, min_delay: int) -> None:
        self._shards, self._lookups, self._first_row, self._min_delay = shards, lookups, first_row, min_delay
        n_nodes = len(lookups[0][0])
        self._home = np.zeros(n_nodes, np.int64)
        for s, (batch_of, _) in enumerate(lookups):
            self._home[batch_of >= 0] = s

    def terms(self, s: int, tables: list[Any]) -> Terms:
        """Return the terms of connections between neurons."""
        return self._joined(s, [(t, self._source_rows(t)) for t in tables])

    def generators(self, s: int, tables: list[Any]) -> Iterable[Generators]:
        """Yield what devices of a virtual process send there."""
        for d, batch in enumerate(self._shards[s].devices):
            names = [signal.sampled for signal in batch.model.signals.values()]
            row = np.full(len(self._home), -1, np.int64)
            row[batch.node_ids] = np.arange(len(batch))
            mine = [t for t in tables if names and (row[t.source] >= 0).any()]
            if not mine:
                continue
            joined, source, target = [], [], []
            for table in mine:
                rows = row[table.source]
                joined.append((table, np.where(rows >= 0, rows, -1)))
            terms = self._joined(s, joined, source, target)
            order = np.lexsort((np.arange(len(terms)), terms.row))
            terms = _reordered(terms, order)
            later = (np.concatenate(target) < np.concatenate(source))[order]
            late = terms.part(later)
            late.at_once = 2 * late.at_once
            yield Generators(d, names[0], terms.part(~later), late)

    def _source_rows(self, table: Any) -> np.ndarray:
        """Return the row of the first component of what each connection carries."""
        rows, kind = np.zeros(len(table.source), np.int64), table.named.model.carries
        for s, (batch_of, position) in enumerate(self._lookups):
            here = np.flatnonzero(self._home[table.source] == s)
            source = table.source[here]
            first = np.array([places.get(kind, -1) for places in self._first_row[s]] or [-1])
            rows[here] = first[batch_of[source]] + position[source]
        return rows

    def _joined(
        self,
        s: int,
        tables: list[tuple[Any, np.ndarray]],
        sources: list[np.ndarray] | None = None,
        targets: list[np.ndarray] | None = None,
    ) -> Terms:
        """Return the terms of tables with the rows that their connections read; negative rows are left out."""
        kinds = (np.int64, np.float64, np.int64, np.int64, np.int64, np.int64)
        columns: list[list[np.ndarray]] = [[np.empty(0, kind)] for kind in kinds]
        transformed: dict[int, list[np.ndarray]] = {}
        places: dict[int, list[np.ndarray]] = {}
        n = 0
        for table, first in tables:
            parts = self._of_table(s, table, first)
            for column, values in zip(columns, parts[: len(columns)], strict=True):
                column.append(values)
            batch, connection, position = parts[len(columns) :]
            if sources is not None and targets is not None:
                sources.append(table.source[connection])
                targets.append(table.target[connection])
            for b in np.unique(batch).tolist():
                target = self._shards[s].batches[b]
                transforms = target.model.hears[table.named.model.carries].transforms
                if transforms is not None:
                    affected = np.asarray(transforms(target.columns()), np.bool_)
                    chosen = np.flatnonzero(batch == b)
                    chosen = chosen[affected[position[chosen]]]
                    transformed.setdefault(b, []).append(n + chosen)
                    places.setdefault(b, []).append(position[chosen])
            n += len(batch)
        pairs = [(b, np.concatenate(i), np.concatenate(places[b])) for b, i in transformed.items()]
        return Terms.of((np.concatenate(c) for c in columns), [pair for pair in pairs if len(pair[1])])

    def _of_table(self, s: int, table: Any, first: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the columns of the terms of one table, and batch, connection and position."""
        batch_of, position = self._lookups[s]
        kind = table.named.model.carries
        offset = np.zeros(len(first), np.int64) if kind.iterated else table.delay.astype(np.int64) - self._min_delay
        pieces: list[list[np.ndarray]] = [[np.empty(0, np.int64)] for _ in range(9)]
        pieces[1] = [np.empty(0, np.float64)]
        owner = batch_of[table.target]
        for b in np.unique(owner[first >= 0]).tolist():
            batch: Batch = self._shards[s].batches[b]
            everywhere, hearing = (owner == b) & (first >= 0), batch.model.hears[kind]
            for term in hearing.terms:
                chosen = everywhere if term.receptor is None else everywhere & (table.receptor == term.receptor)
                here = np.flatnonzero(chosen)
                where = position[table.target[here]]
                factor = table.weight[here] if term.factor == "weight" else table.parameters[term.factor][here]
                channels = [batch.inputs.index(c) for c in term.channels]
                lane = np.where(factor >= 0.0, *(batch.lanes(where, c) for c in channels))
                stride = self._stride(table.source[here])
                row = np.zeros(len(here), np.int64) if term.component == CONSTANT else first[here]
                row = row + stride * max(0, term.component)
                marker = np.full(len(here), -1)
                if term.marker:
                    marker = batch.lanes(where, batch.inputs.index(term.marker))
                at_once = np.full(len(here), int(hearing.at_once))
                values = (row, factor, lane, offset[here], marker, at_once, np.full(len(here), b), here, where)
                for piece, value in zip(pieces, values, strict=True):
                    piece.append(value)
        joined = [np.concatenate(p) for p in pieces]
        order = np.argsort(joined[7], kind="stable")
        return tuple(c[order] for c in joined)

    def _stride(self, source: np.ndarray) -> np.ndarray:
        """Return how many rows lie between two components of what each source sends."""
        result = np.zeros(len(source), np.int64)
        for s, shard in enumerate(self._shards):
            sizes = np.array([b.padded_size for b in shard.batches] or [0])
            here = self._home[source] == s
            result[here] = sizes[np.maximum(self._lookups[s][0][source[here]], 0) % len(sizes)]
        return result


def _reordered(terms: Terms, order: np.ndarray) -> Terms:
    inverse = np.argsort(order)
    moved = [(b, inverse[i], p) for b, i, p in terms.transformed]
    return Terms.of((column[order] for column in terms.columns), moved)
