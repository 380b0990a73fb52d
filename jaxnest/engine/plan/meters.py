"""Sampling: which recordables of which nodes are noted when, and in which order a multimeter gets them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from jaxnest.engine.network.shard import Batch, Shard


@final
@dataclass
class Probe:
    """Nodes of one batch whose recordables are sampled at the same times."""

    shard: int
    batch: int
    interval: int
    offset: int
    names: tuple[str, ...]
    rows: np.ndarray
    """Positions in the batch."""

    def due(self, begin: int, end: int) -> np.ndarray:
        """Return the time stamps (steps) of all samples in the steps from `begin` up to `end`."""
        first = self.offset if self.offset > 0 else self.interval
        low = max(begin + 1, first)
        start = first + -(-(low - first) // self.interval) * self.interval
        return np.arange(start, end + 1, self.interval, dtype=np.int64)


@final
@dataclass
class Meter:
    """One multimeter on one virtual process: its targets in the order of connection."""

    recorder: int
    shard: int
    targets: np.ndarray
    names: tuple[str, ...]
    window: tuple[int, int]
    sources: list[tuple[int, int]]
    """For each target the probe and the column in its samples."""
    awake: np.ndarray
    """Which targets are not frozen: those alone have samples."""
    interval: int
    offset: int
    following: np.ndarray
    """For each target the step in which its next sample is due; -1 before its first run."""
    is_late: bool = False
    """Whether some targets have to make up for samples that they have missed."""
    times: list[np.ndarray] = field(default_factory=list)
    values: list[np.ndarray] = field(default_factory=list)
    sampled: list[np.ndarray] = field(default_factory=list)
    """Targets that were awake at these times, (time, target)."""

    def take(self, probes: list[Probe], stamps: list[np.ndarray], samples: list[np.ndarray]) -> None:
        """Keep the samples (time, name, node) of this meter's targets until `release`."""
        if not self.sources or not len(stamps[self.sources[0][0]]):
            return
        times = stamps[self.sources[0][0]]
        values = np.empty((len(times), len(self.names), len(self.targets)))
        for p in {p for p, _ in self.sources}:
            here = [i for i, (q, _) in enumerate(self.sources) if q == p]
            columns = [self.sources[i][1] for i in here]
            names = [probes[p].names.index(name) for name in self.names]
            values[:, :, here] = samples[p][:, names][:, :, columns]
        self.times.append(times)
        self.values.append(values)
        self.sampled.append(self._sampled(times - 1))

    def _sampled(self, steps: np.ndarray) -> np.ndarray:
        """Return in which of some steps each target is sampled, (step, target), and note when it will be next."""
        sampled, regular = np.zeros((len(steps), len(self.targets)), np.bool_), self.awake.copy()
        for i in np.flatnonzero(self.awake & (self.following < steps[0])):  # it makes up for what it has missed
            for k, step in enumerate(steps.tolist()):
                if self.following[i] > step:
                    break
                sampled[k, i] = True
                self.following[i] += self.interval
            regular[i] = not sampled[-1, i]
        for first in np.unique(self.following[regular]).tolist():
            due = (steps >= first) & ((steps - first) % self.interval == 0)
            those = np.flatnonzero(regular & (self.following == first))
            sampled[:, those] |= due[:, None]
            self.following[those] += self.interval * np.count_nonzero(due)
        return sampled

    def prepare(self, step: int, min_delay: int, which: Any = True) -> None:
        """Before a run from `step` on: begin anew where no sample is due from this slice on.

        `which` are the targets. That is so before the first run, and where a target was frozen until a slice ended:
        what is not released yet gets lost.
        """
        anew = which & (self.following < step - step % min_delay)
        self.following[anew] = (step // self.interval + 1) * self.interval - 1
        if self.offset > 0:  # a sample that is due in the first step is passed over
            missed = max(0, step - self.offset + 1) // self.interval + (step >= self.offset - 1)
            self.following[anew] = self.offset - 1 + missed * self.interval
        for sampled in self.sampled:
            sampled[:, anew] = False

    def take_over(self, before: Meter) -> np.ndarray:
        """Go on with samples that this meter had not released when the network changed; return which targets it had."""
        _, here, there = np.intersect1d(self.targets, before.targets, return_indices=True)
        self.following[here] = before.following[there]
        known = np.isin(self.targets, before.targets)
        if self.names != before.names or not np.isin(before.targets, self.targets).all():
            return known
        order = np.argsort(self.targets, kind="stable")
        place = order[np.searchsorted(self.targets, before.targets, sorter=order)]
        for times, values, sampled in zip(before.times, before.values, before.sampled, strict=True):
            self.times.append(times)
            self.values.append(np.zeros((*values.shape[:2], len(self.targets))))
            self.values[-1][:, :, place] = values
            self.sampled.append(np.zeros((len(times), len(self.targets)), np.bool_))
            self.sampled[-1][:, place] = sampled
        return known

    def release(self, until: int, min_delay: int) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Return senders, stamps and values (name, sample) of all samples up to the stamp `until`.

        The order is NEST's: slice by slice, in a slice target by target, for a target by time.
        """
        if not self.times:
            return None
        times, values, sampled = (np.concatenate(a) for a in (self.times, self.values, self.sampled))
        ready = times <= until
        self.times, self.values, self.sampled = [times[~ready]], [values[~ready]], [sampled[~ready]]
        chosen = ready & (times > self.window[0]) & (times <= self.window[1])
        times, values, sampled = times[chosen], values[chosen], sampled[chosen].ravel()
        order = _order_of_delivery((times - 1) // min_delay, len(self.targets))
        if not sampled.all():
            order = order[sampled[order]]
        time, target = np.divmod(order, len(self.targets))
        flat = values.transpose(1, 0, 2).reshape(len(self.names), -1)
        return self.targets[target], times[time], flat[:, order]


def _order_of_delivery(slices: np.ndarray, n: int) -> np.ndarray:
    """Return indices of samples (time, target): slice by slice, in a slice target by target, for a target by time."""
    if n == 1:
        return np.arange(len(slices))
    _, first, size = np.unique(slices, return_index=True, return_counts=True)
    block = np.repeat(np.arange(len(first)), size * n)
    target, time = np.divmod(np.arange(len(block)) - n * first[block], size[block])
    return (first[block] + time) * n + target


@final
@dataclass(frozen=True)
class MeterRequest:
    """What a script asked for: a multimeter's targets on one virtual process, and its settings in steps."""

    recorder: int
    shard: int
    targets: np.ndarray
    names: tuple[str, ...]
    interval: int
    offset: int
    window: tuple[int, int]


def place_meters(shards: list[Shard], requests: Iterable[MeterRequest]) -> tuple[list[Probe], list[Meter]]:
    """Merge all requests into as few probes as possible: one per batch, interval and offset."""
    requests = list(requests)
    groups: dict[tuple[int, int, int, int], tuple[dict[str, None], set[int]]] = {}
    places: list[list[tuple[tuple[int, int, int, int], int]]] = []
    for request in requests:
        found = [locate(shards[request.shard], int(node)) for node in request.targets]
        keys = [(request.shard, b, request.interval, request.offset) for b, _ in found]
        for key, (_, position) in zip(keys, found, strict=True):
            names, rows = groups.setdefault(key, ({}, set()))
            names.update(dict.fromkeys(request.names))
            rows.add(position)
        places.append([(key, position) for key, (_, position) in zip(keys, found, strict=True)])
    probes = [Probe(*key, tuple(names), np.array(sorted(rows))) for key, (names, rows) in groups.items()]
    index = {key: i for i, key in enumerate(groups)}
    meters = [
        Meter(
            r.recorder,
            r.shard,
            r.targets,
            r.names,
            r.window,
            [(index[key], int(np.searchsorted(probes[index[key]].rows, p))) for key, p in place],
            np.array([_is_awake(shards[r.shard], key[1], p) for key, p in place]),
            r.interval,
            r.offset,
            np.full(len(place), -1, np.int64),
        )
        for r, place in zip(requests, places, strict=True)
    ]
    return probes, meters


def begin_sampling(plan: Any, before: Iterable[Meter], step: int, goes_on: bool) -> None:
    """Prepare the meters of a plan at a time `step`.

    As in NEST, targets that were frozen for a part of a slice make up for samples that they have missed, step by step.

    Parameters
    ----------
    before
        The meters of the plan until now, of which the same go on.
    goes_on
        The run is prepared already: nothing begins anew at targets that these meters had before.
    """
    earlier, late = {(m.recorder, m.shard): m for m in before}, set[tuple[int, int]]()
    for meter in plan.meters:
        known = np.zeros(len(meter.targets), np.bool_)
        if (meter.recorder, meter.shard) in earlier:
            known = meter.take_over(earlier[meter.recorder, meter.shard])
        meter.prepare(step, plan.min_delay, ~known if goes_on else True)
        meter.is_late = bool((meter.awake & (meter.following < step)).any())
        if meter.is_late:
            late.add((meter.interval, meter.offset))
    for probe in plan.probes:
        if (probe.interval, probe.offset) in late:
            probe.interval, probe.offset = 1, 0


def begin_again(plan: Any, step: int, drain: Callable[[], None]) -> None:
    """Prepare meters of a plan that goes on, where targets are frozen or were; `drain` hands over what was recorded."""
    idle = [meter for meter in plan.meters if meter.is_late or not meter.awake.all()]
    if idle:
        drain()
    for meter in idle:
        meter.prepare(step, plan.min_delay)


def locate(shard: Shard, node: int) -> tuple[int, int]:
    """Return the batch (devices after neurons) and the position in it of a node."""
    batches: list[Batch] = shard.batches + shard.devices
    for i, batch in enumerate(batches):
        position = int(np.searchsorted(batch.node_ids, node))
        if position < len(batch) and batch.node_ids[position] == node:
            return i, position
    raise KeyError(node)


def _is_awake(shard: Shard, index: int, position: int) -> bool:
    batch = (shard.batches + shard.devices)[index]
    return not batch.store.frozen[batch.rows[position]]
