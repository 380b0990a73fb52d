"""One prepared network and its back end: running, draining what was recorded, keeping what outlives a change."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.engine import layout, native
from jaxnest.engine.devices.stimulation import Devices
from jaxnest.engine.network.calibration import begin_run, begins_runs, restart, restarts
from jaxnest.engine.network.growing import COUNT
from jaxnest.engine.plan.buffers import (
    EVENT_CAPACITY,
    Buffers,
    buffers_follow_from,
    carry_over,
    clock_words,
    forget_later_nodes,
    new_buffers,
    refuse_losses,
)
from jaxnest.engine.plan.growth import Growth
from jaxnest.engine.plan.learning import configure
from jaxnest.engine.plan.meters import begin_again, begin_sampling
from jaxnest.engine.plan.plan import (
    Network,
    Plan,
    build_plan,
    calibrate_batch,
    delivery_tables,
    device_tables,
    other_connections,
    setting_names,
    take_weights,
)
from jaxnest.engine.plan.storing import CONNECTIONS, models_of, store_connections, store_nodes
from jaxnest.engine.records.detection import Detection
from jaxnest.engine.records.drain import LateRecords, SpikeRecords, WeightWatch, interprets
from jaxnest.engine.run_state import RunState
from jaxnest.engine.waiting import Waiting
from jaxnest.lazy import undrawn
from jaxnest.models.contract.device import Sender

AIM_SECONDS = 0.2
"""How long one call of a back end may take: between calls, interrupts are answered and progress is shown."""
MOST_STEPS = 1 << 30
"""Largest number of steps in one call: many short runs would raise it without end."""


@final
class Session:
    """What the engine keeps of a network between Prepare and the next change."""

    def __init__(self, network: Network, backend: str) -> None:
        self._network = network
        self._backend = backend
        self._advancing = (backend == "native", backend == "jax")
        self._spread: dict[tuple[str, int], set[str]] = {}
        self._spikes, self._detection = SpikeRecords(network), Detection(network)
        self._growth = Growth(network)
        self._restarts = self._is_simple = False
        """Whether devices start each run with a state of their own; whether recorders take what others write down."""
        self._late = LateRecords()
        self._waiting = Waiting(network, self._late)
        self._plan: Plan | None = None
        self._buffers: list[Buffers] = []
        self._devices: list[list[Devices | None]] = []
        self._runner: Any = None
        self._kept: list[dict[int, Any]] = [{} for _ in range(network.nodes.n_virtual_processes)]
        self._versions: tuple[Any, ...] = ()
        """What was taken over last."""
        self._prepared_versions: tuple[Any, ...] = ()
        """What the values follow that are computed when runs are prepared."""
        self._others: tuple[list[tuple[Any, ...]], list[int]] = [], []
        """The connections beside those between neurons, as they were taken over last."""
        self._seen: dict[Any, int] = {}
        """The values of nodes that were taken over when a run was prepared, by model."""
        self._partial = False
        """True if there may be nodes or connections that take part only when a run is prepared again."""
        self._settings: tuple[tuple[int, int], tuple[Any, ...]] = (-1, -1), ()
        """The settings of the kernel that models read, and for how many models of nodes this holds."""
        self._reached = 0
        self._undrained: int | None = None
        """The step from which on recorders have not got yet what they recorded; None if they have everything."""
        self._computes_much = False
        """True if preparing a run computes more than what follows from the values of one node each."""
        self._away: frozenset[Any] = frozenset()
        """The models of nodes of whose states the back end holds newer ones than the node table; and `CONNECTIONS`."""
        self._all: frozenset[Any] = frozenset()
        """All of which it may."""
        self._steps_per_call = 0
        self.exploded = False
        """True after a run that ended with a state with which nothing can go on."""

    # -- building ----------------------------------------------------------------------------------

    def prepare(self, step: int) -> None:
        """Bring plan and back end up to date with the tables."""
        if self._runner is not None:
            self._runner.forget_inputs()
        versions = self._present()
        if self._plan is None or self._partial or self._versions[1][0] != versions[1][0]:
            self._rebuild(step)
        elif self._prepared_versions != versions:
            if not self._adopt(step, versions):
                self._recalibrate(step) if self._versions[:2] == versions[:2] else self._rebuild(step)
        elif self._restarts:
            self._recalibrate(step)
        begin_again(self._plan, step, self.drain)
        self._versions, self._network.connections.senders = versions, None
        if self._prepared_versions != versions or self._partial:
            self._note_prepared(versions)

    def _note_prepared(self, versions: tuple[Any, ...]) -> None:
        """Remember what was taken over when a run was prepared."""
        self._prepared_versions, self._partial = versions, False
        for model, store in self._network.nodes.stores.items():
            self._seen[model] = store.values_version
            store.changed.clear()

    def take_changes(self, step: int) -> None:
        """Between runs that were prepared together, take over what was changed in the tables.

        As in NEST, what was computed from parameters when the runs were prepared stays.
        """
        versions = self._present()
        self._partial |= self._versions[:2] != versions[:2]
        if self._versions[:2] != versions[:2]:
            self._rebuild(step, self._plan)
        elif self._versions != versions:
            self._recalibrate(step, self._plan)
        self._versions = versions
        self._network.connections.senders = None

    def _present(self) -> tuple[Any, ...]:
        """Return the versions of the tables: connections, nodes, their values, and settings of the kernel."""
        nodes, connections = self._network.nodes, self._network.connections
        attributes = self._network.attributes
        known = len(nodes.stores), attributes.version
        if self._settings[0] != known:
            self._settings = known, tuple(attributes.get(name) for name in setting_names(self._network))
        values = connections.values_version, nodes.values_version
        return connections.version, (nodes.version, len(nodes)), *values, self._settings[1]

    def _rebuild(self, step: int, prepared: Plan | None = None) -> None:
        self.bring_home()
        self.drain()
        old, old_buffers = self._plan, self._buffers
        if old is not None:
            self._keep_devices()
        if prepared is None:
            self._restart(step)
        if old is not None and self._backend == "native":
            self._growth.provide(old)
        plan = build_plan(self._network, self._spread, *self._advancing, prepared=prepared, room=self._growth.room)
        watched, stores = plan.watches, self._network.nodes.stores
        self._is_simple = not (interprets(stores) or plan.off_grid or plan.detectors or watched)
        self._restarts = any(map(restarts, stores))
        self._computes_much = plan.secondary is not None or self._restarts or any(map(begins_runs, stores))
        capacity, streams = EVENT_CAPACITY if watched else 0, self._network.streams.vp_specific
        self._buffers = [new_buffers(plan, s, capacity, streams[s.index], step) for s in plan.shards]
        if old is not None:
            if plan.secondary is not None:
                plan.secondary.take_over(old.secondary)
            carry_over(plan, old, self._buffers, old_buffers, step)
        begin_sampling(plan, old.meters if old is not None else (), step, prepared is not None)
        self._plan, self._all = plan, models_of(plan) | {CONNECTIONS}
        self._others = other_connections(self._network.connections)
        self._configure_archives()
        self._watch = WeightWatch(self._network, plan)
        self._deliver_pending(step)
        self._make_devices(step, prepared is not None)
        self._runner = self._make_runner()

    def _recalibrate(self, step: int, prepared: Plan | None = None) -> None:
        self.bring_home()
        self.drain()
        assert self._plan is not None
        self._keep_devices()
        if prepared is None:
            self._restart(step)
        same = self._versions[2] == self._network.connections.values_version
        delivery = self._plan.delivery if same else None
        room = self._growth.room
        fresh = build_plan(self._network, self._spread, *self._advancing, delivery, prepared, room)
        if buffers_follow_from(fresh) != buffers_follow_from(self._plan):
            self._rebuild(step, prepared)
            return
        if fresh.secondary is not None:
            fresh.secondary.take_over(self._plan.secondary)
        begin_sampling(fresh, self._plan.meters, step, prepared is not None)
        self._plan, self._watch = fresh, WeightWatch(self._network, fresh)
        self._others = other_connections(self._network.connections)
        self._configure_archives()
        self._make_devices(step, prepared is not None)
        self._runner.plan, self._runner.devices = fresh, self._devices
        self._runner.refresh()

    def _adopt(self, step: int, versions: tuple[Any, ...]) -> bool:
        """Take over new neurons and changed values in place, if nothing is laid out differently by them; else False.

        What follows from several values of different nodes is left to `_recalibrate`.
        """
        plan, runner = self._plan, self._runner
        assert plan is not None
        other_settings = self._prepared_versions[4:] != versions[4:]
        if not isinstance(runner, native.NativeRunner) or other_settings or self._computes_much:
            return False
        stores = self._network.nodes.stores
        changed = [m for m, store in stores.items() if self._seen.get(m) != store.values_version]
        if self._versions[1] != versions[1] and not self._growth.take_in(plan, self._buffers, runner):
            return False
        connected = self._prepared_versions[0] != versions[0] or self._prepared_versions[2] != versions[2]
        only_devices = not connected and all(issubclass(m, Sender) for m in changed)
        if not only_devices and any(s.reads_histories for s in plan.shards):
            return False
        if connected:
            self.bring_home((*changed, CONNECTIONS))
            if not self._adopt_connections(step):
                return False
        return all(map(self._adopt_nodes, changed))

    def _adopt_connections(self, step: int) -> bool:
        """Take over connections between neurons, and weights and delays of all."""
        plan, connections = self._plan, self._network.connections
        assert plan is not None
        limits, others = (plan.min_delay, plan.max_delay), other_connections(connections)
        if limits != (connections.min_delay, connections.max_delay) or self._others[0] != others[0]:
            return False
        if plan.off_grid or plan.detectors or any(table.is_special for table in plan.delivery):
            return False
        same = self._versions[0] == connections.version and take_weights(self._network, plan)
        delivery = [] if same else delivery_tables(self._network, plan)
        if any(table.is_special for table in delivery):
            return False
        if self._others[1] != others[1]:
            for old, new in zip(plan.device_tables, device_tables(self._network, plan), strict=True):
                if not all(a.adopt(b) for a, b in zip(old, new, strict=True)):
                    return False
        self._others = others
        if not same:
            plan.delivery = delivery
            waiting = self._waiting
            if waiting or (waiting.has_spikes(plan, self._buffers, step) and connections.spikes_change_hands()):
                self._deliver_pending(step)
        self._runner.deliver_through(plan.delivery)
        return True

    def _adopt_nodes(self, model: type[Any]) -> bool:
        """Take over the values of all nodes of a model."""
        plan = self._plan
        assert plan is not None
        for s, shard in enumerate(plan.shards):
            mine = [b for b, batch in enumerate(shard.batches) if batch.model is model]
            if mine and all(self._take_values(s, b) for b in mine):
                continue
            if mine:
                self.bring_home((model,))
            for batch in (shard.batches[b] for b in mine):
                if not batch.is_still_alike():
                    return False
                calibrate_batch(batch, self._network, self._spread)
            if model.archives and mine:
                self.bring_home()
                self._configure_archive(s)
            if mine and not self._runner.adopt(s, mine):
                return False
            for d, batch in enumerate(shard.devices):
                if batch.model is model and not self._adopt_devices(s, d):
                    return False
            if any(batch.model is model for batch in shard.detectors):
                return False
        return True

    def _take_values(self, s: int, b: int) -> bool:
        """Take over changed values of a batch of neurons, if nothing else follows from them."""
        assert self._plan is not None
        batch = self._plan.shards[s].batches[b]
        names = batch.store.changed
        variables = batch.take_values(names, self._spread)
        if variables is None:
            return False
        return self._runner.take_values(s, b, variables, [name for name in batch.model.dynamic if name in names])

    def _adopt_devices(self, s: int, d: int) -> bool:
        """Take over the values of a batch of devices."""
        plan, old = self._plan, self._devices[s][d]
        assert plan is not None
        if old is None or (old.table.lane_positive < 0).any():  # recorders; or how many events these get may change
            return False
        return old.take_values(old.batch.store.changed, plan.clock)

    def _restart(self, step: int) -> None:
        """Give nodes the state that they start a run with."""
        for model, store in self._network.nodes.stores.items():
            if issubclass(model, Sender):
                restart(model, store, self._network.clock, step)
        begin_run(self._network.nodes.stores, self._network.clock, self._network.streams.vp_specific)

    def _make_devices(self, step: int, goes_on: bool = False) -> None:
        plan = self._plan
        assert plan is not None
        fixed = (plan.clock, plan.min_delay)
        self._devices = [
            [
                Devices(batch, table, plan.outputs(s, n + d)[0], *fixed, self._kept[s], step, goes_on)
                if batch.model.emits is not None
                else None
                for d, (batch, table) in enumerate(zip(shard.devices, plan.device_tables[s], strict=True))
            ]
            for s, (shard, n) in enumerate((shard, len(shard.batches)) for shard in plan.shards)
        ]

    def _keep_devices(self) -> None:
        for s, devices in enumerate(self._devices):
            for d in devices:
                if d is not None:
                    self._kept[s] |= d.keep()

    def _make_runner(self) -> Any:
        assert self._plan is not None
        arguments = (self._plan, self._buffers, self._devices, self._network.streams)
        if self._backend == "jax":
            with undrawn():
                from jaxnest.engine.accelerated.executor import XlaRunner
            return XlaRunner(*arguments)
        return native.NativeRunner(*arguments)

    def _configure_archives(self) -> None:
        """Tell the archives of spikes who reads them."""
        assert self._plan is not None
        for s in range(len(self._plan.shards)):
            self._configure_archive(s)

    def _configure_archive(self, s: int) -> None:
        plan = self._plan
        assert plan is not None
        shard, table, buffers = plan.shards[s], plan.delivery[s], self._buffers[s]
        readers = table.plasticity and table.plasticity.readers(len(shard.emitters))
        buffers.archive.configure(shard, readers, self._network, plan.clock, buffers.counters, plan.max_delay)
        if buffers.archive.elements and self._backend == "jax":
            raise errors.NotImplemented('Synaptic elements grow only with compute_backend = "native".')
        new = table.plasticity and table.plasticity.begin_learning(len(shard.emitters))
        configure(buffers.archive, shard, new, plan.learning, buffers.counters)

    def begin_restructuring(self, step: int) -> None:
        """Before connections change in a run: let waiting spikes take the old ones, and all states come home."""
        assert self._plan is not None
        self._runner.rest(self._plan.clock.to_ms(step))
        self._deliver_waiting(step)
        self._deliver_pending(step)
        self.bring_home()

    def take_structure(self, step: int, moved: bool) -> None:
        """Go on with the connections that there are now; `moved`: synaptic elements are elsewhere in memory."""
        versions, plan = self._present(), self._plan
        if moved:
            self._configure_archives()
        if plan is None or versions == self._versions:
            return
        simple = isinstance(self._runner, native.NativeRunner) and plan.secondary is None
        if not (simple and self._adopt_connections(step)):
            self._rebuild(step, plan)
        self._versions, former = versions, self._prepared_versions
        self._prepared_versions = versions[0], former[1], versions[2], *former[3:]

    def _deliver_waiting(self, step: int) -> None:
        """Where a slice begins, deliver spikes of the last one of which some were emitted before a change."""
        assert self._plan is not None
        if self._waiting and step % self._plan.min_delay == 0:
            self._away = self._all
            self._rebuild(step, self._plan)

    def _deliver_pending(self, step: int) -> None:
        """Deliver the spikes that wait for the next slice, where connections have changed since they were emitted.

        As in NEST, they take the connections that there are now, with the values that these have now. Those of an
        unfinished slice wait until it ends.
        """
        plan = self._plan
        if plan is None:
            return
        if step % plan.min_delay != 0:
            self._waiting.set_aside(plan, self._buffers, step)
        elif self._waiting.deliver(plan, self._buffers, step, self._watch):
            self._configure_archives()

    # -- running -----------------------------------------------------------------------------------

    def run(self, step: int, end: int, progress: Callable[[int], bool], slice_by_slice: bool = False) -> int:
        """Advance from `step` to `end`, calling `progress` with the step reached; it returns True to stop there.

        Parameters
        ----------
        slice_by_slice
            Call it after each slice.

        Returns
        -------
        int
            The step reached: `end` unless interrupted, or where a slice ends whose spikes go different ways.
        """
        self._deliver_waiting(step)
        assert self._plan is not None
        whole = not self._waiting
        if not whole:
            end = min(end, self._slice_border(step))
        self._away = self._all
        if not self._may_wait():
            self.drain()
        self._late.flush(self._network.recording)
        self._detection.begin(self._plan)
        self._runner.take_streams(self._network.streams)
        for buffers in self._buffers:
            buffers.counters[layout.N_SPIKES] = 0
        self._runner.take_counters()
        drained = step if self._undrained is None else self._undrained
        self._steps_per_call = self._steps_per_call or 10 * self._plan.min_delay
        interrupted = False
        while step < end and not interrupted:
            started, begin = time.perf_counter(), step
            goal = min(end, self._slice_border(step + (1 if slice_by_slice else self._steps_per_call)))
            while step < goal:
                try:
                    reached = self._runner.run(step, goal)
                except errors.KernelException:
                    self._stop(drained, progress)
                    raise
                if reached == step:
                    self._grow()
                if any(b.counters[layout.ARCHIVE_NEEDED] + b.counters[layout.ARCHIVE_LATE] for b in self._buffers):
                    self._grow_archives(step, reached)
                self._reached = step = reached
                if not self._runner.fits():
                    self._drain(drained, step, self._cut_short(begin, step))
                    drained, self._undrained = step, None
                    self._check_states(begin, step, progress)
            self._undrained = drained
            if not self._may_wait():
                self.drain()
                drained = step
            refuse_losses(self._buffers, self._network.clock)
            interrupted = progress(step)
            self._check_states(begin, step, progress)
            self._choose_steps(max(1e-6, time.perf_counter() - started))
        self._runner.return_streams()
        if whole:
            self._runner.rest(self._plan.clock.to_ms(step))
        return step

    def _choose_steps(self, seconds: float) -> None:
        """Choose how far the next call of the back end goes, after one that took so long."""
        assert self._plan is not None
        factor = max(0.25, min(8.0, AIM_SECONDS / seconds))
        self._steps_per_call = max(self._plan.min_delay, min(MOST_STEPS, int(self._steps_per_call * factor)))

    def _stop(self, drained: int, progress: Callable[[int], bool]) -> None:
        """End a run that failed where its last slice began; what was recorded until then is kept."""
        step, self._undrained = self._runner.reached, None
        if self._backend == "native":
            self._drain(drained, step)
        progress(step)

    def _slice_border(self, step: int) -> int:
        """Return the first step from `step` on that begins a slice: a run is cut nowhere else."""
        assert self._plan is not None
        return -(-step // self._plan.min_delay) * self._plan.min_delay

    def _grow(self) -> None:
        """Make room for the weights of a slice with more synaptic events than ever."""
        needed = sum(int(b.counters[layout.WEIGHTS_NEEDED]) for b in self._buffers)
        self._runner.bring_home()
        for buffers in self._buffers:
            buffers.weight_events = np.zeros(2 * needed * layout.WEIGHT_WORDS, np.int64)
        self._runner.return_streams()
        self._runner.refresh()

    def _grow_archives(self, step: int, reached: int) -> None:
        """Make room for spikes that neurons have to remember, and remember those of the last segment."""
        plan = self._plan
        assert plan is not None
        self._runner.bring_home()
        if self._backend == "jax":
            self._runner.remember_again(step, reached)
            return
        origin = (reached - 1) // plan.min_delay * plan.min_delay
        for s, (shard, buffers) in enumerate(zip(plan.shards, self._buffers, strict=True)):
            late = buffers.counters[layout.ARCHIVE_LATE] > 0
            if late or buffers.counters[layout.ARCHIVE_NEEDED]:
                buffers.archive.grow(buffers.counters)
                clock = clock_words(plan, shard, origin, max(step, origin) - origin, reached - origin, origin)
                if not late:
                    for pack in native.note_spikes(plan, buffers, self._network.streams, s, clock):
                        pack.run()
                if buffers.precise is not None:
                    native.note_precise_spikes(plan, buffers, clock).run()
                for pack in native.note_histories(plan, self._runner, buffers, s, clock):
                    pack.run()
        self._runner.return_streams()
        self._runner.refresh()

    def _may_wait(self) -> bool:
        """Return whether recorders may get what they recorded later, when somebody asks for it."""
        return self._is_simple and self._backend == "native" and self._network.recording.may_wait

    def drain(self) -> None:
        """Hand over what recorders have not got yet."""
        if self._undrained is not None:
            begin, self._undrained = self._undrained, None
            self._drain(begin, self._reached)

    def _drain(self, begin: int, step: int, idle: Collection[tuple[int, int]] = ()) -> None:
        """Hand what was recorded between two steps to the recorders; `idle` meters did not act in the last slice."""
        plan, recording = self._plan, self._network.recording
        assert plan is not None
        self._detection.drain(plan, self._buffers, step)
        for s, buffers in enumerate(self._buffers):
            self._spikes.write(plan, s, buffers, begin, step)
            self._watch.write(s, buffers, recording)
            buffers.counters[layout.N_EVENTS] = buffers.counters[layout.N_WEIGHTS] = 0
            if buffers.precise is not None:
                buffers.precise.heard.words[COUNT] = 0
        self._runner.drained()
        stamps = [p.due(begin, step) for p in plan.probes]
        # a slice that failed may have been sampled on some virtual processes
        samples = [found[: len(due)] for found, due in zip(self._runner.take_samples(), stamps, strict=True)]
        started = (step - 1) // plan.min_delay * plan.min_delay
        for meter in plan.meters:
            meter.take(plan.probes, stamps, samples)
            missed = plan.min_delay if (meter.recorder, meter.shard) in idle else 0
            released = meter.release(started - missed, plan.min_delay)
            if released is not None and len(released[0]):
                senders, times, values = released
                columns = dict(zip(meter.names, values, strict=True))
                recording.write(meter.recorder, meter.shard, {"senders": senders, "steps": times} | columns)

    def _check_states(self, begin: int, end: int, progress: Callable[[int], bool]) -> None:
        """Stop at states that are not numbers any more, if need be where the slice began in which they came up."""
        found = self._runner.unstable()
        if found is not None:
            batch, row, name = found
            self.exploded = batch.model.explodes
            if self.exploded and self._backend == "native":
                min_delay = self._network.connections.min_delay
                begin = max(begin, (end - 1) // min_delay * min_delay)
                progress(begin)
            clock, node = self._network.clock, int(batch.node_ids[row])
            raise errors.NumericalInstability(
                f"A numerical instability was detected: the state variable {name} of node {node} "
                f"({self._network.nodes.named(node).name}) became infinite or undefined between "
                f"{clock.to_ms(begin)} ms and {clock.to_ms(end)} ms."
            )

    def _cut_short(self, begin: int, end: int) -> set[tuple[int, int]]:
        """Forget what came after a state with which nothing can go on; return the meters that did not act any more."""
        found, plan = self._runner.unstable(), self._plan
        if plan is None or found is None or not found[0].model.explodes or self._backend != "native":
            return set()
        return forget_later_nodes(plan, self._buffers, found[0], found[1], begin, end)

    def take_unsettled(self) -> np.ndarray:
        """Return begin and end of the intervals since the last call whose waveforms were not settled."""
        return self._runner.take_unsettled()

    def state(self) -> RunState:
        """Return everything that changes during a run, between two runs; nothing then waits for recorders."""
        if self._waiting or not isinstance(self._runner, native.NativeRunner):
            raise errors.NotImplemented("The state of a run with arrays of JAX, or in a slice with a change inside.")
        self.drain()
        return RunState(self._runner)

    def spike_count(self) -> int:
        """Return the number of spikes of neurons in the last run."""
        return sum(int(b.counters[layout.N_SPIKES]) for b in self._buffers)

    def bring_home(self, which: Iterable[Any] | None = None) -> None:
        """Write states back to the kernel's tables, if the back end holds newer ones.

        Parameters
        ----------
        which
            Models of nodes, and `CONNECTIONS`; None for all.
        """
        if self._plan is None or not self._away:
            return
        mine = self._away if which is None or self._backend == "jax" else self._away.intersection(which)
        self._away -= mine
        if mine - {CONNECTIONS}:
            self._runner.bring_home(mine)
            store_nodes(self._plan, self._buffers, self._devices, self._reached, mine)
        if CONNECTIONS in mine:
            store_connections(self._plan)
