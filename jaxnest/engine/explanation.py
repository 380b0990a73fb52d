"""Which form of its model advances each population, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from jaxnest.engine.network.shard import Batch, build_shard


class Form(NamedTuple):
    """How the neurons of one model are advanced on one virtual process."""

    model: str
    process: int
    first: int
    last: int
    """The smallest and the largest node id; there may be others between them."""
    n: int
    form: str
    """``"blocks"``, ``"loop"`` or ``"arrays"``."""
    reason: str


def forms(nodes: Any, min_delay: int, backend: str) -> Iterator[Form]:
    """Yield the form of each population of neurons, as the next run would have it."""
    for process in range(nodes.n_virtual_processes):
        shard = build_shard(nodes, process, min_delay, backend == "native", backend == "jax", everything=True)
        for batch in shard.batches:
            form, reason = _form(batch, backend)
            first, last = int(batch.node_ids.min()), int(batch.node_ids.max())
            yield Form(batch.model.name, process, first, last, len(batch), form, reason)


def _form(batch: Batch, backend: str) -> tuple[str, str]:
    model = batch.model
    if backend == "jax":
        return "arrays", "compute_backend is 'jax'"
    if model.draws:
        return "loop", "it draws numbers as it goes along"
    if model.one_by_one:
        return "loop", "each node has a structure of its own"
    if model.queue_channel is not None:
        return "loop", "its spikes are not bound to the grid of time steps"
    if model.signals:
        return "loop", "it sends numbers along connections"
    if batch.in_blocks:
        return "blocks", "16 neurons at a time, with vector instructions"
    return "loop", batch.why_not_in_blocks() or f"{next(iter(batch.widths))} is a vector"
