"""Spikes that wait for the end of a slice when connections change between two runs."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from jaxnest.engine import layout, native
from jaxnest.engine.network.shard import Batch
from jaxnest.engine.plan.buffers import Buffers, Spikes, clock_words
from jaxnest.engine.plan.plan import Network, Plan, tables_of_all, tables_under_way
from jaxnest.engine.records.drain import LateRecords, WeightWatch


@final
class Waiting:
    """What was emitted before the last change, and how all that waits is delivered.

    NEST keeps the spikes of a slice until it ends, by places in the tables that there were when they were emitted. So
    those that come after a change inside the slice may go another way.

    Parameters
    ----------
    network
        Whose spikes they are.
    late
        Where records go of weights that were sent.
    """

    def __init__(self, network: Network, late: LateRecords) -> None:
        self._network, self._late = network, late
        self._earlier: list[tuple[Any, list[Spikes]]] = []
        """To whom spikes belong that were set aside (see `Connections.present_senders`), and these, by process."""

    def __bool__(self) -> bool:
        return bool(self._earlier)

    def has_spikes(self, plan: Plan, buffers: list[Buffers], step: int) -> bool:
        """Return whether there are spikes of the slice in which a step is, or which ends there."""
        return any(b.has_spikes(-(-step // plan.min_delay)) for b in buffers)

    def set_aside(self, plan: Plan, buffers: list[Buffers], step: int) -> None:
        """Take the spikes of an unfinished slice out of the registers, where they would take other connections now."""
        slice_, connections = step // plan.min_delay + 1, self._network.connections
        if any(b.has_spikes(slice_) for b in buffers) and connections.spikes_change_hands():
            self._earlier.append((connections.senders, [b.take_spikes(slice_) for b in buffers]))

    def deliver(self, plan: Plan, buffers: list[Buffers], step: int, watch: WeightWatch) -> bool:
        """Deliver all spikes where a slice begins; return whether the tables of the plan were exchanged for that."""
        slice_, connections = step // plan.min_delay, self._network.connections
        if not self._earlier and not any(b.has_spikes(slice_) for b in buffers):
            return False
        senders = connections.senders if connections.spikes_change_hands() else None
        parts = [*self._earlier, (senders, [b.take_spikes(slice_) for b in buffers])]
        self._earlier = []
        exchanged = len(parts) > 1 or senders is not None
        for processes in [[p] for p in range(len(buffers))] if len(parts) > 1 else [range(len(buffers))]:
            for senders, spikes in parts:
                if not any(spikes[p] for p in processes):
                    continue
                for p in processes:
                    buffers[p].put_spikes(slice_, spikes[p])
                if senders is not None:
                    plan.delivery = tables_under_way(self._network, plan, senders)
                elif exchanged:
                    plan.delivery = tables_of_all(self._network, plan)
                self._deliver_part(plan, buffers, step, watch)
        if exchanged:
            plan.delivery = tables_of_all(self._network, plan)
        return exchanged

    def _deliver_part(self, plan: Plan, buffers: list[Buffers], step: int, watch: WeightWatch) -> None:
        """Deliver the spikes that are in the registers through the tables of the plan."""
        slice_ = step // plan.min_delay
        for mine, table in zip(buffers, plan.delivery, strict=True):
            needed = sum(b.synaptic_events(slice_, table.watched) for b in buffers) * layout.WEIGHT_WORDS
            if needed > len(mine.weight_events):
                mine.weight_events = np.zeros(needed, np.int64)
            mine.counters[layout.N_WEIGHTS] = 0
        kept = _kept_weights(plan)
        registers = native.addresses([b.register for b in buffers])
        for s, shard in enumerate(plan.shards):
            clock = clock_words(plan, shard, step, 0, 0, step)
            native.deliver(plan, buffers, registers, self._network.streams, s, clock).run()
        for batch, weights in kept:
            assert batch.model.receptor_vector is not None
            column = batch.store.columns[batch.model.receptor_vector]
            for row, values in zip(batch.rows.tolist(), weights, strict=True):
                column[row] = values[: len(column[row])].copy()
        for s, (table, mine) in enumerate(zip(plan.delivery, buffers, strict=True)):
            watch.write(s, mine, self._late)
            mine.counters[layout.N_WEIGHTS] = mine.counters[layout.WEIGHTS_NEEDED] = 0
            mine.take_spikes(slice_)
            if table.plasticity is not None:
                table.plasticity.store()


def _kept_weights(plan: Plan) -> list[tuple[Batch, np.ndarray]]:
    """Let synapses know where neurons keep weights; return these, (node, element), for each batch that does.

    The neurons are in the tables while spikes are delivered that wait.
    """
    kept = []
    for shard, table in zip(plan.shards, plan.delivery, strict=True):
        for batch in (b for b in shard.batches if b.model.own_receptor and table.plasticity is not None):
            assert table.plasticity is not None
            assert batch.model.receptor_vector is not None
            vectors = batch.store.columns[batch.model.receptor_vector][batch.rows]
            weights = np.zeros((len(vectors), max(map(len, vectors))))
            for row, vector in zip(weights, vectors, strict=True):
                row[: len(vector)] = vector
            table.plasticity.keep_weights(batch.node_ids, weights, batch.model.own_receptor)
            kept.append((batch, weights))
    return kept
