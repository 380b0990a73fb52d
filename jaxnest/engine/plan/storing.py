"""What devices and buffers hold, written back to the kernel's tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from jaxnest.engine.devices.stimulation import Devices
from jaxnest.engine.plan.buffers import Buffers
from jaxnest.engine.plan.plan import Plan
from jaxnest.engine.plan.secondary import show_arrived
from jaxnest.models.contract.base import Node

CONNECTIONS = "connections"
"""What is brought home beside the states of nodes: weights and states of plastic connections."""
Models = Collection[Any]
"""Models of nodes, among which there may be `CONNECTIONS`."""


def models_of(plan: Plan) -> frozenset[type[Node]]:
    """Return the models of the nodes whose states change in a run."""
    return frozenset(batch.model for shard in plan.shards for batch in (*shard.batches, *shard.devices))


def store_nodes(
    plan: Plan, buffers: Sequence[Buffers], devices: Iterable[Iterable[Devices | None]], step: int, models: Models
) -> None:
    """Write what nodes of some models show at a step, beside what their columns hold, to the node table."""
    for mine in devices:
        for d in mine:
            if d is not None and d.batch.model in models:
                d.store_state()
    for shard, own in zip(plan.shards, buffers, strict=True):
        batches = [batch for batch in shard.batches if batch.model in models]
        show_arrived(batches, own.ring, step)
        own.archive.store(batches)
        own.noise.store(models)


def store_connections(plan: Plan) -> None:
    """Write weights and states of plastic connections to their tables."""
    for table in plan.delivery:
        if table.plasticity is not None:
            table.plasticity.store()
