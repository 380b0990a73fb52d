"""Spikes that modulate plastic synapses: nodes collect them and tell their synapses at regular intervals.

A collector has a row in the archive (see `histories.archive`) behind those of the neurons. Its ring holds the spikes
since it told its synapses last, after a record of that time. In NEST collectors take their turn among the neurons, in
the order of node ids: neurons with smaller ids have forgotten spikes by then that nobody needs, the others have not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.kinds import F8, I4, I8, F8x2, I8x2
from jaxnest.compile.late import overload
from jaxnest.compile.operations import operation
from jaxnest.engine.archive_layout import (
    CAPACITY,
    FIRST,
    LENGTH,
    MS_PER_STEP,
    MS_PER_TIC,
    RECORD_TRACE,
    START,
    TICS_PER_STEP,
    TIME,
)
from jaxnest.engine.histories.archive import missing, move, note_spike
from jaxnest.engine.layout import (
    ARCHIVE_NEEDED,
    FROM,
    GROUP_KIND,
    MIN_DELAY,
    N_LANES,
    N_SLOTS,
    N_TURNS,
    ORIGIN,
    TO,
)
from jaxnest.engine.plasticity.collector_layout import AWAKE, INTERVAL, LANE
from jaxnest.engine.plasticity.synaptic_calls import STEP, TURN, call_synapses, choose
from jaxnest.models.histories import modulation


@operation
def after_segment(
    ring: F8,
    counters: I8,
    index: I8x2,
    trace: F8x2,
    pool: F8x2,
    raster: I4,
    clock: I8,
    times: F8,
    collectors: I8x2,
    turn: I8,
    connection_start: I8,
    groups: I8x2,
    group_collector: I8,
    calls: I8x2,
) -> None:
    """Remember the spikes of a segment, collect those that modulate synapses, and update synapses when it is time.

    Parameters
    ----------
    collectors
        What `COLLECTOR_WORDS` says, in the order of node ids.
    turn
        Per column of the raster: the number of collectors with a smaller id.
    group_collector
        Per group of connections: the row of its collector in the archive, -1 if there is none.
    calls
        The functions that update synapses, 0 if a model has none (see `engine.plasticity.synaptic_calls`).
    """
    n = len(raster) // clock[MIN_DELAY]
    counters[ARCHIVE_NEEDED] = 0
    if missing(index, pool, counters, raster, clock) > 0:
        return
    for k in range(len(collectors) + 1):
        for lag in range(clock[FROM], clock[TO]):
            t = times[MS_PER_TIC] * ((clock[ORIGIN] + lag + 1) * times[TICS_PER_STEP])
            for i in range(n):
                if turn[i] == k:
                    for _ in range(raster[lag * n + i]):
                        note_spike(index[i], trace[i], pool, counters, t, clock[MIN_DELAY] * times[MS_PER_STEP])
        if k == len(collectors) or not collectors[k, AWAKE]:
            continue
        _collect(ring, counters, index[n + k], pool, clock, times, collectors[k, LANE])
        end = clock[ORIGIN] + clock[TO]
        if end % (collectors[k, INTERVAL] * clock[MIN_DELAY]) == 0:
            for g in range(len(groups)):
                if group_collector[g] == n + k:
                    call = calls[groups[g, GROUP_KIND] - 1]
                    choose(call, groups[g], 0, connection_start[g + 1] - connection_start[g])
                    call[STEP], call[TURN] = end - 1, counters[N_TURNS]
                    call_synapses(call)
            index[n + k, FIRST], index[n + k, LENGTH] = 0, 0
            _add(index[n + k], pool, times[MS_PER_TIC] * (end * times[TICS_PER_STEP]), 0.0)


@njit(cache=True)
def _collect(
    ring: np.ndarray,
    counters: np.ndarray,
    index: np.ndarray,
    pool: np.ndarray,
    clock: np.ndarray,
    times: np.ndarray,
    lane: int,
) -> None:
    """Take the spikes of a segment out of the ring buffer."""
    for lag in range(clock[FROM], clock[TO]):
        step = clock[ORIGIN] + lag
        place = (step % clock[N_SLOTS]) * clock[N_LANES] + lane
        if ring[place] > 0.0:
            if index[LENGTH] == index[CAPACITY]:
                move(index, pool, counters)
            _add(index, pool, times[MS_PER_TIC] * ((step + 1) * times[TICS_PER_STEP]), ring[place])
        ring[place] = 0.0


@njit(cache=True)
def _add(index: np.ndarray, pool: np.ndarray, t: float, multiplicity: Any) -> None:
    record = pool[index[START] + ((index[FIRST] + index[LENGTH]) & (index[CAPACITY] - 1))]
    record[TIME], record[RECORD_TRACE] = t, multiplicity
    index[LENGTH] += 1


# -- what synapses ask for: the operations of `models.histories.modulation` in compiled code -----------------


@njit(inline="always")
def _record(x: Any, k: int) -> int:
    """Return where record `k` of the collector lies in the pool."""
    i = x.collector
    return x.index[i, START] + ((x.index[i, FIRST] + k) & (x.index[i, CAPACITY] - 1))


@overload(modulation.count, strict=False, inline="always")
def _count(x: Any) -> Any:
    return lambda x: x.index[x.collector, LENGTH]


@overload(modulation.time, strict=False, inline="always")
def _time(x: Any, k: Any) -> Any:
    return lambda x, k: x.pool[_record(x, int(k)), TIME]


@overload(modulation.multiplicity, strict=False, inline="always")
def _multiplicity(x: Any, k: Any) -> Any:
    return lambda x, k: x.pool[_record(x, int(k)), RECORD_TRACE]
