"""What waits for neurons with precise spike times, and what they do with it.

`pending` has the events on their way to neurons with queues, in the words of `engine.precise.off_grid`; `ready` those
that arrive in the present slice, queue by queue, the first event of each neuron last.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import jax.numpy as jnp

from jaxnest.compile.tracing import flow
from jaxnest.engine import layout
from jaxnest.engine.accelerated.precise import tables
from jaxnest.models.contract import precise

TARGET, STAMP, OFFSET, WEIGHT = range(4)
EVENT_WORDS = 4
"""Words of an event: the node, the step in which it arrives, how long (ms) before the end of the step, its weight."""

Queue = namedtuple("Queue", "events begin end returns emitted step first")
"""What functions of a neuron find beside the inputs: all events, where its queue begins, cells with its end, with the
end of the refractory period (step and offset), and with what it has sent; the step, and whether it is the first one."""


def prepare(pending: dict[str, Any], queue_of_node: Any, n_queues: int, clock: Any) -> tuple[Any, Any, Any, Any]:
    """At the beginning of a slice: sort the events that arrive during it into the queues.

    Returns
    -------
    pending, ready, begin, end
        The events that stay, and the others: where the queues of neurons begin and end among them.
    """
    rows, number = pending["rows"], jnp.arange(len(pending["rows"]))
    queue = queue_of_node[rows[:, TARGET].astype(jnp.int64)]
    due = (number < pending["count"]) & (rows[:, STAMP] < clock[layout.ORIGIN] + clock[layout.MIN_DELAY])
    queue = jnp.where(due & (queue >= 0), queue, n_queues)
    order = jnp.lexsort((-number, rows[:, OFFSET], -rows[:, STAMP], queue))
    ready, queues = rows[order], jnp.arange(n_queues)
    begin, end = (jnp.searchsorted(queue[order], queues, side=k).astype(jnp.int64) for k in ("left", "right"))
    kept = tables.append(
        {"rows": jnp.zeros_like(rows), "count": jnp.int64(0)}, (number < pending["count"]) & ~due, *rows.T
    )
    return kept, ready, begin, end


# -- what neurons do: the operations of `contract.precise` in traced code ---------------------------------------------


@flow.meaning(precise.next_event)
def _next_event(x: Any, together: bool) -> Any:
    stamp, offset = x.returns.value
    event = x.events[jnp.maximum(x.end.value - 1, 0)]
    later = jnp.where(stamp == event[STAMP], offset < event[OFFSET], stamp > event[STAMP])
    waits = (x.end.value > x.begin) & later
    arrives, returns = waits & (event[STAMP] == x.step), ~waits & (stamp == x.step)
    end, weight = jnp.where(arrives, x.end.value - 1, x.end.value), event[WEIGHT]
    if together:
        end, weight = _summed(x, event, arrives, end, weight)
    x.end.value = end
    x.returns.value = jnp.where(returns, jnp.inf, stamp), offset
    kind = jnp.where(arrives, precise.SPIKE, jnp.where(returns, precise.RETURN, precise.NOTHING))
    at = jnp.where(arrives, event[OFFSET], jnp.where(returns, offset, 0.0))
    return at, jnp.where(arrives, weight, 0.0), kind


def _summed(x: Any, event: Any, arrives: Any, end: Any, weight: Any) -> tuple[Any, Any]:
    """Return the end of the queue without the events that come at the same time, and the sum of their weights."""

    def another(end: Any, weight: Any) -> Any:
        following = x.events[jnp.maximum(end - 1, 0)]
        same = (following[OFFSET] == event[OFFSET]) & (following[STAMP] == event[STAMP])
        return arrives & (end > x.begin) & same

    def add(end: Any, weight: Any) -> Any:
        return end - 1, weight + x.events[end - 1, WEIGHT]

    return flow.repeat(another, add, (end, weight))


@flow.meaning(precise.end_refractoriness)
def _end_refractoriness(x: Any, offset: Any) -> None:
    x.returns.value = jnp.asarray(x.step, jnp.float64), jnp.asarray(offset, jnp.float64)


@flow.meaning(precise.emit)
def _emit(x: Any, offset: Any, multiplicity: Any) -> None:
    count, spikes = x.emitted.value
    words = jnp.stack([jnp.asarray(w, jnp.float64) for w in (multiplicity, offset)])
    x.emitted.value = count + 1, spikes.at[count].set(words, mode="drop")
