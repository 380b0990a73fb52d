"""Delivery through synapses with functions of their own.

Each model has compiled functions, which deliver a spike to one group of connections (see
`plasticity.synapse_loops`). The loop here walks through the register as `spikes.events.deliver` does and calls
these functions by their addresses, so that it is compiled once for all models, and NEST's order is kept among all of
them.

What a function needs to know is in a row of `calls`, an array of words: where the arrays are, which is the same for all
groups, and the group.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.intrinsics import array, call_function, reinterpreted
from jaxnest.compile.kinds import F8, I4, I8, F8x2, I8x2
from jaxnest.compile.late import int64
from jaxnest.compile.operations import apart, operation
from jaxnest.engine.histories.archive_learning import note_source
from jaxnest.engine.layout import (
    GROUP_COMMON,
    GROUP_KIND,
    GROUP_ROW,
    GROUP_STATES,
    GROUP_STEP,
    MIN_DELAY,
    N_TURNS,
    ORIGIN,
    REGISTER_WORDS,
)
from jaxnest.engine.spikes.events import _deliver_group, _note_weights, registered, rounds_and_copies

SHARED = ("ring", "weight_events", "counters", "index", "trace", "pool", "stream", "clock", "times")
OWN = ("place", "sites", "switches", "delay", "common", "common_state", "of_source", "identity")
"""Arrays that all models have in common, and those that each model has; then come its columns
(see `engine.plasticity.synapses.Synapses`)."""

ALIKE, APART, ARRAYS = range(3)
ROW, SIZE, COMMON_ROW, CONNECTION, MULTIPLICITY, WATCHED, STEP, SOURCE = range(3, 11)
STATE_ROW, STATE_STEP, ADVANCES, TURN, NODE, COPIES, HOLDS, SENT, HELD = range(11, 20)
SHARED_ARRAYS = 20
CALL_WORDS = SHARED_ARRAYS + 2 * len(SHARED)
"""Words of a call: where the addresses of two functions are, one for connections that share the states of the source,
and one for any; where address and length of each of the model's arrays are; and the group: its first connection in the
model's arrays, number of connections, row of the common properties, first connection of all, how often the spike is
sent, whether weights are recorded, the step in which the spike was emitted, the row of the source in the archive, the
first row of the states that follow from the source's spikes, how far the rows of its connections are apart, whether
states that connections share advance, the number of the spike in NEST's order of delivery, the source, how many of
its spikes in that step went before, and whether nothing is added to the ring buffer, but whether something is to be
sent, and its weight, are put into the two next words. Then come address and length of each common array."""


@njit(nogil=True)
def call_synapses(call: np.ndarray) -> None:
    """Call the function for a group of connections."""
    slot = call[APART] if call[STATE_STEP] else call[ALIKE]
    call_function(array(slot, 1, int64)[0], call.ctypes.data)


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
    groups: I8x2,
    source_row: I8,
    clock: I8,
    calls: I8x2,
    index: I8x2,
    trace: F8x2,
    pool: F8x2,
) -> None:
    """At the beginning of a slice: deliver the spikes that all virtual processes registered in the previous one.

    If all delays are equal and the order of spikes of different lags makes no difference, they are delivered lag by lag
    as by `engine.spikes.events.deliver`. What a target's history is at one time is then computed once.
    """
    buffers, archive = (ring, weight_events, counters), (index, trace, pool)
    table = (group_start, connection_start, group_watched, group_constant, value_start, lane, weight, delay)
    lag_by_lag = group_constant[0] == 1
    for process in range(len(registers) // 2):
        register = registered(registers, process, clock)
        for lag in range(clock[MIN_DELAY] if lag_by_lag else 1):
            for i in range(len(register) // REGISTER_WORDS):
                spike = register[REGISTER_WORDS * i : REGISTER_WORDS * (i + 1)]
                if not lag_by_lag or spike[1] == lag:
                    turn = counters[N_TURNS] + i
                    _deliver_spike(spike, turn, buffers, table, groups, source_row, clock, calls, archive)
        counters[N_TURNS] += len(register) // REGISTER_WORDS


@njit(cache=True)
def _deliver_spike(
    spike: np.ndarray,
    turn: int,
    buffers: tuple[np.ndarray, ...],
    table: tuple[np.ndarray, ...],
    groups: np.ndarray,
    source_row: np.ndarray,
    clock: np.ndarray,
    calls: np.ndarray,
    archive: tuple[np.ndarray, ...],
) -> None:
    """Deliver a spike; `turn` is its number in NEST's order."""
    ring, weight_events, counters = buffers
    group_start, connection_start, group_watched, group_constant, value_start, lane, weight, delay = table
    index, trace, pool = archive
    node, (rounds, multiplicity) = spike[0], rounds_and_copies(spike[2])
    step = clock[ORIGIN] - clock[MIN_DELAY] + spike[1]
    if source_row[node] > 0 and multiplicity > 0:
        note_source(index[source_row[node]], trace[source_row[node]], pool, counters, step + 1)
    for k in range(rounds):
        for g in range(group_start[node], group_start[node + 1]):
            first, size, group = connection_start[g], connection_start[g + 1] - connection_start[g], groups[g]
            if group[GROUP_KIND] > 0:
                call = calls[group[GROUP_KIND] - 1]
                choose(call, group, 0, size)
                call[CONNECTION], call[MULTIPLICITY], call[STEP], call[TURN] = first, multiplicity, step, turn
                call[WATCHED], call[SOURCE], call[ADVANCES] = group_watched[g], source_row[node], 1
                call[NODE], call[COPIES] = node, k
                call_synapses(call)
                continue
            lanes, constant, value = group[GROUP_ROW], group_constant[1 + g], value_start[g]
            for copy in range(multiplicity):
                weights = value + (value_start[-1] if copy > 0 else 0)
                _deliver_group(ring, lane, weight, delay, lanes, lanes + size, constant, value, weights, step, clock)
                if group_watched[g]:
                    _note_weights(weight_events, counters, first, first + size, step + 1, weight, value, 1 - constant)


class Ways(NamedTuple):
    """Where spikes of devices find synapses with functions on a virtual process: a device has one group of them."""

    group_start: I8
    connection_start: I8
    groups: I8x2
    source_row: I8
    calls: I8x2
    index: I8x2
    trace: F8x2
    pool: F8x2
    counters: I8


@apart()
def pass_one(ways: Ways, node: int, k: int, step: int) -> bool:
    """Let what a device sends in a step go through its connection number `k`; return whether it goes on.

    Nothing is added to the ring buffer: the weight is kept for `held_weight`.
    """
    group = ways.group_start[node]
    first, size = ways.connection_start[group], ways.connection_start[group + 1] - ways.connection_start[group]
    call, source = ways.calls[ways.groups[group, GROUP_KIND] - 1], ways.source_row[node]
    if source > 0:
        note_source(ways.index[source], ways.trace[source], ways.pool, ways.counters, step + 1)
    choose(call, ways.groups[group], k, 1)
    _hold_one(call, first + k, k == size - 1, node, source, step, ways.counters[N_TURNS])
    return call[SENT] != 0


@njit(cache=True)
def _hold_one(call: np.ndarray, connection: int, is_last: bool, node: int, source: int, step: int, turn: int) -> None:
    call[CONNECTION], call[MULTIPLICITY], call[STEP], call[WATCHED] = connection, 1, step, 0
    call[SOURCE], call[ADVANCES], call[TURN] = source, is_last, turn
    call[NODE], call[COPIES], call[HOLDS], call[SENT] = node, 0, 1, 0
    call_synapses(call)


@njit(nogil=True)
def held_weight(ways: Any, node: int) -> float:
    """Return the weight with which the device's spike goes on that `pass_one` was called for last."""
    kind = ways.groups[ways.group_start[node], GROUP_KIND]
    return reinterpreted(ways.calls[kind - 1], np.float64)[HELD]


@njit(cache=True)
def choose(call: np.ndarray, group: np.ndarray, k: int, size: int) -> None:
    """Let a call be for so many connections of a group, from number `k` on."""
    call[ROW], call[SIZE], call[COMMON_ROW] = group[GROUP_ROW] + k, size, group[GROUP_COMMON]
    call[STATE_ROW], call[STATE_STEP] = group[GROUP_STATES] + k * group[GROUP_STEP], group[GROUP_STEP]


def incomplete_calls(words: list[np.ndarray], slots: list[tuple[int, int]]) -> np.ndarray:
    """Return the calls without the common arrays.

    Parameters
    ----------
    words
        For each model: addresses and lengths of its arrays.
    slots
        For each model: where the addresses of its two functions are (see `ALIKE`), 0 if it is never called.
    """
    calls = np.zeros((len(slots), CALL_WORDS), np.int64)
    for call, of_model, (shared, own) in zip(calls, words, slots, strict=True):
        call[ALIKE], call[APART], call[ARRAYS] = shared, own, of_model.ctypes.data
    return calls


def complete(calls: np.ndarray, shared: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return the calls with the common arrays, in the order of `SHARED`."""
    calls[:, SHARED_ARRAYS:] = np.array([(a.ctypes.data, a.size) for a in shared], np.int64).reshape(-1)
    return calls
