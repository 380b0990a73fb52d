"""Spikes between neurons on the CPU: collecting them after a segment and delivering them into the ring buffer.

All arrays are flat and are changed in place. A *segment* is the part of a slice that one run covers: a whole slice,
except where a run begins or ends inside one.

The words of `clock` (int64), of `counters` (int64) and of the records are named in `engine.layout`.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from jaxnest.compiling import njit
from jaxnest.engine import ffi, meeting
from jaxnest.engine.layout import (
    AGAIN,
    ASCENDING,
    BINARY,
    EVENT_WORDS,
    FLIP,
    FROM,
    LOST_EVENTS,
    MIN_DELAY,
    N_EVENTS,
    N_LANES,
    N_REGISTER,
    N_SLOTS,
    N_SPIKES,
    N_WEIGHTS,
    ORIGIN,
    PLAIN,
    REGISTER_WORDS,
    SEGMENT,
    TO,
    WEIGHT_WORDS,
    WEIGHTS_NEEDED,
    WIDTH,
)
from jaxnest.random.engines import compiled, drand
from jaxnest.random.keyed import rekey
from jaxnest.random.layout import NODES

_BLOCK = 64
"""Places of the raster that are looked at together."""
_int32: Any = numba.int32


@njit(cache=True, nogil=True)
def next_spike(raster: np.ndarray, i: int, end: int) -> int:
    """Return the first place from `i` on where the raster is not empty, or `end`."""
    while i + _BLOCK <= end:
        found, block = _int32(0), raster[i : i + _BLOCK]
        for k in range(_BLOCK):
            found |= block[k]
        if found != 0:
            break
        i += _BLOCK
    while i < end and raster[i] == 0:
        i += 1
    return i


@njit(cache=True, nogil=True)
def _keys(raster: np.ndarray, rank: np.ndarray, begin: int, end: int, min_delay: int) -> np.ndarray:
    """Return sorted keys ``rank of the neuron * min_delay + lag`` of all spikes in these lags."""
    n, count = len(rank), 0
    i = next_spike(raster, begin * n, end * n)
    while i < end * n:
        count += 1
        i = next_spike(raster, i + 1, end * n)
    keys = np.empty(count, np.int64)
    i = next_spike(raster, begin * n, end * n)
    for k in range(count):
        keys[k] = rank[i % n] * min_delay + i // n
        i = next_spike(raster, i + 1, end * n)
    keys.sort()
    return keys


@njit(cache=True, nogil=True)
def collect(
    events: np.ndarray,
    register: np.ndarray,
    counters: np.ndarray,
    raster: np.ndarray,
    rank: np.ndarray,
    column_of_rank: np.ndarray,
    emitters: np.ndarray,
    recorded: np.ndarray,
    watched: np.ndarray,
    clock: np.ndarray,
) -> None:
    """After a segment: note spikes for recorders, and register them for delivery at the end of the slice.

    The register is ordered by segment, node and lag, as in NEST.
    """
    n = len(rank)
    if n == 0:
        return
    min_delay = clock[MIN_DELAY]
    keys = _keys(raster, rank, clock[FROM], clock[TO], min_delay)
    k = counters[N_EVENTS]
    for key in keys:
        column, lag = column_of_rank[key // min_delay], key % min_delay
        multiplicity = raster[lag * n + column]
        counters[N_SPIKES] += abs(multiplicity)  # flush events, of multiplicity -1, count as well
        if recorded[column] and multiplicity > 0:
            events[EVENT_WORDS * k] = -1
            events[EVENT_WORDS * k + 1] = emitters[column]
            events[EVENT_WORDS * k + 2] = clock[ORIGIN] + lag + 1
            events[EVENT_WORDS * k + 3] = multiplicity
            events[EVENT_WORDS * k + 4] = clock[SEGMENT]
            events[EVENT_WORDS * k + 5] = events[EVENT_WORDS * k + 6] = 0
            k += 1
    counters[N_EVENTS] = k
    i = counters[N_REGISTER] if clock[FROM] > 0 else 0
    for key in keys:
        column, lag = column_of_rank[key // min_delay], key % min_delay
        register[REGISTER_WORDS * i] = emitters[column]
        register[REGISTER_WORDS * i + 1] = lag
        register[REGISTER_WORDS * i + 2] = raster[lag * n + column]
        i += 1
    counters[N_REGISTER] = i
    counters[WEIGHTS_NEEDED] = 0
    if clock[TO] == min_delay:
        for k in range(i):
            copies = max(0, register[REGISTER_WORDS * k + 2])
            counters[WEIGHTS_NEEDED] += watched[register[REGISTER_WORDS * k]] * copies


@compiled
def deliver(
    ring: np.ndarray,
    weight_events: np.ndarray,
    counters: np.ndarray,
    register: np.ndarray,
    n_register: int,
    group_start: np.ndarray,
    connection_start: np.ndarray,
    group_watched: np.ndarray,
    group_constant: np.ndarray,
    value_start: np.ndarray,
    lane: np.ndarray,
    weight: np.ndarray,
    delay: np.ndarray,
    clock: np.ndarray,
) -> None:
    """At the beginning of a slice: add the spikes that one virtual process registered in the previous one.

    Connections are grouped by source and synapse model; a spike of multiplicity m is delivered m times
    through each group, as in NEST. Floating-point additions come in NEST's order. If all delays are equal, an entry
    of the ring buffer gets spikes of one lag only; they are then delivered lag by lag, which keeps that order in each
    entry and the entries in the cache.
    """
    lag_by_lag = group_constant[0] == 1
    for lag in range(clock[MIN_DELAY] if lag_by_lag else 1):
        for i in range(n_register):
            if lag_by_lag and register[REGISTER_WORDS * i + 1] != lag:
                continue
            node = register[REGISTER_WORDS * i]
            step = clock[ORIGIN] - clock[MIN_DELAY] + register[REGISTER_WORDS * i + 1]
            for group in range(group_start[node], group_start[node + 1]):
                first, last = connection_start[group], connection_start[group + 1]
                constant, value = group_constant[1 + group], value_start[group]
                for copy in range(register[REGISTER_WORDS * i + 2]):
                    weights = value + (value_start[-1] if copy > 0 else 0)
                    _deliver_group(ring, lane, weight, delay, first, last, constant, value, weights, step, clock)
                    if group_watched[group]:
                        _note_weights(weight_events, counters, first, last, step + 1, weight, value, 1 - constant)


@compiled
def _deliver_group(
    ring: np.ndarray,
    lane: np.ndarray,
    weight: np.ndarray,
    delay: np.ndarray,
    first: int,
    last: int,
    constant: int,
    value: int,
    weights: int,
    step: int,
    clock: np.ndarray,
) -> None:
    """Deliver one spike through the connections of a group, whose weights begin at `weights`, and delays at `value`."""
    n_slots, n_lanes = clock[N_SLOTS], clock[N_LANES]
    slot = step % n_slots
    if constant:
        row = ((step + delay[value]) % n_slots) * n_lanes
        w = weight[weights]
        for c in range(first, last):
            ring[row + lane[c]] += w
        return
    for c in range(first, last):
        s = slot + delay[value + c - first]
        if s >= n_slots:
            s -= n_slots
        ring[s * n_lanes + lane[c]] += weight[weights + c - first]


@compiled
def _note_weights(
    weight_events: np.ndarray,
    counters: np.ndarray,
    first: int,
    last: int,
    stamp: int,
    weight: np.ndarray,
    value: int,
    spread: int,
) -> None:
    """Note the weights that are sent, for weight recorders; they begin at `value`, and are one if `spread` is 0."""
    bits = weight.view(np.int64)
    k = counters[N_WEIGHTS]
    for c in range(first, last):
        weight_events[WEIGHT_WORDS * k] = c
        weight_events[WEIGHT_WORDS * k + 1] = stamp
        weight_events[WEIGHT_WORDS * k + 2] = bits[value + spread * (c - first)]
        k += 1
    counters[N_WEIGHTS] = k


@compiled
def post(
    ring: np.ndarray,
    events: np.ndarray,
    counters: np.ndarray,
    clock: np.ndarray,
    sender: int,
    step: int,
    slot: int,
    amount: float,
    weight: float,
    lane_positive: int,
    lane_negative: int,
    flags: int,
    delay: int,
    offset: float,
) -> None:
    """Send one event of a device to a neuron's lane or to a recorder.

    It is emitted in `step`, whose row of the ring buffer is `slot`.
    """
    if lane_positive < 0:
        k = counters[N_EVENTS]
        if EVENT_WORDS * (k + 1) > len(events):
            counters[LOST_EVENTS] += 1
            return
        bits = events.view(np.float64)
        events[EVENT_WORDS * k] = -1 - lane_positive
        events[EVENT_WORDS * k + 1] = sender
        events[EVENT_WORDS * k + 2] = step + 1
        events[EVENT_WORDS * k + 3] = int(amount)
        events[EVENT_WORDS * k + 4] = clock[SEGMENT]
        bits[EVENT_WORDS * k + 5] = offset
        bits[EVENT_WORDS * k + 6] = weight
        counters[N_EVENTS] = k + 1
        return
    x = amount if flags & PLAIN else weight * amount
    lane = lane_positive if x > 0 else lane_negative
    if flags & FLIP and x <= 0:
        x = -x
    if flags & BINARY:
        x = (weight + weight if flags & AGAIN else -weight) if amount == 1 else weight if amount == 2 else 0.0
    row = slot + delay
    if row >= clock[N_SLOTS]:
        row -= clock[N_SLOTS]
    ring[row * clock[N_LANES] + lane] += x


@compiled
def add_amounts(ring: np.ndarray, row: int, lane: np.ndarray, amount: np.ndarray, weight: float, alike: int) -> None:
    """Add one event of a device to the lanes of many neurons; many at a time where lanes lie next to each other.

    `alike` is that of `engine.tables.DeviceTable`.
    """
    c, n = 0, len(lane)
    while c < n:
        first = row + lane[c]
        if alike == ASCENDING and c + WIDTH <= n and lane[c + WIDTH - 1] == lane[c] + WIDTH - 1:
            for k in range(WIDTH):
                ring[first + k] += weight * amount[c + k]
            c += WIDTH
        else:
            ring[first] += weight * amount[c]
            c += 1


@njit(cache=True, error_model="numpy", nogil=True)
def draw_uniforms(
    stream: np.ndarray, uniform: np.ndarray, frozen: np.ndarray, nodes: np.ndarray, rows: np.ndarray, clock: np.ndarray
) -> None:
    """Draw one number for each step of the segment, neuron by neuron."""
    for i in range(rows[0], rows[1]):
        if not frozen[i]:
            for lag in range(clock[FROM], clock[TO]):
                rekey(stream, NODES, nodes[i], 0, clock[ORIGIN] + lag)
                uniform[lag, i] = drand(stream)


@ffi.handler
def uniforms_handler(frame: int) -> int:
    """`draw_uniforms` as an operation of XLA."""
    if ffi.is_query(frame):
        return 0
    frozen, clock = ffi.int64(frame, 2), ffi.int64(frame, 5)
    uniform = ffi.float64(frame, 1).reshape((clock[MIN_DELAY], len(ffi.float64(frame, 1)) // clock[MIN_DELAY]))
    draw_uniforms(ffi.uint64(frame, 0), uniform, frozen, ffi.int64(frame, 3), ffi.int64(frame, 4), clock)
    return 0


@ffi.handler
def collect_handler(frame: int) -> int:
    """`collect` as an operation of XLA."""
    if ffi.is_query(frame):
        return 0
    collect(
        ffi.int64(frame, 0),
        ffi.int64(frame, 1),
        ffi.int64(frame, 2),
        ffi.int32(frame, 3),
        ffi.int64(frame, 4),
        ffi.int64(frame, 5),
        ffi.int64(frame, 6),
        ffi.int64(frame, 7),
        ffi.int64(frame, 8),
        ffi.int64(frame, 9),
    )
    return 0


@ffi.handler
def clear_handler(frame: int) -> int:
    """Clear what a segment has read from the ring buffer, but for the lanes that are kept, as an operation of XLA."""
    if ffi.is_query(frame):
        return 0
    ring, kept, clock = ffi.float64(frame, 0), ffi.int64(frame, 1), ffi.int64(frame, 2)
    n_lanes = clock[N_LANES]
    for lag in range(clock[FROM], clock[TO]):
        first = ((clock[ORIGIN] + lag) % clock[N_SLOTS]) * n_lanes
        row = ring[first : first + n_lanes]
        if len(kept) == 0:
            row[:] = 0.0
            continue
        for lane in range(n_lanes):
            if kept[lane] == 0:
                row[lane] = 0.0
    return 0


@ffi.handler
def deliver_handler(frame: int) -> int:
    """`deliver` for the registers of all virtual processes, as an operation of XLA."""
    if ffi.is_query(frame):
        return 0
    places, clock, registers = ffi.int64(frame, 3), ffi.int64(frame, 4), 5
    if clock[FROM] != 0:
        return 0
    for k in range(meeting.n_registers(frame, registers)):
        register = meeting.register(frame, registers, k, clock)
        deliver(
            ffi.float64(frame, 0),
            ffi.int64(frame, 1),
            ffi.int64(frame, 2),
            register,
            len(register) // REGISTER_WORDS,
            ffi.array(places[0], places[1], numba.int64),
            ffi.array(places[2], places[3], numba.int64),
            ffi.array(places[4], places[5], numba.int64),
            ffi.array(places[6], places[7], numba.int64),
            ffi.array(places[8], places[9], numba.int64),
            ffi.array(places[10], places[11], numba.int32),
            ffi.array(places[12], places[13], numba.float64),
            ffi.array(places[14], places[15], numba.int32),
            clock,
        )
    return 0
