"""Arrays that change during a run and survive it: ring buffers, rasters, registers, event buffers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from jaxnest import errors
from jaxnest.engine import layout
from jaxnest.engine.histories.remembering import Archive
from jaxnest.engine.network.calibration import node_values
from jaxnest.engine.network.noise import Noise
from jaxnest.engine.network.shard import Batch, Shard
from jaxnest.engine.plan.plan import Plan
from jaxnest.engine.precise.precise_spikes import PreciseSpikes

Spikes = tuple[np.ndarray, ...]
"""Registered spikes of one virtual process: those on the grid, and precise ones if there may be any; or nothing."""
EVENT_CAPACITY = 1 << 15


@final
@dataclass
class Buffers:
    """The changing arrays of one virtual process (beside states and streams)."""

    CHANGING: ClassVar = (
        "ring", "raster", "register", "counters", "archive", "noise", "precise",
    )  # fmt: skip

    ring: np.ndarray
    raster: np.ndarray
    register: np.ndarray
    events: np.ndarray
    weight_events: np.ndarray
    counters: np.ndarray
    archive: Archive
    noise: Noise
    precise: PreciseSpikes | None = None
    """What there is in networks with precise spike times only."""

    def half(self, slice_: int) -> np.ndarray:
        """Return the part of the register with the spikes that are delivered in a slice, whose number is given."""
        return self.register.reshape(2, -1)[slice_ % 2]

    def registered(self, slice_: int) -> np.ndarray:
        """Return these spikes, one per row: node, lag, multiplicity."""
        half = self.half(slice_)
        return half[1 : 1 + layout.REGISTER_WORDS * half[0]].reshape(-1, layout.REGISTER_WORDS)

    def has_spikes(self, slice_: int) -> bool:
        """Return whether there are spikes to be delivered in a slice."""
        return bool(self.half(slice_)[0]) or (self.precise is not None and len(self.precise.register) > 0)

    def take_spikes(self, slice_: int) -> Spikes:
        """Take these spikes out of the register, nothing if there are none."""
        if not self.has_spikes(slice_):
            return ()
        taken = [self.registered(slice_).copy()]
        self.half(slice_)[0] = self.raster[:] = 0
        if self.precise is not None:
            taken.append(self.precise.register.rows.copy())
            self.precise.register.words[layout.COUNT] = 0
        return tuple(taken)

    def forget_later_nodes(self, node: int, slice_: int, segment: int) -> None:
        """Forget what nodes noted in a segment that are updated after one of them; `slice_` follows on the segment."""
        used = self.events[: self.counters[layout.N_EVENTS] * layout.EVENT_WORDS].reshape(-1, layout.EVENT_WORDS)
        kept = used[(used[:, 1] <= node) | (used[:, 4] < segment)]
        used[: len(kept)] = kept
        self.counters[layout.N_EVENTS] = len(kept)
        sender, lag, multiplicity = self.registered(slice_).T
        later = (sender > node) & (lag >= segment - (slice_ - 1) * len(self.raster))
        self.counters[layout.N_SPIKES] -= (np.abs(multiplicity[later]) % layout.APART).sum()
        if self.precise is not None:
            heard = self.precise.heard.rows
            self.precise.heard.rows = heard[(heard[:, 0] <= node) | (heard[:, 3] < segment)].copy()

    def put_spikes(self, slice_: int, spikes: Spikes) -> None:
        """Put spikes into the register, which is empty."""
        if not spikes:
            return
        half = self.half(slice_)
        half[0] = len(spikes[0])
        half[1 : 1 + spikes[0].size] = spikes[0].reshape(-1)
        if self.precise is not None:
            self.precise.register.rows = spikes[-1] if len(spikes) > 1 else np.empty((0, self.precise.register.width))

    def synaptic_events(self, slice_: int, watched: np.ndarray) -> int:
        """Return how many events these spikes make at connections; `watched` has their number for each node."""
        spikes = self.registered(slice_)
        n = int((watched[spikes[:, 0]] * (np.abs(spikes[:, 2]) % layout.APART)).sum())
        return n if self.precise is None else n + self.precise.synaptic_events(watched)


def events_per_slice(plan: Plan, shard: int) -> int:
    """Return an upper bound of the event records that one slice can make."""
    if shard not in plan.most_events:
        plan.most_events[shard] = _most_events(plan, shard)
    return plan.most_events[shard]


def _most_events(plan: Plan, shard: int) -> int:
    devices = 0
    for batch, table in zip(plan.shards[shard].devices, plan.device_tables[shard], strict=True):
        if batch.model.emits is None:
            continue
        heard = np.add.reduceat(np.append(table.lane_positive < 0, False).astype(np.int64), table.start[:-1])
        heard[table.start[:-1] == table.start[1:]] = 0
        columns = batch.columns()
        for i in np.flatnonzero(heard):
            p = node_values(columns, int(i))
            devices += int(heard[i]) * batch.model.most_events(p, plan.clock, plan.min_delay)
    return int(plan.recorded[shard].sum()) * plan.min_delay + devices


def new_buffers(plan: Plan, shard: Shard, weight_capacity: int, stream: np.ndarray, step: int) -> Buffers:
    """Return empty buffers for one virtual process; what neurons draw ahead, at `step`, comes from its stream."""
    n, plasticity = len(shard.emitters), plan.delivery[shard.index].plasticity
    most = events_per_slice(plan, shard.index)
    capacity = max(EVENT_CAPACITY, 2 * most) if most else 1
    return Buffers(
        np.zeros((plan.n_slots, shard.n_lanes)),
        np.zeros((plan.min_delay, n), np.int32),
        np.zeros(2 * (1 + n * plan.min_delay * layout.REGISTER_WORDS), np.int64),
        np.zeros(capacity * layout.EVENT_WORDS, np.int64),
        np.zeros(max(1, weight_capacity) * layout.WEIGHT_WORDS, np.int64),
        np.zeros(layout.COUNTER_WORDS, np.int64),
        Archive(shard, np.empty(0, np.int64) if plasticity is None else plasticity.sources),
        Noise(shard, plan.min_delay, stream, step - step % plan.min_delay),
        PreciseSpikes(shard, int(len(plan.delivery[shard.index].group_start) - 2)) if plan.off_grid else None,
    )


def refuse_losses(all_buffers: Sequence[Buffers], clock: Any) -> None:
    """Stop if buffers were too small for events, or a synapse that learns asked for what its target has forgotten."""
    counted = [b.counters.tolist() for b in all_buffers]
    if any(counters[layout.LOST_EVENTS] for counters in counted):
        raise errors.KernelException(
            "A device sent more spikes to recorders or detectors than its model says are possible (`most_events`): "
            "some are lost."
        )
    missing = max(counters[layout.HISTORY_MISSING] for counters in counted)
    if missing:
        for buffers in all_buffers:
            buffers.counters[layout.HISTORY_MISSING] = 0
        raise errors.KernelException(
            f"A synapse that got an event at {clock.to_ms(missing)} ms needs the history of its target at times that "
            "are not part of it: spikes arrived before targets began their first interval of updates, a flush event "
            "came within the interval of a spike (flush_event_send_interval has to be longer than the interval of "
            "updates), or eprop_isi_trace_cutoff became shorter after a flush event."
        )


def clock_words(plan: Plan, shard: Shard, origin: int, begin: int, end: int, segment: int) -> np.ndarray:
    """Return the clock of one segment."""
    words = (origin, begin, end, plan.min_delay, plan.n_slots, shard.n_lanes, segment, 0)
    return np.array(words, np.int64)


def carry_over(plan: Plan, old: Plan, buffers: list[Buffers], old_buffers: list[Buffers], step: int) -> None:
    """Move what is under way in an old network's buffers to the buffers of the new one.

    Input that is still to come follows its neurons, and so do spikes: those of an unfinished slice, and those that wait
    for the next one.
    """
    for shard, new, previous, before in zip(plan.shards, buffers, old.shards, old_buffers, strict=True):
        if plan.min_delay == old.min_delay:
            _, here, there = np.intersect1d(shard.emitters, previous.emitters, return_indices=True)
            new.raster[:, here] = before.raster[:, there]
        here, there = _common_lanes(shard, previous)
        rows = step + np.arange(old.n_slots)
        new.ring[np.ix_(rows % plan.n_slots, here)] = before.ring[np.ix_(rows % old.n_slots, there)]
        new.counters[layout.N_SPIKES] = before.counters[layout.N_SPIKES]
        words = before.half(-(-step // old.min_delay))
        if step % old.min_delay == 0 and plan.exchanges_offsets and not old.exchanges_offsets:
            words = words[:1] * 0  # NEST looks for what was exchanged before in the other of its two buffers
        n = min(1 + int(words[0]) * layout.REGISTER_WORDS, len(new.half(0)))
        new.half(-(-step // plan.min_delay))[:n] = words[:n]
        new.archive.carry_over(before.archive, new.counters)
        if new.precise is not None and before.precise is not None:
            new.precise.carry_over(before.precise)


def forget_later_nodes(
    plan: Plan, buffers: list[Buffers], batch: Batch, row: int, begin: int, end: int
) -> set[tuple[int, int]]:
    """Forget what nodes did after the one that failed in the last segment before `end`, in the order of updates.

    Returns the meters (recorder, virtual process) that would have taken samples only after it.
    """
    node, slice_ = int(batch.node_ids[row]), -(-end // plan.min_delay)
    origin = (slice_ - 1) * plan.min_delay
    (s,) = (s for s, shard in enumerate(plan.shards) if any(one is batch for one in shard.batches))
    buffers[s].forget_later_nodes(node, slice_, max(begin, origin))
    return {(m.recorder, s) for m in plan.meters if m.shard == s and m.recorder > node and begin <= origin}


def _common_lanes(shard: Shard, previous: Shard) -> tuple[np.ndarray, np.ndarray]:
    """Return the lanes of the inputs that two layouts have in common, in both."""
    here, there = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for new in shard.receivers:
        for old in previous.receivers:
            if new.model is not old.model:
                continue
            _, i, j = np.intersect1d(new.node_ids, old.node_ids, return_indices=True)
            for channel, name in enumerate(new.inputs):
                if name in old.inputs:
                    here.append(new.lanes(i, channel))
                    there.append(old.lanes(j, old.inputs.index(name)))
    return np.concatenate(here), np.concatenate(there)


def buffers_follow_from(plan: Plan) -> tuple[Any, ...]:
    """Return what may depend on parameters and yet decides which buffers there are."""
    probes = [(p.names, p.interval, p.offset) for p in plan.probes]
    batches = [
        (b.stochastic, b.node_ids.tobytes(), tuple(b.widths.items()))
        for shard in plan.shards
        for b in shard.batches
        if b.model.is_stochastic is not None or b.model.draws
    ]
    vectors = [b.side_by_side for shard in plan.shards for b in shard.batches]
    return plan.off_grid, probes, batches, vectors, [events_per_slice(plan, s.index) for s in plan.shards]
