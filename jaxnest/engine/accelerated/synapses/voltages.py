"""Histories of potentials that neurons keep for voltage-dependent synapses, in array operations.

Their rings are those of `engine.histories.archive_voltage`; how often potentiations were read is kept as
`synapses.histories` says. There has to be room for a whole slice before it begins.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

from jaxnest.compile.tracing import flow
from jaxnest.engine import archive_layout as words
from jaxnest.engine import layout
from jaxnest.engine.accelerated.synapses.histories import EPSILON, forgotten, placed, slot
from jaxnest.engine.histories import voltage_layout as ours
from jaxnest.models.histories import voltage_history


def short_of_room(index: Any, n: int, min_delay: int) -> Any:
    """Return which rows after the first `n` may have no room for what another slice adds; on the host, too."""
    length, capacity = index[n:, words.LENGTH], index[n:, words.CAPACITY]
    return (capacity > 0) & (length + min_delay + 1 > capacity)


def note(
    predicts: bool, constant: tuple[Any, Any], samples: Any, shard: dict[str, Any], times: Any, clock: Any
) -> None:
    """Note what the potentials of the neurons of a batch would change, in each step of a segment.

    Parameters
    ----------
    predicts
        Whether they note how far their spikes are from what their dendrites predict.
    constant
        What `engine.plan.voltages.voltage_constants` says.
    samples
        Recordables of the segment: step, name, neuron.
    """
    parameters, places = constant
    n = len(parameters)
    p, rows = parameters.T, places[ours.FIRST_ROW] + words.VOLTAGE_ROWS * jnp.arange(n)
    incoming = shard["archive"][0][places[ours.FIRST_COLUMN] + jnp.arange(n), words.INCOMING]
    used, awake = incoming > 0, p[ours.AWAKE] > 0

    def note_step(lag: Any, state: Any) -> Any:
        index, pool, reads = state
        t = times[words.MS_PER_TIC] * ((clock[layout.ORIGIN] + lag + 1) * times[words.TICS_PER_STEP])
        if predicts:
            potential = samples[lag, places[ours.OUTPUTS], :n]
            return _potentiate(index, pool, reads, rows, incoming, used & awake, t, potential)
        potential, fast, slow, slowest = (samples[lag, places[ours.OUTPUTS + k], :n] for k in range(4))
        index, pool, fast, slow = _delay(index, pool, rows + words.DELAYED, awake, fast, slow)
        some = used & awake & (potential > p[ours.THETA_PLUS]) & (fast > p[ours.THETA_MINUS])
        above = (potential - p[ours.THETA_PLUS]) * (fast - p[ours.THETA_MINUS])
        amount = p[ours.A_LTP] * above * p[ours.RESOLUTION]
        index, pool, reads = _potentiate(index, pool, reads, rows, incoming, some, t, amount)
        constant = p[ours.A_LTD] * (slow - p[ours.THETA_MINUS])
        changing = p[ours.A_LTD] * slowest * slowest * (slow - p[ours.THETA_MINUS]) / p[ours.REFERENCE]
        amount = jnp.where(p[ours.IS_CONSTANT] == 0, changing, constant)
        some = used & awake & (slow > p[ours.THETA_MINUS])
        most = p[ours.LONGEST].astype(jnp.int64)
        return *_depress(index, pool, rows + words.DEPRESSIONS, some, most, t, amount), reads

    index, trace, pool = shard["archive"]
    start = index, pool, shard["reads"]
    index, pool, shard["reads"] = lax.fori_loop(clock[layout.FROM], clock[layout.TO], note_step, start)
    shard["archive"] = index, trace, pool


def _record(t: Any, amount: Any) -> Any:
    return jnp.stack([jnp.broadcast_to(t, amount.shape), amount, jnp.zeros_like(amount), jnp.zeros_like(amount)], 1)


def _potentiate(
    index: Any, pool: Any, reads: Any, rows: Any, incoming: Any, some: Any, t: Any, amount: Any
) -> tuple[Any, Any, Any]:
    """Note potentiations of some neurons, and forget those that all synapses have read."""
    mine = index[rows].at[:, words.INCOMING].set(incoming)
    state = forgotten(mine, reads, lambda first: some)
    return placed(index, pool, reads, jnp.where(some, rows, len(index)), state, _record(t, amount))


def _delay(index: Any, pool: Any, rows: Any, some: Any, fast: Any, slow: Any) -> tuple[Any, Any, Any, Any]:
    """Put two averages of some neurons behind those that act later, and return those that act now."""
    mine = index[rows]
    first = (mine[:, words.FIRST] + 1) & (mine[:, words.CAPACITY] - 1)
    index = index.at[jnp.where(some, rows, len(index)), words.FIRST].set(first, mode="drop")
    place = slot(mine, first + mine[:, words.LENGTH] - 1)
    pool = pool.at[jnp.where(some, place, len(pool))].set(_record(fast, slow), mode="drop")
    oldest = pool[slot(mine, first)]
    return index, pool, oldest[:, words.TIME], oldest[:, words.RECORD_TRACE]


def _depress(index: Any, pool: Any, rows: Any, some: Any, most: Any, t: Any, amount: Any) -> tuple[Any, Any]:
    """Note depressions of some neurons, and forget all but so many."""
    mine, row = index[rows], jnp.where(some, rows, len(index))
    over = jnp.maximum(mine[:, words.LENGTH] - most + 1, 0)
    first, length = mine[:, words.FIRST] + over, mine[:, words.LENGTH] - over
    for word, value in ((words.FIRST, first & (mine[:, words.CAPACITY] - 1)), (words.LENGTH, length + 1)):
        index = index.at[row, word].set(value, mode="drop")
    place = jnp.where(some, slot(mine, first + length), len(pool))
    return index, pool.at[place].set(_record(t, amount), mode="drop")


# -- what synapses ask for -------------------------------------------------------------------------------------------


def _place(x: Any, role: int, k: Any) -> Any:
    """Return where a record of the target lies in the pool."""
    row = x.index[x.post, words.VOLTAGES] + role
    return x.index[row, words.START] + ((x.index[row, words.FIRST] + k) & (x.index[row, words.CAPACITY] - 1))


def _sooner(x: Any, end: Any, t: Any) -> Any:
    """Return how many of the first `end` potentiations are before `t`."""
    while end > 0 and not x.pool[_place(x, words.POTENTIATIONS, end - 1), words.TIME] - EPSILON < t:
        end -= 1
    return end


@flow.meaning(voltage_history.potentiations)
def _potentiations(x: Any, after: Any, until: Any) -> Any:
    sooner = flow.traceable(_sooner)
    end = sooner(x, x.index[x.index[x.post, words.VOLTAGES] + words.POTENTIATIONS, words.LENGTH], until)
    begin = sooner(x, end, after)
    x.read.value = begin, end
    return flow.span(begin, end)


@flow.meaning(voltage_history.time)
def _time(x: Any, k: Any) -> Any:
    return x.pool[_place(x, words.POTENTIATIONS, k), words.TIME]


@flow.meaning(voltage_history.amount)
def _amount(x: Any, k: Any) -> Any:
    return x.pool[_place(x, words.POTENTIATIONS, k), words.RECORD_TRACE]


@flow.meaning(voltage_history.constant)
def _constant(x: Any, k: Any) -> Any:
    return x.trace[x.index[x.post, words.VOLTAGES], k]


def _depression_at(x: Any, t: Any) -> Any:
    if t < 0.0:
        return 0.0
    k = x.index[x.index[x.post, words.VOLTAGES] + words.DEPRESSIONS, words.LENGTH] - 1
    while k >= 0 and x.pool[_place(x, words.DEPRESSIONS, k), words.TIME] - t >= EPSILON:
        k -= 1
    if k >= 0 and abs(t - x.pool[_place(x, words.DEPRESSIONS, k), words.TIME]) < EPSILON:
        return x.pool[_place(x, words.DEPRESSIONS, k), words.RECORD_TRACE]
    return 0.0


flow.meaning(voltage_history.depression)(flow.traceable(_depression_at))
