"""The strict back end: numba, node by node through all steps of a segment, in NEST's order of execution."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, final

import numpy as np

from jaxnest.engine import events, layout, plastic_kernels
from jaxnest.engine.archive import decay_calcium
from jaxnest.engine.buffers import Buffers, clock_words
from jaxnest.engine.collectors import Collectors, after_segment, collectors_of
from jaxnest.engine.learning import begin_step, flush, learners_of, note_step, take_signals
from jaxnest.engine.node_columns import NodeColumns
from jaxnest.engine.plan import Plan, collection_table
from jaxnest.engine.precise_spikes import deliver_precise
from jaxnest.engine.remembering import archive_times
from jaxnest.engine.shard import Batch
from jaxnest.engine.stimulation import NO_STREAM, Devices, schedule
from jaxnest.engine.voltages import note_voltages, voltage_constants
from jaxnest.engine.waveforms import Waveforms

PARALLEL_WORK = 1 << 13
"""Updates of neurons per slice from which on virtual processes run in threads of their own."""


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
        self._collectors = _collectors(plan)
        self._voltages = [voltage_constants(plan, s) for s in range(len(plan.shards))]
        self._learners = [learners_of(plan, s) for s in range(len(plan.shards))]
        self._flushes = [shard.flushes for shard in plan.shards]
        self._waveforms = Waveforms(plan, buffers, self.neurons)
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
        self._waveforms.deliver(clocks)
        for learners, buffers, clock in zip(self._learners, self.buffers, clocks, strict=True):
            take_signals(learners, buffers, clock)
        if begin == 0:
            self._each_shard(lambda s: deliver(self.plan, self.buffers, self.streams, s, origin))
        self._waveforms.iterate(clocks)
        for buffers in self.buffers:
            if begin == 0 and buffers.precise is not None:
                buffers.precise.prepare(origin + min_delay)
        self._each_shard(lambda s: self._advance(s, clocks[s]))
        self._waveforms.forget(clocks)
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
        begin = int(self.buffers[s].counters[layout.N_EVENTS])
        begin_step(self._learners[s], self.buffers[s], clock, archive_times(self.plan.clock))
        self._send(s, clock)
        precise = self.buffers[s].precise
        if precise is not None and self.plan.redirections is not None:
            precise.take(self.buffers[s], self.plan.redirections[s], begin, self.plan.clock.resolution)
        self._waveforms.generate(s, self.devices[s], clock, later=False)
        for b, columns in enumerate(self.neurons[s]):
            if precise is not None and columns.batch.model.queue_channel:
                precise.advance(b, columns, self.buffers[s], clock)
            elif not columns.batch.model.draws and not self._waveforms.advance(s, b, clock):
                columns.advance(self.buffers[s], clock)
        self._waveforms.generate(s, self.devices[s], clock, later=True)
        for columns in self.neurons[s]:
            if precise is not None and columns.batch.model.marks_spikes:
                precise.take_marked(columns, self.buffers[s].raster, clock)
        self._collect(s, clock)

    def _send(self, s: int, clock: np.ndarray) -> None:
        buffers = self.buffers[s]
        for b, first, last in self.schedules[s]:
            if b >= len(self.devices[s]):
                columns, stream = self.neurons[s][b - len(self.devices[s])], self.streams.vp_specific[s]
                if columns.batch.model.draws:
                    columns.advance(buffers, clock, stream, (first, last))
                elif columns.batch.model.noise:
                    rows = np.array((first, last))
                    self._waveforms.draw(s, b - len(self.devices[s]), stream, rows, clock)
                else:
                    rows = np.array((first, last))
                    events.draw_uniforms(stream, columns.uniform, columns.frozen, columns.nodes, rows, clock)
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
        flush(self._flushes[s], buffers, clock)
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
        note_spikes(self.plan, buffers, self.streams, s, clock, self._collectors[s])
        if buffers.precise is not None:
            recorded = self.plan.recorded[s]
            buffers.precise.collect(self.plan.shards[s], recorded, buffers, clock, archive_times(self.plan.clock))
        times = archive_times(self.plan.clock)
        note_voltages(self._voltages[s], self.voltages(s), buffers, clock, times)
        note_step(self._learners[s], self.learning(s), buffers, clock, times)

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

    def voltages(self, s: int) -> list[np.ndarray]:
        """Return the potentials of the last segment that neurons of a virtual process have to keep."""
        return [self.neurons[s][b].samples for b in self.plan.shards[s].voltage_batches]

    def learning(self, s: int) -> list[np.ndarray]:
        """Return the samples of the last segment of the neurons that keep a history for learning."""
        return [self.neurons[s][one.batch].samples for one in self._learners[s]]

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
        self._collectors = _collectors(self.plan)
        self._voltages = [voltage_constants(self.plan, s) for s in range(len(self.plan.shards))]
        self._learners = [learners_of(self.plan, s) for s in range(len(self.plan.shards))]
        self._flushes = [shard.flushes for shard in self.plan.shards]
        for s, neurons in enumerate(self.neurons):
            for b in range(len(neurons)):
                neurons[b] = NodeColumns(self.plan.shards[s].batches[b], *self.plan.outputs(s, b), self.plan.min_delay)
        self._waveforms = Waveforms(self.plan, self.buffers, self.neurons)


def deliver_all(plan: Plan, buffers: list[Buffers], streams: Any, origin: int) -> None:
    """Deliver on all virtual processes what was registered in the slice before `origin`."""
    for s in range(len(plan.shards)):
        deliver(plan, buffers, streams, s, origin)


def deliver(plan: Plan, buffers: list[Buffers], streams: Any, s: int, origin: int) -> None:
    """Deliver on one virtual process what all of them registered in the slice before `origin`."""
    table, mine = plan.delivery[s], buffers[s]
    clock = clock_words(plan, plan.shards[s], origin, 0, 0, origin)
    if mine.precise is not None:
        deliver_precise(plan, buffers, streams, s, clock)
        return
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


def _collectors(plan: Plan) -> list[Collectors | None]:
    return [collectors_of(shard, table) for shard, table in zip(plan.shards, plan.delivery, strict=True)]


def note_spikes(
    plan: Plan, buffers: Buffers, streams: Any, s: int, clock: np.ndarray, collectors: Collectors | None
) -> None:
    """After a segment: remember the spikes of one virtual process, and let those act that modulate synapses."""
    times = archive_times(plan.clock)
    if collectors is None:
        buffers.archive.note_spikes(buffers, clock, times)
    else:
        after_segment(plan.delivery[s], collectors, buffers, streams.vp_specific[s], clock, times)
