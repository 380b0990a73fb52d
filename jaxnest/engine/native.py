"""The native executor: networks on the CPU, in compiled loops, with NEST's digits.

A slice is a list of calls of compiled operations. Their order stands here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, ClassVar, final

import numpy as np

from jaxnest.compile.operations import Pack
from jaxnest.engine import layout
from jaxnest.engine.devices.stimulation import NO_STREAM, Devices, schedule
from jaxnest.engine.histories.remembering import archive_times
from jaxnest.engine.network.growing import Table
from jaxnest.engine.network.newcomers import Newcomers
from jaxnest.engine.network.shard import Batch
from jaxnest.engine.neurons import stability
from jaxnest.engine.neurons.node_columns import NodeColumns
from jaxnest.engine.neurons.vector_columns import VectorColumns, lanes_in_use
from jaxnest.engine.plan.buffers import Buffers, events_per_slice
from jaxnest.engine.plan.collectors import collectors_of, modulating_call
from jaxnest.engine.plan.delivery_table import DeliveryTable
from jaxnest.engine.plan.learning import Learners, learners_of
from jaxnest.engine.plan.plan import Plan, collection_table, order_columns
from jaxnest.engine.plan.plastic_kernels import complete_calls, early_readers, groups_and_calls, ways_of_devices
from jaxnest.engine.plan.voltages import voltage_constants
from jaxnest.engine.records.probes import ProbeSamples
from jaxnest.engine.signals.waveforms import Waveforms
from jaxnest.engine.slices import Call, Program, n_processors
from jaxnest.models.contract.base import MARK
from jaxnest.models.contract.ode import OdeNode

PARALLEL_WORK = 1 << 10
"""Updates of neurons per slice from which on threads are worth while."""
PLASTIC_WORK = 1 << 10
"""What plastic connections add to this."""

NOTHING_UNSETTLED = np.empty((0, 2))

Columns = NodeColumns | VectorColumns
Stage = tuple[Pack, bool]
"""A call, and whether it is made at the beginning of slices only."""


@final
class NativeRunner:
    """Runs a plan slice by slice."""

    CHANGING: ClassVar = ("neurons", "devices", "buffers", "plan", "streams")

    def __init__(self, plan: Plan, buffers: list[Buffers], devices: list[list[Devices | None]], streams: Any) -> None:
        self.plan, self.buffers, self.devices = plan, buffers, devices
        self.streams = streams
        self._probes, self._unsettled = ProbeSamples(plan), Table(4)
        self._lay_out()

    def _lay_out(self) -> None:
        """Make the program of the plan; nothing is compiled for it but what no network has used before."""
        plan = self.plan
        shards = range(len(plan.shards))
        self.neurons = [self._columns(s) for s in shards]
        self.clocks = [self._clock(s) for s in shards]
        self._times = archive_times(plan.clock)
        self._learners = [learners_of(plan, s) for s in shards]
        self._registers = addresses([b.register for b in self.buffers])
        self._waveforms = Waveforms(plan, self.buffers, self.neurons, self.clocks, self._unsettled)
        if self._probes.plan is not plan:
            self._probes = ProbeSamples(plan)
        for s in shards:
            self._keep_weights(s)
        self._deliveries: dict[int, Pack] = {}
        self._delivering = list(plan.delivery)
        self._collecting = [collection_table(plan, s) for s in shards]
        self._now = np.zeros(1)
        self._rest = list(self._decay())
        self._states = stability.states(columns for neurons in self.neurons for columns in neurons)
        self._forgets = any(batch.model.forgets_inputs for shard in plan.shards for batch in shard.batches)
        self.n_workers = min(len(shards), n_processors()) if is_worthwhile(plan) else 1
        mine = [shards[w :: self.n_workers] for w in range(self.n_workers)]
        self._program = Program(
            [[Call(pack, at_begin) for pack, at_begin in self._slice(part)] for part in mine],
            [self._checks(part) for part in mine],
            [[self.clocks[s] for s in part] for part in mine],
            plan.min_delay,
        )

    def _columns(self, s: int, which: Sequence[int] | None = None) -> list[Columns]:
        """Return neurons of a virtual process (batches, by default all) in the layout of their loops."""
        plan, found = self.plan, []
        used = lanes_in_use((d.table for d in self.devices[s] if d), self.buffers[s].ring)
        for b in range(len(plan.shards[s].batches)) if which is None else which:
            batch, (outputs, sampled) = plan.shards[s].batches[b], plan.outputs(s, b)
            if batch.in_blocks:
                found.append(VectorColumns(batch, outputs, sampled, plan.min_delay, used))
            else:
                found.append(NodeColumns(batch, outputs, sampled, plan.min_delay))
        return found

    def _keep_weights(self, s: int) -> None:
        """Let synapses know where neurons keep the weights of receptors that connections have of their own."""
        plasticity = self.plan.delivery[s].plasticity
        if plasticity is None:
            return
        for columns in self.neurons[s]:
            model = columns.batch.model
            if model.own_receptor and model.receptor_vector is not None and isinstance(columns, NodeColumns):
                kept = columns.vector_state(model.receptor_vector)
                plasticity.keep_weights(columns.nodes, kept, model.own_receptor)

    def deliver_through(self, tables: list[DeliveryTable]) -> None:
        """Go on with other connections between the same neurons."""
        self.plan.delivery = tables
        for s, table in enumerate(tables):
            if table is self._delivering[s]:
                continue
            self._keep_weights(s)
            pack = deliver(self.plan, self.buffers, self._registers, self.streams, s, self.clocks[s])
            self._program.replace(self._deliveries[s], pack)
            self._deliveries[s], self._delivering[s] = pack, table

    def adopt(self, s: int, batches: Sequence[int]) -> bool:
        """Take over variables and states of some batches that changed; False if they are laid out differently now."""
        pairs = zip(batches, self._columns(s, batches), strict=True)
        return all(type(new) is type(self.neurons[s][b]) and self.neurons[s][b].adopt(new) for b, new in pairs)  # pyright: ignore[reportArgumentType]

    def accepts(self, s: int, b: int, new: Newcomers) -> bool:
        """Return whether further neurons can be advanced with those of a batch."""
        return self.neurons[s][b].accepts(new)

    def take_in(self, s: int, b: int, new: Newcomers) -> None:
        """Advance further neurons, which have become part of a batch."""
        batch, emitters, table = self.plan.shards[s].batches[b], self.plan.shards[s].emitters, self._collecting[s]
        self.neurons[s][b].take_in(new)
        end = batch.first_column + len(batch)
        emitters[end - len(new) : end], table["apart"][end - len(new) : end] = new.node_ids, batch.model.sends_apart
        order_columns(table)

    def take_values(self, s: int, b: int, variables: Iterable[str], states: Iterable[str]) -> bool:
        """Take over some variables and states of a batch; False if they are laid out differently now."""
        return self.neurons[s][b].take_values(variables, states)

    def forget_inputs(self) -> None:
        """Remove what is on its way to nodes that lose it when a run is prepared."""
        for shard, buffers in zip(self.plan.shards, self.buffers, strict=True) if self._forgets else ():
            for lanes in shard.forgotten_lanes():
                buffers.ring[:, lanes] = 0.0

    def _clock(self, s: int) -> np.ndarray:
        clock = np.zeros(layout.CLOCK_WORDS, np.int64)
        clock[layout.MIN_DELAY], clock[layout.N_SLOTS] = self.plan.min_delay, self.plan.n_slots
        clock[layout.N_LANES] = self.plan.shards[s].n_lanes
        return clock

    # -- the order of a slice ----------------------------------------------------------------------

    def _slice(self, shards: Sequence[int]) -> Iterator[Stage]:
        """Yield what some virtual processes do in a slice."""
        stages = (self._arrive, self._advance, self._remember)
        if not (self.plan.off_grid or self._waveforms.exchanges):
            yield from (call for s in shards for stage in stages for call in stage(s))
            return
        for s in shards:
            yield from self._arrive(s)
        yield from ((pack, False) for pack in self._waveforms.iterate())
        if self._waveforms.exchanges:
            yield self._waveforms.begin_sending(), False
        for stage in (self._advance, self._remember):
            for s in shards:
                yield from stage(s)
        if self._waveforms.exchanges:
            yield self._waveforms.end_sending(on_trial=0), False

    def _arrive(self, s: int) -> Iterator[Stage]:
        """Take what arrives from others."""
        from jaxnest.engine.histories import archive_learning
        from jaxnest.engine.precise import off_grid

        buffers, clock = self.buffers[s], self.clocks[s]
        index, _, pool = buffers.archive.arrays
        yield from ((pack, True) for pack in self._waveforms.deliver(s))
        for one in self._learners[s]:
            yield archive_learning.take_signals.pack(_flat(buffers), index, pool, one.lanes, one.places, clock), False
        self._deliveries[s] = deliver(self.plan, self.buffers, self._registers, self.streams, s, clock)
        yield self._deliveries[s], True
        mine = buffers.precise
        if mine is not None:
            queues = (mine.pending.words, mine.queue_of_node, mine.ready.words, mine.begin, mine.end)
            yield off_grid.prepare.pack(*queues, clock), True

    def _advance(self, s: int) -> Iterator[Stage]:
        """Let devices act, and advance neurons; those that draw do so among the devices, in the order of ids."""
        from jaxnest.engine.precise import off_grid

        buffers, clock, waveforms = self.buffers[s], self.clocks[s], self._waveforms
        precise = buffers.precise
        if not self._learns_from_devices(s):
            yield from (self._begin_step(s, one, 0, len(one.lanes)) for one in self._learners[s])
        if precise is not None:
            yield off_grid.begin_segment.pack(buffers.counters, precise.emitted.words, precise.first_event), False
        yield from self._act(s)
        if precise is not None:
            assert self.plan.redirections is not None
            way = self.plan.redirections[s]
            changing = (buffers.events, buffers.counters, precise.first_event, precise.pending.words)
            columns = (way.node, way.delay, way.shift, way.counts)
            yield off_grid.take.pack(*changing, *columns, self.plan.clock.resolution), False
        yield from ((pack, False) for pack in waveforms.generate(s, self.devices[s], later=False))
        for b, columns in enumerate(self.neurons[s]):
            if precise is not None and columns.batch.model.queue_channel:
                assert isinstance(columns, NodeColumns)
                yield columns.precise_pack(buffers, precise.first_queue[b], clock), False
            elif waveforms.advances(s, b):
                yield waveforms.advance(s, b), False
            elif not columns.batch.model.draws:
                yield columns.pack(buffers, clock), False
        yield from ((pack, False) for pack in waveforms.generate(s, self.devices[s], later=True))
        yield from ((pack, False) for pack in waveforms.forget(s))
        if precise is not None:
            for columns in (c for c in self.neurons[s] if c.batch.model.marks_spikes):
                places = (columns.batch.first_column, len(columns.batch), columns.outputs.index(MARK))
                arguments = (precise.emitted.words, buffers.raster.reshape(-1), columns.samples)
                yield off_grid.take_marked.pack(*arguments, np.array(places, np.int64), clock), False

    def _learns_from_devices(self, s: int) -> bool:
        plasticity = self.plan.delivery[s].plasticity
        return plasticity is not None and plasticity.learns_from_devices

    def _begin_step(self, s: int, one: Learners, first: int, last: int) -> Stage:
        """Let some neurons of a batch begin a step for synapses that learn."""
        from jaxnest.engine.histories import archive_learning

        buffers, rows = self.buffers[s], np.array((first, last), np.int64)
        changing = (_flat(buffers), *buffers.archive.arrays, buffers.counters)
        return archive_learning.begin_step.pack(*changing, *one.constant, rows, self.clocks[s], self._times), False

    def _act(self, s: int) -> Iterator[Stage]:
        """Let devices act and neurons draw, in the order of ids.

        Neurons that learn begin their step in their turn if devices send spikes to their synapses.
        """
        from jaxnest.engine.spikes import events

        buffers, clock, n_devices = self.buffers[s], self.clocks[s], len(self.devices[s])
        stream = self.streams.vp_specific[s]
        ways = ways_of_devices(self.plan.delivery[s], buffers, stream, clock)
        learners = {one.batch: one for one in self._learners[s] if self._learns_from_devices(s)}
        for b, first, last in schedule(self.plan.shards[s], learners):
            rows = np.array((first, last), np.int64)
            if b < n_devices:
                devices = self.devices[s][b]
                if devices is not None:
                    yield from self._act_in_turn(s, devices, rows, ways)
                continue
            if b - n_devices in learners:
                yield self._begin_step(s, learners[b - n_devices], first, last)
                continue
            columns = self.neurons[s][b - n_devices]
            assert isinstance(columns, NodeColumns)
            if columns.batch.model.draws:
                yield columns.pack(buffers, clock, stream, (first, last)), False
            elif columns.batch.model.noise:
                yield self._waveforms.drawing(s, b - n_devices, stream, rows), False
            else:
                arguments = (stream, columns.uniform, columns.frozen, columns.nodes, rows, clock)
                yield events.draw_uniforms.pack(*arguments), False

    def _act_in_turn(self, s: int, devices: Devices, rows: np.ndarray, ways: tuple[Any, ...]) -> Iterator[Stage]:
        """Let some devices of a batch act, one by one where synapses read what neurons note whose turn is before."""
        from jaxnest.engine.histories import archive

        buffers, clock, delivery = self.buffers[s], self.clocks[s], self.plan.delivery[s]
        shared = self.streams.vp_synchronised[s] if devices.shares else NO_STREAM
        if buffers.precise is not None:
            devices.send_to(buffers.precise.emitted.words)
        streams = (self.streams.vp_specific[s], shared)
        changing = (_flat(buffers), buffers.events, buffers.counters, *streams, buffers.raster)
        arrays = (*changing, *devices.changing(), *devices.constant())
        nodes = devices.batch.node_ids[rows[0] : rows[1]].tolist()
        early = [early_readers(delivery, self.plan.shards[s].emitters, node) for node in nodes]
        if not any(map(len, early)):
            yield devices.loop.pack(*arrays, rows, clock, *ways[:-1]), False
            return
        for k, neurons in enumerate(early):
            yield archive.keep_unread.pack(*buffers.archive.arrays, neurons, clock), False
            yield devices.loop.pack(*arrays, rows[:1] + np.array((k, k + 1)), clock, *ways[:-1]), False

    def _remember(self, s: int) -> Iterator[Stage]:
        """Note what came of a segment: for recorders, for delivery, for synapses that read histories; and sample."""
        from jaxnest.engine.histories import flushing
        from jaxnest.engine.precise import off_grid
        from jaxnest.engine.spikes import events

        plan, buffers, clock, precise = self.plan, self.buffers[s], self.clocks[s], self.buffers[s].precise
        raster = buffers.raster.reshape(-1)
        if plan.shards[s].flushes:
            yield flushing.flush.pack(buffers.archive.arrays[1], raster, clock), False
        table = self._collecting[s]
        columns = [table[k] for k in ("rank", "column_of_rank", "emitters", "recorded", "watched", "apart")]
        changing = (buffers.events, buffers.register, buffers.counters, raster)
        keys = np.zeros(2 * raster.size, np.int64)
        yield events.collect.pack(*changing, *columns, keys, clock), False
        if precise is not None:
            changing = (precise.emitted.words, precise.register.words, precise.heard.words, buffers.counters)
            columns = [table[k] for k in ("emitters", "recorded", "watched")]
            yield off_grid.collect.pack(*changing, *columns, clock), False
        noted = [*note_spikes(plan, buffers, self.streams, s, clock)]
        if precise is not None:
            noted.append(note_precise_spikes(plan, buffers, clock))
        sampled = [*self.neurons[s], *self.devices[s]]
        noted += [*note_histories(plan, self, buffers, s, clock), *self._probes.calls(s, sampled, clock)]
        yield from ((pack, False) for pack in noted)

    def _decay(self) -> Iterator[Pack]:
        from jaxnest.engine.histories import archive

        for buffers in self.buffers:
            if len(buffers.archive.arrays[1]):
                yield archive.decay_calcium.pack(buffers.archive.arrays[1], self._now)

    def _checks(self, shards: Sequence[int]) -> list[Pack]:
        """Return the calls that say whether another slice can follow."""
        neurons = (columns for s in shards for columns in self.neurons[s])
        return [self._room(shards), *self._probes.checks(shards), *stability.checks(neurons)]

    def _room(self, shards: Sequence[int]) -> Pack:
        """Return the call that says whether buffers have room for another slice."""
        from jaxnest.engine.spikes import events

        rooms = [
            (
                b.counters.ctypes.data,
                events_per_slice(self.plan, s),
                len(b.events) // layout.EVENT_WORDS,
                len(b.weight_events) // layout.WEIGHT_WORDS,
            )
            for s, b in ((s, self.buffers[s]) for s in shards)
        ]
        return events.has_room.pack(np.array(rooms, np.int64))

    # -- running -----------------------------------------------------------------------------------

    @property
    def reached(self) -> int:
        """The step that the last run has reached, even if it failed."""
        return self._program.reached

    def fits(self) -> bool:
        """Return whether another slice can follow before buffers are drained."""
        return self._program.fits()

    def run(self, step: int, end: int) -> int:
        """Advance from `step` towards `end` (steps), as far as buffers have room, and return the step reached."""
        return self._program.run(step, end) if self.fits() else step

    def take_unsettled(self) -> np.ndarray:
        """Hand over begin and end of the intervals since the last call whose waveforms were not settled."""
        if not len(self._unsettled):
            return NOTHING_UNSETTLED
        noted = self._unsettled.rows[:, :2].copy()
        self._unsettled.words[layout.COUNT] = 0
        return noted

    def take_streams(self, streams: Any) -> None:
        """Go on with the kernel's random streams, which may be new ones."""
        if streams is not self.streams:
            self.bring_home()
            self.streams = streams
            self._lay_out()

    def return_streams(self) -> None:
        """Nothing to do: the loops work on the kernel's streams."""

    def take_counters(self) -> None:
        """Nothing to do: the session's counters are the runner's."""

    def drained(self) -> None:
        """Note that buffers have been emptied."""
        self._program.drained()

    def take_samples(self) -> list[np.ndarray]:
        """Hand over the samples (time, name, node) of each probe since the last call."""
        return self._probes.take()

    def unstable(self) -> tuple[Batch, int, str] | None:
        """Return batch, row and variable of a state that is no finite number, or None."""
        return stability.unstable(self._states)

    def voltages(self, s: int) -> list[np.ndarray]:
        """Return the potentials of the last segment that neurons of a virtual process have to keep."""
        return [self.neurons[s][b].samples for b in self.plan.shards[s].voltage_batches]

    def learning(self, s: int) -> list[np.ndarray]:
        """Return the samples of the last segment of the neurons that keep a history for learning."""
        return [self.neurons[s][one.batch].samples for one in self._learners[s]]

    def rest(self, t: float) -> None:
        """Advance at the end of a run what otherwise only spikes advance."""
        self._now[0] = t
        for pack in self._rest:
            pack.run()

    def bring_home(self, models: Collection[type[Any]] | None = None) -> None:
        """Write the states of neurons, of some models or of all, back to the node table."""
        for neurons in self.neurons:
            for columns in neurons:
                if models is None or columns.batch.model in models:
                    columns.batch.store_state(columns.dynamic_state())

    def refresh(self) -> None:
        """Take over variables and states that changed in the node table."""
        self._lay_out()


def is_worthwhile(plan: Plan) -> bool:
    """Return whether a network gains from threads.

    Weight recorders, third factors and histories of potentials run in one.
    """
    work = sum(len(b) * _cost(b.model) for shard in plan.shards for b in shard.batches) * plan.min_delay
    work += sum(PLASTIC_WORK for t in plan.delivery if t.plasticity is not None)
    simple = not plan.off_grid and plan.secondary is None and not any(t.group_watched.any() for t in plan.delivery)
    simple &= not any(s.remembers for s in plan.shards)
    return len(plan.shards) > 1 and simple and work >= PARALLEL_WORK


def _cost(model: type[Any]) -> int:
    """Return about how many times the update of a neuron takes as long as that of a simple one."""
    if issubclass(model, OdeNode):
        return 10 if model.side_by_side else 30
    return 1


def addresses(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Return address and length of each array."""
    return np.array([(a.ctypes.data, a.size) for a in arrays], np.int64).reshape(-1)


def _flat(buffers: Buffers) -> np.ndarray:
    return buffers.ring.reshape(-1)


def deliver(plan: Plan, buffers: list[Buffers], registers: np.ndarray, streams: Any, s: int, clock: np.ndarray) -> Pack:
    """Return the call that delivers on one virtual process what all of them registered in the slice before."""
    from jaxnest.engine.plasticity import synaptic_calls
    from jaxnest.engine.spikes import events

    table, mine = plan.delivery[s], buffers[s]
    if mine.precise is not None:
        return _deliver_precise(plan, buffers, registers, streams, s, clock)
    changing = (_flat(mine), mine.weight_events, mine.counters, registers)
    plasticity = table.plasticity
    if plasticity is None:
        return events.deliver.pack(*changing, *table.arrays(), clock)
    calls = complete_calls(plasticity, mine, streams.vp_specific[s], clock)
    return synaptic_calls.deliver.pack(
        *changing, *table.arrays(), plasticity.groups, plasticity.source_row, clock, calls, *mine.archive.arrays
    )


def _deliver_precise(
    plan: Plan, buffers: list[Buffers], registers: np.ndarray, streams: Any, s: int, clock: np.ndarray
) -> Pack:
    """Return this call for a network with precise spikes."""
    from jaxnest.engine.precise import off_grid

    table, mine = plan.delivery[s], buffers[s]
    precise = np.array([b.precise.register.words.ctypes.data for b in buffers if b.precise is not None], np.int64)
    assert mine.precise is not None
    table.spread()
    groups, calls = groups_and_calls(table, mine, streams.vp_specific[s], clock)
    return off_grid.deliver.pack(
        registers, precise, _flat(mine), mine.weight_events, mine.counters, mine.precise.pending.words,
        table.group_start, table.connection_start, table.group_watched, groups, table.lane, table.weight, table.delay,
        table.shift, table.marked.astype(np.int64), mine.precise.node_of_lane, clock, plan.clock.resolution, calls,
        np.empty(0, np.int64) if table.plasticity is None else table.plasticity.source_row, *mine.archive.arrays,
    )  # fmt: skip


def note_precise_spikes(plan: Plan, buffers: Buffers, clock: np.ndarray) -> Pack:
    """Return the call that remembers the precise spikes of a segment."""
    from jaxnest.engine.precise import off_grid

    mine = buffers.precise
    assert mine is not None
    arrays = (*buffers.archive.arrays, buffers.counters)
    return off_grid.note_spikes.pack(mine.emitted.words, mine.marked, *arrays, clock, archive_times(plan.clock))


def note_spikes(plan: Plan, buffers: Buffers, streams: Any, s: int, clock: np.ndarray) -> Iterator[Pack]:
    """Yield the call that remembers the spikes of a segment, and lets those act that modulate synapses."""
    from jaxnest.engine.histories import archive

    times, raster = archive_times(plan.clock), buffers.raster.reshape(-1)
    collectors = collectors_of(plan.shards[s], plan.delivery[s])
    if collectors is not None:
        yield modulating_call(plan.delivery[s], collectors, buffers, streams.vp_specific[s], clock, times)
    elif buffers.raster.shape[1] and not buffers.counters[layout.ARCHIVE_USED]:
        yield archive.note_times.pack(buffers.archive.arrays[1], raster, clock, times)
    elif buffers.raster.shape[1]:
        yield archive.note_spikes.pack(*buffers.archive.arrays, buffers.counters, raster, clock, times)


def note_histories(plan: Plan, runner: NativeRunner, buffers: Buffers, s: int, clock: np.ndarray) -> Iterator[Pack]:
    """Yield the calls that keep histories of potentials, and what neurons keep for synapses that learn."""
    from jaxnest.engine.histories import archive_learning, archive_voltage

    (index, trace, pool), times = buffers.archive.arrays, archive_times(plan.clock)
    for (parameters, places), samples in zip(voltage_constants(plan, s), runner.voltages(s), strict=True):
        changing = (index, pool, buffers.counters)
        yield archive_voltage.note_voltages.pack(*changing, samples, parameters, places, clock, times)
    for one, samples in zip(learners_of(plan, s), runner.learning(s), strict=True):
        changing = (index, trace, pool, buffers.counters, buffers.raster.reshape(-1))
        yield archive_learning.note_step.pack(*changing, samples, one.awake, one.places, clock, times)
