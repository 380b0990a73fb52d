"""What devices send, on its way to neurons and recorders."""

from __future__ import annotations

from typing import Any, NamedTuple, final

import jax.numpy as jnp
from jax import lax

from jaxnest.engine import layout
from jaxnest.engine.accelerated.devices.tables import DeviceSpec
from jaxnest.engine.accelerated.pure import add_to_ring
from jaxnest.engine.accelerated.synapses.passing import through_synapses
from jaxnest.engine.layout import AGAIN, FLIP, PLAIN

BUFFERS = ("ring", "raster", "events", "counters")
"""What devices send to."""


@final
class Sent(NamedTuple):
    """What devices send, (step, device): amounts, factors for weights; steps later, ms before the end of the step; and
    whether a device has sent something in this step.
    """

    value: Any
    factor: Any
    ahead: Any
    offset: Any
    earlier: Any


def emit(constant: dict[str, Any], buffers: dict[str, Any], sent: Sent, lags: Any) -> None:
    """Send spikes as neurons do."""
    places = lags[:, None], constant["columns"][None, :]
    buffers["raster"] = buffers["raster"].at[places].add(sent.value.astype(jnp.int32))


def forget(constant: dict[str, Any], raster: Any, clock: Any) -> Any:
    """Return a raster without the spikes that devices sent as neurons in the slice before."""
    lags = jnp.arange(raster.shape[0])[:, None]
    here = (lags >= clock[layout.FROM]) & (lags < clock[layout.TO])
    return raster.at[:, constant["columns"]].set(jnp.where(here, 0, raster[:, constant["columns"]]))


def send(
    spec: DeviceSpec,
    constant: dict[str, Any],
    buffers: dict[str, Any],
    sent: Sent,
    amounts: Any,
    lags: Any,
    clock: Any,
) -> None:
    """Bring what connections get in some steps, (step, connection), to neurons and recorders."""
    step = (clock[layout.ORIGIN] + lags)[:, None]
    both, held = spec.has_receivers and spec.has_listeners, None
    if spec.ways:
        held, goes = through_synapses(spec.ways, constant, buffers, sent.value, step + sent.ahead)
        amounts = jnp.where(goes, amounts, 0)
    if spec.has_receivers:
        to = constant["receivers"]
        owner, flags, amount = to["owner"], to["flags"], amounts[:, to["place"]] if both else amounts
        weight = sent.factor[:, owner] * to["weight"]
        weight = weight if held is None else weight * (held[:, to["place"]] if both else held)
        x = jnp.where(flags & PLAIN > 0, amount, weight * amount)
        lane = jnp.where(x > 0, to["positive"], to["negative"])
        x = jnp.where((flags & FLIP > 0) & (x <= 0), -x, x)
        if spec.is_binary:
            x = jnp.where(flags & layout.BINARY > 0, _switched(amount, weight, flags, sent.earlier[:, owner]), x)
        buffers["ring"] = add_to_ring(buffers["ring"], step + sent.ahead[:, owner] + to["delay"], lane, x)
    if spec.has_listeners:
        to = constant["listeners"]
        amount = amounts[:, to["place"]] if both else amounts
        buffers |= _recorded(constant["nodes"], to, sent, amount, step, buffers, clock)


def _switched(amount: Any, weight: Any, flags: Any, earlier: Any) -> Any:
    """Return by how much the input of binary neurons changes."""
    one = jnp.where((flags & AGAIN > 0) | earlier, weight + weight, -weight)
    return jnp.where(amount == 1, one, jnp.where(amount == 2, weight, 0.0))


def _recorded(
    nodes: Any, to: dict[str, Any], sent: Sent, amount: Any, step: Any, buffers: dict[str, Any], clock: Any
) -> dict[str, Any]:
    """Append event records; for a recorder they are in the order of time."""
    owner, counters = to["owner"], buffers["counters"]
    words = (
        -1 - to["positive"],
        nodes[owner],
        step + sent.ahead[:, owner] + 1,
        amount,
        clock[layout.SEGMENT],
        _bits(sent.offset[:, owner]),
        _bits(sent.factor[:, owner] * to["weight"]),
    )
    records = jnp.stack([jnp.broadcast_to(w, amount.shape).astype(jnp.int64).ravel() for w in words], axis=1)
    rows = buffers["events"].reshape(-1, layout.EVENT_WORDS)
    heard = amount.ravel() != 0
    place = jnp.where(heard, counters[layout.N_EVENTS] + jnp.cumsum(heard) - 1, len(rows))
    lost = jnp.sum(heard & (place >= len(rows)))
    counters = counters.at[layout.N_EVENTS].add(jnp.sum(heard) - lost).at[layout.LOST_EVENTS].add(lost)
    return {"events": rows.at[place].set(records, mode="drop").reshape(-1), "counters": counters}


def _bits(values: Any) -> Any:
    return lax.bitcast_convert_type(values, jnp.int64)
