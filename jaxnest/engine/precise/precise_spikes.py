"""Networks with spikes that are not bound to the grid: what their virtual processes hold beside the other buffers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from jaxnest.engine import layout
from jaxnest.engine.devices.device_tables import DeviceTable
from jaxnest.engine.network.growing import Table
from jaxnest.engine.network.shard import Shard


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
        if batch.model.emits != "spikes" or not len(table.lane_positive) or not shard.n_lanes:
            continue
        lane = table.lane_positive
        here = np.flatnonzero((lane >= 0) & (node_of_lane[np.maximum(lane, 0)] > 0))
        plain = table.flags[here] & layout.PLAIN > 0
        found.append((node_of_lane[lane[here]], table.delay[here], table.shift[here], plain))
        table.lane_positive[here] = table.lane_negative[here] = -1 - (
            layout.FIRST_REDIRECTED + n + np.arange(len(here))
        )
        if len(here):
            table.alike[:] = layout.DIFFERENT
        n += len(here)
    columns = [np.concatenate([f[k] for f in found] or [np.empty(0, np.int64)]) for k in range(4)]
    kinds = (np.int64, np.int64, np.float64, np.int64)
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
    """The queues of one virtual process, and the precise spikes of the present slice.

    Attributes
    ----------
    pending, ready
        Events on their way to neurons with queues, and those that arrive in the present slice, queue by queue
        (`engine.precise.off_grid.EVENT_WORDS`).
    begin, end
        Per queue, its part of `ready`.
    returns
        Per queue, an event of its own: the end of the refractory period.
    emitted
        What neurons have sent in the present segment (`engine.precise.off_grid.SPIKE_WORDS`).
    register
        Spikes of this slice, or of the previous one until they are delivered, with nodes in the place of columns.
    heard
        What recorders hear (`engine.precise.off_grid.RECORDED_WORDS`).
    """

    CHANGING: ClassVar = (
        "begin", "end", "returns", "pending", "ready", "emitted", "register", "heard",
    )  # fmt: skip

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
        self.begin, self.end = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.returns = np.full((n, 4), np.inf)
        self.pending, self.ready, self.emitted, self.register = (Table(4) for _ in range(4))
        self.heard = Table(5)
        self.first_event = np.zeros(1, np.int64)
        self.marked = np.zeros(len(shard.emitters), np.int64)
        """Columns of the raster whose spikes carry other numbers than offsets."""
        for batch in shard.batches:
            self.marked[batch.first_column :][: len(batch)] = batch.model.marks_spikes

    def carry_over(self, old: PreciseSpikes) -> None:
        """Go on with the events of an old network."""
        for name in ("pending", "ready", "register"):
            getattr(self, name).rows = getattr(old, name).rows
        nodes = np.flatnonzero(old.queue_of_node >= 0)
        nodes = nodes[nodes < len(self.queue_of_node)]
        for node in nodes[self.queue_of_node[nodes] >= 0].tolist():
            here, there = self.queue_of_node[node], old.queue_of_node[node]
            self.begin[here], self.end[here] = old.begin[there], old.end[there]
            self.returns[here] = old.returns[there]

    def synaptic_events(self, watched: np.ndarray) -> int:
        """Return how many events these spikes make at connections; `watched` has their number for each node."""
        node, _, multiplicity, _ = self.register.rows.T
        return int((watched[node.astype(np.int64)] * np.abs(multiplicity)).sum())

    def heard_records(self) -> np.ndarray:
        """Return the event records of what recorders have heard."""
        rows = self.heard.rows
        records = np.zeros((len(rows), layout.EVENT_WORDS), np.int64)
        records[:, 0] = -1
        records[:, 1:5] = rows[:, :4]
        records[:, 5] = np.ascontiguousarray(rows[:, 4]).view(np.int64)
        return records
