"""Arrays that change during a run and survive it: ring buffers, rasters, registers, event buffers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from jaxnest.engine import layout
from jaxnest.engine.plan import Plan
from jaxnest.engine.shard import Shard

EVENT_CAPACITY = 1 << 15


@final
@dataclass
class Buffers:
    """The changing arrays of one virtual process (beside states and streams)."""

    ring: np.ndarray
    raster: np.ndarray
    register: np.ndarray
    events: np.ndarray
    weight_events: np.ndarray
    counters: np.ndarray


def events_per_slice(plan: Plan, shard: int) -> int:
    """Return an upper bound of the event records that one slice can make."""
    devices = sum(int((t.lane_positive < 0).sum()) for t in plan.device_tables[shard])
    return int((plan.recorded[shard].sum() + devices) * plan.min_delay)


def new_buffers(plan: Plan, shard: Shard, weight_capacity: int) -> Buffers:
    """Return empty buffers for one virtual process."""
    n = len(shard.emitters)
    most = events_per_slice(plan, shard.index)
    capacity = max(EVENT_CAPACITY, 2 * most) if most else 1
    return Buffers(
        np.zeros((plan.n_slots, shard.n_lanes)),
        np.zeros((plan.min_delay, n), np.int32),
        np.zeros(max(1, n * plan.min_delay) * layout.REGISTER_WORDS, np.int64),
        np.zeros(capacity * layout.EVENT_WORDS, np.int64),
        np.zeros(max(1, weight_capacity) * layout.WEIGHT_WORDS, np.int64),
        np.zeros(layout.COUNTER_WORDS, np.int64),
    )


def clock_words(plan: Plan, shard: Shard, origin: int, begin: int, end: int, segment: int) -> np.ndarray:
    """Return the clock of one segment."""
    words = (origin, begin, end, plan.min_delay, plan.n_slots, shard.n_lanes, segment, 0)
    return np.array(words, np.int64)


def carry_over(plan: Plan, old: Plan, buffers: list[Buffers], old_buffers: list[Buffers], step: int) -> None:
    """Move what is under way in an old network's buffers to the buffers of the new one.

    Input that is still to come and the spikes of an unfinished slice follow their neurons.
    """
    for shard, new, previous, before in zip(plan.shards, buffers, old.shards, old_buffers, strict=True):
        columns = {int(node): i for i, node in enumerate(shard.emitters)}
        for i, node in enumerate(previous.emitters):
            if plan.min_delay == old.min_delay and int(node) in columns:
                new.raster[:, columns[int(node)]] = before.raster[:, i]
        target = _lanes_by_input(shard)
        for key, lane in _lanes_by_input(previous).items():
            if key in target:
                for k in range(old.n_slots):
                    new.ring[(step + k) % plan.n_slots, target[key]] = before.ring[(step + k) % old.n_slots, lane]
        new.counters[layout.N_SPIKES] = before.counters[layout.N_SPIKES]


def _lanes_by_input(shard: Shard) -> dict[Any, int]:
    return {
        (int(node), name): batch.first_lane + c * len(batch) + i
        for batch in shard.batches
        for c, name in enumerate(batch.inputs)
        for i, node in enumerate(batch.node_ids)
    }
