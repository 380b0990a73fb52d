"""What comes after a segment: neurons remember spikes, and nodes collect those that modulate synapses.

See `engine.plasticity.modulation`.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from jaxnest.compile.tracing import flow
from jaxnest.engine import archive_layout as words
from jaxnest.engine import layout
from jaxnest.engine.accelerated.synapses.delivery import CHANGED, Changing, modulate
from jaxnest.engine.accelerated.synapses.histories import missing, remember, slot
from jaxnest.engine.accelerated.synapses.tables import SynapseSpec
from jaxnest.engine.plasticity.collector_layout import AWAKE, INTERVAL, LANE
from jaxnest.models.histories import modulation

NOTING = ("raster", *CHANGED)
"""What `note` reads and changes of a virtual process."""


def note(spec: SynapseSpec, shard: Changing, collecting: Any, constants: Any, times: Any, clock: Any) -> None:
    """Note the spikes of a segment in the histories of neurons, and let collectors act.

    Where rings have no room for them nothing is done but to say how many records are missing.

    Parameters
    ----------
    collecting
        Per collector what `COLLECTOR_WORDS` says, and per column of the raster how many of them have smaller ids.
    """
    raster = shard["raster"]
    if raster.shape[1] == 0:
        return
    lags = jnp.arange(raster.shape[0])
    spikes = jnp.where(((lags >= clock[layout.FROM]) & (lags < clock[layout.TO]))[:, None], raster, 0)
    needed = missing(shard["archive"][0], spikes)
    shard["counters"] = shard["counters"].at[layout.ARCHIVE_NEEDED].set(needed)
    act = functools.partial(_note_all, spec, collecting, constants, times, clock, spikes)
    shard |= lax.cond(needed > 0, lambda state: state, act, {name: shard[name] for name in CHANGED})


@functools.partial(jax.jit, static_argnums=0)
def noted(
    spec: SynapseSpec, shard: Changing, collecting: Any, constants: Any, times: Any, clock: Any
) -> Changing:  # fmt: skip
    """Note the spikes of a segment once there is room, and return what has changed."""
    shard = dict(shard)
    note(spec, shard, collecting, constants, times, clock)
    return shard


def _note_all(
    spec: SynapseSpec, collecting: Any, constants: Any, times: Any, clock: Any, spikes: Any, state: Changing
) -> Changing:
    """Let neurons note their spikes; collectors act after neurons with smaller ids."""
    collectors, turn = collecting
    for k in range(spec.n_collectors + 1):
        mine = jnp.where(turn == k, spikes, 0) if spec.n_collectors else spikes
        archive, reads = remember(state["archive"], state["reads"], mine, times, clock)
        state = state | {"archive": archive, "reads": reads}
        if k < spec.n_collectors:
            act = functools.partial(_collect, spec, k, collectors[k], constants, times, clock, spikes.shape[1] + k)
            state = lax.cond(collectors[k, AWAKE] > 0, act, lambda state: state, state)
    return state


def _collect(
    spec: SynapseSpec, k: int, collector: Any, constants: Any, times: Any, clock: Any, row: int, state: Changing
) -> Changing:
    """Take the spikes of a segment out of the ring buffer, and tell the synapses of them when it is time."""
    (index, trace, pool), n_slots = state["archive"], state["ring"].shape[0]

    def at(step: Any) -> Any:
        return times[words.MS_PER_TIC] * (step * times[words.TICS_PER_STEP])

    def take(lag: Any, taken: Any) -> Any:
        ring, length, pool = taken
        step = clock[layout.ORIGIN] + lag
        n = ring[step % n_slots, collector[LANE]]
        place = slot(index[row][None], index[row, words.FIRST] + length)[0]
        record = jnp.stack([at(step + 1), n, 0.0 * n, 0.0 * n])
        pool = pool.at[jnp.where(n > 0, place, len(pool))].set(record, mode="drop")
        return ring.at[step % n_slots, collector[LANE]].set(0.0), length + (n > 0), pool

    start = state["ring"], index[row, words.LENGTH], pool
    ring, length, pool = lax.fori_loop(clock[layout.FROM], clock[layout.TO], take, start)
    index = index.at[row, words.LENGTH].set(length)
    state, end = state | {"ring": ring, "archive": (index, trace, pool)}, clock[layout.ORIGIN] + clock[layout.TO]

    def tell(state: Changing) -> Changing:
        state = modulate(spec, row, state, constants, times, end - 1)
        index, trace, pool = state["archive"]
        index = index.at[row, words.FIRST].set(0).at[row, words.LENGTH].set(1)
        pool = pool.at[index[row, words.START]].set(jnp.array([1.0, 0.0, 0.0, 0.0]) * at(end))
        return state | {"archive": (index, trace, pool)}

    told = end % (collector[INTERVAL] * clock[layout.MIN_DELAY]) == 0
    return lax.cond(told, tell, lambda state: state, state)


# -- what synapses ask for -------------------------------------------------------------------------------------------


def _record(x: Any, k: Any) -> Any:
    """Return where record `k` of the collector lies in the pool."""
    i = x.collector
    k = jnp.asarray(k).astype(jnp.int64)
    return x.index[i, words.START] + ((x.index[i, words.FIRST] + k) & (x.index[i, words.CAPACITY] - 1))


@flow.meaning(modulation.count)
def _count(x: Any) -> Any:
    return x.index[x.collector, words.LENGTH]


@flow.meaning(modulation.time)
def _time(x: Any, k: Any) -> Any:
    return x.pool[_record(x, k), words.TIME]


@flow.meaning(modulation.multiplicity)
def _multiplicity(x: Any, k: Any) -> Any:
    return x.pool[_record(x, k), words.RECORD_TRACE]
