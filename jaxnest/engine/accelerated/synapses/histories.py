"""What neurons remember of their spikes for the synapses that end at them, in array operations.

Index, traces and pool are those of `engine.histories.archive`. Only how often a record was read is kept in another
form, so that a synapse that reads several records in a row changes two numbers: by how much more often each record was
read than the one before it. The place behind the last record has the number that makes the sum zero, so that a ring
with its records has to have room for one more.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxnest.compile.tracing import flow
from jaxnest.engine import archive_layout as words
from jaxnest.engine import layout
from jaxnest.models.histories import history

EPSILON = 1e-6
"""Spikes that are closer in time than this (ms) coincide (see `engine.histories.archive`)."""

Event = namedtuple(
    "Event", "t delay post index trace pool grid_delay step is_flush resolution turn read seen source stream collector"
)
"""What functions of synapses get: `read` and `seen` are cells, for the first and the last of the records that were read
and the trace that was computed."""


# -- how often records were read -------------------------------------------------------------------------------------


def differences(index: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """Return for each place in the pool by how much more often its record was read than the one before it."""
    result, place, owner, k = np.zeros(len(pool), np.int64), *_places(index)
    read = pool[place, words.READ].astype(np.int64)
    before = np.where(k > 0, np.append(0, read[:-1]), 0)
    result[place] = read - before
    last = np.flatnonzero(np.append(owner[1:] != owner[:-1], True)) if len(owner) else owner
    behind = index[owner[last]]
    result[slot(behind, behind[:, words.FIRST] + behind[:, words.LENGTH])] = -read[last]
    return result


def store_reads(index: np.ndarray, pool: np.ndarray, difference: np.ndarray) -> None:
    """Write to the pool how often each record was read."""
    place, _, k = _places(index)
    total = np.cumsum(difference[place])
    first = np.flatnonzero(k == 0)
    before = np.repeat(total[first] - difference[place[first]], np.diff(np.append(first, len(k))))
    pool[place, words.READ] = total - before


def _places(index: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where all records are, ring by ring in the order of time; to whom they belong, and their numbers there."""
    length = index[:, words.LENGTH]
    owner = np.repeat(np.arange(len(index)), length)
    k = np.arange(len(owner)) - np.repeat(np.cumsum(length) - length, length)
    mine = index[owner]
    return slot(mine, mine[:, words.FIRST] + k), owner, k


# -- remembering -----------------------------------------------------------------------------------------------------


def missing(index: Any, raster: Any) -> Any:
    """Return how many records the spikes of a segment need beyond what their rings have room for."""
    n = raster.shape[1]
    new = jnp.where(index[:n, words.INCOMING] > 0, jnp.sum(jnp.maximum(raster, 0), axis=0), 0)
    short = index[:n, words.LENGTH] + new + 1 - index[:n, words.CAPACITY]
    return jnp.sum(jnp.where((new > 0) & (short > 0), short, 0))


def rounds(raster: Any) -> Any:
    """Return a function of `r` that says of each column whether it has a spike number `r`, its lag and its copy.

    The second result is the largest number of spikes of a column.
    """
    until = jnp.cumsum(jnp.maximum(raster, 0), axis=0)

    def of_round(r: Any) -> tuple[Any, Any, Any]:
        lag = jnp.minimum(jnp.sum(until <= r, axis=0), len(raster) - 1)
        before = jnp.where(lag > 0, jnp.take_along_axis(until, jnp.maximum(lag - 1, 0)[None], axis=0)[0], 0)
        return until[-1] > r, lag, r - before

    return of_round, jnp.max(until[-1], initial=0)


def remember(archive: tuple[Any, Any, Any], difference: Any, raster: Any, times: Any, clock: Any) -> Any:
    """Note the spikes of a segment, of the neurons that have synapses which read them.

    Parameters
    ----------
    archive
        Index, traces and pool.
    difference
        See `differences`.
    raster
        The spikes of the segment alone.
    """
    n = raster.shape[1]
    raster = jnp.where(archive[0][:n, words.INCOMING] > 0, raster, 0)
    raster = jnp.minimum(raster, archive[1][:n, words.MOST].astype(raster.dtype))
    of_round, n_rounds = rounds(raster)
    some = min(n, max(64, n // 64))

    def note_round(state: Any) -> Any:
        r, archive, difference = state
        active, lag, _ = of_round(r)
        t = times[words.MS_PER_TIC] * ((clock[layout.ORIGIN] + lag + 1) * times[words.TICS_PER_STEP])
        until = jnp.cumsum(active)

        def note_some(state: Any) -> Any:
            done, archive, difference = state
            row = jnp.searchsorted(until, done + jnp.arange(some), side="right")
            stamp, row = t[jnp.minimum(row, n - 1)], jnp.where(row < n, row, len(archive[0]))
            return done + some, *_append(archive, difference, row, stamp, times, clock)

        start = (jnp.int64(0), archive, difference)
        return r + 1, *lax.while_loop(lambda s: s[0] < until[-1], note_some, start)[1:]

    start = (jnp.int64(0), archive, difference)
    return lax.while_loop(lambda s: s[0] < n_rounds, note_round, start)[1:]


def _append(archive: tuple[Any, Any, Any], difference: Any, row: Any, t: Any, times: Any, clock: Any) -> Any:
    """Let some neurons, all different ones, remember a spike, and forget those that nobody needs any more."""
    index, trace, pool = archive
    valid, known = row < len(index), jnp.minimum(row, len(index) - 1)
    mine, traces = index[known], trace[known]
    keeps = traces[:, words.LONGEST] + clock[layout.MIN_DELAY] * times[words.MS_PER_STEP] + EPSILON

    def is_old(first: Any) -> Any:
        return valid & (t - pool[slot(mine, first + 1), words.TIME] > keeps)

    first, length, read = forgotten(mine, difference, is_old)
    since = pool[slot(mine, first + length - 1), words.TIME] - t  # traces are 0 as long as there are no records
    values = [
        traces[:, word] * jnp.exp(since * traces[:, rate]) + 1.0
        for word, rate in ((words.TRACE, words.RATE), (words.TRIPLET, words.TRIPLET_RATE))
    ]
    for word, value in ((words.TRACE, values[0]), (words.TRIPLET, values[1])):
        trace = trace.at[row, word].set(value, mode="drop")
    record = jnp.stack([t, *values, jnp.zeros_like(t)], axis=1)
    index, pool, difference = placed(index, pool, difference, row, (first, length, read), record)
    return (index, trace, pool), difference


def slot(mine: Any, k: Any) -> Any:
    """Return where in the pool place `k` of rings is; `mine`: their rows of the index."""
    return mine[:, words.START] + (k & (mine[:, words.CAPACITY] - 1))


def forgotten(mine: Any, difference: Any, is_old: Any) -> tuple[Any, Any, Any]:
    """Forget records that all have read.

    Parameters
    ----------
    mine
        Rows of the index.
    is_old
        Says whether the first record of each ring, whose place is given, may be forgotten.

    Returns
    -------
    first, length, read
        The place of the first record that is left, how many there are, and how often it was read.
    """

    def is_over(state: Any) -> Any:
        first, length, read = state
        return (length > 1) & (read >= mine[:, words.INCOMING]) & is_old(first)

    def forget(state: Any) -> Any:
        (first, length, read), over = state, is_over(state)
        return first + over, length - over, read + jnp.where(over, difference[slot(mine, first + 1)], 0)

    start = mine[:, words.FIRST], mine[:, words.LENGTH], difference[slot(mine, mine[:, words.FIRST])]
    return lax.while_loop(lambda s: jnp.any(is_over(s)), forget, start)


def placed(index: Any, pool: Any, difference: Any, row: Any, state: tuple[Any, Any, Any], record: Any) -> Any:
    """Put a record behind those that `forgotten` has left in some rings; rows beyond the index are none."""
    (first, length, read), valid = state, row < len(index)
    mine = index[jnp.minimum(row, len(index) - 1)]

    def place(k: Any) -> Any:
        return jnp.where(valid, slot(mine, k), len(pool))

    for word, value in ((words.FIRST, first & (mine[:, words.CAPACITY] - 1)), (words.LENGTH, length + 1)):
        index = index.at[row, word].set(value, mode="drop")
    pool = pool.at[place(first + length)].set(record, mode="drop")
    difference = difference.at[place(first)].set(read, mode="drop")
    return index, pool, difference.at[place(first + length + 1)].set(0, mode="drop")


# -- what synapses ask for -------------------------------------------------------------------------------------------


def _record(x: Any, k: Any) -> Any:
    """Return where record `k` of the target lies in the pool."""
    return x.index[x.post, words.START] + ((x.index[x.post, words.FIRST] + k) & (x.index[x.post, words.CAPACITY] - 1))


def _sooner(x: Any, end: Any, t: Any) -> Any:
    """Return how many of the first `end` records are before `t`, or coincide with it from below."""
    while end > 0 and x.pool[_record(x, end - 1), words.TIME] >= t + EPSILON:
        end -= 1
    return end


def _before(x: Any, t: Any) -> Any:
    """Return the last record before `t`, or -1."""
    k = x.index[x.post, words.LENGTH] - 1
    while k >= 0 and not t - x.pool[_record(x, k), words.TIME] > EPSILON:
        k -= 1
    return k


@flow.meaning(history.spikes)
def _spikes(x: Any, after: Any, until: Any) -> Any:
    sooner = flow.traceable(_sooner)
    end = sooner(x, x.index[x.post, words.LENGTH], until)
    begin = sooner(x, end, after)
    x.read.value = begin, end
    return flow.span(begin, end)


@flow.meaning(history.time)
def _time(x: Any, spike: Any) -> Any:
    return x.pool[_record(x, spike), words.TIME]


@flow.meaning(history.triplet_trace_at)
def _triplet_trace_at(x: Any, spike: Any) -> Any:
    return x.pool[_record(x, spike), words.RECORD_TRIPLET]


@flow.meaning(history.trace)
def _trace(x: Any, t: Any) -> Any:
    k = flow.traceable(_before)(x, t)
    record = _record(x, k)
    since = x.pool[record, words.TIME] - t
    value = x.pool[record, words.RECORD_TRACE] * jnp.exp(since * x.trace[x.post, words.RATE])
    value = jnp.where(k < 0, 0.0, value)
    x.seen.value = value, True
    return value


@flow.meaning(history.nearest_trace)
def _nearest_trace(x: Any, t: Any) -> Any:
    k = flow.traceable(_before)(x, t)
    since = x.pool[_record(x, k), words.TIME] - t
    return jnp.where(k < 0, 0.0, jnp.exp(since * x.trace[x.post, words.RATE]))
