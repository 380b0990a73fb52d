"""The history of the potential that neurons keep for voltage-dependent synapses (see `histories.voltage_history`).

Each such neuron has three rows in the archive (`histories.archive`), whose rings hold: potentiations, until all
synapses have read them; as many depressions as the longest delay has steps, plus one, as in NEST; and the averages of
the potential of the last steps, which act later. Potentiations and depressions are records of a time and an amount. A
neuron that notes how far its spikes are from what its dendrite predicts has the first of these rings only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.kinds import F8, I8, F8x2, F8x3, I8x2
from jaxnest.compile.late import overload
from jaxnest.compile.operations import operation
from jaxnest.engine.archive_layout import (
    CAPACITY,
    DELAYED,
    DEPRESSIONS,
    FIRST,
    INCOMING,
    LENGTH,
    MS_PER_TIC,
    POTENTIATIONS,
    READ,
    RECORD_TRACE,
    START,
    TICS_PER_STEP,
    TIME,
    VOLTAGE_ROWS,
    VOLTAGES,
)
from jaxnest.engine.histories.archive import EPSILON, move
from jaxnest.engine.histories.voltage_layout import (
    A_LTD,
    A_LTP,
    AWAKE,
    FIRST_COLUMN,
    FIRST_ROW,
    IS_CONSTANT,
    LONGEST,
    OUTPUTS,
    PREDICTS,
    REFERENCE,
    RESOLUTION,
    THETA_MINUS,
    THETA_PLUS,
)
from jaxnest.engine.layout import ARCHIVE_NEEDED, FROM, ORIGIN, TO
from jaxnest.models.histories import voltage_history


@operation
def note_voltages(
    index: I8x2,
    pool: F8x2,
    counters: I8,
    samples: F8x3,
    parameters: F8x2,
    places: I8,
    clock: I8,
    times: F8,
) -> None:
    """After a segment: note what the potentials of the neurons of a batch would change.

    Nothing is done if the pool has no room (see `engine.histories.archive.note_spikes`, which comes before).

    Parameters
    ----------
    samples
        Recordables of the segment: step, name, neuron.
    parameters, places
        What `engine.plan.voltages.voltage_constants` says.
    """
    if counters[ARCHIVE_NEEDED] > 0:
        return
    for i in range(len(parameters)):
        p = parameters[i]
        if p[AWAKE] == 0.0:
            continue
        row = places[FIRST_ROW] + VOLTAGE_ROWS * i
        incoming = index[places[FIRST_COLUMN] + i, INCOMING]
        for lag in range(clock[FROM], clock[TO]):
            t = times[MS_PER_TIC] * ((clock[ORIGIN] + lag + 1) * times[TICS_PER_STEP])
            potential = samples[lag, places[OUTPUTS], i]
            if p[PREDICTS] > 0.0:
                if incoming > 0:
                    _potentiate(index[row + POTENTIATIONS], pool, counters, incoming, t, potential)
                continue
            fast, slow = samples[lag, places[OUTPUTS + 1], i], samples[lag, places[OUTPUTS + 2], i]
            slowest = samples[lag, places[OUTPUTS + 3], i]
            delayed = index[row + DELAYED]
            _forget(delayed)
            _append(delayed, pool, counters, fast, slow)
            oldest = pool[delayed[START] + delayed[FIRST]]
            fast, slow = oldest[TIME], oldest[RECORD_TRACE]
            if incoming == 0:
                continue
            if potential > p[THETA_PLUS] and fast > p[THETA_MINUS]:
                amount = p[A_LTP] * (potential - p[THETA_PLUS]) * (fast - p[THETA_MINUS]) * p[RESOLUTION]
                _potentiate(index[row + POTENTIATIONS], pool, counters, incoming, t, amount)
            if slow > p[THETA_MINUS]:
                amount = p[A_LTD] * (slow - p[THETA_MINUS])
                if p[IS_CONSTANT] == 0.0:
                    amount = p[A_LTD] * slowest * slowest * (slow - p[THETA_MINUS]) / p[REFERENCE]
                found = index[row + DEPRESSIONS]
                while found[LENGTH] >= p[LONGEST]:
                    _forget(found)
                _append(found, pool, counters, t, amount)


@njit(cache=True)
def _potentiate(index: np.ndarray, pool: np.ndarray, counters: np.ndarray, incoming: int, t: Any, amount: Any) -> None:
    """Note a potentiation, and forget those that all synapses have read."""
    while index[LENGTH] > 1 and pool[index[START] + index[FIRST], READ] >= incoming:
        _forget(index)
    _append(index, pool, counters, t, amount)


@njit(cache=True)
def _forget(index: np.ndarray) -> None:
    """Remove the oldest record."""
    index[FIRST] = (index[FIRST] + 1) & (index[CAPACITY] - 1)
    index[LENGTH] -= 1


@njit(cache=True)
def _append(index: np.ndarray, pool: np.ndarray, counters: np.ndarray, t: Any, amount: Any) -> None:
    if index[LENGTH] == index[CAPACITY]:
        move(index, pool, counters)
    record = pool[index[START] + ((index[FIRST] + index[LENGTH]) & (index[CAPACITY] - 1))]
    record[TIME], record[RECORD_TRACE], record[READ] = t, amount, 0.0
    index[LENGTH] += 1


# -- what synapses ask for: the operations of `histories.voltage_history` in compiled code ------------


@njit
def _mark_read(pool: np.ndarray, record: int) -> None:
    pool[record, READ] += 1.0


@njit(inline="always")
def _record(x: Any, role: int, k: int) -> int:
    """Return where a record of the target lies in the pool."""
    i = x.index[x.post, VOLTAGES] + role
    return x.index[i, START] + ((x.index[i, FIRST] + k) & (x.index[i, CAPACITY] - 1))


@overload(voltage_history.potentiations, strict=False, inline="always")
def _potentiations(x: Any, after: Any, until: Any) -> Any:
    def potentiations(x: Any, after: float, until: float) -> range:
        end = x.index[x.index[x.post, VOLTAGES] + POTENTIATIONS, LENGTH]
        while end > 0 and not x.pool[_record(x, POTENTIATIONS, end - 1), TIME] - EPSILON < until:
            end -= 1
        begin = end
        while begin > 0 and not x.pool[_record(x, POTENTIATIONS, begin - 1), TIME] - EPSILON < after:
            begin -= 1
            _mark_read(x.pool, _record(x, POTENTIATIONS, begin))
        return range(begin, end)

    return potentiations


@overload(voltage_history.time, strict=False, inline="always")
def _time(x: Any, k: Any) -> Any:
    return lambda x, k: x.pool[_record(x, POTENTIATIONS, k), TIME]


@overload(voltage_history.amount, strict=False, inline="always")
def _amount(x: Any, k: Any) -> Any:
    return lambda x, k: x.pool[_record(x, POTENTIATIONS, k), RECORD_TRACE]


@overload(voltage_history.constant, strict=False, inline="always")
def _constant(x: Any, k: Any) -> Any:
    return lambda x, k: x.trace[x.index[x.post, VOLTAGES], k]


@overload(voltage_history.depression, strict=False, inline="always")
def _depression(x: Any, t: Any) -> Any:
    def depression(x: Any, t: float) -> float:
        if t < 0.0:
            return 0.0
        k = x.index[x.index[x.post, VOLTAGES] + DEPRESSIONS, LENGTH] - 1
        while k >= 0 and x.pool[_record(x, DEPRESSIONS, k), TIME] - t >= EPSILON:
            k -= 1
        if k >= 0 and abs(t - x.pool[_record(x, DEPRESSIONS, k), TIME]) < EPSILON:
            return x.pool[_record(x, DEPRESSIONS, k), RECORD_TRACE]
        return 0.0

    return depression
