"""Delivery with event kernels where synapses have functions of their own: see `engine.kernels` for constant weights.

Compiled code is imported by the functions that need it: this file is also read for networks without such synapses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from jaxnest.engine.buffers import Buffers
from jaxnest.engine.collectors import collectors_of, modulating_functions
from jaxnest.engine.delivery_table import DeliveryTable
from jaxnest.engine.layout import N_REGISTER
from jaxnest.engine.plasticity import Plasticity
from jaxnest.engine.shard import Shard

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

    def archive(self, shard: dict[str, Any], table: dict[str, Any], times: Any, clock: Any) -> None:
        """Remember the spikes of a segment, and let those act that modulate synapses."""
        if "collectors" not in table:
            from jaxnest.engine import kernels

            kernels.archive(shard, table, times, clock)
            return
        from jaxnest.engine import ffi, modulation

        arrays = [table["modulating"], *shard["synapses"]]
        results = ffi.call(
            modulation.after_segment_handler,
            [*self._shared(shard), *arrays],
            [clock, times, *table["synapses"], shard["raster"], *table["collectors"]],
        )
        self._take(shard, results)

    @staticmethod
    def _shared(shard: dict[str, Any]) -> list[Any]:
        """Return the arrays that all synapses may change."""
        return [shard["ring"], shard["weight_events"], shard["counters"], *shard["archive"], shard["stream"]]

    @staticmethod
    def _take(shard: dict[str, Any], results: list[Any]) -> None:
        """Take over these arrays, and the states of the synapses."""
        shard["ring"], shard["weight_events"], shard["counters"] = results[:3]
        shard["archive"], shard["stream"] = tuple(results[3:6]), results[6]
        shard["synapses"] = tuple(results[8:])

    def sent(self, shard: dict[str, Any]) -> tuple[Any, Any]:
        """Return where the spikes of the previous slice are."""
        from jaxnest.engine import kernels

        return kernels.sent(shard)

    def deliver(self, shard: dict[str, Any], table: dict[str, Any], registers: list[Any], clock: Any) -> None:
        """Send the spikes of the previous slice through all synapses of a shard."""
        from jaxnest.engine import ffi, synaptic_calls

        results = ffi.call(
            synaptic_calls.deliver_handler,
            [*self._shared(shard), table["functions"], *shard["synapses"]],
            [
                clock,
                table["times"],
                *table["synapses"],
                *(table[k] for k in GROUPS),
                *table["groups"],
                *(table[k] for k in STATIC),
                *registers,
            ],
        )
        self._take(shard, results)


def functions(plasticity: Plasticity) -> np.ndarray:
    """Return the addresses of the compiled functions."""
    from jaxnest.engine.generate_synapses import compiled_functions

    return np.array([compiled_functions(name).deliver.address for name in plasticity.dynamics], np.int64)


def plastic_constant(shard: Shard, table: DeliveryTable) -> dict[str, Any]:
    """Return what delivery reads of a table, beside the arrays for constant weights."""
    plasticity = table.plasticity
    if plasticity is None:
        return {}
    collectors = collectors_of(shard, table)
    modulation = (
        {}
        if collectors is None
        else {
            "collectors": tuple(collectors),
            "modulating": modulating_functions(plasticity),
        }
    )
    return modulation | {
        "groups": (plasticity.group_kind, plasticity.group_row, plasticity.group_common, plasticity.source_row),
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


def groups_and_calls(
    table: DeliveryTable, mine: Buffers, stream: Any, clock: Any
) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Return kind, row and common row of each group of connections, and the calls of their functions."""
    from jaxnest.engine import synaptic_calls

    plasticity = table.plasticity
    if plasticity is None:
        nothing = np.zeros(len(table.group_watched), np.int64)
        return (nothing, nothing, nothing), np.zeros((0, synaptic_calls.CALL_WORDS), np.int64)
    shared = (mine.ring, mine.weight_events, mine.counters, *mine.archive.arrays, stream, clock, plasticity.times)
    own = [(s.state, *s.constant()) for s in plasticity.synapses]
    kinds = (plasticity.group_kind, plasticity.group_row, plasticity.group_common)
    return kinds, synaptic_calls.calls_of(shared, own, functions(plasticity))


def deliver(table: DeliveryTable, mine: Buffers, other: Buffers, stream: Any, clock: Any) -> None:
    """Send what one virtual process registered through the synapses of another, without XLA."""
    from jaxnest.engine import synaptic_calls

    assert table.plasticity is not None
    kinds, calls = groups_and_calls(table, mine, stream, clock)
    arguments: tuple[Any, ...] = (
        mine.ring.reshape(-1),
        mine.weight_events,
        mine.counters,
        other.register,
        other.counters[N_REGISTER],
        *(getattr(table, k) for k in GROUPS),
        *kinds,
        table.plasticity.source_row,
        *(getattr(table, k) for k in STATIC),
        clock,
        calls,
        *mine.archive.arrays,
    )
    synaptic_calls.deliver(*arguments)
