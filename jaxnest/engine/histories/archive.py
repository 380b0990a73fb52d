"""The spikes that neurons remember, for the synapses that end at them.

Each virtual process has one row per column of its raster in two tables, `index` (integers) and `trace` (floats), and
one `pool` of records for all of them. The records of a neuron lie in a ring, a part of the pool whose length is a
power of two; a ring that gets full moves to the free end of the pool.

A neuron keeps its spikes only if plastic synapses end at it; otherwise it remembers the time of its last one. A spike
is forgotten once all synapses have read it and none can ask for it again.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.kinds import F8, I4, I8, F8x2, I8x2
from jaxnest.compile.late import int64, overload, uint64
from jaxnest.compile.operations import operation
from jaxnest.engine.archive_layout import (
    CALCIUM,
    CALCIUM_STEP,
    CALCIUM_TAU,
    CALCIUM_TIME,
    CAPACITY,
    FIRST,
    INCOMING,
    KEPT,
    KEPT_AT,
    LAST,
    LENGTH,
    LONGEST,
    MOST,
    MS_PER_STEP,
    MS_PER_TIC,
    N_ELEMENTS,
    NEW,
    RATE,
    READ,
    READY,
    READY_IN,
    RECORD_TRACE,
    RECORD_TRIPLET,
    RECORD_WORDS,
    SEEN,
    SEEN_TURN,
    SMALLEST_RING,
    START,
    TICS_PER_STEP,
    TIME,
    TRACE,
    TRIPLET,
    TRIPLET_RATE,
)
from jaxnest.engine.histories.growth import grow
from jaxnest.engine.layout import ARCHIVE_NEEDED, ARCHIVE_USED, FROM, MIN_DELAY, ORIGIN, SEGMENT, TO
from jaxnest.engine.spikes.events import next_spike
from jaxnest.models.histories import history

EPSILON = 1e-6
"""Spikes that are closer in time than this (ms) coincide."""


@operation
def note_spikes(index: I8x2, trace: F8x2, pool: F8x2, counters: I8, raster: I4, clock: I8, times: F8) -> None:
    """After a segment: remember its spikes.

    If the pool has no room for them, nothing is done but to say in ``counters[ARCHIVE_NEEDED]`` how much is missing.
    """
    n = len(raster) // clock[MIN_DELAY]
    counters[ARCHIVE_NEEDED] = 0
    if missing(index, pool, counters, raster, clock) > 0:
        return
    end = clock[TO] * n
    k = next_spike(raster, clock[FROM] * n, end)
    while k < end:
        lag, i = k // n, k % n
        t = times[MS_PER_TIC] * ((clock[ORIGIN] + lag + 1) * times[TICS_PER_STEP])
        for _ in range(_remembered(raster[k], trace[i])):
            note_spike(index[i], trace[i], pool, counters, t, clock[MIN_DELAY] * times[MS_PER_STEP])
        k = next_spike(raster, k + 1, end)


@operation
def note_times(trace: F8x2, raster: I4, clock: I8, times: F8) -> None:
    """After a segment: remember when neurons have spiked last; no synapse reads their spikes."""
    n = len(raster) // clock[MIN_DELAY]
    end = clock[TO] * n
    k = next_spike(raster, clock[FROM] * n, end)
    while k < end:
        lag, i = k // n, k % n
        t = times[MS_PER_TIC] * ((clock[ORIGIN] + lag + 1) * times[TICS_PER_STEP])
        for _ in range(_remembered(raster[k], trace[i])):
            _note_time(trace[i], t)
        k = next_spike(raster, k + 1, end)


@njit(cache=True)
def _remembered(n: int, trace: np.ndarray) -> int:
    """Return how many of the spikes of a step count."""
    return n if n < trace[MOST] else int64(trace[MOST])


@njit(cache=True)
def _note_time(trace: np.ndarray, t: float) -> None:
    if trace[N_ELEMENTS] > 0.0:
        grow(trace, t)
    trace[CALCIUM] *= math.exp((trace[CALCIUM_TIME] - t) / trace[CALCIUM_TAU])
    trace[CALCIUM] += trace[CALCIUM_STEP]
    trace[CALCIUM_TIME] = trace[LAST] = t


@njit(cache=True)
def note_spike(
    index: np.ndarray, trace: np.ndarray, pool: np.ndarray, counters: np.ndarray, t: float, min_delay: float
) -> None:
    """Remember a spike of one neuron at time `t`."""
    if index[INCOMING] > 0:
        _append(index, trace, pool, counters, t, min_delay)
    _note_time(trace, t)


@operation
def keep_unread(index: I8x2, trace: F8x2, pool: F8x2, neurons: I8, clock: I8) -> None:
    """Before a device acts: note what neurons whose turn is before it may forget in this segment.

    That is what synapses have read by now, not what they will read when they get the spikes of the device.
    """
    for i in neurons:
        if trace[i, READY] > 0.0 and trace[i, READY_IN] == clock[SEGMENT]:
            continue
        n, start, last = 0, index[i, START], index[i, CAPACITY] - 1
        while n < index[i, LENGTH] and pool[start + ((index[i, FIRST] + n) & last), READ] >= index[i, INCOMING]:
            n += 1
        trace[i, READY], trace[i, READY_IN] = n + 1, clock[SEGMENT]


@operation
def decay_calcium(trace: F8x2, now: F8) -> None:
    """At the end of a run: let the calcium traces decay until then, and synaptic elements grow."""
    t = now[0]
    for i in range(len(trace)):
        if trace[i, N_ELEMENTS] > 0.0:
            grow(trace[i], t)
        trace[i, CALCIUM] *= math.exp((trace[i, CALCIUM_TIME] - t) / trace[i, CALCIUM_TAU])
        trace[i, CALCIUM_TIME] = t


@njit(cache=True)
def missing(index: np.ndarray, pool: np.ndarray, counters: np.ndarray, raster: np.ndarray, clock: np.ndarray) -> int:
    """Return how many records the spikes of a segment need beyond what is free.

    Rows behind those of the neurons belong to nodes that may remember one spike in each step.
    """
    if counters[ARCHIVE_USED] == 0:
        return 0
    n = len(raster) // clock[MIN_DELAY]
    begin, end = clock[FROM] * n, clock[TO] * n
    k = next_spike(raster, begin, end)
    while k < end:
        index[k % n, NEW] = 0
        k = next_spike(raster, k + 1, end)
    needed, k = 0, next_spike(raster, begin, end)
    while k < end:
        i = k % n
        if index[i, INCOMING] > 0:
            had = _more_than(index[i])
            index[i, NEW] += raster[k] if raster[k] > 0 else 0
            needed += _more_than(index[i]) - had
        k = next_spike(raster, k + 1, end)
    for i in range(n, index.shape[0]):
        index[i, NEW] = clock[TO] - clock[FROM]
        needed += _more_than(index[i])
    if counters[ARCHIVE_USED] + needed > len(pool):
        counters[ARCHIVE_NEEDED] = needed
        return needed
    return 0


@njit(cache=True)
def _more_than(index: np.ndarray) -> int:
    """Return how many records a neuron's new spikes need beyond its ring."""
    if index[LENGTH] + index[NEW] <= index[CAPACITY]:
        return 0
    return _ring_for(index[LENGTH] + 2 * index[NEW])


@njit(cache=True)
def _ring_for(length: int) -> int:
    """Return the length of a ring that has room for so many records, and for some more."""
    capacity = SMALLEST_RING
    while capacity < length + length // 2:
        capacity *= 2
    return capacity


@njit(cache=True)
def _append(
    index: np.ndarray, trace: np.ndarray, pool: np.ndarray, counters: np.ndarray, t: float, min_delay: float
) -> None:
    """Remember a spike at `t`, and forget those that nobody needs any more."""
    while index[LENGTH] > 1:
        oldest = pool[index[START] + (index[FIRST] & (index[CAPACITY] - 1))]
        next_time = pool[index[START] + ((index[FIRST] + 1) & (index[CAPACITY] - 1)), TIME]
        if oldest[READ] < index[INCOMING] or not t - next_time > trace[LONGEST] + min_delay + EPSILON:
            break
        if trace[READY] == 1.0:
            break
        if trace[READY] > 1.0:
            trace[READY] -= 1.0
        index[FIRST] = (index[FIRST] + 1) & (index[CAPACITY] - 1)
        index[LENGTH] -= 1
    if index[LENGTH] == index[CAPACITY]:
        move(index, pool, counters)
    trace[TRACE] = trace[TRACE] * math.exp((trace[LAST] - t) * trace[RATE]) + 1.0
    trace[TRIPLET] = trace[TRIPLET] * math.exp((trace[LAST] - t) * trace[TRIPLET_RATE]) + 1.0
    record = pool[index[START] + ((index[FIRST] + index[LENGTH]) & (index[CAPACITY] - 1))]
    record[TIME], record[RECORD_TRACE], record[RECORD_TRIPLET], record[READ] = t, trace[TRACE], trace[TRIPLET], 0.0
    index[LENGTH] += 1


@njit(cache=True)
def move(index: np.ndarray, pool: np.ndarray, counters: np.ndarray) -> None:
    """Move a ring to the free end of the pool, where it gets longer."""
    capacity = _ring_for(index[LENGTH] + max(1, index[NEW]))
    start = counters[ARCHIVE_USED]
    for k in range(index[LENGTH]):
        old = index[START] + ((index[FIRST] + k) & (index[CAPACITY] - 1))
        for word in range(RECORD_WORDS):  # assigning rows would compile the text of an error
            pool[start + k, word] = pool[old, word]
    index[START], index[CAPACITY], index[FIRST] = start, capacity, 0
    counters[ARCHIVE_USED] += capacity


# -- what synapses ask for: the operations of `models.histories.history` in compiled code ----------------------------
#
# They are inlined before their arrays turn into arguments, which takes a third of the time. What writes is a function
# of its own: numba would take a write to an array in a named tuple for dead code.


@njit
def _mark_read(pool: np.ndarray, record: int) -> None:
    pool[record, READ] += 1.0


@njit
def _mark_seen(trace: np.ndarray, i: int, value: float, turn: float) -> None:
    if turn >= trace[i, SEEN_TURN]:
        trace[i, SEEN], trace[i, SEEN_TURN] = value, turn


@njit
def _keep(trace: np.ndarray, i: int, value: float, t: float) -> None:
    trace[i, KEPT], trace[i, KEPT_AT] = value, t


@njit(inline="always")
def _record(x: Any, k: int) -> int:
    """Return where record `k` of the target lies in the pool; without a sign, which spares a test."""
    i = x.post
    return uint64(x.index[i, START] + ((x.index[i, FIRST] + k) & (x.index[i, CAPACITY] - 1)))


@njit(inline="always")
def _last_before(x: Any, t: float) -> int:
    """Return the last record before `t`, or -1."""
    k = x.index[x.post, LENGTH] - 1
    while k >= 0 and not t - x.pool[_record(x, k), TIME] > EPSILON:
        k -= 1
    return k


@overload(history.spikes, strict=False, inline="always")
def _spikes(x: Any, after: Any, until: Any) -> Any:
    def spikes(x: Any, after: float, until: float) -> range:
        end = x.index[x.post, LENGTH]
        while end > 0 and x.pool[_record(x, end - 1), TIME] >= until + EPSILON:
            end -= 1
        begin = end
        while begin > 0 and x.pool[_record(x, begin - 1), TIME] >= after + EPSILON:
            begin -= 1
            _mark_read(x.pool, _record(x, begin))
        return range(begin, end)

    return spikes


@overload(history.time, strict=False, inline="always")
def _time(x: Any, spike: Any) -> Any:
    return lambda x, spike: x.pool[_record(x, spike), TIME]


@overload(history.triplet_trace_at, strict=False, inline="always")
def _triplet_trace_at(x: Any, spike: Any) -> Any:
    return lambda x, spike: x.pool[_record(x, spike), RECORD_TRIPLET]


@overload(history.trace, strict=False, inline="always")
def _trace(x: Any, t: Any) -> Any:
    def trace(x: Any, t: float) -> float:
        value = x.trace[x.post, KEPT]
        if x.trace[x.post, KEPT_AT] != t:
            k = _last_before(x, t)
            value = 0.0
            if k >= 0:
                record = _record(x, k)
                value = x.pool[record, RECORD_TRACE] * math.exp((x.pool[record, TIME] - t) * x.trace[x.post, RATE])
            _keep(x.trace, x.post, value, t)
        _mark_seen(x.trace, x.post, value, x.turn)
        return value

    return trace


@overload(history.nearest_trace, strict=False, inline="always")
def _nearest_trace(x: Any, t: Any) -> Any:
    def nearest_trace(x: Any, t: float) -> float:
        k = _last_before(x, t)
        if k < 0:
            return 0.0
        return math.exp((x.pool[_record(x, k), TIME] - t) * x.trace[x.post, RATE])

    return nearest_trace
