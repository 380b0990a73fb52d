"""Devices that send spikes or currents, in the layout of their compiled loops."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from jaxnest.engine.devices.device_tables import DeviceTable, off_grid_rows
from jaxnest.engine.network.calibration import Apart, calibrate, computed, node_values, recalibrated
from jaxnest.engine.network.shard import Batch, Shard, window
from jaxnest.models.contract.device import Sender
from jaxnest.random.numbers.layout import OBJECT_SIZE

NO_STREAM = np.zeros(1, np.uint64)
WINDOW = frozenset(("start", "stop", "origin"))
"""Parameters that say when a device acts."""
FROZEN = (0, -1)
"""The window of a device that does nothing."""


@final
@dataclass
class Kept:
    """What one device takes along when the network changes."""

    objects: np.ndarray
    memory: np.ndarray
    targets: list[np.ndarray]
    computed: dict[str, float]
    """Variables that were computed when the run was prepared."""
    window: tuple[int, int]


@final
class Devices:
    """The emitting devices of one batch: constant arrays and those that the loop changes."""

    CHANGING: ClassVar = ("state", "target_state", "objects", "memory", "samples")

    def __init__(
        self,
        batch: Batch,
        table: DeviceTable,
        outputs: tuple[str, ...],
        clock: Any,
        min_delay: int,
        kept: dict[Any, Kept],
        step: int,
        goes_on: bool = False,
    ) -> None:
        """Lay out devices; `goes_on` within a series of runs that were prepared together."""
        model, n = batch.model, len(batch)
        self.batch, self.table, self.outputs = batch, table, outputs
        columns = batch.columns()
        self._apart = Apart(model)
        scalars, self.vector_names = self._variables(columns, clock)[:2]
        earlier = [kept.get(int(node)) for node in batch.node_ids]
        for i, before in enumerate(earlier if goes_on and model.prepares else []):
            for name, value in before.computed.items() if before else ():
                scalars[name][i] = value
        self.names = (*scalars, *self.vector_names)
        self.scalars = _beside(scalars.values(), n)
        self.vector_start, self.vectors = _flat(self._vectors(range(n)))
        self.windows = self._windows(clock)
        for i, before in enumerate(earlier if goes_on else []):
            if before and FROZEN not in (tuple(self.windows[i].tolist()), before.window):
                self.windows[i] = before.window
        positions = np.arange(n)
        self.precise = off_grid_rows(batch)
        columns_and_lanes = (batch.first_column + positions, batch.first_lane + positions)
        self.places = np.stack([batch.node_ids, *columns_and_lanes, 0 * positions], axis=1)
        self.state = self._stored_state(columns)
        self.samples = np.zeros((min_delay, len(outputs), n))
        self._restore(earlier, columns, clock)
        if not goes_on:
            self._renew(columns, clock, step)

    def take_values(self, changed: Collection[str], clock: Any) -> bool:
        """Take over changed values for a run that is prepared, of a model that starts no run with a state of its own.

        Parameters
        ----------
        changed
            Names of parameters and states.
        clock
            The clock of the network.

        Returns
        -------
        bool
            False if values are laid out differently now.
        """
        model, columns = self.batch.model, self.batch.store.at(self.batch.rows)
        columns.update({k: self.state[:, i] for i, k in enumerate(model.dynamic) if k not in changed})
        if model.precise in changed and (off_grid_rows(self.batch) != self.precise).any():
            return False
        if _has_vectors(model):
            scalars, names, new = self._variables(self.batch.columns() | columns, clock)
            if (*scalars, *names) != self.names:
                return False
        else:
            scalars, new = recalibrated(model, columns, len(self.batch), changed, clock), []
        if new or model.memory_size is not Sender.memory_size:
            memory = [model.memory_size(node_values(columns, i)) for i in range(len(self.batch))]
            if memory != np.diff(self.memory_start).tolist() or not self._take_vectors(new):
                return False
        for name, values in scalars.items():
            self.scalars[:, self.names.index(name)] = values
        if not WINDOW.isdisjoint(changed):
            self.windows[...] = self._windows(clock)
        for k, name in enumerate(model.dynamic):
            if name in changed:
                self.state[:, k] = columns[name]
        return True

    def _variables(
        self, columns: dict[str, np.ndarray], clock: Any
    ) -> tuple[dict[str, Any], tuple[str, ...], list[int]]:
        """Return scalar variables, names of vector variables, and the devices of which a variable may be another."""
        model = self.batch.model
        if not _has_vectors(model):
            return calibrate(model, columns, clock), (), []
        new = self._apart.update(columns, clock)
        found = self._apart.found
        scalars = {k: np.array([one[k] for one in found]) for k, a in found[0].items() if a.ndim == 0}
        return scalars, tuple(k for k, a in found[0].items() if a.ndim == 1), new

    def _vectors(self, devices: Iterable[int]) -> list[list[np.ndarray]]:
        return [[self._apart.found[i][k] for k in self.vector_names] for i in devices]

    def _take_vectors(self, new: list[int]) -> bool:
        """Write down the vectors of devices of which they may be others; return whether there is room for them."""
        vectors = self._vectors(new)
        if all(
            [len(v) for v in row] == np.diff(self.vector_start[i]).tolist() for i, row in zip(new, vectors, strict=True)
        ):
            for i, row in zip(new, vectors, strict=True):
                self.vectors[self.vector_start[i, 0] : self.vector_start[i, -1]] = np.concatenate(row)
            return True
        start, flat = _flat(self._vectors(range(len(self.batch))))
        if len(flat) != len(self.vectors):
            return False
        self.vectors[...], self.vector_start[...] = flat, start
        return True

    def send_to(self, table: np.ndarray) -> None:
        """Let devices that send spikes between grid points, and as neurons do, emit them into a table."""
        self.places[:, 3] = self.precise * table.ctypes.data

    def _windows(self, clock: Any) -> np.ndarray:
        """Return the first and last active step of each device."""
        batch = self.batch
        frozen = batch.store.frozen[batch.rows]
        windows = [FROZEN if f else window(batch.store, r, clock) for r, f in zip(batch.rows, frozen, strict=True)]
        return np.array(windows, np.int64)

    def _stored_state(self, columns: dict[str, np.ndarray]) -> np.ndarray:
        return _beside([np.asarray(columns[k], np.float64) for k in self.batch.model.dynamic], len(self.batch))

    def _restore(self, kept: list[Kept | None], columns: dict[str, np.ndarray], clock: Any) -> None:
        """Take over distribution objects, memory, and the state of targets; those that are new start anew."""
        model, n = self.batch.model, len(self.batch)
        words, start = model.target_distributions * OBJECT_SIZE, self.table.start
        self.objects = np.zeros((n, model.distributions, OBJECT_SIZE))
        memories, groups, width = [], [], 0
        for i in range(n):
            p, count, before = node_values(columns, i), start[i + 1] - start[i], kept[i]
            memory = np.zeros(model.memory_size(p))
            fresh = np.concatenate([np.zeros(words), np.asarray(model.new_target(p, clock), np.float64)])
            targets: list[np.ndarray] = []
            if before is not None:
                self.objects[i] = before.objects
                here = min(len(memory), len(before.memory))
                memory[:here] = before.memory[:here]
                if not model.forgets_targets or len(before.targets) == count:
                    targets = before.targets[:count]
            memories.append([memory])
            groups.append((count, fresh, targets))
            width = max(width, len(fresh), *map(len, targets))
        starts, self.memory = _flat(memories)
        self.memory_start = np.append(starts[:, 0], starts[-1, -1])
        self.target_state, first = np.zeros((sum(count for count, _, _ in groups), width)), 0
        for count, fresh, targets in groups:
            self.target_state[first : first + count, : len(fresh)] = fresh
            for row, values in zip(self.target_state[first:], targets, strict=False):
                row[:] = 0.0
                row[: len(values)] = values
            first += count

    def _renew(self, columns: dict[str, np.ndarray], clock: Any, step: int) -> None:
        """Change the state of devices, and of their targets, for a run that is prepared."""
        model, start = self.batch.model, self.table.start
        for i in range(len(self.batch)):
            targets = self.target_state[start[i] : start[i + 1], model.target_distributions * OBJECT_SIZE :]
            for name, value in model.renew(node_values(columns, i), clock, step, targets).items():
                self.state[i, model.dynamic.index(name)] = value
        self.store_state()

    def keep(self) -> dict[int, Kept]:
        """Return what has to survive a change of the network."""
        start, n_scalars = self.table.start, len(self.names) - len(self.vector_names)
        return {
            int(node): Kept(
                self.objects[i],
                self.memory[self.memory_start[i] : self.memory_start[i + 1]],
                list(self.target_state[start[i] : start[i + 1]]),
                {k: self.scalars[i, self.names.index(k)] for k in computed(self.batch.model, self.names[:n_scalars])},
                tuple(self.windows[i].tolist()),
            )
            for i, node in enumerate(self.batch.node_ids)
        }

    def store_state(self) -> None:
        """Write the dynamic state back to the node table."""
        for k, name in enumerate(self.batch.model.dynamic):
            self.batch.store.columns[name][self.batch.rows] = self.state[:, k]

    @property
    def shares(self) -> bool:
        """True if the devices draw from the stream that all virtual processes have in common."""
        return self.batch.model.shared_stream

    @property
    def loop(self) -> Any:
        """The operation that lets devices of this model act."""
        from jaxnest.engine.devices.stimulator_loops import stimulator_loop

        return stimulator_loop(self.batch.model, self.names, frozenset(self.vector_names), self.outputs)

    def changing(self) -> tuple[np.ndarray, ...]:
        """Arrays that the loop changes, beside ring buffer, events, counters, streams and raster."""
        return tuple(getattr(self, name) for name in self.CHANGING)

    def constant(self) -> tuple[np.ndarray, ...]:
        """Arrays that the loop reads."""
        t = self.table
        return (
            self.scalars,
            self.vectors,
            self.vector_start,
            self.windows,
            self.places,
            t.start,
            t.lane_positive,
            t.lane_negative,
            t.flags,
            t.weight,
            t.delay,
            t.shift,
            t.alike,
            t.identity,
            t.through,
            self.memory_start,
        )


def _beside(columns: Iterable[np.ndarray], n: int) -> np.ndarray:
    """Return columns side by side, one of zeros if there are none."""
    columns = list(columns)
    return np.stack(columns, axis=1) if columns else np.zeros((n, 1))


def _flat(parts: list[list[np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Join the vectors of devices; those of device i begin at ``starts[i]``, the last one ends at ``starts[i, -1]``."""
    n, per_row = len(parts), len(parts[0])
    sizes = np.array([[len(v) for v in row] for row in parts], np.int64).reshape(n, -1)
    starts = np.concatenate([[0], np.cumsum(sizes.ravel())])
    values = [np.asarray(v, np.float64) for row in parts for v in row]
    places = starts[np.arange(n)[:, None] * per_row + np.arange(per_row + 1)[None, :]]
    return places, np.concatenate([*values, np.zeros(1)])


@functools.cache
def _has_vectors(model: type[Any]) -> bool:
    return any(q.is_vector for q in (model.parameters | model.state).values())


def schedule(shard: Shard, others: Collection[int] = ()) -> Iterator[tuple[int, int, int]]:
    """Yield runs of nodes that act or draw before the neurons advance, in the order of node ids: batch, first row, end.

    Batches are the devices; those of neurons follow, of which only the stochastic ones and `others` take part.
    """
    batches, n = shard.devices + shard.batches, len(shard.devices)
    draws = [k < n or k - n in others or b.stochastic or b.model.draws or b.model.noise for k, b in enumerate(batches)]
    taking_part = [len(b) if drawing else 0 for b, drawing in zip(batches, draws, strict=True)]
    ids = np.concatenate([np.empty(0, np.int64), *(b.node_ids[:n] for b, n in zip(batches, taking_part, strict=True))])
    owner = np.repeat(np.arange(len(batches)), taking_part)
    row = np.concatenate([np.empty(0, np.int64), *(np.arange(n) for n in taking_part)])
    order = np.argsort(ids, kind="stable")
    cuts = np.flatnonzero(np.diff(owner[order], prepend=-1, append=-1))
    for begin, end in zip(cuts[:-1], cuts[1:], strict=True):
        yield int(owner[order[begin]]), int(row[order[begin]]), int(row[order[end - 1]]) + 1
