"""Advancing neurons with precise spike times, all of a batch side by side, from event to event."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from jaxnest.compile.tracing import flow
from jaxnest.engine.accelerated.precise.queues import Queue
from jaxnest.engine.accelerated.tiles import BatchSpec, Segment, noted, tuple_type, variables_of
from jaxnest.models.contract.state import of_model, state_class


def advance(
    batch: BatchSpec,
    fixed: dict[str, Any],
    segment: Segment,
    ring: Any,
    states: dict[str, Any],
    queues: dict[str, Any],
    min_delay: int,
    most: int,
) -> tuple[dict[str, Any], dict[str, Any], Any, dict[str, Any]]:
    """Advance a batch through a segment.

    Parameters
    ----------
    queues
        ``events`` of all queues, and of the neurons of the batch ``begin``, ``end`` and ``returns`` (neuron, 2).
    most
        So many spikes of a neuron in one step are kept.

    Returns
    -------
    states, queues, samples, spikes
        What has become of them; `spikes` has ``count`` (lag, neuron) and ``words`` (lag, neuron, spike, 2):
        multiplicity and offset.
    """
    size = batch.n_tiles * batch.tile
    one, (v, axes) = _advancing_one(batch, queues["events"], most), variables_of(batch, fixed["variables"])
    frozen = fixed["frozen"] if batch.has_frozen else jnp.zeros(size, jnp.bool_)

    def step_on(lag: Any, carry: Any) -> Any:
        states, end, returns, samples, count, words = carry
        now = segment.origin + lag
        row = lax.dynamic_slice(ring, (now % ring.shape[0], batch.first_lane), (1, batch.n_inputs * size))[0]
        channels = tuple(row.reshape(-1, batch.n_inputs, batch.tile).swapaxes(0, 1).reshape(batch.n_inputs, size))
        s = state_class(batch.model)(**states)
        first = lag == segment.begin
        new, ended, returned, (sent, spikes) = jax.vmap(one, (axes, 0, 0, 0, 0, 0, None, None))(
            v, s, channels, queues["begin"], end, returns, now, first
        )
        after = {k: jnp.where(frozen, a, b) for (k, a), b in zip(states.items(), _in_order(states, new), strict=True)}
        end, returns = jnp.where(frozen, end, ended), jnp.where(frozen[:, None], returns, returned)
        if batch.n_rows:
            x = tuple_type("Inputs", tuple(batch.model.inputs(0)))(*channels)
            values = noted(batch, fixed["variables"], states, after, x, size)
            samples = lax.dynamic_update_slice(samples, values[None], (lag, 0, 0))
        return after, end, returns, samples, count.at[lag].set(jnp.where(frozen, 0, sent)), words.at[lag].set(spikes)

    start = (
        states,
        queues["end"],
        queues["returns"],
        jnp.zeros((min_delay, batch.n_rows, size)),
        jnp.zeros((min_delay, size), jnp.int64),
        jnp.zeros((min_delay, size, most, 2)),
    )
    states, end, returns, samples, count, words = lax.fori_loop(segment.begin, segment.stop, step_on, start)
    return states, queues | {"end": end, "returns": returns}, samples, {"count": count, "words": words}


def _advancing_one(batch: BatchSpec, events: Any, most: int) -> Any:
    """Return the function that advances one neuron by one step."""
    inputs = tuple_type("Inputs", (*batch.model.inputs(0), *Queue._fields))
    update = flow.traceable(of_model(batch.model, batch.model.update))

    def one(v: Any, s: Any, channels: Any, begin: Any, end: Any, returns: Any, step: Any, first: Any) -> Any:
        nothing = (jnp.int64(0), jnp.zeros((most, 2)))
        with flow.cells(end, (returns[0], returns[1]), nothing) as (end_cell, returns_cell, emitted):
            queue = Queue(events, begin, end_cell, returns_cell, emitted, step, first)
            new, _ = update(v, s, inputs(*channels, *queue))
            return state_class(batch.model)(*new), end_cell.value, jnp.stack(returns_cell.value), emitted.value

    return one


def _in_order(states: dict[str, Any], new: Any) -> list[Any]:
    return [jnp.asarray(getattr(new, name), a.dtype) for name, a in states.items()]
