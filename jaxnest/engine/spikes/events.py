"""Spikes between neurons on the CPU: collecting them after a segment and delivering them into the ring buffer.

All arrays are flat and are changed in place. A *segment* is the part of a slice that one run covers: a whole slice,
except where a run begins or ends inside one.

The words of `clock` (int64), of `counters` (int64) and of the records are named in `engine.layout`.
"""

from __future__ import annotations

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.intrinsics import array, reinterpreted
from jaxnest.compile.kinds import F8, I4, I8, U8, F8x2, I8x2
from jaxnest.compile.late import int32, int64
from jaxnest.compile.operations import apart, operation
from jaxnest.engine.layout import (
    AGAIN,
    APART,
    ARCHIVE_LATE,
    ARCHIVE_NEEDED,
    ASCENDING,
    BINARY,
    COUNTER_WORDS,
    EVENT_WORDS,
    FLIP,
    FROM,
    LOST_EVENTS,
    MIN_DELAY,
    N_EVENTS,
    N_LANES,
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
from jaxnest.random.numbers.engines import compiled, drand
from jaxnest.random.numbers.keyed import rekey
from jaxnest.random.numbers.layout import NODES

_BLOCK = 64
"""Places of the raster that are looked at together."""


@njit(cache=True, nogil=True)
def next_spike(raster: np.ndarray, i: int, end: int) -> int:
    """Return the first place from `i` on where the raster is not empty, or `end`."""
    while i + _BLOCK <= end:
        found, block = int32(0), raster[i : i + _BLOCK]
        for k in range(_BLOCK):
            found |= block[k]
        if found != 0:
            break
        i += _BLOCK
    while i < end and raster[i] == 0:
        i += 1
    return i


@njit(cache=True, nogil=True)
def _keys(raster: np.ndarray, rank: np.ndarray, keys: np.ndarray, clock: np.ndarray) -> np.ndarray:
    """Return sorted keys ``rank of the neuron * min_delay + lag`` of all spikes of a segment, in `keys`."""
    n, count, min_delay, end = len(rank), 0, clock[MIN_DELAY], clock[TO] * len(rank)
    i = next_spike(raster, clock[FROM] * n, end)
    while i < end:
        keys[count] = rank[i % n] * min_delay + i // n
        count += 1
        i = next_spike(raster, i + 1, end)
    return _sorted(keys[:count], keys[count : 2 * count])


@njit(cache=True, nogil=True)
def _smaller(a: int, b: int) -> int:
    """Return the smaller number, without numba's functions for any number of arguments."""
    return a if a < b else b


_FEW = 32
"""So many keys are sorted by insertion."""


@njit(cache=True, nogil=True)
def _sorted(keys: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Sort keys by merging, and return the one of two arrays in which they are in the end."""
    n = len(keys)
    for begin in range(0, n, _FEW):
        for i in range(begin + 1, _smaller(begin + _FEW, n)):
            key, k = keys[i], i
            while k > begin and keys[k - 1] > key:
                keys[k] = keys[k - 1]
                k -= 1
            keys[k] = key
    if n > _FEW and _merge(keys, other) != 0:
        return other
    return keys


@apart()
def _merge(keys: I8, other: I8) -> int:
    """Merge sorted stretches of keys, and return in which of two arrays they are in the end."""
    n, width, moved = len(keys), _FEW, 0
    while width < n:
        for begin in range(0, n, 2 * width):
            i, j = begin, _smaller(begin + width, n)
            middle, end = j, _smaller(begin + 2 * width, n)
            for k in range(begin, end):
                if i < middle and (j == end or keys[i] <= keys[j]):
                    other[k] = keys[i]
                    i += 1
                else:
                    other[k] = keys[j]
                    j += 1
        keys, other, moved = other, keys, 1 - moved
        width *= 2
    return moved


@njit(cache=True, nogil=True)
def half(register: np.ndarray, slice_: int) -> np.ndarray:
    """Return the part of a register with the spikes that are delivered in a slice, whose number is given.

    Its first word says how many there are. Virtual processes may write down spikes for the next slice while others
    still read those for the present one.
    """
    size = len(register) // 2
    first = slice_ % 2 * size
    return register[first : first + size]


@operation
def collect(
    events: I8,
    register: I8,
    counters: I8,
    raster: I4,
    rank: I8,
    column_of_rank: I8,
    emitters: I8,
    recorded: I8,
    watched: I8,
    apart: I8,
    keys: I8,
    clock: I8,
) -> None:
    """After a segment: note spikes for recorders, and register them for delivery at the end of the slice.

    `apart` says whose spikes of one step are as many events (see `APART`). `keys` has room for two words for each
    neuron and step of a slice. The register is ordered by segment, node and lag, as in NEST.
    """
    n = len(rank)
    if n == 0:
        return
    min_delay = clock[MIN_DELAY]
    keys = _keys(raster, rank, keys, clock)
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
    mine = half(register, clock[ORIGIN] // min_delay + 1)
    i = mine[0] if clock[FROM] > 0 else 0
    for key in keys:
        column, lag = column_of_rank[key // min_delay], key % min_delay
        mine[1 + REGISTER_WORDS * i] = emitters[column]
        mine[1 + REGISTER_WORDS * i + 1] = lag
        multiplicity = raster[lag * n + column]
        mine[1 + REGISTER_WORDS * i + 2] = multiplicity + (APART if apart[column] and multiplicity > 1 else 0)
        i += 1
    mine[0] = i
    counters[WEIGHTS_NEEDED] = 0
    if clock[TO] == min_delay:
        for k in range(i):
            copies = abs(mine[1 + REGISTER_WORDS * k + 2])
            counters[WEIGHTS_NEEDED] += watched[mine[1 + REGISTER_WORDS * k]] * (copies % APART)


@njit(cache=True, nogil=True)
def registered(registers: np.ndarray, process: int, clock: np.ndarray) -> np.ndarray:
    """Return the spikes for the present slice of a virtual process, flat.

    `registers` has address and length of the register of each virtual process.
    """
    register = array(registers[2 * process], registers[2 * process + 1], int64)
    mine = half(register, clock[ORIGIN] // clock[MIN_DELAY])
    return mine[1 : 1 + REGISTER_WORDS * mine[0]]


@njit(cache=True, nogil=True)
def rounds_and_copies(multiplicity: int) -> tuple[int, int]:
    """Return how often a registered spike goes to all targets, and how often then through each group of connections."""
    if multiplicity > APART:
        return multiplicity - APART, 1
    return 1, multiplicity


@operation
def deliver(
    ring: F8,
    weight_events: I8,
    counters: I8,
    registers: I8,
    group_start: I8,
    connection_start: I8,
    group_watched: I8,
    group_constant: I8,
    value_start: I8,
    lane: I4,
    weight: F8,
    delay: I4,
    clock: I8,
) -> None:
    """At the beginning of a slice: add the spikes that all virtual processes registered in the previous one.

    Connections are grouped by source and synapse model; a spike of multiplicity m is delivered m times
    through each group, m events of a step one after the other through all of them, as in NEST. Floating-point
    additions come in NEST's order. If all delays are equal, an entry of the ring buffer gets spikes of one lag only;
    they are then delivered lag by lag, which keeps that order in each entry and the entries in the cache.
    """
    lag_by_lag = group_constant[0] == 1
    for process in range(len(registers) // 2):
        register = registered(registers, process, clock)
        for lag in range(clock[MIN_DELAY] if lag_by_lag else 1):
            for i in range(0, len(register), REGISTER_WORDS):
                if lag_by_lag and register[i + 1] != lag:
                    continue
                node = register[i]
                step = clock[ORIGIN] - clock[MIN_DELAY] + register[i + 1]
                rounds, copies = rounds_and_copies(register[i + 2])
                for _ in range(rounds):
                    for group in range(group_start[node], group_start[node + 1]):
                        first, last = connection_start[group], connection_start[group + 1]
                        constant, value = group_constant[1 + group], value_start[group]
                        for copy in range(copies):
                            weights = value + (value_start[-1] if copy > 0 else 0)
                            _deliver_group(
                                ring, lane, weight, delay, first, last, constant, value, weights, step, clock
                            )
                            if group_watched[group]:
                                one = (first, last, step + 1, weight, value, 1 - constant)
                                _note_weights(weight_events, counters, *one)


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
    """Deliver one spike through the connections of a group, whose weights begin at `weights`, and delays at `value`.

    A single delay is that of all groups.
    """
    n_slots, n_lanes = clock[N_SLOTS], clock[N_LANES]
    slot, one_delay = step % n_slots, len(delay) == 1
    if constant or one_delay:
        row = ((step + delay[0 if one_delay else value]) % n_slots) * n_lanes
        if constant:
            w = weight[weights]
            for c in range(first, last):
                ring[row + lane[c]] += w
            return
        for c in range(first, last):
            ring[row + lane[c]] += weight[weights + c - first]
        return
    for c in range(first, last):
        s = slot + delay[value + c - first]
        if s >= n_slots:
            s -= n_slots
        ring[s * n_lanes + lane[c]] += weight[weights + c - first]


@apart()
def _note_weights(
    weight_events: I8, counters: I8, first: int, last: int, stamp: int, weight: F8, value: int, spread: int
) -> None:
    """Note the weights that are sent, for weight recorders; they begin at `value`, and are one if `spread` is 0."""
    bits = reinterpreted(weight, np.int64)
    k = counters[N_WEIGHTS]
    for c in range(first, last):
        weight_events[WEIGHT_WORDS * k] = c
        weight_events[WEIGHT_WORDS * k + 1] = stamp
        weight_events[WEIGHT_WORDS * k + 2] = bits[value + spread * (c - first)]
        k += 1
    counters[N_WEIGHTS] = k


@apart()
def post(
    ring: F8,
    events: I8,
    counters: I8,
    clock: I8,
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
        bits = reinterpreted(events, np.float64)
        events[EVENT_WORDS * k] = -1 - lane_positive
        events[EVENT_WORDS * k + 1] = sender
        events[EVENT_WORDS * k + 2] = step + 1
        events[EVENT_WORDS * k + 3] = np.int64(amount)
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

    `alike` is that of `engine.devices.device_tables.DeviceTable`.
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


@operation
def draw_uniforms(stream: U8, uniform: F8x2, frozen: I8, nodes: I8, rows: I8, clock: I8) -> None:
    """Draw one number for each step of the segment, neuron by neuron."""
    for i in range(rows[0], rows[1]):
        if not frozen[i]:
            for lag in range(clock[FROM], clock[TO]):
                rekey(stream, NODES, nodes[i], 0, clock[ORIGIN] + lag)
                uniform[lag, i] = drand(stream)


@operation
def has_room(rooms: I8x2) -> int:
    """Return whether all buffers take what another slice can make.

    Parameters
    ----------
    rooms
        Per virtual process: address of its counters; how many events a slice can make; how many events its buffer
        takes, and how many weights.
    """
    needed = 0
    for s in range(len(rooms)):
        needed += array(rooms[s, 0], COUNTER_WORDS, int64)[WEIGHTS_NEEDED]
    for s in range(len(rooms)):
        counters = array(rooms[s, 0], COUNTER_WORDS, int64)
        if counters[ARCHIVE_NEEDED] + counters[ARCHIVE_LATE] > 0 or counters[N_EVENTS] + rooms[s, 1] > rooms[s, 2]:
            return 0
        if counters[N_WEIGHTS] + needed > rooms[s, 3]:
            return 0
    return 1
