"""The nodes that collect spikes for the synapses that they modulate, as `engine.plasticity.modulation` needs them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from jaxnest.compile.operations import Pack
from jaxnest.engine.layout import GROUP_COMMON
from jaxnest.engine.network.shard import Shard
from jaxnest.engine.plan.delivery_table import DeliveryTable
from jaxnest.engine.plasticity.synapses import Plasticity, common_slices


class Collectors(NamedTuple):
    """Arguments of `engine.plasticity.modulation.after_segment`."""

    collectors: np.ndarray
    turn: np.ndarray
    connection_start: np.ndarray
    groups: np.ndarray
    group_collector: np.ndarray


def collectors_of(shard: Shard, table: DeliveryTable) -> Collectors | None:
    """Return what is known of the collectors of one virtual process, None if there are none."""
    rows = []
    for batch in shard.collectors:
        columns, awake = batch.columns(), ~batch.store.frozen[batch.rows]
        lanes = batch.lanes(np.arange(len(batch)), 0)
        rows.append(np.stack([lanes, columns[batch.model.interval], awake], axis=1))
    if not rows:
        return None
    plasticity = table.plasticity
    assert plasticity is not None
    ids = np.array(list(shard.collector_rows))
    return Collectors(
        np.concatenate(rows).astype(np.int64),
        np.searchsorted(ids, shard.emitters).astype(np.int64),
        table.connection_start,
        plasticity.groups,
        _group_collector(plasticity),
    )


def _group_collector(plasticity: Plasticity) -> np.ndarray:
    """Return for each group of connections the row of the collector that tells it, -1 for those of devices, too."""
    found = np.full(len(plasticity.groups), -1, np.int64)
    for k, synapses in enumerate(plasticity.synapses):
        name = synapses.model.modulator
        if name:
            mine = (plasticity.kind() == k + 1) & ~plasticity.at_once
            place = common_slices(synapses.model)[name][0]
            found[mine] = synapses.common[plasticity.groups[mine, GROUP_COMMON], place].astype(np.int64)
    return found


def modulating_calls(plasticity: Plasticity) -> np.ndarray:
    """Return the calls of the functions that update synapses, without the common arrays; some models have none."""
    from jaxnest.engine.plasticity import synaptic_calls
    from jaxnest.engine.plasticity.synapse_loops import modulate_loop

    models = [synapses.model for synapses in plasticity.synapses]
    slots = [0 if model.modulate is None else modulate_loop(model).slot.ctypes.data for model in models]
    words = [synapses.words for synapses in plasticity.synapses]
    return synaptic_calls.incomplete_calls(words, [(slot, slot) for slot in slots])


def modulating_call(
    table: DeliveryTable, collectors: Collectors, buffers: Any, stream: Any, clock: np.ndarray, times: np.ndarray
) -> Pack:
    """Return the call that remembers the spikes of a segment and lets the collectors act."""
    from jaxnest.engine.plasticity import modulation, synaptic_calls

    plasticity = table.plasticity
    assert plasticity is not None
    shared = (buffers.ring, buffers.weight_events, buffers.counters, *buffers.archive.arrays, stream, clock, times)
    return modulation.after_segment.pack(
        buffers.ring.reshape(-1),
        buffers.counters,
        *buffers.archive.arrays,
        buffers.raster.reshape(-1),
        clock,
        times,
        *collectors,
        synaptic_calls.complete(modulating_calls(plasticity), shared),
    )
