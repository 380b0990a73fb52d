"""What neurons keep for synapses that learn by gradients (see `models.histories.learning_history`).

Each such neuron has three rows in the archive (`histories.archive`), whose rings hold, in the order of time: what was
noted in each step, the learning signals, and how far the running average of the firing rate was from its target; the
times of the last updates of its synapses and how many synapses were updated then; and, if updates come at intervals,
how far the firing rate was from its target in each of them.

In NEST's order a step begins with the learning signals (`take_signals`); then synapses get spikes, which lets neurons
forget what nobody needs if updates come with events; then, if they come at intervals, neurons forget (`begin_step`);
each is advanced, and notes what there is to note (`note_step`).
"""

from __future__ import annotations

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.kinds import F8, I4, I8, F8x2, F8x3, I8x2
from jaxnest.compile.operations import apart, operation
from jaxnest.engine.archive_layout import (
    CAPACITY,
    DIFFERENCE,
    FIRST,
    FIRST_COLUMN,
    FIRST_ROW,
    HISTORY,
    INCOMING,
    LAG,
    LEARNING_ROWS,
    LENGTH,
    MS_PER_STEP,
    OUTPUT,
    RATES,
    RECORD_WORDS,
    SIGNAL,
    SIGNAL_LAG,
    START,
    TIME,
    UPDATES,
    VALUE,
)
from jaxnest.engine.histories.archive import move
from jaxnest.engine.layout import (
    ARCHIVE_NEEDED,
    FROM,
    MIN_DELAY,
    N_LANES,
    N_SLOTS,
    ORIGIN,
    TO,
)
from jaxnest.models.histories.learning_history import (
    AT_INTERVALS,
    C_REG,
    F_TARGET,
    INTERVAL,
    IS_SPIKING,
    KAPPA_REG,
    N_SPIKES,
    RATE,
    SHIFT,
)

FIRST_BEGIN, LATEST_BEGIN = 2, 3
"""The smallest and the largest `Learning.shift`."""


@njit(cache=True)
def place(index: np.ndarray, k: int) -> int:
    """Return where record `k` of a ring lies in the pool."""
    return index[START] + ((index[FIRST] + k) & (index[CAPACITY] - 1))


@njit(cache=True)
def lower_bound(index: np.ndarray, pool: np.ndarray, t: float) -> int:
    """Return the first record that is not before `t`, found as the C++ library does."""
    first, count = 0, index[LENGTH]
    while count > 0:
        half = count // 2
        if pool[place(index, first + half), TIME] < t:
            first += half + 1
            count -= half + 1
        else:
            count = half
    return first


@njit(cache=True)
def is_at(index: np.ndarray, pool: np.ndarray, k: int, t: float) -> bool:
    """Return whether a record belongs to time `t`."""
    return 0 <= k < index[LENGTH] and pool[place(index, k), TIME] == t


@njit(cache=True)
def _append(index: np.ndarray, pool: np.ndarray, counters: np.ndarray, t: float, value: float) -> None:
    if index[LENGTH] == index[CAPACITY]:
        move(index, pool, counters)
    record = pool[place(index, index[LENGTH])]
    record[:] = 0.0
    record[TIME], record[VALUE] = t, value
    index[LENGTH] += 1


@njit(cache=True)
def erase(index: np.ndarray, pool: np.ndarray, begin: int, end: int) -> None:
    """Remove the records from `begin` to before `end`."""
    if begin >= end:
        return
    if begin == 0:
        index[FIRST] = (index[FIRST] + end) & (index[CAPACITY] - 1)
        index[LENGTH] -= end
        return
    for k in range(end, index[LENGTH]):
        to, record = place(index, begin + k - end), place(index, k)
        for word in range(RECORD_WORDS):
            pool[to, word] = pool[record, word]
    index[LENGTH] -= end - begin


@njit(cache=True)
def remainder(a: int, b: int) -> int:
    """Return the remainder with the sign of `a`, as in C++."""
    return a % b if a >= 0 else -((-a) % b)


@njit(cache=True)
def add_synapses(
    index: np.ndarray, trace: np.ndarray, pool: np.ndarray, counters: np.ndarray, row: int, n: int
) -> None:
    """Begin the histories of new synapses at one neuron, whose rows begin at `row`: nothing was updated yet."""
    for _ in range(n if trace[row, AT_INTERVALS] else 0):
        count_synapse(index[row + UPDATES], pool, counters, trace[row, SHIFT])
    index[row + HISTORY, INCOMING] += n


@njit(cache=True)
def count_synapse(updates: np.ndarray, pool: np.ndarray, counters: np.ndarray, t: float) -> None:
    """Count one synapse more whose last update was at `t`."""
    k = lower_bound(updates, pool, t)
    if is_at(updates, pool, k, t):
        pool[place(updates, k), VALUE] += 1.0
    else:
        _append(updates, pool, counters, t, 1.0)


@apart()
def note_source(index: I8, trace: F8, pool: F8x2, counters: I8, t: int) -> None:
    """Keep a spike of a source for the synapses that learn, and forget those of long past intervals.

    Neurons that spike get no spikes at the borders of their intervals; with each spike is noted which was the last one
    that was not there.
    """
    last = 0.0
    if index[LENGTH] > 0:
        if pool[place(index, index[LENGTH] - 1), TIME] == t:
            return
        last = pool[place(index, index[LENGTH] - 1), VALUE]
        first = ((last - LATEST_BEGIN) // trace[INTERVAL] - 1.0) * trace[INTERVAL]
        erase(index, pool, 0, lower_bound(index, pool, first))
    at_border = trace[INTERVAL] > 1.0 and (t - FIRST_BEGIN) % trace[INTERVAL] == 0
    _append(index, pool, counters, t, last if at_border else t)


@operation
def take_signals(
    ring: F8,
    index: I8x2,
    pool: F8x2,
    lanes: I8x2,
    places: I8,
    clock: I8,
) -> None:
    """Before spikes are delivered: note the learning signals that have arrived in this slice, of one step."""
    if places[SIGNAL_LAG] == 0 or clock[FROM] > 0:
        return
    slot = (clock[ORIGIN] % clock[N_SLOTS]) * clock[N_LANES]
    for i in range(len(lanes)):
        row = places[FIRST_ROW] + LEARNING_ROWS * i
        arrived = ring[slot + lanes[i, 1]]
        ring[slot + lanes[i, 1]] = 0.0
        if index[row, INCOMING] > 0:
            t = clock[ORIGIN] - places[SIGNAL_LAG]
            k = lower_bound(index[row], pool, t)
            if is_at(index[row], pool, k, t):
                pool[place(index[row], k), SIGNAL] += arrived


@operation
def begin_step(
    ring: F8,
    index: I8x2,
    trace: F8x2,
    pool: F8x2,
    counters: I8,
    lanes: I8x2,
    awake: I8,
    places: I8,
    rows: I8,
    clock: I8,
    times: F8,
) -> None:
    """Before neurons are advanced: forget what nobody needs, begin the record of this step, and tell the neurons.

    `rows` are the first of them and the one after the last.
    """
    for i in range(rows[0], rows[1]):
        if not awake[i]:
            continue
        row = places[FIRST_ROW] + LEARNING_ROWS * i
        history = index[row + HISTORY]
        for lag in range(clock[FROM], clock[TO]):
            t = clock[ORIGIN] + lag
            if history[INCOMING] > 0:
                at_end = remainder(t - int(trace[row, SHIFT]), int(trace[row, INTERVAL])) == 0
                if at_end and trace[row, AT_INTERVALS]:
                    _forget(index, pool, row, trace[row, INTERVAL])
                _append(history, pool, counters, t - places[LAG], 0.0)
            k = lower_bound(history, pool, t - places[SIGNAL_LAG])
            slot = (t % clock[N_SLOTS]) * clock[N_LANES]
            ring[slot + lanes[i, 0]] = t
            ring[slot + lanes[i, 1]] = pool[place(history, k), SIGNAL] if k < history[LENGTH] else 0.0
            ring[slot + lanes[i, 2]] = times[MS_PER_STEP] * history[LENGTH]


@njit(cache=True)
def _forget(index: np.ndarray, pool: np.ndarray, row: int, interval: float) -> None:
    """Forget the intervals after which no synapse was updated, and what is before the first update that counts."""
    history, updates, rates = index[row + HISTORY], index[row + UPDATES], index[row + RATES]
    if history[LENGTH] == 0 or updates[LENGTH] == 0:
        return
    first = pool[place(updates, 0), TIME]
    t, k = first, 0
    while k < updates[LENGTH] and t <= pool[place(updates, updates[LENGTH] - 1), TIME]:
        if pool[place(updates, k), TIME] == t:
            k += 1
        else:
            erase(history, pool, lower_bound(history, pool, t), lower_bound(history, pool, t + interval))
        t += interval
    erase(history, pool, 0, lower_bound(history, pool, first))
    erase(rates, pool, 0, lower_bound(rates, pool, first))


@operation
def note_step(
    index: I8x2,
    trace: F8x2,
    pool: F8x2,
    counters: I8,
    raster: I4,
    samples: F8x3,
    awake: I8,
    places: I8,
    clock: I8,
    times: F8,
) -> None:
    """After a segment: note the values of its steps, and the firing rate if an interval of updates ends.

    Nothing is done if the pool has no room (see `engine.histories.archive.note_spikes`, which comes before).
    """
    if counters[ARCHIVE_NEEDED] > 0:
        return
    n = len(raster) // clock[MIN_DELAY]
    for i in range(len(awake)):
        if not awake[i]:
            continue
        row = places[FIRST_ROW] + LEARNING_ROWS * i
        history, interval = index[row + HISTORY], int(trace[row, INTERVAL])
        for lag in range(clock[FROM], clock[TO]):
            t = clock[ORIGIN] + lag
            spiked = raster[lag * n + places[FIRST_COLUMN] + i] > 0
            if history[INCOMING] > 0:
                record = pool[place(history, history[LENGTH] - 1)]
                record[VALUE] = samples[lag, places[OUTPUT], i]
                if not trace[row, AT_INTERVALS]:
                    record[DIFFERENCE] = _difference(trace[row], spiked, times[MS_PER_STEP])
            trace[row, N_SPIKES] += spiked
            if trace[row, AT_INTERVALS] == 0.0:
                continue
            if trace[row, IS_SPIKING] and remainder(t - int(trace[row, SHIFT]), interval) == interval - 1:
                if history[INCOMING] > 0:
                    rate = trace[row, N_SPIKES] / interval
                    target = trace[row, F_TARGET] * times[MS_PER_STEP]
                    _append(index[row + RATES], pool, counters, t + 1, trace[row, C_REG] * (rate - target) / interval)
                trace[row, N_SPIKES] = 0.0


@njit(cache=True)
def _difference(trace: np.ndarray, spiked: bool, ms_per_step: float) -> float:
    """Advance the running average of the firing rate; return how far it is from the target, times the coefficient."""
    z = 1.0 if spiked else 0.0
    trace[RATE] = trace[KAPPA_REG] * trace[RATE] + (1.0 - trace[KAPPA_REG]) * z / ms_per_step
    return trace[C_REG] * (trace[RATE] - trace[F_TARGET] * ms_per_step)
