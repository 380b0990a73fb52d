"""Delivery with event kernels where synapses have functions of their own: see `engine.kernels` for constant weights.

Compiled code is imported by the functions that need it: this file is also read for networks without such synapses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from jaxnest.engine.buffers import Buffers
from jaxnest.engine.collectors import collectors_of, modulating_calls
from jaxnest.engine.delivery_table import DeliveryTable, addresses
from jaxnest.engine.layout import GROUP_ROW, GROUP_WORDS, N_REGISTER
from jaxnest.engine.plasticity import Plasticity
from jaxnest.engine.shard import Shard


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

        results = ffi.call(
            modulation.after_segment_handler,
            self._shared(shard),
            [clock, times, table["modulating"], shard["raster"], *table["collectors"]],
        )
        self._take(shard, results)

    @staticmethod
    def _shared(shard: dict[str, Any]) -> list[Any]:
        """Return the arrays that all synapses may change."""
        return [shard["ring"], shard["weight_events"], shard["counters"], *shard["archive"], shard["stream"]]

    @staticmethod
    def _take(shard: dict[str, Any], results: list[Any]) -> None:
        """Take over these arrays."""
        shard["ring"], shard["weight_events"], shard["counters"] = results[:3]
        shard["archive"], shard["stream"] = tuple(results[3:6]), results[6]

    def sent(self, shard: dict[str, Any]) -> tuple[Any, Any]:
        """Return where the spikes of the previous slice are."""
        from jaxnest.engine import kernels

        return kernels.sent(shard)

    def deliver(self, shard: dict[str, Any], table: dict[str, Any], registers: list[Any], clock: Any) -> None:
        """Send the spikes of the previous slice through all synapses of a shard."""
        from jaxnest.engine import ffi, synaptic_calls

        results = ffi.call(
            synaptic_calls.deliver_handler,
            self._shared(shard),
            [clock, table["times"], table["calls"], table["places"], *registers],
        )
        self._take(shard, results)


def delivering_calls(plasticity: Plasticity) -> np.ndarray:
    """Return the calls of the functions that deliver, without the common arrays."""
    from jaxnest.engine import synaptic_calls
    from jaxnest.engine.generate_synapses import compiled_functions

    functions = [compiled_functions(name).deliver.address for name in plasticity.dynamics]
    return synaptic_calls.incomplete_calls([s.words for s in plasticity.synapses], functions)


def plastic_constant(shard: Shard, table: DeliveryTable) -> dict[str, Any]:
    """Return what delivery reads of a table whose synapses have functions of their own."""
    plasticity = table.plasticity
    assert plasticity is not None
    collectors = collectors_of(shard, table)
    modulation = (
        {}
        if collectors is None
        else {
            "collectors": tuple(collectors),
            "modulating": modulating_calls(plasticity),
        }
    )
    return modulation | {
        "places": np.append(table.places(), addresses(plasticity.groups, plasticity.source_row)),
        "calls": delivering_calls(plasticity),
        "times": plasticity.times,
    }


def complete_calls(plasticity: Plasticity, mine: Buffers, stream: Any, clock: Any) -> np.ndarray:
    """Return the calls of the functions that deliver."""
    from jaxnest.engine import synaptic_calls

    shared = (mine.ring, mine.weight_events, mine.counters, *mine.archive.arrays, stream, clock, plasticity.times)
    return synaptic_calls.complete(delivering_calls(plasticity), shared)


def groups_and_calls(table: DeliveryTable, mine: Buffers, stream: Any, clock: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the groups of connections of a table, and the calls of the functions of their synapses."""
    from jaxnest.engine import synaptic_calls

    plasticity = table.plasticity
    if plasticity is not None:
        return plasticity.groups, complete_calls(plasticity, mine, stream, clock)
    groups = np.zeros((len(table.group_watched), GROUP_WORDS), np.int64)
    groups[:, GROUP_ROW] = table.connection_start[:-1]
    return groups, np.zeros((0, synaptic_calls.CALL_WORDS), np.int64)


def deliver(table: DeliveryTable, mine: Buffers, other: Buffers, stream: Any, clock: Any) -> None:
    """Send what one virtual process registered through the synapses of another, without XLA."""
    from jaxnest.engine import synaptic_calls

    assert table.plasticity is not None
    arguments: tuple[Any, ...] = (
        mine.ring.reshape(-1),
        mine.weight_events,
        mine.counters,
        other.register,
        other.counters[N_REGISTER],
        *table.arrays(),
        table.plasticity.groups,
        table.plasticity.source_row,
        clock,
        complete_calls(table.plasticity, mine, stream, clock),
        *mine.archive.arrays,
    )
    synaptic_calls.deliver(*arguments)
