"""From event records to the recorders' columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, final

import numpy as np

from jaxnest.engine import layout
from jaxnest.engine.network.shard import window
from jaxnest.engine.plan.buffers import Buffers
from jaxnest.engine.plan.plan import Network, Plan
from jaxnest.models.contract.base import Node
from jaxnest.models.contract.device import Recorder


def interprets(models: Iterable[type[Node]]) -> bool:
    """Return whether some recorder makes events of its own from what it hears, even if that is nothing."""
    return any(issubclass(model, Recorder) and model.interpreter is not None for model in models)


@final
class SpikeRecords:
    """Hands event records to the recorders of spikes."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._interpreters: dict[tuple[int, int], Any] = {}
        """Recorder and virtual process -> what makes its events from the spikes that it hears."""

    def write(self, plan: Plan, s: int, buffers: Buffers, begin: int, end: int) -> None:
        """Hand the spikes that one virtual process noted between two steps to the spike recorders that listen.

        Per recorder they come segment by segment, in a segment by sender, for a sender by time, as in NEST.
        """
        if begin == end:
            return
        records = event_records(buffers)
        if not len(records) and not interprets(self._network.nodes.stores):
            return
        spikes: dict[int, tuple[np.ndarray, ...]] = {}
        if len(records):
            order = np.lexsort((records[:, 1], records[:, 4]))
            for index, node in enumerate(plan.recorders.tolist()):
                spikes[node] = _heard(plan, s, index, node, records[order])
        for node in plan.recorders.tolist():
            interpreter = self._interpreter(node, s)
            columns = None
            if interpreter is not None:
                last = max(begin, (end - 1) // plan.min_delay * plan.min_delay)
                columns = interpreter.events(spikes.get(node, _NOTHING), begin, last, plan.min_delay)
            elif node in spikes:
                columns = _plain(*spikes[node])
            if columns is not None and len(columns["senders"]):
                self._network.recording.write(node, s, columns)

    def _interpreter(self, node: int, s: int) -> Any:
        kind = self._network.nodes.model(node).interpreter
        if kind is None:
            return None
        if (node, s) not in self._interpreters:
            self._interpreters[node, s] = kind(node)
        return self._interpreters[node, s]


_NOTHING = (*(np.empty(0, np.int64) for _ in range(4)), np.empty(0))
"""Sender, stamp, multiplicity, segment and offset of no spikes."""


def event_records(buffers: Buffers) -> np.ndarray:
    """Return the event records of one virtual process, one per row."""
    n = int(buffers.counters[layout.N_EVENTS])
    records = buffers.events[: n * layout.EVENT_WORDS].reshape(n, layout.EVENT_WORDS)
    return records if buffers.precise is None else np.concatenate([records, buffers.precise.heard_records()])


def _heard(plan: Plan, s: int, index: int, node: int, records: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return sender, stamp, multiplicity, segment and offset of what one recorder hears while it is active."""
    recorder, sender, stamp, multiplicity, segment, bits, _ = records.T
    heard = recorder == index
    copies, offset = multiplicity.copy(), np.ascontiguousarray(bits).view(np.float64)
    rows: Any = slice(None)
    if node in plan.listeners[s]:
        ids, counts, shifts = plan.listeners[s][node]
        place = np.minimum(np.searchsorted(ids, sender), len(ids) - 1)
        listens = (recorder == -1) & (ids[place] == sender)
        heard |= listens
        if len(shifts):
            rows, offset = _shifted(offset, np.where(listens, place, -1), counts, shifts, plan.clock.resolution)
        else:
            copies[listens] *= counts[place[listens]]
    first, last = plan.recorder_windows[index]
    heard &= (stamp > first) & (stamp <= last)
    columns = (column[rows][heard[rows]] for column in (sender, stamp, copies, segment))
    return *columns, offset[heard[rows]]


def _shifted(
    offset: np.ndarray, place: np.ndarray, counts: np.ndarray, shifts: np.ndarray, resolution: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of events, each once for every connection of its sender, and what synapses make of offsets.

    `place` is that of the sender, -1 for events of one connection, which are not changed.
    """
    times = np.where(place < 0, 1, counts[place])
    rows = np.repeat(np.arange(len(offset)), times)
    first = (np.cumsum(counts) - counts)[place]
    which = np.arange(len(rows)) - np.repeat(np.cumsum(times) - times, times) + first[rows]
    at = offset[rows] + np.where(place[rows] < 0, 0.0, shifts[np.minimum(which, len(shifts) - 1)])
    carried = (at >= resolution) & (place[rows] >= 0)
    return rows, np.where(carried, at - resolution, at)


def _plain(
    sender: np.ndarray, stamp: np.ndarray, copies: np.ndarray, segment: np.ndarray, offset: np.ndarray
) -> dict[str, np.ndarray]:
    """Return one event per spike."""
    columns = {"senders": np.repeat(sender, copies), "steps": np.repeat(stamp, copies)}
    if offset.any():
        columns["offsets"] = np.repeat(offset, copies)
    return columns


@final
class LateRecords:
    """Records made while recorders do not take any: they get them when the next run begins."""

    def __init__(self) -> None:
        self._records: list[tuple[int, int, dict[str, Any]]] = []

    def write(self, recorder: int, shard: int, columns: dict[str, Any]) -> None:
        """Keep the columns of some events."""
        self._records.append((recorder, shard, columns))

    def flush(self, recording: Any) -> None:
        """Hand them over."""
        for record in self._records:
            recording.write(*record)
        self._records.clear()


Sent = tuple[Any, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""A table of connections; and of each weight that was sent its place in the order of all (rows of numbers, of which the
first counts most), the stamp, the connection's row in the table, and the weight."""


@final
class WeightWatch:
    """The weight recorders of the network and what they want to know."""

    def __init__(self, network: Network, plan: Plan) -> None:
        self._plan = plan
        self._network = network

    def write(self, s: int, buffers: Buffers, recording: Any) -> None:
        """Hand the weights that were sent to the weight recorders."""
        parts: dict[int, list[tuple[np.ndarray, dict[str, np.ndarray]]]] = {}
        for connections, order, stamp, row, sent in [*self._of_spikes(s, buffers), *self._of_signals(s)]:
            for recorder in connections.named.defaults.get("weight_recorder", ()):
                wanted = self._wanted(s, int(recorder), connections, row, stamp)
                columns = self._columns(connections, row[wanted], stamp[wanted], sent[wanted])
                parts.setdefault(int(recorder), []).append((order[:, wanted], columns))
        for recorder, found in parts.items():
            order = np.lexsort(np.concatenate([order for order, _ in found], axis=1)[::-1])
            columns = {k: np.concatenate([c[k] for _, c in found])[order] for k in found[0][1]}
            recording.write(recorder, s, columns)

    def _of_spikes(self, s: int, buffers: Buffers) -> Iterator[Sent]:
        """Yield the weights with which spikes were sent."""
        n = int(buffers.counters[layout.N_WEIGHTS])
        if not n:
            return
        records = buffers.weight_events[: n * layout.WEIGHT_WORDS].reshape(n, layout.WEIGHT_WORDS)
        table = self._plan.delivery[s]
        owner, rows = table.home(records[:, 0])
        for k, (_, connections) in enumerate(table.tables):
            mine = np.flatnonzero(owner == k)
            weight, row = np.ascontiguousarray(records[mine, 2]).view(np.float64), rows[mine]
            if connections.named.model.send is None:  # what arrives may have been counted or flipped for the target
                weight = connections.weight[row]
            yield connections, np.stack([mine, np.full(len(mine), n), mine]), records[mine, 1], row, weight

    def _of_signals(self, s: int) -> Iterator[Sent]:
        """Yield the weights of connections that carry numbers: each counts whenever something is delivered."""
        signals = self._plan.secondary
        if signals is None or not signals.deliveries:
            return
        noted = signals.deliveries[s].rows.astype(np.int64)
        signals.deliveries[s].words[layout.COUNT] = 0
        first = 0
        for connections in signals.watched[s]:
            n = len(connections.source)
            mine = np.flatnonzero((noted[:, 0] == 0) | connections.named.model.carries.iterated)
            stamp, before = (np.repeat(noted[mine, k], n) for k in (1, 2))
            row = np.tile(np.arange(n), len(mine))
            order = np.stack([before, np.repeat(mine - len(noted), n), first + row])
            yield connections, order, stamp, row, connections.weight[row]
            first += n

    def _columns(self, connections: Any, r: np.ndarray, stamp: np.ndarray, weight: np.ndarray) -> dict[str, np.ndarray]:
        """Return the columns of a recorder."""
        senders = connections.at("source", r)  # `source` of a part may say whose spikes go over it
        return {
            "senders": senders.astype(np.int64),
            "steps": stamp,
            "weights": weight,
            "targets": connections.target[r].astype(np.int64),
            "receptors": self._network.nodes.shown_receptors(
                senders, connections.target[r], connections.receptor[r]
            ).astype(np.int64),
            "ports": getattr(connections, "whole", connections).places()[getattr(connections, "rows", slice(None))][r],
        }

    def _wanted(self, s: int, recorder: int, connections: Any, row: np.ndarray, stamp: np.ndarray) -> np.ndarray:
        """Return which spikes are within a recorder's window and between the nodes that it is set to."""
        nodes = self._network.nodes
        store = nodes.stores[nodes.model(recorder)]
        first_row = int(nodes.rows(np.array([recorder]))[0])
        first, last = window(store, first_row + s, self._plan.clock)
        wanted = (stamp > first) & (stamp <= last)
        for name, end in (("senders", "source"), ("targets", "target")):
            chosen = store.columns[name][first_row]
            if len(chosen):
                wanted &= np.isin(connections.at(end, row), chosen.ids)
        return wanted
