"""Spikes that are not bound to the grid of time steps, in compiled code.

Events that are on their way to neurons with queues wait in `pending`, in the order in which they were sent. At the
beginning of a slice those that arrive during it are sorted into `ready`, the first event of each neuron last (see
`numerics.unstable_sort`). What neurons send in a segment is first in `emitted`, and then registered for delivery. All
these are tables that grow (`engine.network.growing`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.intrinsics import array, reinterpreted
from jaxnest.compile.kinds import F8, I4, I8, F8x2, F8x3, I8x2
from jaxnest.compile.late import int64, overload
from jaxnest.compile.operations import operation
from jaxnest.engine.archive_layout import INCOMING, LENGTH, MS_PER_STEP, MS_PER_TIC, TICS_PER_STEP
from jaxnest.engine.histories.archive import note_spike
from jaxnest.engine.histories.archive_learning import note_source
from jaxnest.engine.layout import (
    ARCHIVE_LATE,
    ARCHIVE_NEEDED,
    ARCHIVE_USED,
    FIRST_REDIRECTED,
    FROM,
    GROUP_KIND,
    MIN_DELAY,
    N_EVENTS,
    N_LANES,
    N_SLOTS,
    N_SPIKES,
    N_TURNS,
    ORIGIN,
    REGISTER_WORDS,
    SEGMENT,
    TO,
    WEIGHTS_NEEDED,
)
from jaxnest.engine.layout import AT as ADDRESS
from jaxnest.engine.layout import EVENT_WORDS as RECORD_WORDS
from jaxnest.engine.network.growing import COUNT, TABLE_WORDS
from jaxnest.engine.network.growing_loops import all_rows, append, reserve
from jaxnest.engine.plasticity.synaptic_calls import (
    ADVANCES,
    CONNECTION,
    COPIES,
    MULTIPLICITY,
    NODE,
    SOURCE,
    STEP,
    TURN,
    WATCHED,
    call_synapses,
    choose,
)
from jaxnest.engine.spikes.events import _note_weights, _sorted, registered, rounds_and_copies
from jaxnest.models.contract import precise
from jaxnest.numerics.unstable_sort import PARTS, later, sort_events

TARGET, STAMP, OFFSET, WEIGHT = range(4)
EVENT_WORDS = 4
"""Words of an event: the node, the step in which it arrives, how long (ms) before the end of the step, its weight."""

COLUMN, LAG, MULTIPLE, AT = range(4)
SPIKE_WORDS = 4
"""Words of a spike that was emitted: column of the raster (or node), lag, multiplicity, offset."""

RECORDED_WORDS = 5
"""Words of a spike that recorders hear: sender, stamp, multiplicity, segment, offset."""

NEVER = np.inf


@njit(nogil=True)
def _call_once(call: np.ndarray, node: int, copies: int) -> None:
    """Send one spike of a node through one connection whose synapse has a function of its own."""
    call[NODE], call[COPIES], call[MULTIPLICITY] = node, copies, 1
    call_synapses(call)


@operation
def deliver(
    registers: I8,
    precise_registers: I8,
    ring: F8,
    weight_events: I8,
    counters: I8,
    pending: I8,
    group_start: I8,
    connection_start: I8,
    group_watched: I8,
    groups: I8x2,
    lane: I4,
    weight: F8,
    delay: I4,
    shift: F8,
    marked: I8,
    node_of_lane: I8,
    clock: I8,
    resolution: float,
    calls: I8x2,
    source_row: I8,
    index: I8x2,
    trace: F8x2,
    pool: F8x2,
) -> None:
    """At the beginning of a slice: deliver the spikes of the previous one; first those that are bound to the grid.

    `precise_registers` has the addresses of the tables of precise spikes of all virtual processes. `shift`, `marked`
    are those of the `DeliveryTable`; `node_of_lane` has the node of each lane whose spikes wait in a queue, 0 for other
    lanes.
    """
    buffers, sources = (ring, weight_events, counters), (source_row, index, trace, pool)
    table = (group_start, connection_start, group_watched, groups, lane, weight, delay, shift, marked, node_of_lane)
    turn = counters[N_TURNS]
    for process in range(len(registers) // 2):
        register = registered(registers, process, clock)
        for i in range(0, len(register), REGISTER_WORDS):
            rounds, copies = rounds_and_copies(register[i + 2])
            for earlier in range(rounds):
                spike = (register[i], register[i + 1], abs(copies), 0.0)  # in NEST, flush events become spikes here
                _deliver_spike(spike, turn, earlier, buffers, pending, table, clock, resolution, calls, sources)
            turn += 1
    for place in precise_registers:
        register = array(place, TABLE_WORDS, int64)
        spikes, earlier = all_rows(register, SPIKE_WORDS), 0
        for i in range(register[COUNT]):
            earlier = _earlier_in_step(spikes, i, earlier)
            spike = (int(spikes[i, COLUMN]), int(spikes[i, LAG]), int(spikes[i, MULTIPLE]), spikes[i, AT])
            _deliver_spike(spike, turn, earlier, buffers, pending, table, clock, resolution, calls, sources)
            turn += 1
    counters[N_TURNS] = turn


@njit(nogil=True)
def _earlier_in_step(spikes: np.ndarray, i: int, earlier: int) -> int:
    """Return how many spikes of its node and step go before spike `i`; `earlier` is that of spike ``i - 1``."""
    if i > 0 and spikes[i, COLUMN] == spikes[i - 1, COLUMN] and spikes[i, LAG] == spikes[i - 1, LAG]:
        return earlier + int(spikes[i - 1, MULTIPLE])
    return 0


@njit(nogil=True)
def _deliver_spike(
    spike: tuple[int, int, int, float],
    turn: int,
    earlier: int,
    buffers: tuple[np.ndarray, ...],
    pending: np.ndarray,
    table: tuple[np.ndarray, ...],
    clock: np.ndarray,
    resolution: float,
    calls: np.ndarray,
    sources: tuple[np.ndarray, ...],
) -> None:
    ring, weight_events, counters = buffers
    group_start, connection_start, group_watched, groups, lane, weight, delay, shift, marked, node_of_lane = table
    n_slots, n_lanes = clock[N_SLOTS], clock[N_LANES]
    node, lag, multiplicity, offset = spike
    step = clock[ORIGIN] - clock[MIN_DELAY] + lag
    source_row, index, trace, pool = sources
    row = source_row[node] if len(source_row) > 0 else 0
    if row > 0 and earlier == 0:
        note_source(index[row], trace[row], pool, counters, step + 1)
    for group in range(group_start[node], group_start[node + 1]):
        first, end, kind = connection_start[group], connection_start[group + 1], groups[group, GROUP_KIND]
        for copy in range(multiplicity):
            for c in range(first, end):
                steps, at = delay[c], offset + (shift[c] if len(shift) > 0 else 0.0)
                if len(shift) > 0 and at >= resolution:
                    steps, at = steps - 1, at - resolution
                place = ((step + steps) % n_slots) * n_lanes + lane[c]
                target = node_of_lane[lane[c]]
                if kind == 0:
                    value = c + (len(weight) - len(lane) if copy > 0 else 0)
                    if group_watched[group]:
                        _note_weights(weight_events, counters, c, c + 1, step + 1, weight, value, 1)
                    if target > 0:
                        append(pending, target, step + steps, at, weight[value])
                    else:
                        ring[place] += weight[value] * (offset if len(marked) > 0 and marked[c] else 1.0)
                    continue
                before, is_marked = ring[place], len(marked) > 0 and marked[c]
                if target > 0:
                    ring[place] = -0.0  # shows whether something is added
                elif is_marked:
                    ring[place] = 0.0
                call = calls[kind - 1]
                choose(call, groups[group], c - first, 1)
                call[CONNECTION], call[STEP], call[WATCHED] = c, step, group_watched[group]
                call[ADVANCES], call[TURN], call[SOURCE] = c == end - 1, turn, row
                _call_once(call, node, earlier + copy)
                if target > 0:
                    if ring[place] != 0.0 or np.copysign(1.0, ring[place]) > 0.0:
                        append(pending, target, step + steps, at, ring[place])
                    ring[place] = 0.0
                elif is_marked:
                    ring[place] = before + ring[place] * offset


@operation
def prepare(pending: I8, queue_of_node: I8, ready: I8, begin: I8, end: I8, clock: I8) -> None:
    """At the beginning of a slice: sort the events that arrive during it into the queues."""
    end[:] = 0
    n, until = pending[COUNT], clock[ORIGIN] + clock[MIN_DELAY]
    events = all_rows(pending, EVENT_WORDS)
    for i in range(n):
        if events[i, STAMP] < until and queue_of_node[int(events[i, TARGET])] >= 0:
            end[queue_of_node[int(events[i, TARGET])]] += 1
    start = 0
    for q in range(len(begin)):
        begin[q] = start
        start += end[q]
        end[q] = begin[q]
    ready[COUNT] = 0
    reserve(ready, EVENT_WORDS, start + PARTS)
    ready[COUNT] = start
    sorted_in = all_rows(ready, EVENT_WORDS)
    kept = 0
    for i in range(n):
        q = queue_of_node[int(events[i, TARGET])]
        if events[i, STAMP] >= until:
            for k in range(EVENT_WORDS):
                events[kept, k] = events[i, k]
            kept += 1
        elif q >= 0:
            for k in range(EVENT_WORDS):
                sorted_in[end[q], k] = events[i, k]
            end[q] += 1
    pending[COUNT] = kept
    for q in range(len(begin)):
        if end[q] - begin[q] > 1:
            sort_events(sorted_in[begin[q] : end[q]], sorted_in[start : start + PARTS])


@operation
def begin_segment(counters: I8, emitted: I8, first_event: I8) -> None:
    """Before a segment: nothing is emitted yet; remember how many event records there are before devices act."""
    first_event[0] = counters[N_EVENTS]
    emitted[COUNT] = 0


@operation
def take(
    events: I8,
    counters: I8,
    first_event: I8,
    pending: I8,
    node: I8,
    delay: I8,
    shift: F8,
    counts: I8,
    resolution: float,
) -> None:
    """Take what devices have sent to queues in this segment out of the event records.

    `node`, `delay`, `shift`, `counts` are those of `engine.precise.precise_spikes.Redirections`.
    """
    numbers = reinterpreted(events, np.float64)
    kept = first_event[0]
    for i in range(first_event[0], counters[N_EVENTS]):
        record = RECORD_WORDS * i
        k = events[record] - FIRST_REDIRECTED
        if k < 0:
            for word in range(RECORD_WORDS):
                events[RECORD_WORDS * kept + word] = events[record + word]
            kept += 1
            continue
        amount = events[record + 3] * (1.0 if counts[k] else numbers[record + 6])
        offset, steps = numbers[record + 5] + shift[k], delay[k]
        if offset >= resolution:
            offset, steps = offset - resolution, steps - 1
        append(pending, node[k], events[record + 2] - 1 + steps, offset, amount)
    counters[N_EVENTS] = kept


@operation
def take_marked(emitted: I8, raster: I4, samples: F8x3, places: I8, clock: I8) -> None:
    """Take the spikes of a batch whose spikes carry a number out of the raster.

    `places` has its first column, how many neurons it has, and which of the recordables is the number.
    """
    n = len(raster) // clock[MIN_DELAY]
    for lag in range(clock[FROM], clock[TO]):
        for i in range(places[1]):
            column = places[0] + i
            if raster[lag * n + column] != 0:
                append(emitted, column, lag, raster[lag * n + column], samples[lag, places[2], i])
                raster[lag * n + column] = 0


@operation
def collect(
    emitted: I8,
    register: I8,
    heard: I8,
    counters: I8,
    emitters: I8,
    recorded: I8,
    watched: I8,
    clock: I8,
) -> None:
    """After a segment: put its spikes in the order of nodes, note them for recorders, register them for delivery."""
    if clock[FROM] == 0:
        register[COUNT] = 0
    n = emitted[COUNT]
    if n == 0:
        return
    reserve(emitted, SPIKE_WORDS, 2 * n)
    spikes = all_rows(emitted, SPIKE_WORDS)
    keys = array(emitted[ADDRESS] + 16 * SPIKE_WORDS * n, 2 * n, int64)
    for i in range(n):
        keys[i] = emitters[int(spikes[i, COLUMN])] * n + i
    order = _sorted(keys[:n], keys[n:])
    for k in range(n):
        for word in range(SPIKE_WORDS):
            spikes[n + k, word] = spikes[order[k] % n, word]
    reserve(register, SPIKE_WORDS, n)
    reserve(heard, RECORDED_WORDS, n)
    registered_rows, heard_rows = all_rows(register, SPIKE_WORDS), all_rows(heard, RECORDED_WORDS)
    for k in range(n):
        spike, into = spikes[n + k], registered_rows[register[COUNT]]
        for word in range(SPIKE_WORDS):
            spikes[k, word] = spike[word]
            into[word] = spike[word]
        column = int(spike[COLUMN])
        into[COLUMN] = emitters[column]
        register[COUNT] += 1
        counters[N_SPIKES] += int(spike[MULTIPLE])
        if recorded[column] > 0:
            row = heard_rows[heard[COUNT]]
            row[0], row[1], row[2] = emitters[column], clock[ORIGIN] + int(spike[LAG]) + 1, spike[MULTIPLE]
            row[3], row[4] = clock[SEGMENT], spike[AT]
            heard[COUNT] += 1
    if clock[TO] == clock[MIN_DELAY]:
        for i in range(register[COUNT]):
            counters[WEIGHTS_NEEDED] += watched[int(registered_rows[i, COLUMN])] * int(registered_rows[i, MULTIPLE])


@operation
def note_spikes(
    emitted: I8, marked: I8, index: I8x2, trace: F8x2, pool: F8x2, counters: I8, clock: I8, times: F8
) -> None:
    """Let neurons remember the spikes of a segment, unless the pool has no room: then say how much is missing.

    Spikes of `marked` columns carry other numbers than offsets.
    """
    counters[ARCHIVE_LATE] = 0
    if counters[ARCHIVE_NEEDED] > 0:
        return
    spikes = all_rows(emitted, SPIKE_WORDS)
    needed = 0
    for k in range(emitted[COUNT]):
        i = int(spikes[k, COLUMN])
        if index[i, INCOMING] > 0:
            needed += 6 * (index[i, LENGTH] + int(spikes[k, MULTIPLE])) + 64
    if needed > 0 and counters[ARCHIVE_USED] + needed > len(pool):
        counters[ARCHIVE_LATE] = needed
        return
    for k in range(emitted[COUNT]):
        i = int(spikes[k, COLUMN])
        offset = 0.0 if marked[i] else spikes[k, AT]
        t = times[MS_PER_TIC] * ((clock[ORIGIN] + int(spikes[k, LAG]) + 1) * times[TICS_PER_STEP]) - offset
        for _ in range(int(spikes[k, MULTIPLE])):
            note_spike(index[i], trace[i], pool, counters, t, clock[MIN_DELAY] * times[MS_PER_STEP])


# -- what neurons do: the operations of `contract.precise` in compiled code ---------------------------
#
# What writes is a function of its own: numba would take a write to an array in a named tuple for dead code.


@njit
def _next(
    ready: np.ndarray,
    begin: np.ndarray,
    end: np.ndarray,
    returns: np.ndarray,
    queue: int,
    step: int,
    together: bool,
) -> tuple[float, float, int]:
    last = end[queue] - 1
    if last < begin[queue] or not later(returns[queue], ready[last]):
        if returns[queue, STAMP] == step:
            returns[queue, STAMP] = NEVER
            return returns[queue, OFFSET], 0.0, precise.RETURN
        return 0.0, 0.0, precise.NOTHING
    if ready[last, STAMP] != step:
        return 0.0, 0.0, precise.NOTHING
    offset, weight = ready[last, OFFSET], ready[last, WEIGHT]
    last -= 1
    while together and last >= begin[queue] and ready[last, OFFSET] == offset and ready[last, STAMP] == step:
        weight += ready[last, WEIGHT]
        last -= 1
    end[queue] = last + 1
    return offset, weight, precise.SPIKE


@njit
def _return(returns: np.ndarray, queue: int, step: int, offset: float) -> None:
    returns[queue, STAMP], returns[queue, OFFSET] = step, offset


@overload(precise.next_event, strict=False)
def _next_event(x: Any, together: Any) -> Any:
    return lambda x, together: _next(x.ready, x.begin, x.end, x.returns, x.queue, x.step, together)


@overload(precise.end_refractoriness, strict=False)
def _end_refractoriness(x: Any, offset: Any) -> Any:
    return lambda x, offset: _return(x.returns, x.queue, x.step, offset)


@overload(precise.emit, strict=False)
def _emit_spike(x: Any, offset: Any, multiplicity: Any) -> Any:
    return lambda x, offset, multiplicity: append(x.emitted, x.column, x.lag, multiplicity, offset)
