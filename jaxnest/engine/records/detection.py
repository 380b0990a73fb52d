"""Spikes on their way to detectors: nodes that get spikes as neurons do and only evaluate them.

Detectors need nothing of the executors but the event records, and work when these are drained.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple, final

import numpy as np

from jaxnest.compile.operations import Operation
from jaxnest.engine.functions.fingerprints import fingerprint
from jaxnest.engine.network.calibration import node_values
from jaxnest.engine.network.shard import window
from jaxnest.engine.plan.buffers import Buffers
from jaxnest.engine.plan.plan import Network, Plan
from jaxnest.engine.records.drain import event_records
from jaxnest.models.contract.detector import limits

KINDS = {
    "spikes": "I8x2", "weights": "F8", "limits": "I8", "ends": "I8x2", "recent": "I8x2", "amounts": "F8",
    "signals": "I8",
}  # fmt: skip
"""The arguments of all functions that count; the arrays that they change follow."""


class Arrivals(NamedTuple):
    """Spikes on their way: time of delivery, and what detectors evaluate (`Detector.count`)."""

    time: np.ndarray
    spikes: np.ndarray
    weights: np.ndarray

    def ordered(self, low: int, high: int) -> tuple[np.ndarray, np.ndarray]:
        """Return spikes and weights in the order of delivery, where stamps are above `low` and not above `high`."""
        order = np.argsort(self.time, kind="stable")
        order = order[(self.spikes[order, 1] > low) & (self.spikes[order, 1] <= high)]
        return self.spikes[order], self.weights[order]


@functools.cache
def counting(model: type[Any], kinds: tuple[str, ...]) -> Operation:
    """Return the compiled function that evaluates spikes; `kinds` are those of the arrays that it changes."""
    from jaxnest.engine.functions import scalar_ops  # noqa: F401 - the meaning of helpers in compiled code

    arrays = KINDS | dict(zip(model.counted, kinds, strict=True))
    return Operation(lambda: model.count, arrays, model.name, fingerprint(model), model.count)


def _count(model: type[Any], p: Any, plan: Plan, spikes: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
    """Return the new values of a detector."""
    results = {name: getattr(p, name).copy() for name in model.counted}
    kinds = tuple(f"{a.dtype.kind.upper()}8{f'x{a.ndim}' if a.ndim > 1 else ''}" for a in results.values())
    memory = p.memory.with_room(len(spikes))
    counting(model, kinds)(spikes, weights, limits(p, plan.clock, plan.min_delay), *memory, *results.values())
    return results | {"memory": memory}


@final
class Detection:
    """Collects what arrives at detectors and calls their models."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._pending = np.empty((0, 6), np.int64)
        """Spikes that are not delivered yet: virtual process, sender, stamp, multiplicity, slice, segment."""

    def begin(self, plan: Plan) -> None:
        """Before a run: give new detectors their memory."""
        for batch, row in _rows(plan) if plan.detectors else ():
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
            found = _from_neurons(plan, s, first, n_receptors, spikes), _from_devices(records[s], first, n_receptors)
            arrivals = Arrivals(*map(np.concatenate, zip(*found, strict=True)))
            spikes_and_weights = arrivals.ordered(*window(batch.store, row, plan.clock))
            if len(spikes_and_weights[0]):
                p = node_values(batch.store.columns, row)
                self._write(batch, row, _count(batch.model, p, plan, *spikes_and_weights))

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


def _from_neurons(plan: Plan, s: int, first: int, n: int, spikes: np.ndarray) -> Arrivals:
    """Return what neurons sent; a multiple spike is as many single ones."""
    inputs = plan.detector_inputs[s]
    mine = (inputs.listener >= first) & (inputs.listener < first + n)
    source, receptor, weight = inputs.source[mine], (inputs.listener - first)[mine], inputs.weight[mine]
    begin, end = np.searchsorted(source, spikes[:, 1], "left"), np.searchsorted(source, spikes[:, 1], "right")
    _, _, stamp, multiplicity, slice_, _ = spikes.T
    n_copies = (end - begin) * multiplicity
    spike = np.repeat(np.arange(len(spikes)), n_copies)
    copy = np.arange(len(spike)) - np.repeat(np.cumsum(n_copies) - n_copies, n_copies)
    connection = begin[spike] + copy % (end - begin)[spike]
    columns = (receptor[connection], stamp[spike], np.ones_like(spike))
    return Arrivals(2 * (slice_[spike] + 1) * plan.min_delay, np.stack(columns, axis=1), weight[connection])


def _from_devices(records: np.ndarray, first: int, n: int) -> Arrivals:
    """Return what devices sent."""
    mine = records[(records[:, 0] >= first) & (records[:, 0] < first + n)]
    mine = mine[np.lexsort((mine[:, 1], mine[:, 4]))]
    weight = np.ascontiguousarray(mine[:, 6]).view(np.float64)
    columns = (mine[:, 0] - first, mine[:, 2], mine[:, 3])
    # after what is delivered at the same time
    return Arrivals(2 * mine[:, 4] + 1, np.stack(columns, axis=1), weight)
