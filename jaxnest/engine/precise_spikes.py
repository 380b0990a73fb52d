"""Networks with spikes that are not bound to the grid: what their virtual processes hold beside the other buffers.

Such networks are advanced node by node, in both back ends: their events are few and come one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.engine import layout
from jaxnest.engine.delivery_table import DeliveryTable
from jaxnest.engine.shard import Shard
from jaxnest.engine.tables import DeviceTable
from jaxnest.models.base import MARK

FEW = 1 << 8
FIRST = 1 << 30
"""The smallest index of a listener that stands for a connection to a neuron with a queue."""


@final
@dataclass
class Redirections:
    """Connections from devices to neurons with queues: these events take the way of those to recorders at first."""

    node: np.ndarray
    delay: np.ndarray
    shift: np.ndarray
    """How much shorter (ms) each delay is than its number of steps."""
    counts: np.ndarray
    """Whether the target counts spikes, whatever their weight."""


def redirect(shard: Shard, tables: list[DeviceTable]) -> Redirections:
    """Give each connection from a device to a neuron with a queue an index as if it were a recorder."""
    node_of_lane = lanes_with_queues(shard)
    found: list[tuple[np.ndarray, ...]] = []
    n = 0
    for batch, table in zip(shard.devices, tables, strict=True):
        if batch.model.has_proxies and np.any(batch.columns().get("precise_times", False)):
            raise errors.NotImplemented(f"Precise spike times of {batch.model.name} are not implemented yet.")
        if batch.model.emits != "spikes" or not len(table.lane_positive) or not shard.n_lanes:
            continue
        lane = table.lane_positive
        here = np.flatnonzero((lane >= 0) & (node_of_lane[np.maximum(lane, 0)] > 0))
        plain = table.flags[here] & layout.PLAIN > 0
        found.append((node_of_lane[lane[here]], table.delay[here], table.shift[here], plain))
        table.lane_positive[here] = table.lane_negative[here] = -1 - (FIRST + n + np.arange(len(here)))
        if len(here):
            table.alike[:] = layout.DIFFERENT
        n += len(here)
    columns = [np.concatenate([f[k] for f in found] or [np.empty(0, np.int64)]) for k in range(4)]
    kinds = (np.int64, np.int64, np.float64, np.bool_)
    return Redirections(*(c.astype(kind) for c, kind in zip(columns, kinds, strict=True)))


def lanes_with_queues(shard: Shard) -> np.ndarray:
    """Return the node of each lane whose spikes wait in a queue, 0 for the others."""
    nodes = np.zeros(shard.n_lanes, np.int64)
    for batch in shard.batches:
        if batch.model.queue_channel is not None:
            channel = batch.inputs.index(batch.model.queue_channel)
            nodes[batch.lanes(np.arange(len(batch)), channel)] = batch.node_ids
    return nodes


@final
class PreciseSpikes:
    """The queues of one virtual process, and the precise spikes of the present slice."""

    def __init__(self, shard: Shard, n_nodes: int) -> None:
        self.node_of_lane = lanes_with_queues(shard)
        self.queue_of_node = np.full(n_nodes + 1, -1, np.int64)
        self.first_queue: dict[int, int] = {}
        """The first queue of each batch."""
        n = 0
        for b, batch in enumerate(shard.batches):
            if batch.model.queue_channel is not None:
                self.first_queue[b] = n
                self.queue_of_node[batch.node_ids] = n + np.arange(len(batch))
                n += len(batch)
        self.pending, self.ready = np.zeros((FEW, 4)), np.zeros((FEW, 4))
        self.begin, self.end = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.returns = np.full((n, 4), np.inf)
        self.emitted, self.counts = np.zeros((FEW, 4)), np.zeros(2, np.int64)
        self.marked = np.zeros(len(shard.emitters), np.bool_)
        """Columns of the raster whose spikes carry other numbers than offsets."""
        for batch in shard.batches:
            self.marked[batch.first_column :][: len(batch)] = batch.model.marks_spikes
        self.register = np.empty((0, 4))
        """Spikes of this slice, or of the previous one until they are delivered: node, lag, multiplicity, offset."""
        self._first_event = 0

    def carry_over(self, old: PreciseSpikes) -> None:
        """Go on with the events of an old network."""
        self.pending, self.ready, self.counts, self.register = old.pending, old.ready, old.counts, old.register
        nodes = np.flatnonzero(old.queue_of_node >= 0)
        for node in nodes[self.queue_of_node[nodes] >= 0].tolist():
            here, there = self.queue_of_node[node], old.queue_of_node[node]
            self.begin[here], self.end[here] = old.begin[there], old.end[there]

    def _room(self, more: int) -> None:
        """Make room for further events."""
        n = int(self.counts[0]) + more
        if n > len(self.pending):
            self.pending = np.concatenate([self.pending[: self.counts[0]], np.zeros((2 * n - int(self.counts[0]), 4))])

    def deliver(
        self,
        table: DeliveryTable,
        mine: Any,
        spikes: np.ndarray,
        stream: np.ndarray,
        clock: np.ndarray,
        resolution: float,
    ) -> None:
        """Deliver spikes (node, lag, multiplicity, offset) of the previous slice."""
        from jaxnest.engine import off_grid, plastic_kernels

        if not len(spikes):
            return
        table.spread()
        node = spikes[:, 0].astype(np.int64)
        fan = table.connection_start[table.group_start[node + 1]] - table.connection_start[table.group_start[node]]
        self._room(int((fan * spikes[:, 2]).sum()))
        _make_room_for_weights(mine, int((table.watched[node] * spikes[:, 2]).sum()))
        groups, calls = plastic_kernels.groups_and_calls(table, mine, stream, clock)
        arguments: tuple[Any, ...] = (
            spikes,
            mine.ring.reshape(-1),
            mine.weight_events,
            mine.counters,
            self.pending,
            self.counts,
            table.group_start,
            table.connection_start,
            table.group_watched,
            groups,
            table.lane,
            table.weight,
            table.delay,
            table.shift,
            table.marked,
            self.node_of_lane,
            clock,
            resolution,
            calls,
        )
        off_grid.deliver(*arguments)

    def prepare(self, until: int) -> None:
        """At the beginning of a slice: sort the events that arrive before step `until`."""
        if not self.counts[0]:
            self.begin[:] = self.end[:] = 0
            return
        from jaxnest.engine import off_grid

        if len(self.ready) < self.counts[0]:
            self.ready = np.zeros((2 * int(self.counts[0]), 4))
        off_grid.prepare(self.pending, self.counts, self.queue_of_node, self.ready, self.begin, self.end, until)

    def mark(self, buffers: Any) -> None:
        """Remember how many event records there are before devices act."""
        self._first_event = int(buffers.counters[layout.N_EVENTS])

    def take(self, buffers: Any, redirections: Redirections, resolution: float) -> None:
        """Take what devices have sent to queues since then out of the event records."""
        words, begin = layout.EVENT_WORDS, self._first_event
        end = int(buffers.counters[layout.N_EVENTS])
        if end == begin:
            return
        records = buffers.events[words * begin : words * end].reshape(-1, words)
        listener = records[:, 0] - FIRST
        mine = listener >= 0
        if not mine.any():
            return
        found, k = records[mine], listener[mine]
        numbers = found[:, 5:7].copy().view(np.float64)
        amount = found[:, 3] * np.where(redirections.counts[k], 1.0, numbers[:, 1])
        n = len(found)
        self._room(n)
        first = int(self.counts[0])
        offset, delay = numbers[:, 0] + redirections.shift[k], redirections.delay[k]
        sooner = offset >= resolution
        offset, delay = np.where(sooner, offset - resolution, offset), delay - sooner
        events = (redirections.node[k], found[:, 2] - 1 + delay, offset, amount)
        self.pending[first : first + n] = np.stack(events, axis=1)
        self.counts[0] += n
        kept = records[~mine]
        buffers.events[words * begin : words * (begin + len(kept))] = kept.reshape(-1)
        buffers.counters[layout.N_EVENTS] = begin + len(kept)

    def advance(self, b: int, columns: Any, buffers: Any, clock: np.ndarray) -> None:
        """Run a batch of neurons through a segment."""
        most = int((self.end - self.begin).sum()) + int(self.counts[1]) + len(columns.batch) * (len(buffers.raster) + 1)
        if most > len(self.emitted):
            self.emitted = np.concatenate([self.emitted, np.zeros((2 * most - len(self.emitted), 4))])
        columns.module.advance(
            buffers.ring.reshape(-1), columns.state, columns.samples, columns.scalars, columns.sampled, columns.frozen,
            columns.places, self.first_queue[b], self.ready, self.begin, self.end, self.returns, self.emitted,
            self.counts, clock,
        )  # fmt: skip

    def take_marked(self, columns: Any, raster: np.ndarray, clock: np.ndarray) -> None:
        """Take the spikes of a batch whose spikes carry a number out of the raster."""
        begin, first = int(clock[layout.FROM]), columns.batch.first_column
        part = raster[begin : clock[layout.TO], first : first + len(columns.batch)]
        lag, i = np.nonzero(part)
        marks = columns.samples[begin + lag, columns.outputs.index(MARK), i]
        n = int(self.counts[1])
        if n + len(lag) > len(self.emitted):
            self.emitted = np.concatenate([self.emitted[:n], np.zeros((2 * (n + len(lag)), 4))])
        self.emitted[n : n + len(lag)] = np.stack([first + i, begin + lag, part[lag, i], marks], axis=1)
        self.counts[1] += len(lag)
        part[:] = 0

    def collect(self, shard: Shard, recorded: np.ndarray, buffers: Any, clock: np.ndarray, times: np.ndarray) -> None:
        """After a segment: hand its spikes to recorders and archives, and register them for delivery."""
        if not self.counts[1]:
            if clock[layout.FROM] == 0:
                self.register = self.register[:0]
            return
        spikes = self.emitted[: self.counts[1]].copy()
        self.counts[1] = 0
        column = spikes[:, 0].astype(np.int64)
        order = np.argsort(shard.emitters[column], kind="stable")
        spikes, column = spikes[order], column[order]
        buffers.counters[layout.N_SPIKES] += int(spikes[:, 2].sum())
        _record(spikes[recorded[column] > 0], shard, buffers, clock)
        on_time = np.where(self.marked[column], 0.0, spikes[:, 3])
        self._archive(np.column_stack([spikes[:, :3], on_time]), buffers, clock, times)
        before = self.register if clock[layout.FROM] > 0 else self.register[:0]
        spikes[:, 0] = shard.emitters[column]
        self.register = np.concatenate([before, spikes])

    @staticmethod
    def _archive(spikes: np.ndarray, buffers: Any, clock: np.ndarray, times: np.ndarray) -> None:
        from jaxnest.engine import off_grid

        archive = buffers.archive
        archive.reserve(spikes[:, 0].astype(np.int64), spikes[:, 2], buffers.counters)
        arguments: tuple[Any, ...] = (spikes, *archive.arrays, buffers.counters, clock, times)
        off_grid.note_spikes(*arguments)


def _make_room_for_weights(buffers: Any, more: int) -> None:
    """Let weight recorders note this many further events."""
    n = (int(buffers.counters[layout.N_WEIGHTS]) + more) * layout.WEIGHT_WORDS
    if n > len(buffers.weight_events):
        buffers.weight_events = np.concatenate([buffers.weight_events, np.zeros(2 * n, np.int64)])


def _record(spikes: np.ndarray, shard: Shard, buffers: Any, clock: np.ndarray) -> None:
    """Append event records for the recorders of the senders."""
    words, n = layout.EVENT_WORDS, int(buffers.counters[layout.N_EVENTS])
    more = len(spikes)
    if words * (n + more) > len(buffers.events):
        buffers.events = np.concatenate([buffers.events, np.zeros(words * 2 * (n + more), np.int64)])
    records = buffers.events[words * n : words * (n + more)].reshape(-1, words)
    records[:, 0] = -1
    records[:, 1] = shard.emitters[spikes[:, 0].astype(np.int64)]
    records[:, 2] = clock[layout.ORIGIN] + spikes[:, 1].astype(np.int64) + 1
    records[:, 3] = spikes[:, 2]
    records[:, 4] = clock[layout.SEGMENT]
    records[:, 5] = np.ascontiguousarray(spikes[:, 3]).view(np.int64)
    records[:, 6] = 0
    buffers.counters[layout.N_EVENTS] = n + more


def deliver_precise(plan: Any, buffers: list[Any], streams: Any, s: int, clock: np.ndarray) -> None:
    """Deliver on one virtual process the spikes of all of them: first those that are bound to the grid, as in NEST."""
    mine = buffers[s]
    slice_ = int(clock[layout.ORIGIN]) // plan.min_delay
    if not any(other.has_spikes(slice_) for other in buffers):
        return
    on_grid = [np.column_stack([e, np.zeros(len(e))]) for e in (other.registered(slice_) for other in buffers)]
    spikes = np.concatenate([*on_grid, *(other.precise.register for other in buffers)])
    arguments = (plan.delivery[s], mine, spikes, streams.vp_specific[s], clock, plan.clock.resolution)
    mine.precise.deliver(*arguments)
