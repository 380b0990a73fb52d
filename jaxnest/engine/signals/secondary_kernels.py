"""Compiled loops for connections that carry numbers."""

from __future__ import annotations

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.kinds import F8, I8, U8, F8x2
from jaxnest.compile.late import uint64
from jaxnest.compile.operations import operation
from jaxnest.engine.layout import FROM, MIN_DELAY, N_LANES, N_SLOTS, N_WEIGHTS, ORIGIN, TO
from jaxnest.engine.network.growing_loops import append
from jaxnest.random.numbers.distributions import standard_normal
from jaxnest.random.numbers.keyed import rekey
from jaxnest.random.numbers.layout import ENGINE, KEYED, NODES


@operation
def add_terms(
    ring: F8,
    values: F8x2,
    active: I8,
    source: I8,
    row: I8,
    factor: F8,
    lane: I8,
    offset: I8,
    marker: I8,
    at_once: I8,
    first_slice: int,
    clock: I8,
) -> None:
    """Add the products of all terms to the ring buffer, for all steps of the present slice.

    Products with a marker take the place of what was there. What the columns mean `plan.secondary.Terms` says.

    Parameters
    ----------
    active
        For each source whether it sends, empty if all do.
    row
        Where in `values` the number of each term is.
    first_slice
        Whether to do so in the very first slice.
    """
    if first_slice == 0 and clock[ORIGIN] == 0:
        return
    for k in range(len(row)):
        if len(active) > 0 and active[source[k]] == 0:
            continue
        if at_once[k] > 0:
            slot = (clock[ORIGIN] + (clock[FROM] if at_once[k] == 1 else clock[TO])) % clock[N_SLOTS]
            _put(ring, slot * clock[N_LANES], lane[k], marker[k], factor[k] * values[row[k], 0])
            continue
        slot = (clock[ORIGIN] + offset[k]) % clock[N_SLOTS]
        for lag in range(clock[MIN_DELAY]):
            _put(ring, slot * clock[N_LANES], lane[k], marker[k], factor[k] * values[row[k], lag])
            slot += 1
            if slot == clock[N_SLOTS]:
                slot = 0


@njit(cache=True, error_model="numpy", nogil=True)
def _put(ring: np.ndarray, first: int, lane: int, marker: int, product: float) -> None:
    """Add a product to a lane of the row that begins at `first`, or put it there."""
    if marker >= 0:
        ring[first + lane] = product
        ring[first + marker] = 1.0
    else:
        ring[first + lane] += product


@operation
def add_many_terms(
    ring: F8,
    room: F8x2,
    values: F8x2,
    active: I8,
    source: I8,
    row: I8,
    factor: F8,
    place: I8,
    lanes: I8,
    first_slice: int,
    clock: I8,
) -> None:
    """Add the products of many terms for few lanes, none of which has a marker or is heard at once.

    The numbers of a lane for all steps are brought together and back again: in the ring buffer they lie far apart.
    Each gets the same products in the same order as with `add_terms`.

    Parameters
    ----------
    room
        Where they are brought to, (lane, step).
    place
        Where each term begins there.
    """
    if first_slice == 0 and clock[ORIGIN] == 0:
        return
    n_steps, n, moved, sent = room.shape[1], clock[MIN_DELAY], room.reshape(-1), values.reshape(-1)
    for step in range(n_steps):
        first = (clock[ORIGIN] + step) % clock[N_SLOTS] * clock[N_LANES]
        for i in range(len(lanes)):
            moved[i * n_steps + step] = ring[first + lanes[i]]
    for k in range(len(row)):
        if len(active) > 0 and active[source[k]] == 0:
            continue
        to, at, times = uint64(place[k]), uint64(row[k] * values.shape[1]), factor[k]
        for lag in range(uint64(n)):
            moved[to + lag] += times * sent[at + lag]
    for step in range(n_steps):
        first = (clock[ORIGIN] + step) % clock[N_SLOTS] * clock[N_LANES]
        for i in range(len(lanes)):
            ring[first + lanes[i]] = moved[i * n_steps + step]


@operation
def clear_lanes(
    ring: F8,
    lanes: I8,
    clock: I8,
) -> None:
    """Clear some lanes of the ring buffer, for all steps of the present slice."""
    for lag in range(clock[MIN_DELAY]):
        first = (clock[ORIGIN] + lag) % clock[N_SLOTS] * clock[N_LANES]
        for lane in lanes:
            ring[first + lane] = 0.0


@operation
def keep_lanes(ring: F8, lanes: I8, clock: I8) -> None:
    """At the beginning of a slice: let lanes that nobody has cleared begin with what they had in the slice before."""
    for lag in range(clock[MIN_DELAY]):
        now = (clock[ORIGIN] + lag) % clock[N_SLOTS] * clock[N_LANES]
        before = (clock[ORIGIN] - clock[MIN_DELAY] + lag) % clock[N_SLOTS] * clock[N_LANES]
        for lane in lanes:
            ring[now + lane], ring[before + lane] = ring[before + lane], 0.0


@operation
def begin_sending(signals: F8x2, previous: F8x2, being_sent: I8) -> int:
    """Let the two buffers of signals change their places before nodes send; always succeeds."""
    if being_sent[0] == 0:
        being_sent[0] = 1
        for k in range(signals.shape[0]):
            for lag in range(signals.shape[1]):
                signals[k, lag], previous[k, lag] = previous[k, lag], signals[k, lag]
    return 0


@operation
def end_sending(being_sent: I8, on_trial: int, clock: I8) -> None:
    """What was sent is complete: at the end of a slice, and after each iteration."""
    if on_trial == 1 or clock[TO] == clock[MIN_DELAY]:
        being_sent[0] = 0


@operation
def note_delivery(deliveries: I8, counters: I8, on_trial: int, clock: I8) -> None:
    """Note for weight recorders that signals are delivered."""
    append(deliveries, on_trial, clock[ORIGIN] + 1 - clock[MIN_DELAY], counters[N_WEIGHTS], 0.0)


@operation
def draw_noise(
    stream: U8,
    present: F8x2,
    following: F8x2,
    objects: F8x2,
    frozen: I8,
    nodes: I8,
    rows: I8,
    clock: I8,
) -> None:
    """Take what was drawn for this slice, and draw for the next, neuron by neuron.

    Numbers that depend on keys are drawn for the slice of the next segment, which may be this one.
    """
    origin = clock[ORIGIN]
    if stream[ENGINE] != KEYED or clock[TO] == clock[MIN_DELAY]:
        origin += clock[MIN_DELAY]
    for i in range(rows[0], rows[1]):
        if frozen[i]:
            continue
        for lag in range(clock[MIN_DELAY]):
            present[lag, i] = following[lag, i]
        for lag in range(clock[MIN_DELAY]):
            rekey(stream, NODES, nodes[i], 0, origin + lag)
            following[lag, i] = standard_normal(stream, objects[i])
