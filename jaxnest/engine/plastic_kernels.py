"""Delivery with event kernels where synapses have functions of their own: see `engine.kernels` for constant weights.

Compiled code is imported by the functions that need it: this file is also read for networks without such synapses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from jaxnest.engine.buffers import Buffers
from jaxnest.engine.delivery_table import DeliveryTable
from jaxnest.engine.layout import N_REGISTER
from jaxnest.engine.plasticity import Plasticity

GROUPS = ("group_start", "connection_start", "group_watched")
STATIC = ("lane", "weight", "delay")


@final
@dataclass(frozen=True)
class PlasticOperations:
    """The operations of the program of a network with such synapses."""

    dynamics: tuple[str, ...]

    def clear(self, shard: dict[str, Any], kept: Any, clock: Any) -> None:
        """Clear what a segment has read from the ring buffer."""
        from jaxnest.engine import kernels

        kernels.clear(shard, kept, clock)

    def collect(self, shard: dict[str, Any], table: dict[str, Any], clock: Any) -> None:
        """Note the spikes of a segment."""
        from jaxnest.engine import kernels

        kernels.collect(shard, table, clock)

    def archive(self, shard: dict[str, Any], times: Any, clock: Any) -> None:
        """Remember the spikes of a segment."""
        from jaxnest.engine import kernels

        kernels.archive(shard, times, clock)

    def deliver(
        self, shard: dict[str, Any], table: dict[str, Any], registers: list[tuple[Any, Any]], clock: Any
    ) -> None:
        """Send the spikes of the previous slice through all synapses of a shard."""
        from jaxnest.engine import ffi, synaptic_calls

        results = ffi.call(
            synaptic_calls.deliver_handler,
            [
                shard["ring"],
                shard["weight_events"],
                shard["counters"],
                *shard["archive"],
                shard["stream"],
                table["functions"],
                *shard["synapses"],
            ],
            [
                clock,
                table["times"],
                *table["synapses"],
                *(table[k] for k in GROUPS),
                *table["groups"],
                *(table[k] for k in STATIC),
                *(array for pair in registers for array in pair),
            ],
        )
        shard["ring"], shard["weight_events"], shard["counters"] = results[:3]
        shard["archive"], shard["stream"] = tuple(results[3:6]), results[6]
        shard["synapses"] = tuple(results[8:])


def functions(plasticity: Plasticity) -> np.ndarray:
    """Return the addresses of the compiled functions."""
    from jaxnest.engine.generate_synapses import delivery_function

    return np.array([delivery_function(name).address for name in plasticity.dynamics], np.int64)


def plastic_constant(table: DeliveryTable) -> dict[str, Any]:
    """Return what delivery reads of a table, beside the arrays for constant weights."""
    plasticity = table.plasticity
    if plasticity is None:
        return {}
    return {
        "groups": (plasticity.group_kind, plasticity.group_row, plasticity.group_common),
        "functions": functions(plasticity),
        "times": plasticity.times,
        "synapses": tuple(array for s in plasticity.synapses for array in s.constant()),
    }


def synapse_states(table: DeliveryTable) -> tuple[Any, ...]:
    """Return what changes in a table: weights and states of its synapses."""
    return () if table.plasticity is None else tuple(s.state for s in table.plasticity.synapses)


def take_synapse_states(table: DeliveryTable, states: tuple[Any, ...]) -> None:
    """Copy weights and states back into a table."""
    for synapses, state in zip(table.plasticity.synapses if table.plasticity else (), states, strict=True):
        synapses.state[:] = state


def deliver(table: DeliveryTable, mine: Buffers, other: Buffers, stream: Any, clock: Any) -> None:
    """Send what one virtual process registered through the synapses of another, without XLA."""
    from jaxnest.engine import synaptic_calls

    plasticity = table.plasticity
    assert plasticity is not None
    shared = (mine.ring, mine.weight_events, mine.counters, *mine.archive.arrays, stream, clock, plasticity.times)
    own = [(s.state, *s.constant()) for s in plasticity.synapses]
    arguments: tuple[Any, ...] = (
        mine.ring.reshape(-1),
        mine.weight_events,
        mine.counters,
        other.register,
        other.counters[N_REGISTER],
        *(getattr(table, k) for k in GROUPS),
        plasticity.group_kind,
        plasticity.group_row,
        plasticity.group_common,
        *(getattr(table, k) for k in STATIC),
        clock,
        synaptic_calls.calls_of(shared, own, functions(plasticity)),
    )
    synaptic_calls.deliver(*arguments)
