"""Compiled loops for connections that carry numbers, as functions and as operations of XLA."""

from __future__ import annotations

import numpy as np

from jaxnest.compiling import njit
from jaxnest.engine import ffi
from jaxnest.engine.layout import FROM, MIN_DELAY, N_LANES, N_SLOTS, ORIGIN, TO
from jaxnest.random.distributions import standard_normal
from jaxnest.random.keyed import rekey
from jaxnest.random.layout import ENGINE, KEYED, NODES


@njit(cache=True, error_model="numpy", nogil=True)
def add_terms(
    ring: np.ndarray,
    values: np.ndarray,
    row: np.ndarray,
    factor: np.ndarray,
    lane: np.ndarray,
    offset: np.ndarray,
    marker: np.ndarray,
    at_once: np.ndarray,
    clock: np.ndarray,
) -> None:
    """Add the products of all terms to the ring buffer, for all steps of the present slice.

    Products with a marker take the place of what was there. What the last columns mean `engine.secondary.Terms` says.
    """
    for k in range(len(row)):
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


@njit(cache=True, error_model="numpy", nogil=True)
def clear_lanes(ring: np.ndarray, lanes: np.ndarray, clock: np.ndarray) -> None:
    """Clear some lanes of the ring buffer, for all steps of the present slice."""
    for lag in range(clock[MIN_DELAY]):
        first = (clock[ORIGIN] + lag) % clock[N_SLOTS] * clock[N_LANES]
        for lane in lanes:
            ring[first + lane] = 0.0


@njit(cache=True, error_model="numpy", nogil=True)
def draw_noise(
    stream: np.ndarray,
    present: np.ndarray,
    following: np.ndarray,
    objects: np.ndarray,
    frozen: np.ndarray,
    nodes: np.ndarray,
    rows: np.ndarray,
    clock: np.ndarray,
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


@ffi.handler
def terms_handler(frame: int) -> int:
    """`add_terms` as an operation of XLA; the last argument says whether to do anything."""
    if ffi.is_query(frame):
        return 0
    clock = ffi.int64(frame, 8)
    if ffi.int64(frame, 9)[0] != 0:
        add_terms(
            ffi.float64(frame, 0),
            ffi.float64(frame, 1).reshape((-1, clock[MIN_DELAY])),
            ffi.int64(frame, 2),
            ffi.float64(frame, 3),
            ffi.int64(frame, 4),
            ffi.int64(frame, 5),
            ffi.int64(frame, 6),
            ffi.int64(frame, 7),
            clock,
        )
    return 0


@ffi.handler
def lanes_handler(frame: int) -> int:
    """`clear_lanes` as an operation of XLA, after whatever its last argument comes from."""
    if ffi.is_query(frame):
        return 0
    clear_lanes(ffi.float64(frame, 0), ffi.int64(frame, 1), ffi.int64(frame, 2))
    return 0


@ffi.handler
def noise_handler(frame: int) -> int:
    """`draw_noise` as an operation of XLA."""
    if ffi.is_query(frame):
        return 0
    objects, clock = ffi.float64(frame, 3).reshape((-1, 2)), ffi.int64(frame, 7)
    n = len(ffi.float64(frame, 1)) // clock[MIN_DELAY]
    present = ffi.float64(frame, 1).reshape((clock[MIN_DELAY], n))
    following = ffi.float64(frame, 2).reshape((clock[MIN_DELAY], n))
    frozen, nodes, rows = ffi.int64(frame, 4), ffi.int64(frame, 5), ffi.int64(frame, 6)
    draw_noise(ffi.uint64(frame, 0), present, following, objects, frozen, nodes, rows, clock)
    return 0
