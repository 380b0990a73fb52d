"""Spikes that carry a number, their offset from the grid or another one: from what neurons send to what arrives."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxnest.engine import layout
from jaxnest.engine.accelerated.precise import tables
from jaxnest.engine.accelerated.pure import Finder, add_to_ring, remember
from jaxnest.engine.archive_layout import MS_PER_TIC, TICS_PER_STEP
from jaxnest.engine.plan.delivery_table import DeliveryTable

NODE, LAG, MULTIPLE, AT = range(4)
SPIKE_WORDS = 4
"""Words of a spike: its node, lag, multiplicity, offset."""
AT_ONCE = 1 << 10
"""So many spikes, and about so many connections, are delivered together."""


def connections(table: DeliveryTable, node_of_lane: np.ndarray, resolution: float) -> dict[str, Any]:
    """Return the connections of a virtual process as `through_connections` reads them."""
    n = len(table.lane)
    first = table.connection_start[table.group_start]
    return {
        "first": first[:-1],
        "size": np.diff(first),
        "lane": table.lane,
        "weight": table.weight[:n],
        "delay": np.broadcast_to(table.delay[:n], n).astype(np.int64),
        "shift": table.shift if len(table.shift) else np.zeros(n),
        "marked": table.marked if len(table.marked) else np.zeros(n, np.bool_),
        "target": node_of_lane[table.lane],
        "resolution": np.float64(resolution),
    }


def in_order(emitters: Any, rank_columns: Any, sent: list[dict[str, Any]], firsts: list[int]) -> tuple[Any, Any]:
    """Return what neurons have sent in a segment in the order of their ids, and of time.

    Parameters
    ----------
    emitters
        The node of each column of the raster.
    rank_columns
        The columns in the order of their nodes.
    sent, firsts
        Per batch, ``count`` (lag, neuron) and ``words`` (lag, neuron, spike, 2), and its first column.

    Returns
    -------
    rows, used
        Spikes (node, lag, multiplicity, offset), and which of them there are.
    """
    min_delay, _, most, _ = sent[0]["words"].shape
    n = len(emitters)
    count, words = jnp.zeros((min_delay, n), jnp.int64), jnp.zeros((min_delay, n, most, 2))
    for one, first in zip(sent, firsts, strict=True):
        count = lax.dynamic_update_slice(count, one["count"], (0, first))
        words = lax.dynamic_update_slice(words, one["words"], (0, first, 0, 0))
    count, words = count[:, rank_columns].T, words[:, rank_columns].swapaxes(0, 1)  # (neuron, lag, ...)
    used = jnp.arange(most) < count[:, :, None]
    node = jnp.broadcast_to(emitters[rank_columns][:, None, None], used.shape)
    lag = jnp.broadcast_to(jnp.arange(min_delay)[None, :, None], used.shape)
    columns = [c.reshape(-1).astype(jnp.float64) for c in (node, lag, words[..., 0], words[..., 1])]
    return jnp.stack(columns, axis=1), used.reshape(-1)


def collect(shard: dict[str, Any], table: dict[str, Any], times: Any, rows: Any, used: Any, clock: Any) -> None:
    """After a segment: note its spikes for recorders and for what neurons remember, and register them for delivery.

    Spikes of neurons that mark them carry other numbers than offsets.
    """
    begins = clock[layout.FROM] == 0
    register = shard["register"] | {"count": jnp.where(begins, 0, shard["register"]["count"])}
    shard["register"] = tables.append(register, used, *rows.T)
    column = table["column_of_node"][rows[:, NODE].astype(jnp.int64)]
    heard = used & (table["recorded"][column] > 0)
    stamp = clock[layout.ORIGIN] + rows[:, LAG] + 1
    words = (rows[:, NODE], stamp, rows[:, MULTIPLE], clock[layout.SEGMENT], rows[:, AT])
    shard["heard"] = tables.append(shard["heard"], heard, *words)
    spikes = jnp.sum(jnp.where(used, rows[:, MULTIPLE], 0.0)).astype(jnp.int64)
    shard["counters"] = shard["counters"].at[layout.N_SPIKES].add(spikes)
    t = times[MS_PER_TIC] * (stamp * times[TICS_PER_STEP]) - jnp.where(table["marks"][column], 0.0, rows[:, AT])
    index, trace, pool = shard["archive"]
    copies = jnp.where(used, rows[:, MULTIPLE], 0.0)
    shard["archive"] = index, remember(trace, t, column, copies), pool


def deliver(shard: dict[str, Any], table: dict[str, Any], registers: list[dict[str, Any]], clock: Any) -> None:
    """At the beginning of a slice: deliver the registered spikes of the one before."""
    starts = clock[layout.FROM] == 0
    for register in registers:
        n = jnp.where(starts, register["count"], 0)
        some = min(AT_ONCE, len(register["rows"]))

        def deliver_some(state: Any, register: Any = register, n: Any = n, some: int = some) -> Any:
            done, ring, pending = state
            k = done + jnp.arange(some)
            row = register["rows"][jnp.minimum(k, len(register["rows"]) - 1)]
            copies = jnp.where(k < n, row[:, MULTIPLE], 0).astype(jnp.int64)
            node = jnp.where(copies > 0, row[:, NODE], 0).astype(jnp.int64)
            step = clock[layout.ORIGIN] - clock[layout.MIN_DELAY] + row[:, LAG].astype(jnp.int64)
            spikes = {"node": node, "copies": copies, "step": step, "at": row[:, AT]}
            return done + some, *through_connections(ring, pending, table, spikes)

        start = (jnp.int64(0), shard["ring"], shard["pending"])
        _, shard["ring"], shard["pending"] = lax.while_loop(lambda state, n=n: state[0] < n, deliver_some, start)


def deliver_from_grid(
    shard: dict[str, Any], table: dict[str, Any], emitters: list[Any], rasters: list[Any], clock: Any
) -> None:
    """At the beginning of a slice: deliver the spikes of the one before that are bound to the grid.

    `rasters` has for each virtual process its raster, and its counters.
    """
    for nodes, raster, counters in zip(emitters, rasters[::2], rasters[1::2], strict=True):
        if not raster.size:
            continue
        n = jnp.where(clock[layout.FROM] == 0, counters[layout.N_REGISTERED], 0)
        find = Finder(raster, jnp.ones(len(raster), jnp.bool_))

        def deliver_some(state: Any, find: Any = find, nodes: Any = nodes) -> Any:
            done, ring, pending = state
            lag, column, copies = find(done + jnp.arange(AT_ONCE))
            step = clock[layout.ORIGIN] - clock[layout.MIN_DELAY] + lag
            spikes = {"node": jnp.where(copies > 0, nodes[column], 0), "copies": copies, "step": step}
            spikes["at"] = jnp.zeros(AT_ONCE)
            return done + AT_ONCE, *through_connections(ring, pending, table, spikes)

        start = (jnp.int64(0), shard["ring"], shard["pending"])
        _, shard["ring"], shard["pending"] = lax.while_loop(lambda state, n=n: state[0] < n, deliver_some, start)


def take_from_devices(shard: dict[str, Any], table: dict[str, Any], first: Any) -> None:
    """Take what devices have sent to queues out of the event records, from record `first` on."""
    size = min(AT_ONCE, shard["events"].shape[0] // layout.EVENT_WORDS)
    end = shard["counters"][layout.N_EVENTS]

    def take_some(state: Any) -> Any:
        done, kept, events, pending = state
        place = jnp.minimum(done, len(events) - size)
        record = lax.dynamic_slice_in_dim(events, place, size, 0)
        number = place + jnp.arange(size)
        here = (number >= done) & (number < end)
        k = record[:, 0] - layout.FIRST_REDIRECTED
        queued, stays = here & (k >= 0), here & (k < 0)
        k = jnp.where(queued, k, 0)
        at, weight = (lax.bitcast_convert_type(record[:, w], jnp.float64) for w in (5, 6))
        at, arrival = at + table["shift"][k], record[:, 2] - 1 + table["delay"][k]
        wraps = at >= table["resolution"]
        amount = record[:, 3] * jnp.where(table["counts"][k] > 0, 1.0, weight)
        words = (table["node"][k], arrival - wraps, jnp.where(wraps, at - table["resolution"], at), amount)
        to = jnp.where(stays, kept + jnp.cumsum(stays) - 1, len(events))
        events = events.at[to].set(record, mode="drop")
        return place + size, kept + jnp.sum(stays), events, tables.append(pending, queued, *words)

    start = (first, first, shard["events"].reshape(-1, layout.EVENT_WORDS), shard["pending"])
    _, kept, events, shard["pending"] = lax.while_loop(lambda state: state[0] < end, take_some, start)
    shard["events"], shard["counters"] = events.reshape(-1), shard["counters"].at[layout.N_EVENTS].set(kept)


def through_connections(
    ring: Any, pending: dict[str, Any], table: dict[str, Any], spikes: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Deliver spikes through all connections of their nodes, each copy of a spike by itself.

    Parameters
    ----------
    table
        Per node ``first`` and ``size`` of its connections; per connection ``lane``, ``weight``, ``delay`` (steps),
        ``shift`` (ms), ``marked``, ``target`` (the node, if its spikes wait in a queue, else 0); ``resolution``.
    spikes
        ``node``, ``copies``, ``step``, ``at`` of each.
    """
    if table["lane"].shape[0] == 0:
        return ring, pending
    size = table["size"][spikes["node"]]
    total = size * spikes["copies"]
    end = jnp.cumsum(total)

    def deliver_some(state: Any) -> Any:
        done, ring, pending = state
        k = done + jnp.arange(AT_ONCE)
        spike = jnp.minimum(jnp.searchsorted(end, k, side="right"), len(end) - 1)
        there = k < end[-1]
        within = (k - (end[spike] - total[spike])) % jnp.maximum(size[spike], 1)
        c = jnp.where(there, table["first"][spikes["node"][spike]] + within, 0)
        at, arrival = spikes["at"][spike] + table["shift"][c], spikes["step"][spike] + table["delay"][c]
        wraps = (table["shift"][c] != 0) & (at >= table["resolution"])
        queued = there & (table["target"][c] > 0)
        words = (
            table["target"][c],
            jnp.where(wraps, arrival - 1, arrival),
            jnp.where(wraps, at - table["resolution"], at),
            table["weight"][c],
        )
        amount = table["weight"][c] * jnp.where(table["marked"][c], spikes["at"][spike], 1.0)
        ring = add_to_ring(ring, words[1], table["lane"][c], jnp.where(there & ~queued, amount, 0.0))
        return done + AT_ONCE, ring, tables.append(pending, queued, *words)

    _, ring, pending = lax.while_loop(lambda state: state[0] < end[-1], deliver_some, (jnp.int64(0), ring, pending))
    return ring, pending
