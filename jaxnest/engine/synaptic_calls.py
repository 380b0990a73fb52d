"""Delivery through synapses with functions of their own.

Each model has one compiled function, which delivers a spike to one group of connections (`engine.generate_synapses`).
The loop here walks through the register as `engine.events.deliver` does and calls these functions by their addresses,
so that it is compiled once for all models, and NEST's order is kept among all of them.

What a function needs to know is in a row of `calls`, an array of words: addresses and lengths of the arrays, which are
the same for all groups, and the group.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxnest.compiling import njit
from jaxnest.engine import ffi, meeting
from jaxnest.engine.archive_layout import INDEX_WORDS, RECORD_WORDS, TRACE_WORDS
from jaxnest.engine.archive_learning import note_source
from jaxnest.engine.events import _note_weights
from jaxnest.engine.layout import FROM, MIN_DELAY, N_LANES, N_SLOTS, ORIGIN, REGISTER_WORDS

SHARED = ("ring", "weight_events", "counters", "index", "trace", "pool", "stream", "clock", "times")
OWN = ("state", "parameters", "common", "lane_positive", "lane_negative", "flags", "delay", "target")
"""Arrays that all models have in common, and those of one model."""

N_SHARED, N_OWN = len(SHARED), len(OWN)
FUNCTION = 2 * (N_SHARED + N_OWN)
ROW, SIZE, COMMON_ROW, CONNECTION, MULTIPLICITY, WATCHED, STEP, SOURCE = range(FUNCTION + 1, FUNCTION + 9)
CALL_WORDS = FUNCTION + 9
"""Words of a call: address and length of each array, the function, and the group: its first connection in the model's
arrays, number of connections, row of the common properties, first connection of all, how often the spike is sent,
whether weights are recorded, the step in which the spike was emitted, and the row of the source in the archive."""


@njit(cache=True)
def deliver(
    ring: np.ndarray,
    weight_events: np.ndarray,
    counters: np.ndarray,
    register: np.ndarray,
    n_register: int,
    group_start: np.ndarray,
    connection_start: np.ndarray,
    group_watched: np.ndarray,
    group_kind: np.ndarray,
    group_row: np.ndarray,
    group_common: np.ndarray,
    source_row: np.ndarray,
    lane: np.ndarray,
    weight: np.ndarray,
    delay: np.ndarray,
    clock: np.ndarray,
    calls: np.ndarray,
    index: np.ndarray,
    trace: np.ndarray,
    pool: np.ndarray,
) -> None:
    """At the beginning of a slice: deliver the spikes that one virtual process registered in the previous one."""
    n_slots, n_lanes = clock[N_SLOTS], clock[N_LANES]
    previous = clock[ORIGIN] - clock[MIN_DELAY]
    for i in range(n_register):
        node = register[REGISTER_WORDS * i]
        step = previous + register[REGISTER_WORDS * i + 1]
        multiplicity = register[REGISTER_WORDS * i + 2]
        slot = step % n_slots
        if source_row[node] > 0 and multiplicity > 0:
            note_source(index[source_row[node]], trace[source_row[node]], pool, counters, step + 1)
        for group in range(group_start[node], group_start[node + 1]):
            first, last = connection_start[group], connection_start[group + 1]
            if group_kind[group] > 0:
                call = calls[group_kind[group] - 1]
                call[ROW], call[SIZE], call[COMMON_ROW] = group_row[group], last - first, group_common[group]
                call[CONNECTION], call[MULTIPLICITY], call[STEP] = first, multiplicity, step
                call[WATCHED], call[SOURCE] = group_watched[group], source_row[node]
                ffi.call_function(call[FUNCTION], call.ctypes.data)
                continue
            for copy in range(multiplicity):
                further = len(weight) - len(lane) if copy > 0 else 0
                for c in range(first, last):
                    s = slot + delay[c]
                    if s >= n_slots:
                        s -= n_slots
                    ring[s * n_lanes + lane[c]] += weight[c + further]
                if group_watched[group]:
                    _note_weights(weight_events, counters, first, last, step + 1, weight, first, 1)


@njit(cache=True)
def calls_of_frame(frame: int, n: int) -> np.ndarray:
    """Return the calls for `n` models from the arguments of an operation of XLA (see `deliver_handler`)."""
    states = N_SHARED - 1
    calls = np.zeros((n, CALL_WORDS), np.int64)
    for k in range(n):
        for j in range(N_SHARED):
            place = j if j < N_SHARED - 2 else states + n + j - (N_SHARED - 2)
            calls[k, 2 * j], calls[k, 2 * j + 1] = ffi.address(frame, place), ffi.size(frame, place)
        for j in range(N_OWN):
            place = states + k if j == 0 else states + n + 2 + k * (N_OWN - 1) + j - 1
            word = 2 * (N_SHARED + j)
            calls[k, word], calls[k, word + 1] = ffi.address(frame, place), ffi.size(frame, place)
        calls[k, FUNCTION] = ffi.int64(frame, N_SHARED - 2)[k]
    return calls


@ffi.handler
def deliver_handler(frame: int) -> int:
    """`deliver` for the registers of all virtual processes, as an operation of XLA.

    Arguments: ring buffer to stream, the functions of all models, their states, clock, times, the other arrays of all
    models, the groups, the arrays for constant weights, and the registers (see `engine.meeting`).
    """
    if ffi.is_query(frame):
        return 0
    n = ffi.size(frame, N_SHARED - 2)
    clock = ffi.int64(frame, N_SHARED - 1 + n)
    if clock[FROM] != 0:
        return 0
    calls = calls_of_frame(frame, n)
    groups = N_SHARED + 1 + N_OWN * n
    registers = groups + 10
    for k in range(meeting.n_registers(frame, registers)):
        register = meeting.register(frame, registers, k, clock)
        deliver(
            ffi.float64(frame, 0),
            ffi.int64(frame, 1),
            ffi.int64(frame, 2),
            register,
            len(register) // REGISTER_WORDS,
            ffi.int64(frame, groups + 0),
            ffi.int64(frame, groups + 1),
            ffi.int64(frame, groups + 2),
            ffi.int64(frame, groups + 3),
            ffi.int64(frame, groups + 4),
            ffi.int64(frame, groups + 5),
            ffi.int64(frame, groups + 6),
            ffi.int32(frame, groups + 7),
            ffi.float64(frame, groups + 8),
            ffi.int32(frame, groups + 9),
            clock,
            calls,
            ffi.int64(frame, 3).reshape((-1, INDEX_WORDS)),
            ffi.float64(frame, 4).reshape((-1, TRACE_WORDS)),
            ffi.float64(frame, 5).reshape((-1, RECORD_WORDS)),
        )
    return 0


def calls_of(shared: tuple[np.ndarray, ...], own: list[tuple[np.ndarray, ...]], functions: np.ndarray) -> np.ndarray:
    """Return the calls for arrays of NumPy, in the order of `SHARED` and `OWN`."""
    words = [w for a in shared for w in _place(a)]
    rows = [[*words, *(w for a in arrays for w in _place(a)), f] for arrays, f in zip(own, functions, strict=True)]
    calls = np.zeros((len(rows), CALL_WORDS), np.int64)
    if rows:
        calls[:, : FUNCTION + 1] = rows
    return calls


def _place(array: Any) -> tuple[int, int]:
    return array.ctypes.data, array.size
