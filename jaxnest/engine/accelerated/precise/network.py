"""Networks with precise spike times: what their virtual processes do in a slice beside everything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxnest.engine import layout
from jaxnest.engine.accelerated.precise import neurons, queues, spikes, tables
from jaxnest.engine.accelerated.tiles import BatchSpec, Segment
from jaxnest.engine.plan.buffers import Buffers
from jaxnest.engine.plan.plan import Plan
from jaxnest.engine.precise.precise_spikes import PreciseSpikes
from jaxnest.models.contract.base import MARK

TABLES = ("pending", "register", "heard")
"""What is a table here and in `PreciseSpikes`."""
NOTHING_MISSING = {"left_out": np.int64(0), "crowded": np.int64(0)}
"""How many events on arrival had no room in `pending`, and how many spikes of a neuron in one step."""
FEW_SPIKES = 4
"""So many spikes of a neuron in one step are kept at first."""


@final
@dataclass(frozen=True)
class PreciseSpec:
    """What the program has to know of a virtual process at compile time."""

    first_queue: tuple[int, ...]
    """Per batch, its first queue; -1 if it has none."""
    marks: tuple[int, ...]
    """Per batch, which output its spikes carry; -1 if they carry none."""
    n_queues: int
    most: int
    """So many spikes of a neuron in one step are kept."""


def precise_spec(plan: Plan, s: int, buffers: Buffers, most: int) -> PreciseSpec:
    """Describe a virtual process."""
    mine, batches = buffers.precise, plan.shards[s].batches
    assert mine is not None
    marks = [plan.outputs(s, b)[0].index(MARK) if batch.model.marks_spikes else -1 for b, batch in enumerate(batches)]
    first = tuple(mine.first_queue.get(b, -1) for b in range(len(batches)))
    return PreciseSpec(first, tuple(marks), len(mine.begin), most)


def precise_constant(plan: Plan, s: int, buffers: Buffers) -> dict[str, Any]:
    """Return the arrays that the program reads."""
    mine, shard = buffers.precise, plan.shards[s]
    assert mine is not None
    assert plan.redirections is not None
    way, column = plan.redirections[s], np.zeros(len(mine.queue_of_node), np.int64)
    column[shard.emitters] = np.arange(len(shard.emitters))
    resolution = plan.clock.resolution
    return {
        "queue_of_node": mine.queue_of_node,
        "connections": spikes.connections(plan.delivery[s], mine.node_of_lane, resolution),
        "ways": {
            "node": np.append(way.node, 0),
            "delay": np.append(way.delay, 0),
            "shift": np.append(way.shift, 0.0),
            "counts": np.append(way.counts, 0),
            "resolution": np.float64(resolution),
        },
        "column_of_node": column,
        "marks": mine.marked > 0,
        "emitters": shard.emitters,
    }


def precise_state(mine: PreciseSpikes) -> dict[str, Any]:
    """Return what changes."""
    state: dict[str, Any] = {name: tables.table(getattr(mine, name).rows) for name in TABLES}
    ready = tables.table(mine.ready.rows)["rows"]
    rows = max(len(ready), len(state["pending"]["rows"]))
    state["pending"]["rows"] = np.pad(state["pending"]["rows"], ((0, rows - len(state["pending"]["rows"])), (0, 0)))
    state["queues"] = {
        "events": np.pad(ready, ((0, rows - len(ready)), (0, 0))),
        "begin": mine.begin,
        "end": mine.end,
        "returns": mine.returns[:, [queues.STAMP, queues.OFFSET]],
    }
    return state


def store(mine: PreciseSpikes, state: dict[str, Any]) -> None:
    """Take over what has changed."""
    for name in TABLES:
        getattr(mine, name).rows = tables.rows_in_use(state[name])
    queue = {name: np.array(a) for name, a in state["queues"].items()}
    mine.ready.rows = queue["events"]
    mine.begin, mine.end = queue["begin"].astype(np.int64), queue["end"].astype(np.int64)
    mine.returns[:, [queues.STAMP, queues.OFFSET]] = queue["returns"]


def short(shards: list[dict[str, Any]]) -> Any:
    """Return how much room was missing in a slice: rows of tables, and spikes of a neuron in a step."""
    found = jnp.array([[*(tables.missing(shard[name]) for name in TABLES), shard["crowded"]] for shard in shards])
    on_arrival = jnp.array([shard["left_out"] for shard in shards])
    return jnp.max(found.at[:, 0].max(on_arrival), axis=0)


def with_room(state: dict[str, Any], missing: np.ndarray) -> dict[str, Any]:
    """Return the tables of a virtual process with room for so many rows more."""
    state = dict(state)
    for name, more in zip(TABLES, missing.tolist(), strict=False):
        rows = np.asarray(state[name]["rows"])
        grown = tables.table(rows, int(more))["rows"] if more else rows
        state[name] = state[name] | {"rows": grown}
    rows = len(state["pending"]["rows"])
    events = np.asarray(state["queues"]["events"])
    events = np.pad(events, ((0, rows - len(events)), (0, 0)))
    return state | {"queues": state["queues"] | {"events": events}}


# -- in a slice ------------------------------------------------------------------------------------------------------


def arrive(
    spec: PreciseSpec,
    shard: dict[str, Any],
    constant: dict[str, Any],
    rasters: list[Any],
    registers: list[dict[str, Any]],
    emitters: list[Any],
    clock: Any,
) -> None:
    """Deliver the spikes of the previous slice, and at the beginning of one sort what arrives into the queues."""
    spikes.deliver_from_grid(shard, constant["connections"], emitters, rasters, clock)
    spikes.deliver(shard, constant["connections"], registers, clock)
    shard["left_out"] = tables.missing(shard["pending"])
    old = shard["pending"], shard["queues"]["events"], shard["queues"]["begin"], shard["queues"]["end"]
    shard["pending"], events, begin, end = lax.cond(
        clock[layout.FROM] == 0,
        lambda: queues.prepare(shard["pending"], constant["queue_of_node"], spec.n_queues, clock),
        lambda: old,
    )
    shard["queues"] = shard["queues"] | {"events": events, "begin": begin, "end": end}


def advance(
    spec: PreciseSpec, batch: BatchSpec, b: int, fixed: dict[str, Any], segment: Segment, shard: dict[str, Any]
) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    """Advance a batch with queues; return states, samples, and what its neurons have sent."""
    first, size, all_queues = spec.first_queue[b], batch.n_tiles * batch.tile, shard["queues"]
    last = first + batch.size

    def mine(array: Any) -> Any:
        return jnp.pad(array[first:last], ((0, size - batch.size), *((0, 0) for _ in array.shape[1:])))

    own = {name: mine(all_queues[name]) for name in ("begin", "end", "returns")} | {"events": all_queues["events"]}
    min_delay = shard["raster"].shape[0]
    states, own, samples, sent = neurons.advance(
        batch, fixed, segment, shard["ring"], shard["states"][b], own, min_delay, spec.most
    )
    changed = {name: all_queues[name].at[first:last].set(own[name][: batch.size]) for name in ("end", "returns")}
    shard["queues"] = all_queues | changed
    here = jnp.arange(size) < batch.size
    return states, samples, sent | {"count": jnp.where(here, sent["count"], 0)}


def marked(batch: BatchSpec, row: int, segment: Segment, shard: dict[str, Any], samples: Any, most: int) -> Any:
    """Take the spikes of a batch whose spikes carry a number out of the raster, and return them."""
    size = batch.n_tiles * batch.tile
    columns = slice(batch.first_column, batch.first_column + size)
    lags = jnp.arange(shard["raster"].shape[0])
    now = ((lags >= segment.begin) & (lags < segment.stop))[:, None]
    copies = jnp.where(now, shard["raster"][:, columns], 0)
    words = jnp.stack([copies.astype(jnp.float64), samples[:, row]], axis=2)[:, :, None]
    words = jnp.pad(words, ((0, 0), (0, 0), (0, most - 1), (0, 0)))
    shard["raster"] = shard["raster"].at[:, columns].set(jnp.where(now, 0, shard["raster"][:, columns]))
    return {"count": (copies != 0).astype(jnp.int64), "words": words}


def remember(
    shard: dict[str, Any], constant: dict[str, Any], table: dict[str, Any], sent: dict[int, Any], times: Any, clock: Any
) -> None:
    """After a segment: note what neurons have sent; `sent` has it by the first column of the batch."""
    shard["crowded"] = jnp.int64(0)
    if not sent:
        return
    most = next(iter(sent.values()))["words"].shape[2]
    crowd = jnp.max(jnp.array([jnp.max(one["count"], initial=0) for one in sent.values()]))
    shard["crowded"] = jnp.maximum(crowd - most, 0)
    rows, used = spikes.in_order(table["emitters"], table["column_of_rank"], list(sent.values()), list(sent))
    spikes.collect(shard, table | constant, times, rows, used, clock)
