"""Delivery through synapses with functions of their own.

Each model has one compiled function, which delivers a spike to one group of connections (`engine.generate_synapses`).
The loop here walks through the register as `engine.events.deliver` does and calls these functions by their addresses,
so that it is compiled once for all models, and NEST's order is kept among all of them.

What a function needs to know is in a row of `calls`, an array of words: where the arrays are, which is the same for all
groups, and the group.
"""

from __future__ import annotations

import numba
import numpy as np

from jaxnest.compiling import njit
from jaxnest.engine import ffi, meeting
from jaxnest.engine.archive_layout import INDEX_WORDS, RECORD_WORDS, TRACE_WORDS
from jaxnest.engine.archive_learning import note_source
from jaxnest.engine.events import _deliver_group, _note_weights
from jaxnest.engine.layout import (
    FROM,
    GROUP_COMMON,
    GROUP_KIND,
    GROUP_ROW,
    GROUP_STATES,
    GROUP_STEP,
    GROUP_WORDS,
    MIN_DELAY,
    N_TURNS,
    ORIGIN,
    REGISTER_WORDS,
)

SHARED = ("ring", "weight_events", "counters", "index", "trace", "pool", "stream", "clock", "times")
OWN = ("place", "sites", "delay", "common", "common_state", "of_source", "identity")
"""Arrays that all models have in common, and those that each model has; then come its columns
(see `engine.plasticity.Synapses`)."""

N_SHARED = len(SHARED)
FUNCTION, ARRAYS = 2 * N_SHARED, 2 * N_SHARED + 1
ROW, SIZE, COMMON_ROW, CONNECTION, MULTIPLICITY, WATCHED, STEP, SOURCE = range(ARRAYS + 1, ARRAYS + 9)
STATE_ROW, STATE_STEP, ADVANCES, TURN, NODE, COPIES = range(ARRAYS + 9, ARRAYS + 15)
CALL_WORDS = ARRAYS + 15
"""Words of a call: address and length of each common array, the function, where address and length of each of the
model's arrays are, and the group: its first connection in the model's arrays, number of connections, row of the common
properties, first connection of all, how often the spike is sent, whether weights are recorded, the step in which the
spike was emitted, the row of the source in the archive, the first row of the states that follow from the source's
spikes, how far the rows of its connections are apart, whether states that connections share advance, the number of the
spike in NEST's order of delivery, the source, and how many of its spikes in that step went before."""


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
    group_constant: np.ndarray,
    value_start: np.ndarray,
    lane: np.ndarray,
    weight: np.ndarray,
    delay: np.ndarray,
    groups: np.ndarray,
    source_row: np.ndarray,
    clock: np.ndarray,
    calls: np.ndarray,
    index: np.ndarray,
    trace: np.ndarray,
    pool: np.ndarray,
) -> None:
    """At the beginning of a slice: deliver the spikes that one virtual process registered in the previous one.

    If all delays are equal and the order of spikes of different lags makes no difference, they are delivered lag by lag
    as by `engine.events.deliver`. What a target's history is at one time is then computed once.
    """
    lag_by_lag = group_constant[0] == 1
    for lag in range(clock[MIN_DELAY] if lag_by_lag else 1):
        for i in range(n_register):
            if lag_by_lag and register[REGISTER_WORDS * i + 1] != lag:
                continue
            _deliver_spike(
                ring,
                weight_events,
                counters,
                register[REGISTER_WORDS * i : REGISTER_WORDS * (i + 1)],
                counters[N_TURNS] + i,
                group_start,
                connection_start,
                group_watched,
                group_constant,
                value_start,
                lane,
                weight,
                delay,
                groups,
                source_row,
                clock,
                calls,
                index,
                trace,
                pool,
            )
    counters[N_TURNS] += n_register


@njit(cache=True)
def _deliver_spike(
    ring: np.ndarray,
    weight_events: np.ndarray,
    counters: np.ndarray,
    spike: np.ndarray,
    turn: int,
    group_start: np.ndarray,
    connection_start: np.ndarray,
    group_watched: np.ndarray,
    group_constant: np.ndarray,
    value_start: np.ndarray,
    lane: np.ndarray,
    weight: np.ndarray,
    delay: np.ndarray,
    groups: np.ndarray,
    source_row: np.ndarray,
    clock: np.ndarray,
    calls: np.ndarray,
    index: np.ndarray,
    trace: np.ndarray,
    pool: np.ndarray,
) -> None:
    """Deliver a spike; `turn` is its number in NEST's order."""
    node, multiplicity = spike[0], spike[2]
    step = clock[ORIGIN] - clock[MIN_DELAY] + spike[1]
    if source_row[node] > 0 and multiplicity > 0:
        note_source(index[source_row[node]], trace[source_row[node]], pool, counters, step + 1)
    for g in range(group_start[node], group_start[node + 1]):
        first, size, group = connection_start[g], connection_start[g + 1] - connection_start[g], groups[g]
        if group[GROUP_KIND] > 0:
            call = calls[group[GROUP_KIND] - 1]
            choose(call, group, 0, size)
            call[CONNECTION], call[MULTIPLICITY], call[STEP], call[TURN] = first, multiplicity, step, turn
            call[WATCHED], call[SOURCE], call[ADVANCES] = group_watched[g], source_row[node], 1
            call[NODE], call[COPIES] = node, 0
            ffi.call_function(call[FUNCTION], call.ctypes.data)
            continue
        lanes, constant, value = group[GROUP_ROW], group_constant[1 + g], value_start[g]
        for copy in range(multiplicity):
            weights = value + (value_start[-1] if copy > 0 else 0)
            _deliver_group(ring, lane, weight, delay, lanes, lanes + size, constant, value, weights, step, clock)
            if group_watched[g]:
                _note_weights(weight_events, counters, first, first + size, step + 1, weight, value, 1 - constant)


@njit(cache=True)
def choose(call: np.ndarray, group: np.ndarray, k: int, size: int) -> None:
    """Let a call be for so many connections of a group, from number `k` on."""
    call[ROW], call[SIZE], call[COMMON_ROW] = group[GROUP_ROW] + k, size, group[GROUP_COMMON]
    call[STATE_ROW], call[STATE_STEP] = group[GROUP_STATES] + k * group[GROUP_STEP], group[GROUP_STEP]


@njit(cache=True)
def calls_of_frame(frame: int) -> np.ndarray:
    """Return the calls from the arguments of an operation of XLA: the common arrays, then the calls without them."""
    calls = ffi.int64(frame, N_SHARED).reshape((-1, CALL_WORDS)).copy()
    for k in range(len(calls)):
        for j in range(N_SHARED):
            calls[k, 2 * j], calls[k, 2 * j + 1] = ffi.address(frame, j), ffi.size(frame, j)
    return calls


@ffi.handler
def deliver_handler(frame: int) -> int:
    """`deliver` for the registers of all virtual processes, as an operation of XLA.

    Arguments: the common arrays, the calls without them, addresses and lengths of the arrays of the table (see
    `engine.plastic_kernels.places`), and the registers (see `engine.meeting`).
    """
    if ffi.is_query(frame):
        return 0
    clock, places, registers = ffi.int64(frame, N_SHARED - 2), ffi.int64(frame, N_SHARED + 1), N_SHARED + 2
    if clock[FROM] != 0:
        return 0
    calls = calls_of_frame(frame)
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
            ffi.array(places[16], places[17], numba.int64).reshape((-1, GROUP_WORDS)),
            ffi.array(places[18], places[19], numba.int64),
            clock,
            calls,
            ffi.int64(frame, 3).reshape((-1, INDEX_WORDS)),
            ffi.float64(frame, 4).reshape((-1, TRACE_WORDS)),
            ffi.float64(frame, 5).reshape((-1, RECORD_WORDS)),
        )
    return 0


def incomplete_calls(words: list[np.ndarray], functions: list[int]) -> np.ndarray:
    """Return the calls without the common arrays; `words` has addresses and lengths of the arrays of each model."""
    calls = np.zeros((len(functions), CALL_WORDS), np.int64)
    for k, (of_model, function) in enumerate(zip(words, functions, strict=True)):
        calls[k, FUNCTION], calls[k, ARRAYS] = function, of_model.ctypes.data
    return calls


def complete(calls: np.ndarray, shared: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return the calls with the common arrays, in the order of `SHARED`."""
    calls[:, : 2 * N_SHARED] = np.array([(a.ctypes.data, a.size) for a in shared], np.int64).reshape(-1)
    return calls
