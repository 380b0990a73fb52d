"""Delivery in pure JAX: the same operations as `engine.kernels`, for GPUs, TPUs and gradients.

Sums come in no particular order, so that results agree with the event kernels up to rounding.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from jaxnest.engine import archive_layout as archives
from jaxnest.engine import layout

BLOCK = 1 << 14
"""Synaptic events that are delivered at once."""


def deliver(shard: dict[str, Any], table: dict[str, Any], registers: list[Any], clock: Any) -> None:
    """Add the spikes of the previous slice to the ring buffer of a shard."""
    n_lanes = shard["ring"].shape[1]
    begins_slice = clock[layout.FROM] == 0
    ring = shard["ring"].reshape(-1)
    for register, counters in zip(registers[::2], registers[1::2], strict=True):
        n = jnp.where(begins_slice, counters[layout.N_REGISTER], 0)
        ring = _deliver_register(ring, n_lanes, table, register, n, clock)
    shard["ring"] = ring.reshape(shard["ring"].shape)


def _deliver_register(ring: Any, n_lanes: int, table: dict[str, Any], register: Any, n: Any, clock: Any) -> Any:
    entries = register.reshape(-1, layout.REGISTER_WORDS)
    used = jnp.arange(len(entries)) < n
    node = jnp.where(used, entries[:, 0], 0)
    first = table["connection_start"][table["group_start"][node]]
    degree = jnp.where(used, table["connection_start"][table["group_start"][node + 1]] - first, 0)
    end = jnp.cumsum(degree)
    slot = (clock[layout.ORIGIN] - clock[layout.MIN_DELAY] + entries[:, 1]) % clock[layout.N_SLOTS]

    def deliver_block(state: Any) -> Any:
        position, ring = state
        event = position + jnp.arange(BLOCK)
        spike = jnp.minimum(jnp.searchsorted(end, event, side="right"), len(entries) - 1)
        connection = first[spike] + event - (end[spike] - degree[spike])
        valid = event < end[-1]
        connection = jnp.where(valid, connection, 0)
        row = (slot[spike] + table["delay"][connection]) % clock[layout.N_SLOTS]
        amount = jnp.where(valid, table["weight"][connection] * entries[spike, 2], 0.0)
        return position + BLOCK, ring.at[row * n_lanes + table["lane"][connection]].add(amount)

    if table["lane"].shape[0] == 0:
        return ring
    return lax.while_loop(lambda state: state[0] < end[-1], deliver_block, (jnp.int64(0), ring))[1]


def add_to_ring(ring: Any, step: Any, lane: Any, amount: Any) -> Any:
    """Add amounts that arrive in some steps to lanes; amounts of 0 do not touch the buffer."""
    n_slots, n_lanes = ring.shape
    kind = jnp.int32 if ring.size < 1 << 31 else jnp.int64
    place = (step % n_slots).astype(kind) * n_lanes + lane
    place = jnp.where(amount != 0, place, ring.size)
    return ring.reshape(-1).at[place].add(amount, mode="drop").reshape(ring.shape)


def clear(shard: dict[str, Any], kept: Any, clock: Any) -> None:
    """Clear what a segment has read from the ring buffer, but for the lanes in `kept`."""

    def clear_row(lag: Any, ring: Any) -> Any:
        slot = (clock[layout.ORIGIN] + lag) % ring.shape[0]
        row = jnp.zeros((1, ring.shape[1]))
        if len(kept):
            row = jnp.where(kept > 0, lax.dynamic_slice_in_dim(ring, slot, 1, 0), row)
        return lax.dynamic_update_slice_in_dim(ring, row, slot, 0)

    shard["ring"] = lax.fori_loop(clock[layout.FROM], clock[layout.TO], clear_row, shard["ring"])


def collect(shard: dict[str, Any], table: dict[str, Any], clock: Any) -> None:
    """Note the spikes of a segment."""
    raster = shard["raster"]
    min_delay, n = raster.shape
    if n == 0:
        return
    lags = jnp.arange(min_delay)
    now = (lags >= clock[layout.FROM]) & (lags < clock[layout.TO])
    counters = shard["counters"].at[layout.N_SPIKES].add(jnp.sum(jnp.where(now[:, None], raster, 0)))
    if shard["events"].shape[0] > layout.EVENT_WORDS:
        heard = jnp.where(now[:, None] & (table["recorded"] > 0), raster, 0)
        shard["events"], counters = _note(shard["events"], counters, heard, table, clock)
    if shard["register"].shape[0] > layout.REGISTER_WORDS:
        node, lag, multiplicity, count = _by_node(raster, table)
        full = clock[layout.TO] == min_delay
        entries = jnp.stack([node, lag, multiplicity], axis=1).reshape(-1)
        shard["register"] = jnp.where(full, entries, shard["register"])
        counters = counters.at[layout.N_REGISTER].set(jnp.where(full, count, counters[layout.N_REGISTER]))
    shard["counters"] = counters


def _by_node(raster: Any, table: dict[str, Any]) -> tuple[Any, Any, Any, Any]:
    """Return node, lag and multiplicity of all spikes, ordered by node and then lag, and their number."""
    min_delay, n = raster.shape
    ordered = raster[:, table["column_of_rank"]].T.reshape(-1)
    (index,) = jnp.nonzero(ordered, size=n * min_delay, fill_value=0)
    node = table["emitters"][table["column_of_rank"][index // min_delay]]
    return node, index % min_delay, ordered[index].astype(jnp.int64), jnp.count_nonzero(ordered)


def _note(events: Any, counters: Any, raster: Any, table: dict[str, Any], clock: Any) -> tuple[Any, Any]:
    """Append event records."""
    node, lag, multiplicity, count = _by_node(raster, table)
    stamp = clock[layout.ORIGIN] + lag + 1
    everyone = jnp.full_like(node, -1)
    segment = jnp.full_like(node, clock[layout.SEGMENT])
    zero = jnp.zeros_like(node)
    records = jnp.stack([everyone, node, stamp, multiplicity, segment, zero, zero], axis=1)
    rows = events.reshape(-1, layout.EVENT_WORDS)
    k = jnp.arange(len(node))
    place = jnp.where(k < count, counters[layout.N_EVENTS] + k, len(rows))
    rows = rows.at[place].set(records, mode="drop")
    return rows.reshape(-1), counters.at[layout.N_EVENTS].add(count)


def archive(shard: dict[str, Any], table: dict[str, Any], times: Any, clock: Any) -> None:
    """Note when neurons spiked last, and advance their calcium traces."""
    index, trace, pool = shard["archive"]
    raster = shard["raster"]
    if raster.shape[1] == 0:
        return
    lags = jnp.arange(raster.shape[0])
    spikes = jnp.where(((lags >= clock[layout.FROM]) & (lags < clock[layout.TO]))[:, None], raster, 0)
    t = times[archives.MS_PER_TIC] * ((clock[layout.ORIGIN] + lags + 1) * times[archives.TICS_PER_STEP])
    last = jnp.max(jnp.where(spikes > 0, t[:, None], trace[:, archives.LAST]), axis=0)
    tau = trace[:, archives.CALCIUM_TAU]
    new = spikes * jnp.exp((t[:, None] - last) / tau) * trace[:, archives.CALCIUM_STEP]
    calcium = trace[:, archives.CALCIUM] * jnp.exp((trace[:, archives.CALCIUM_TIME] - last) / tau)
    spiked = jnp.any(spikes > 0, axis=0)
    for word, value in (
        (archives.LAST, last),
        (archives.CALCIUM, calcium + jnp.sum(jnp.where(spikes > 0, new, 0.0), axis=0)),
        (archives.CALCIUM_TIME, last),
    ):
        trace = trace.at[:, word].set(jnp.where(spiked, value, trace[:, word]))
    shard["archive"] = (index, trace, pool)


@jax.jit
def decay_calcium(trace: Any, t: Any) -> Any:
    """At the end of a run: let the calcium traces decay until then."""
    decay = jnp.exp((trace[:, archives.CALCIUM_TIME] - t) / trace[:, archives.CALCIUM_TAU])
    trace = trace.at[:, archives.CALCIUM].multiply(decay)
    return trace.at[:, archives.CALCIUM_TIME].set(t)
