"""Delivery with event kernels: the compiled loops of `engine.events` as operations on the arrays of a shard."""

from __future__ import annotations

from typing import Any

from jaxnest.engine import archive as archives
from jaxnest.engine import events, ffi


def sent(shard: dict[str, Any]) -> tuple[Any, Any]:
    """Return where the spikes of the previous slice are: in the register of a shard, and how many they are."""
    return shard["register"], shard["counters"]


def deliver(shard: dict[str, Any], table: dict[str, Any], registers: list[Any], clock: Any) -> None:
    """Add the spikes of the previous slice to the ring buffer of a shard."""
    shard["ring"], shard["weight_events"], shard["counters"] = ffi.call(
        events.deliver_handler,
        [shard["ring"], shard["weight_events"], shard["counters"]],
        [
            table["places"],
            clock,
            *registers,
        ],
    )


def clear(shard: dict[str, Any], kept: Any, clock: Any) -> None:
    """Clear what a segment has read from the ring buffer, but for the lanes in `kept`.

    The raster is an argument because reading comes before clearing; without this order XLA would copy the buffer.
    """
    (shard["ring"],) = ffi.call(events.clear_handler, [shard["ring"]], [kept, clock, shard["raster"]])


def collect(shard: dict[str, Any], table: dict[str, Any], clock: Any) -> None:
    """Note the spikes of a segment."""
    shard["events"], shard["register"], shard["counters"] = ffi.call(
        events.collect_handler,
        [shard["events"], shard["register"], shard["counters"]],
        [
            shard["raster"],
            table["rank"],
            table["column_of_rank"],
            table["emitters"],
            table["recorded"],
            table["watched"],
            clock,
        ],
    )


def archive(shard: dict[str, Any], table: dict[str, Any], times: Any, clock: Any) -> None:
    """Let neurons remember the spikes of a segment."""
    *arrays, shard["counters"] = ffi.call(
        archives.note_spikes_handler,
        [*shard["archive"], shard["counters"]],
        [shard["raster"], clock, times],
    )
    shard["archive"] = tuple(arrays)
