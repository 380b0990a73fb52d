"""Spikes that are not bound to the grid of time steps, in compiled code.

Events that are on their way to neurons with queues wait in `pending`, in the order in which they were sent. At the
beginning of a slice those that arrive during it are sorted into `ready`, the first event of each neuron last (see
`engine.off_grid_sort`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

from jaxnest.compiling import njit
from jaxnest.engine import ffi
from jaxnest.engine.archive import note_spike
from jaxnest.engine.archive_layout import MS_PER_STEP, MS_PER_TIC, TICS_PER_STEP
from jaxnest.engine.events import _note_weights
from jaxnest.engine.layout import GROUP_KIND, MIN_DELAY, N_LANES, N_SLOTS, N_TURNS, ORIGIN
from jaxnest.engine.off_grid_sort import later, sort_events
from jaxnest.engine.synaptic_calls import (
    ADVANCES,
    CONNECTION,
    COPIES,
    FUNCTION,
    MULTIPLICITY,
    NODE,
    STEP,
    TURN,
    WATCHED,
    choose,
)
from jaxnest.models import precise

TARGET, STAMP, OFFSET, WEIGHT = range(4)
EVENT_WORDS = 4
"""Words of an event: the node, the step in which it arrives, how long (ms) before the end of the step, its weight."""

N_PENDING, N_EMITTED = range(2)

COLUMN, LAG, MULTIPLE, AT = range(4)
SPIKE_WORDS = 4
"""Words of a spike that was emitted: column of the raster (or node), lag, multiplicity, offset."""

NEVER = np.inf


@njit(cache=True)
def push(pending: np.ndarray, counts: np.ndarray, node: Any, stamp: Any, offset: Any, weight: Any) -> None:
    """Let an event wait until it arrives."""
    event = pending[counts[N_PENDING]]
    event[TARGET], event[STAMP], event[OFFSET], event[WEIGHT] = node, stamp, offset, weight
    counts[N_PENDING] += 1


@njit(cache=True)
def _earlier_in_step(spikes: np.ndarray, i: int, earlier: int) -> int:
    """Return how many spikes of its node and step go before spike `i`; `earlier` is that of spike ``i - 1``."""
    if i > 0 and spikes[i, COLUMN] == spikes[i - 1, COLUMN] and spikes[i, LAG] == spikes[i - 1, LAG]:
        return earlier + int(spikes[i - 1, MULTIPLE])
    return 0


@njit(cache=True)
def _call_once(call: np.ndarray, node: int, copies: int) -> None:
    """Send one spike of a node through one connection whose synapse has a function of its own."""
    call[NODE], call[COPIES], call[MULTIPLICITY] = node, copies, 1
    ffi.call_function(call[FUNCTION], call.ctypes.data)


@njit(cache=True)
def deliver(
    spikes: np.ndarray,
    ring: np.ndarray,
    weight_events: np.ndarray,
    counters: np.ndarray,
    pending: np.ndarray,
    counts: np.ndarray,
    group_start: np.ndarray,
    connection_start: np.ndarray,
    group_watched: np.ndarray,
    groups: np.ndarray,
    lane: np.ndarray,
    weight: np.ndarray,
    delay: np.ndarray,
    shift: np.ndarray,
    marked: np.ndarray,
    node_of_lane: np.ndarray,
    clock: np.ndarray,
    resolution: float,
    calls: np.ndarray,
) -> None:
    """At the beginning of a slice: deliver spikes of the previous one (as `SPIKE_WORDS` says, with nodes).

    `shift`, `marked` are those of the `DeliveryTable`; `node_of_lane` has the node of each lane whose spikes wait in a
    queue, 0 for other lanes.
    """
    n_slots, n_lanes, earlier = clock[N_SLOTS], clock[N_LANES], 0
    for i in range(len(spikes)):
        earlier = _earlier_in_step(spikes, i, earlier)
        node, offset = int(spikes[i, COLUMN]), spikes[i, AT]
        step = clock[ORIGIN] - clock[MIN_DELAY] + int(spikes[i, LAG])
        for group in range(group_start[node], group_start[node + 1]):
            first, end, kind = connection_start[group], connection_start[group + 1], groups[group, GROUP_KIND]
            for copy in range(int(spikes[i, MULTIPLE])):
                for c in range(first, end):
                    steps, at = delay[c], offset + (shift[c] if len(shift) > 0 else 0.0)
                    if len(shift) > 0 and at >= resolution:
                        steps, at = steps - 1, at - resolution
                    place, target = ((step + steps) % n_slots) * n_lanes + lane[c], node_of_lane[lane[c]]
                    if kind == 0:
                        value = c + (len(weight) - len(lane) if copy > 0 else 0)
                        if group_watched[group]:
                            _note_weights(weight_events, counters, c, c + 1, step + 1, weight, value, 1)
                        if target > 0:
                            push(pending, counts, target, step + steps, at, weight[value])
                        else:
                            ring[place] += weight[value] * (offset if len(marked) > 0 and marked[c] else 1.0)
                        continue
                    if target > 0:
                        ring[place] = -0.0  # shows whether something is added
                    call = calls[kind - 1]
                    choose(call, groups[group], c - first, 1)
                    call[CONNECTION], call[STEP], call[WATCHED] = c, step, group_watched[group]
                    call[ADVANCES], call[TURN] = c == end - 1, counters[N_TURNS] + i
                    _call_once(call, node, earlier + copy)
                    if target > 0:
                        if ring[place] != 0.0 or np.copysign(1.0, ring[place]) > 0.0:
                            push(pending, counts, target, step + steps, at, ring[place])
                        ring[place] = 0.0
    counters[N_TURNS] += len(spikes)


@njit(cache=True)
def prepare(
    pending: np.ndarray,
    counts: np.ndarray,
    queue_of_node: np.ndarray,
    ready: np.ndarray,
    begin: np.ndarray,
    end: np.ndarray,
    until: int,
) -> None:
    """At the beginning of a slice: sort the events that arrive before step `until` into the queues."""
    end[:] = 0
    n = counts[N_PENDING]
    for i in range(n):
        if pending[i, STAMP] < until and queue_of_node[int(pending[i, TARGET])] >= 0:
            end[queue_of_node[int(pending[i, TARGET])]] += 1
    start = 0
    for q in range(len(begin)):
        begin[q] = start
        start += end[q]
        end[q] = begin[q]
    kept = 0
    for i in range(n):
        q = queue_of_node[int(pending[i, TARGET])]
        if pending[i, STAMP] >= until:
            pending[kept] = pending[i]
            kept += 1
        elif q >= 0:
            ready[end[q]] = pending[i]
            end[q] += 1
    counts[N_PENDING] = kept
    for q in range(len(begin)):
        sort_events(ready[begin[q] : end[q]])


@njit(cache=True)
def note_spikes(
    spikes: np.ndarray,
    index: np.ndarray,
    trace: np.ndarray,
    pool: np.ndarray,
    counters: np.ndarray,
    clock: np.ndarray,
    times: np.ndarray,
) -> None:
    """Let neurons remember their spikes."""
    for k in range(len(spikes)):
        i = int(spikes[k, COLUMN])
        t = times[MS_PER_TIC] * ((clock[ORIGIN] + int(spikes[k, LAG]) + 1) * times[TICS_PER_STEP]) - spikes[k, AT]
        for _ in range(int(spikes[k, MULTIPLE])):
            note_spike(index[i], trace[i], pool, counters, t, clock[MIN_DELAY] * times[MS_PER_STEP])


# -- what neurons do: the operations of `models.precise` in compiled code ----------------------------------------
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


@njit
def _emit(emitted: np.ndarray, counts: np.ndarray, column: int, lag: int, multiplicity: float, offset: float) -> None:
    spike = emitted[counts[N_EMITTED]]
    spike[COLUMN], spike[LAG], spike[MULTIPLE], spike[AT] = column, lag, multiplicity, offset
    counts[N_EMITTED] += 1


@overload(precise.next_event, strict=False)
def _next_event(x: Any, together: Any) -> Any:
    return lambda x, together: _next(x.ready, x.begin, x.end, x.returns, x.queue, x.step, together)


@overload(precise.end_refractoriness, strict=False)
def _end_refractoriness(x: Any, offset: Any) -> Any:
    return lambda x, offset: _return(x.returns, x.queue, x.step, offset)


@overload(precise.emit, strict=False)
def _emit_spike(x: Any, offset: Any, multiplicity: Any) -> Any:
    return lambda x, offset, multiplicity: _emit(x.emitted, x.counts, x.column, x.lag, multiplicity, offset)
