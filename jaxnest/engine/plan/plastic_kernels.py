"""The calls of the functions of synapses that have some of their own.

Compiled code is imported by the functions that need it: this file is also read for networks without such synapses.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxnest.engine.layout import GROUP_ROW, GROUP_WORDS
from jaxnest.engine.plan.buffers import Buffers
from jaxnest.engine.plan.delivery_table import DeliveryTable
from jaxnest.engine.plasticity.synapses import Plasticity


def delivering_calls(plasticity: Plasticity) -> np.ndarray:
    """Return the calls of the functions that deliver, without the common arrays."""
    from jaxnest.engine.plasticity import synaptic_calls
    from jaxnest.engine.plasticity.synapse_loops import slots_of_delivery

    words, slots = [s.words for s in plasticity.synapses], [slots_of_delivery(s) for s in plasticity.synapses]
    return synaptic_calls.incomplete_calls(words, slots)


def complete_calls(plasticity: Plasticity, mine: Buffers, stream: Any, clock: Any) -> np.ndarray:
    """Return the calls of the functions that deliver."""
    from jaxnest.engine.plasticity import synaptic_calls

    shared = (mine.ring, mine.weight_events, mine.counters, *mine.archive.arrays, stream, clock, plasticity.times)
    return synaptic_calls.complete(delivering_calls(plasticity), shared)


NO_WAYS = tuple(
    np.zeros((1, 1) if flat else 1, kind)
    for flat, kind in zip((0, 0, 1, 0, 1, 1, 1, 1), (*[np.int64] * 6, np.float64, np.float64), strict=True)
)
"""What loops over devices take that send nothing to synapses with functions (see `ways_of_devices`)."""


def ways_of_devices(table: DeliveryTable, mine: Buffers, stream: Any, clock: Any) -> tuple[np.ndarray, ...]:
    """Return where spikes of devices find synapses with functions (see `engine.plasticity.synaptic_calls.Ways`)."""
    plasticity = table.plasticity
    if plasticity is None or not plasticity.at_once.any():
        return *NO_WAYS, mine.counters
    calls = complete_calls(plasticity, mine, stream, clock)
    places = (table.group_start, table.connection_start, plasticity.groups, plasticity.source_row)
    return *places, calls, *mine.archive.arrays, mine.counters


def early_readers(table: DeliveryTable, emitters: np.ndarray, device: int) -> np.ndarray:
    """Return the columns of the neurons whose turn is before a device whose synapses read their spikes."""
    plasticity, group = table.plasticity, table.group_start[device]
    if plasticity is None or group == table.group_start[device + 1] or not plasticity.at_once[group]:
        return np.empty(0, np.int64)
    size = int(table.connection_start[group + 1] - table.connection_start[group])
    columns = plasticity.read_by_device(int(group), size)
    return columns[emitters[columns] < device]


def groups_and_calls(table: DeliveryTable, mine: Buffers, stream: Any, clock: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the groups of connections of a table, and the calls of the functions of their synapses."""
    from jaxnest.engine.plasticity import synaptic_calls

    plasticity = table.plasticity
    if plasticity is not None:
        return plasticity.groups, complete_calls(plasticity, mine, stream, clock)
    groups = np.zeros((len(table.group_watched), GROUP_WORDS), np.int64)
    groups[:, GROUP_ROW] = table.connection_start[:-1]
    return groups, np.zeros((0, synaptic_calls.CALL_WORDS), np.int64)
