"""Spikes of devices through synapses with functions of their own, in array operations.

What a device sends in a step goes through each of its synapses once, before targets get amounts of their own.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxnest.engine import layout
from jaxnest.engine.accelerated.synapses.delivery import CHANGED, passed
from jaxnest.engine.accelerated.synapses.tables import KindSpec, entries_of
from jaxnest.engine.plan.delivery_table import DeliveryTable

Ways = tuple[tuple[int, KindSpec], ...]
"""The kinds of synapses that devices send through, and their numbers."""


def ways_of(kinds: tuple[KindSpec, ...], through: np.ndarray, nodes: np.ndarray, table: DeliveryTable) -> Ways:
    """Return through which kinds of synapses devices send.

    Parameters
    ----------
    through
        What `DeviceTable.through` says.
    nodes
        The device of each connection.
    """
    if not (through >= 0).any():
        return ()
    mine = nodes[through >= 0]
    return tuple((k, kind) for k, kind in enumerate(kinds) if entries_of(table, kind, mine)[1].any())


def links(ways: Ways, through: np.ndarray, nodes: np.ndarray, table: DeliveryTable) -> list[dict[str, np.ndarray]]:
    """Return per kind which connections of devices these are, and which of its entries."""
    found = []
    for _, kind in ways:
        begin, count = entries_of(table, kind, nodes)
        mine = np.flatnonzero((through >= 0) & (count > 0))
        found.append({"connection": mine, "entry": begin[mine] + through[mine]})
    return found


def through_synapses(
    ways: Ways, constant: dict[str, Any], buffers: dict[str, Any], value: Any, step: Any
) -> tuple[Any, Any]:
    """Return the weights that connections of devices have in some steps, (step, connection), and whether spikes go on.

    Parameters
    ----------
    constant
        Of devices: ``links``, ``owner``, ``nodes``; ``synapses`` and ``times``.
    buffers
        What changes, in place.
    value, step
        What devices send, 0 for nothing, and when, (step, device).
    """
    owner = constant["owner"]

    def at_once(state: Any, now: Any) -> Any:
        value, step = now
        held, goes = jnp.ones(len(owner)), jnp.ones(len(owner), jnp.bool_)
        for (k, kind), link in zip(ways, constant["links"], strict=True):
            mine = owner[link["connection"]]
            valid, none = value[mine] != 0, jnp.zeros(len(mine), jnp.int64)
            events = {"step": step[mine], "copy": none, "turn": none + state["counters"][layout.N_TURNS]}
            events |= {"node": constant["nodes"][mine], "valid": valid}
            of_kind = constant["synapses"]["kinds"][k]
            state, weight, sends = passed(kind, k, state, of_kind, constant["times"], link["entry"], events)[:3]
            held = held.at[link["connection"]].set(weight)
            goes = goes.at[link["connection"]].set(sends)
        return state, (held, goes)

    state, results = lax.scan(at_once, {name: buffers[name] for name in CHANGED}, (value, step))
    buffers |= state
    return results
