"""Spikes on their way to detectors: nodes that get spikes as neurons do and only evaluate them.

Detectors need nothing of the back ends but the event records, and work on the host when these are drained.
"""

from __future__ import annotations

from typing import Any, final

import numpy as np

from jaxnest.engine.buffers import Buffers
from jaxnest.engine.calibration import node_values
from jaxnest.engine.drain import event_records
from jaxnest.engine.plan import Network, Plan, window


@final
class Detection:
    """Collects what arrives at detectors and calls their models."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._pending = np.empty((0, 6), np.int64)
        """Spikes that are not delivered yet: virtual process, sender, stamp, multiplicity, slice, segment."""

    def begin(self, plan: Plan) -> None:
        """Before a run: give new detectors their memory."""
        for batch, row in _rows(plan):
            columns = batch.store.columns
            if columns["memory"][row] is None:
                self._write(batch, row, batch.model.reset(node_values(columns, row), plan.clock))

    def _write(self, batch: Any, row: int, values: dict[str, Any]) -> None:
        for name, value in values.items():
            batch.store.columns[name][row] = value

    def drain(self, plan: Plan, buffers: list[Buffers], step: int) -> None:
        """Hand the spikes that have arrived before `step` to the detectors."""
        if not plan.detectors:
            return
        records = [event_records(b) for b in buffers]
        self._note(plan, records)
        delivered = (self._pending[:, 4] + 1) * plan.min_delay < step
        spikes, self._pending = self._pending[delivered], self._pending[~delivered]
        owner = {
            node: s for s, shard in enumerate(plan.shards) for b in shard.detectors for node in b.node_ids.tolist()
        }
        for batch, row in _rows(plan):
            node = int(batch.store.node_ids[row])
            first, s = plan.detectors[node], owner[node]
            n_receptors = batch.model.receptor_count({k: c[row] for k, c in batch.store.columns.items()})
            arrivals = _from_neurons(plan, s, first, n_receptors, spikes)
            arrivals += _from_devices(records[s], first, n_receptors)
            arrivals.sort(key=lambda a: a[0])
            low, high = window(batch.store, row, plan.clock)
            active = [a[1:] for a in arrivals if low < a[2] <= high]
            if active:
                p = node_values(batch.store.columns, row)
                self._write(batch, row, batch.model.detect(p, plan.clock, plan.min_delay, active))

    def _note(self, plan: Plan, records: list[np.ndarray]) -> None:
        """Keep the spikes of neurons until they are delivered, in the order in which that will be."""
        found = [self._pending]
        for s, rows in enumerate(records):
            mine = rows[rows[:, 0] == -1]
            slices = (mine[:, 2] - 1) // plan.min_delay
            columns = (np.full(len(mine), s), mine[:, 1], mine[:, 2], mine[:, 3], slices, mine[:, 4])
            found.append(np.stack(columns, axis=1))
        spikes = np.concatenate(found)
        self._pending = spikes[np.lexsort((spikes[:, 2], spikes[:, 1], spikes[:, 5], spikes[:, 0], spikes[:, 4]))]


def _rows(plan: Plan) -> list[tuple[Any, int]]:
    return [(b, int(row)) for shard in plan.shards for b in shard.detectors for row in b.rows]


def _from_neurons(plan: Plan, s: int, first: int, n: int, spikes: np.ndarray) -> list[tuple[Any, ...]]:
    """Return time of delivery, receptor, stamp, multiplicity and weight; a multiple spike is as many single ones."""
    inputs = plan.detector_inputs[s]
    mine = (inputs.listener >= first) & (inputs.listener < first + n)
    source, receptor, weight = inputs.source[mine], (inputs.listener - first)[mine], inputs.weight[mine]
    begin, end = np.searchsorted(source, spikes[:, 1], "left"), np.searchsorted(source, spikes[:, 1], "right")
    arrivals = []
    for (_, _, stamp, multiplicity, slice_, _), low, high in zip(spikes.tolist(), begin, end, strict=True):
        time = 2 * (slice_ + 1) * plan.min_delay
        one = [(time, int(receptor[c]), stamp, 1, float(weight[c])) for c in range(low, high)]
        arrivals += one * multiplicity
    return arrivals


def _from_devices(records: np.ndarray, first: int, n: int) -> list[tuple[Any, ...]]:
    """Return time of delivery, receptor, stamp, multiplicity and weight."""
    mine = records[(records[:, 0] >= first) & (records[:, 0] < first + n)]
    mine = mine[np.lexsort((mine[:, 1], mine[:, 4]))]
    weight = np.ascontiguousarray(mine[:, 6]).view(np.float64)
    return [
        (2 * segment + 1, receptor - first, stamp, multiplicity, w)  # after what is delivered at the same time
        for (receptor, _, stamp, multiplicity, segment, _, _), w in zip(mine.tolist(), weight.tolist(), strict=True)
    ]
