"""The strict back end: numba, node by node through all steps of a segment, in NEST's order of execution."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, final

import numpy as np

from jaxnest.engine import events, layout, plastic_kernels
from jaxnest.engine.archive import decay_calcium
from jaxnest.engine.buffers import Buffers, clock_words
from jaxnest.engine.generate import neuron_loop, split
from jaxnest.engine.plan import Plan, collection_table
from jaxnest.engine.remembering import archive_times
from jaxnest.engine.shard import Batch
from jaxnest.engine.stimulation import NO_STREAM, Devices, schedule

PARALLEL_WORK = 1 << 13
"""Updates of neurons per slice from which on virtual processes run in threads of their own."""


@final
class NodeColumns:
    """A batch of neurons in the layout of the compiled loop: one row per node."""

    def __init__(self, batch: Batch, outputs: tuple[str, ...], sampled: np.ndarray, min_delay: int) -> None:
        self.batch, self.outputs = batch, outputs
        n, k = len(batch), batch.receptors
        names = tuple(batch.variables)
        scalars, vectors = split(names, batch.vectors)
        widths = {name: 2 if name in batch.vectors else 1 for name in names}
        spread = any(batch.variables[name].ndim == widths[name] for name in names)
        rows = n if spread else 1
        self.spread = int(spread)
        self.scalars = np.zeros((rows, max(1, len(scalars))))
        self.vectors = np.zeros((rows, max(1, len(vectors)), k))
        for i, name in enumerate(scalars):
            self.scalars[:, i] = batch.variables[name]
        for i, name in enumerate(vectors):
            self.vectors[:, i] = batch.variables[name]
        state = batch.state()
        self.scalar_states, self.vector_states = split(batch.model.dynamic, batch.vectors)
        self.state = np.zeros((n, max(1, len(self.scalar_states))))
        self.state_vectors = np.zeros((n, max(1, len(self.vector_states)), k))
        for i, name in enumerate(self.scalar_states):
            self.state[:, i] = state[name]
        for i, name in enumerate(self.vector_states):
            self.state_vectors[:, i] = state[name]
        self.frozen = np.zeros(n, np.bool_) if batch.frozen is None else batch.frozen
        self.sampled = sampled
        self.samples = np.zeros((min_delay, max(1, len(outputs)), n))
        self.uniform = np.zeros((min_delay, n if batch.stochastic else 0))
        self.loop = neuron_loop(batch.model, names, batch.vectors, outputs, batch.stochastic)

    def advance(self, buffers: Buffers, clock: np.ndarray) -> None:
        """Run all nodes through the segment."""
        self.loop(
            self.scalars,
            self.vectors,
            self.spread,
            self.state,
            self.state_vectors,
            buffers.ring.reshape(-1),
            buffers.raster,
            self.uniform,
            self.samples,
            self.sampled,
            self.frozen,
            self.batch.first_lane,
            self.batch.first_column,
            self.batch.receptors if self.batch.model.receptor_vector is not None else 0,
            self.batch.tile,
            clock,
        )

    def dynamic_state(self) -> dict[str, np.ndarray]:
        """Return the state in columns."""
        result = {name: self.state[:, i] for i, name in enumerate(self.scalar_states)}
        return result | {name: self.state_vectors[:, i] for i, name in enumerate(self.vector_states)}


@final
class StrictRunner:
    """Runs a plan segment by segment."""

    def __init__(self, plan: Plan, buffers: list[Buffers], devices: list[list[Devices | None]], streams: Any) -> None:
        self.plan, self.buffers, self.devices = plan, buffers, devices
        self.streams = streams
        self.neurons = [
            [NodeColumns(batch, *plan.outputs(s, b), plan.min_delay) for b, batch in enumerate(shard.batches)]
            for s, shard in enumerate(plan.shards)
        ]
        self.schedules = [list(schedule(shard)) for shard in plan.shards]
        self.collections = [collection_table(plan, s) for s in range(len(plan.shards))]
        self._samples: list[list[np.ndarray]] = [[] for _ in plan.probes]
        self._threads: ThreadPoolExecutor | None = None
        work = sum(len(shard.emitters) for shard in plan.shards) * plan.min_delay
        if len(plan.shards) > 1 and work >= PARALLEL_WORK:
            self._threads = ThreadPoolExecutor(len(plan.shards))

    def run(self, step: int, end: int) -> int:
        """Advance from `step` towards `end` (steps), at least one segment, and return the step reached."""
        min_delay = self.plan.min_delay
        origin = step - step % min_delay
        begin, stop = step - origin, min(min_delay, end - origin)
        clocks = [clock_words(self.plan, shard, origin, begin, stop, step) for shard in self.plan.shards]
        if begin == 0:
            self._each_shard(lambda s: deliver(self.plan, self.buffers, self.streams, s, origin))
        self._each_shard(lambda s: self._advance(s, clocks[s]))
        self._sample(origin, begin, stop)
        return origin + stop

    def _each_shard(self, work: Callable[[int], None]) -> None:
        """Do the work of all virtual processes: in threads, if it is worth while."""
        shards = range(len(self.plan.shards))
        if self._threads is None:
            for s in shards:
                work(s)
        else:
            for _ in self._threads.map(work, shards):
                pass

    def _advance(self, s: int, clock: np.ndarray) -> None:
        self._send(s, clock)
        for columns in self.neurons[s]:
            columns.advance(self.buffers[s], clock)
        self._collect(s, clock)

    def _send(self, s: int, clock: np.ndarray) -> None:
        buffers = self.buffers[s]
        for b, first, last in self.schedules[s]:
            if b >= len(self.devices[s]):
                columns = self.neurons[s][b - len(self.devices[s])]
                events.draw_uniforms(
                    self.streams.vp_specific[s], columns.uniform, columns.frozen, np.array((first, last)), clock
                )
                continue
            devices = self.devices[s][b]
            if devices is not None:
                devices.loop.send(
                    buffers.ring.reshape(-1),
                    buffers.events,
                    buffers.counters,
                    self.streams.vp_specific[s],
                    self.streams.vp_synchronised[s] if devices.shares else NO_STREAM,
                    buffers.raster,
                    *devices.changing(),
                    *devices.constant(),
                    np.array((first, last), np.int64),
                    clock,
                )

    def _collect(self, s: int, clock: np.ndarray) -> None:
        buffers, table = self.buffers[s], self.collections[s]
        events.collect(
            buffers.events,
            buffers.register,
            buffers.counters,
            buffers.raster.reshape(-1),
            table["rank"],
            table["column_of_rank"],
            table["emitters"],
            table["recorded"],
            table["watched"],
            clock,
        )
        buffers.archive.note_spikes(buffers, clock, archive_times(self.plan.clock))

    def _sample(self, origin: int, begin: int, stop: int) -> None:
        for probe, kept in zip(self.plan.probes, self._samples, strict=True):
            lags = probe.due(origin + begin, origin + stop) - 1 - origin
            if len(lags):
                source, outputs = self._samples_of(probe)
                names = [outputs.index(name) for name in probe.names]
                kept.append(source[lags][:, names][:, :, probe.rows])

    def _samples_of(self, probe: Any) -> tuple[np.ndarray, tuple[str, ...]]:
        neurons = self.neurons[probe.shard]
        if probe.batch < len(neurons):
            return neurons[probe.batch].samples, neurons[probe.batch].outputs
        devices = self.devices[probe.shard][probe.batch - len(neurons)]
        assert devices is not None
        return devices.samples, devices.outputs

    def take_samples(self) -> list[np.ndarray]:
        """Hand over the samples (time, name, node) of each probe since the last call."""
        taken = [
            np.concatenate(kept) if kept else np.empty((0, len(p.names), len(p.rows)))
            for p, kept in zip(self.plan.probes, self._samples, strict=True)
        ]
        self._samples = [[] for _ in self.plan.probes]
        return taken

    def unstable(self) -> tuple[Batch, int, str] | None:
        """Return batch, row and variable of a state that is no finite number, or None."""
        for columns in (c for neurons in self.neurons for c in neurons if not c.batch.model.may_be_undefined):
            for name, values in columns.dynamic_state().items():
                if not np.isfinite(values).all():
                    row = np.argwhere(~np.isfinite(values))[0][0]
                    return columns.batch, int(row), name
        return None

    def take_streams(self) -> None:
        """Nothing to do: the loops work on the kernel's streams."""

    def return_streams(self) -> None:
        """Nothing to do: the loops work on the kernel's streams."""

    def rest(self, t: float) -> None:
        """Advance at the end of a run what otherwise only spikes advance."""
        for buffers in self.buffers:
            decay_calcium(buffers.archive.arrays[1], t)

    def drained(self) -> None:
        """Nothing to do: the session's counters are the runner's."""

    def bring_home(self) -> None:
        """Write all states back to the node table."""
        for neurons in self.neurons:
            for columns in neurons:
                columns.batch.store_state(columns.dynamic_state())

    def refresh(self) -> None:
        """Take over variables and states that changed in the node table."""
        for s, neurons in enumerate(self.neurons):
            for b in range(len(neurons)):
                neurons[b] = NodeColumns(self.plan.shards[s].batches[b], *self.plan.outputs(s, b), self.plan.min_delay)


def deliver_all(plan: Plan, buffers: list[Buffers], streams: Any, origin: int) -> None:
    """Deliver on all virtual processes what was registered in the slice before `origin`."""
    for s in range(len(plan.shards)):
        deliver(plan, buffers, streams, s, origin)


def deliver(plan: Plan, buffers: list[Buffers], streams: Any, s: int, origin: int) -> None:
    """Deliver on one virtual process what all of them registered in the slice before `origin`."""
    table, mine = plan.delivery[s], buffers[s]
    clock = clock_words(plan, plan.shards[s], origin, 0, 0, origin)
    for other in buffers:
        if table.plasticity is not None:
            plastic_kernels.deliver(table, mine, other, streams.vp_specific[s], clock)
            continue
        events.deliver(
            mine.ring.reshape(-1),
            mine.weight_events,
            mine.counters,
            other.register,
            other.counters[layout.N_REGISTER],
            table.group_start,
            table.connection_start,
            table.group_watched,
            table.group_constant,
            table.value_start,
            table.lane,
            table.weight,
            table.delay,
            clock,
        )
