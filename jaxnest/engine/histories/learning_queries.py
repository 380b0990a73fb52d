"""What synapses that learn ask for: the operations of `models.histories.learning_history` in compiled code.

The rows and rings that they read are those of `engine.histories.archive_learning`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.failures import AsInNest
from jaxnest.compile.late import overload
from jaxnest.engine.archive_layout import (
    DIFFERENCE,
    HISTORY,
    LEARNING,
    LENGTH,
    RATES,
    SIGNAL,
    TIME,
    UPDATES,
    VALUE,
)
from jaxnest.engine.histories.archive_learning import count_synapse, erase, is_at, lower_bound, place
from jaxnest.engine.layout import HISTORY_MISSING
from jaxnest.models.histories import learning_history
from jaxnest.models.histories.learning_history import AT_INTERVALS, CUTOFF, NO_CUTOFF, SHIFT


@overload(learning_history.constant, strict=False, inline="always")
def _constant(x: Any, k: Any) -> Any:
    return lambda x, k: x.trace[x.index[x.post, LEARNING], k]


@overload(learning_history.find, strict=False)
def _find(x: Any, t: Any) -> Any:
    def find(x: Any, t: float) -> int:
        history = x.index[x.index[x.post, LEARNING] + HISTORY]
        k = lower_bound(history, x.pool, t)
        return k if is_at(history, x.pool, k, t) else -1

    return find


@overload(learning_history.has, strict=False)
def _has(x: Any, k: Any, t: Any) -> Any:
    return lambda x, k, t: is_at(x.index[x.index[x.post, LEARNING] + HISTORY], x.pool, k, t)


@overload(learning_history.value, strict=False)
def _value(x: Any, k: Any) -> Any:
    return lambda x, k: x.pool[place(x.index[x.index[x.post, LEARNING] + HISTORY], k), VALUE]


@overload(learning_history.signal, strict=False)
def _signal(x: Any, k: Any) -> Any:
    return lambda x, k: x.pool[place(x.index[x.index[x.post, LEARNING] + HISTORY], k), SIGNAL]


@overload(learning_history.rate_difference, strict=False)
def _rate_difference(x: Any, k: Any) -> Any:
    return lambda x, k: x.pool[place(x.index[x.index[x.post, LEARNING] + HISTORY], k), DIFFERENCE]


@overload(learning_history.spike_from, strict=False)
def _spike_from(x: Any, t: Any) -> Any:
    return lambda x, t: lower_bound(x.index[x.source], x.pool, t)


@overload(learning_history.spike_time, strict=False)
def _spike_time(x: Any, k: Any) -> Any:
    def spike_time(x: Any, k: int) -> float:
        spikes = x.index[x.source]
        return x.pool[place(spikes, k), TIME] if k < spikes[LENGTH] else np.inf

    return spike_time


@overload(learning_history.regularization, strict=False)
def _regularization(x: Any, t: Any) -> Any:
    def regularization(x: Any, t: float) -> float:
        rates = x.index[x.index[x.post, LEARNING] + RATES]
        k = lower_bound(rates, x.pool, t)
        return x.pool[place(rates, k), VALUE] if k < rates[LENGTH] else 0.0

    return regularization


@njit
def _update(
    index: np.ndarray, trace: np.ndarray, pool: np.ndarray, counters: np.ndarray, row: int, before: float, now: float,
    is_flush: bool, was_flush: bool,
) -> None:  # fmt: skip
    updates = index[row + UPDATES]
    if not is_flush:
        count_synapse(updates, pool, counters, now + trace[row, SHIFT])
    if not was_flush:
        k = lower_bound(updates, pool, before + trace[row, SHIFT])
        if is_at(updates, pool, k, before + trace[row, SHIFT]):
            pool[place(updates, k), VALUE] -= 1.0
            if pool[place(updates, k), VALUE] == 0.0:
                erase(updates, pool, k, k + 1)


@overload(learning_history.note_update, strict=False)
def _note_update(x: Any, before: Any, now: Any, was_flush: Any) -> Any:
    def note_update(x: Any, before: float, now: float, was_flush: bool) -> None:
        row = x.index[x.post, LEARNING]
        _update(x.index, x.trace, x.pool, x.counters, row, before, now, x.is_flush, was_flush)

    return note_update


@njit
def _event(
    index: np.ndarray, trace: np.ndarray, pool: np.ndarray, counters: np.ndarray, row: int, t: float, before: float
) -> None:
    history, updates = index[row + HISTORY], index[row + UPDATES]
    count_synapse(updates, pool, counters, t)
    if before > 0.0:
        k = lower_bound(updates, pool, before)
        if is_at(updates, pool, k, before):
            pool[place(updates, k), VALUE] -= 1.0
            if pool[place(updates, k), VALUE] == 0.0:
                erase(updates, pool, k, k + 1)
        if trace[row, CUTOFF] < NO_CUTOFF:  # else NEST's sum of both overflows
            begin, end = _unneeded(updates, pool, before - 1.0, trace[row, CUTOFF])
            erase(history, pool, lower_bound(history, pool, begin), lower_bound(history, pool, end))
        elif before == 1.0:  # only the bound of the search overflows then: everything is forgotten
            erase(history, pool, lower_bound(history, pool, 0.0), history[LENGTH])
    if updates[LENGTH] > 0 and history[LENGTH] > 0:
        first = pool[place(updates, 0), TIME] - 1.0
        k = lower_bound(history, pool, first)
        if is_at(history, pool, k, first):
            erase(history, pool, 0, k)


@njit
def _unneeded(updates: np.ndarray, pool: np.ndarray, first: float, cutoff: float) -> tuple[float, float]:
    """Return begin and end of the steps that no synapse needs, of those that one needed from `first` on."""
    last = first + cutoff
    begin, end = first, last
    k = lower_bound(updates, pool, max(0.0, first - cutoff))
    while k < updates[LENGTH] and pool[place(updates, k), TIME] <= last and begin < end:
        needed = pool[place(updates, k), TIME] - 1.0
        if first <= needed <= last:
            end = min(end, needed)
        if first <= needed + cutoff <= last:
            begin = max(begin, needed + cutoff)
        k += 1
    return begin, end


@overload(learning_history.note_event, strict=False)
def _note_event(x: Any, t: Any, before: Any) -> Any:
    def note_event(x: Any, t: float, before: float) -> None:
        _event(x.index, x.trace, x.pool, x.counters, x.index[x.post, LEARNING], t, before)

    return note_event


@njit
def _refuse(keeps: float, at_intervals: bool) -> None:
    if (keeps != 0.0) != at_intervals:
        raise AsInNest(
            "IllegalConnection",
            "Creation of connection is not possible because:\n"
            "The target node does not support compute_gradient() of synapses that are updated at other times.",
        )


@overload(learning_history.demand, strict=False)
def _demand(x: Any, at_intervals: Any) -> Any:
    return lambda x, at_intervals: _refuse(x.trace[x.index[x.post, LEARNING], AT_INTERVALS], at_intervals)


@njit
def _report(counters: np.ndarray, t: int) -> None:
    if counters[HISTORY_MISSING] == 0:
        counters[HISTORY_MISSING] = t


@overload(learning_history.report_missing, strict=False)
def _report_missing(x: Any) -> Any:
    return lambda x: _report(x.counters, x.step)
