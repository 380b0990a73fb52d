"""Weights for recorders, in array operations; those of constant weights, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxnest.engine import layout
from jaxnest.engine.plan.delivery_table import DeliveryTable


def watched_constants(table: DeliveryTable, emitters: Sequence[np.ndarray]) -> dict[str, Any]:
    """Return the connections of constant weight that are watched, those of a source one after the other.

    Parameters
    ----------
    table
        The connections of one virtual process.
    emitters
        Node id of each column of the raster, per virtual process.
    """
    ids = np.concatenate([np.empty(0, np.int64), *emitters])
    kind = np.zeros(len(table.group_watched), np.int64) if table.plasticity is None else table.plasticity.kind()
    groups = np.flatnonzero((table.group_watched > 0) & (kind == 0))
    size = np.diff(table.connection_start)[groups]
    start = np.append(0, np.cumsum(size))
    within = np.arange(start[-1]) - np.repeat(start[:-1], size)
    begin, end = (np.searchsorted(groups, table.group_start[ids + k]) for k in (0, 1))
    return {
        "connection": np.repeat(table.connection_start[groups], size) + within,
        "begin": start[begin].astype(np.int32),
        "count": (start[end] - start[begin]).astype(np.int32),
    }


def needed(shard: dict[str, Any], events: Any, clock: Any) -> Any:
    """Return how many weights the spikes of a slice make at its end; `events`: one spike, per column of the raster."""
    raster = jnp.maximum(shard["raster"], 0)
    return jnp.where(clock[layout.TO] == clock[layout.MIN_DELAY], jnp.sum(raster * events), 0)


def note(state: dict[str, Any], connection: Any, stamp: Any, weight: Any, sent: Any) -> None:
    """Let weights be recorded that were sent through connections; those of negative number are not watched."""
    noted = sent & (connection >= 0)
    before = state["counters"][layout.N_WEIGHTS]
    rows = state["weight_events"].reshape(-1, layout.WEIGHT_WORDS)
    place = jnp.where(noted, before + jnp.cumsum(noted) - 1, len(rows))
    records = jnp.stack([connection, stamp, lax.bitcast_convert_type(weight, jnp.int64)], axis=1)
    state["weight_events"] = rows.at[place].set(records, mode="drop").reshape(-1)
    state["counters"] = state["counters"].at[layout.N_WEIGHTS].add(jnp.sum(noted))


def in_nest_order(
    records: np.ndarray, table: DeliveryTable, process_of_node: np.ndarray, apart: np.ndarray, min_delay: int
) -> np.ndarray:
    """Return records of weights in the order in which NEST sends them.

    Parameters
    ----------
    records
        Connection, stamp and weight of each.
    table
        The connections of the virtual process that they are from.
    process_of_node
        Per node, its virtual process.
    apart
        Per node, whether its spikes of one step are as many events.
    """
    connection, stamp = records[:, 0], records[:, 1]
    group = np.searchsorted(table.connection_start, connection, side="right") - 1
    source = np.searchsorted(table.group_start, group, side="right") - 1
    same = np.lexsort((stamp, connection))
    new = np.append(True, (np.diff(connection[same]) != 0) | (np.diff(stamp[same]) != 0))
    copy = np.empty(len(same), np.int64)
    copy[same] = np.arange(len(same)) - np.flatnonzero(new)[np.cumsum(new) - 1]
    first = np.where(apart[source], copy, 0)
    slice_ = (stamp - 1) // min_delay
    return records[np.lexsort((connection, copy, group, first, stamp, source, process_of_node[source], slice_))]
