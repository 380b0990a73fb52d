"""Devices that send spikes or currents, in the layout of their compiled loops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, final

import numpy as np

from jaxnest.engine.calibration import calibrate
from jaxnest.engine.plan import Plan, window
from jaxnest.engine.shard import Batch
from jaxnest.engine.tables import DeviceTable

OBJECT_SIZE = 32
"""Words of one distribution object (see `random.distributions`)."""


@final
class Devices:
    """The emitting devices of one batch: constant arrays and those that the loop changes."""

    def __init__(self, batch: Batch, table: DeviceTable, outputs: tuple[str, ...], plan: Plan, kept: dict[Any, Any]) -> None:
        model, n = batch.model, len(batch)
        self.batch, self.table, self.outputs = batch, table, outputs
        columns = batch.columns()
        scalars, self.vector_names, vectors = _columns(model, columns, plan.clock)
        self.names = (*scalars, *self.vector_names)
        self.scalars = np.stack([*scalars.values(), np.zeros(n)][: len(scalars) or 1], axis=1)
        sizes = np.array([[len(vectors[k][i]) for k in self.vector_names] for i in range(n)], np.int64).reshape(n, -1)
        starts = np.concatenate([[0], np.cumsum(sizes.ravel())])
        per_row = len(self.vector_names)
        self.vector_start = starts[np.arange(n)[:, None] * per_row + np.arange(per_row + 1)[None, :]]
        flat = [np.asarray(vectors[k][i], np.float64) for i in range(n) for k in self.vector_names]
        self.vectors = np.concatenate([*flat, np.zeros(1)])
        frozen = batch.store.frozen[batch.rows]
        self.windows = np.array(
            [(0, -1) if f else window(batch.store, r, plan.clock) for r, f in zip(batch.rows, frozen, strict=True)],
            np.int64,
        )
        state = [np.asarray(columns[k], np.float64) for k in model.dynamic]
        self.state = np.stack([*state, np.zeros(n)][: len(state) or 1], axis=1)
        self.objects = np.zeros((n, model.distributions, OBJECT_SIZE))
        self.target_state = np.zeros((len(table.lane_positive), len(model.target_state)))
        self.samples = np.zeros((plan.min_delay, len(outputs), n))
        self._restore(kept)

    def _restore(self, kept: dict[Any, Any]) -> None:
        """Take over distribution objects, and the state of targets if their number is unchanged."""
        for i, node in enumerate(self.batch.node_ids):
            objects, targets = kept.get(int(node), (None, None))
            if objects is not None:
                self.objects[i] = objects
            here = slice(self.table.start[i], self.table.start[i + 1])
            if targets is not None and len(targets) == here.stop - here.start:
                self.target_state[here] = targets

    def keep(self) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """Return what has to survive a change of the network."""
        start = self.table.start
        return {
            int(node): (self.objects[i], self.target_state[start[i] : start[i + 1]])
            for i, node in enumerate(self.batch.node_ids)
        }

    def store_state(self) -> None:
        """Write the dynamic state back to the node table."""
        for k, name in enumerate(self.batch.model.dynamic):
            self.batch.store.columns[name][self.batch.rows] = self.state[:, k]

    @property
    def loop(self) -> Any:
        """The generated module of this model."""
        from jaxnest.engine.generate import stimulator_loop

        return stimulator_loop(self.batch.model, self.names, frozenset(self.vector_names), self.outputs, OBJECT_SIZE)

    def changing(self) -> tuple[np.ndarray, ...]:
        """Arrays that the loop changes, beside ring buffer, events, counters and stream."""
        return self.state, self.target_state, self.objects, self.samples

    def constant(self) -> tuple[np.ndarray, ...]:
        """Arrays that the loop reads."""
        t = self.table
        return (
            self.scalars,
            self.vectors,
            self.vector_start,
            self.windows,
            np.ascontiguousarray(self.batch.node_ids),
            t.start,
            t.lane_positive,
            t.lane_negative,
            t.flags,
            t.weight,
            t.delay,
        )


def _columns(
    model: type[Any], columns: dict[str, np.ndarray], clock: Any
) -> tuple[dict[str, np.ndarray], tuple[str, ...], dict[str, list[np.ndarray]]]:
    """Return scalar variables, names of vector variables, and their values per device."""
    vectors: dict[str, list[np.ndarray]] = {}
    results = []
    for i in range(len(next(iter(columns.values())))):
        one = {k: c[i : i + 1] for k, c in columns.items()}
        result = {k: a[0] for k, a in calibrate(model, one, clock).items()}
        results.append(result)
    scalars = {k: np.array([r[k] for r in results]) for k, a in results[0].items() if a.ndim == 0}
    names = tuple(k for k, a in results[0].items() if a.ndim == 1)
    for name in names:
        vectors[name] = [r[name] for r in results]
    return scalars, names, vectors


def schedule(batches: list[Batch]) -> Iterator[tuple[int, int, int]]:
    """Yield runs of devices in the order of node ids: batch, first row, end."""
    ids = np.concatenate([b.node_ids for b in batches]) if batches else np.empty(0, np.int64)
    owner = np.repeat(np.arange(len(batches)), [len(b) for b in batches])
    row = np.concatenate([np.arange(len(b)) for b in batches]) if batches else ids
    order = np.argsort(ids, kind="stable")
    cuts = np.flatnonzero(np.diff(owner[order], prepend=-1, append=-1))
    for begin, end in zip(cuts[:-1], cuts[1:], strict=True):
        yield int(owner[order[begin]]), int(row[order[begin]]), int(row[order[end - 1]]) + 1
