"""Delivery tables of few connections, which are laid out again where they are, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np

from jaxnest.compile.kinds import address_of
from jaxnest.engine.network.shard import Shard
from jaxnest.engine.plan.delivery_table import DeliveryTable, Places

MOST = 1 << 14
"""Of so many connections each may store weight and delay."""
MORE = 256
"""There is room for so many further connections, or for as many as there are."""

COLUMNS = ("receptor", "weight", "delay")
"""Of which one entry may stand for all."""
Tables = list[tuple[int, Any]]


@final
class FewConnections:
    """Room for the connections between neurons of one virtual process, where they are plain."""

    def __init__(self, shard: Shard, lookup: tuple[np.ndarray, np.ndarray], n: int) -> None:
        n, n_nodes = n + max(n, MORE), len(lookup[0]) + 1
        places = Places(shard, lookup)
        words = [(b.first_lane, b.tile, b.tile * len(b.inputs)) for b in shard.receivers]
        self._batches = np.zeros((max(1, len(words)), 5), np.int64)
        self._batches[: len(words), :3] = np.reshape(words, (-1, 3))
        self._batches[:, 3], self._batches[:, 4] = places.own, places.flags
        self._constant = (self._batches, places.offsets, *lookup, np.zeros(n_nodes - 1, np.int64))
        self._pack: Any = None
        self._capacity = n
        self.table = DeliveryTable(
            np.zeros(n_nodes, np.int64), np.zeros(n + 1, np.int64), np.zeros(n, np.int64), np.zeros(n + 1, np.int64),
            np.zeros(n + 1, np.int64), np.zeros(n_nodes, np.int64), np.zeros(n, np.int32), np.zeros(n),
            np.zeros(n, np.int32), [], np.zeros(n, np.int64), np.zeros(n, np.int64), [], np.empty(0),
            is_spread=True, few=self,
        )  # fmt: skip

    def lay_out(self, tables: Tables) -> bool:
        """Lay out the present connections of some tables; False if there is no room for them, or they have no order."""
        if sum(len(table) for _, table in tables) > self._capacity:
            return False
        mine, columns = self.table, [[t.source, t.target, *(t.read(name) for name in COLUMNS)] for _, t in tables]
        words = [_words(table, *own) for (_, table), own in zip(tables, columns, strict=True)]
        found = np.array(words, np.int64).reshape(-1, 9)
        if self._pack is None or self._pack.arguments[0].shape != found.shape:
            from jaxnest.engine.spikes import delivery_loops

            self._pack = delivery_loops.lay_out.pack(
                found, *self._constant, mine.group_start, mine.connection_start, mine.value_start, mine.group_table,
                mine.group_row, mine.lane, mine.weight, mine.delay,
            )  # fmt: skip
        self._pack.arguments[0][...] = found
        if not self._pack.run():
            return False
        mine.tables, mine.orders = tables, [None] * len(tables)
        return True


def _words(table: Any, source: np.ndarray, target: np.ndarray, *columns: np.ndarray) -> tuple[int, ...]:
    """Return the words of a table, given its ends and `COLUMNS`, in `engine.spikes.delivery_loops.lay_out`."""
    values = [word for column in columns for word in (address_of(column), len(column) == 1)]
    return len(table), address_of(source), address_of(target), *values


def are_plain(shard: Shard, tables: Sequence[tuple[int, Any]]) -> bool:
    """Return whether connections have nothing but weights and delays, and are few."""
    if shard.collectors or any(b.model.marked_receptors or b.model.signal_heard == "binary" for b in shard.receivers):
        return False
    if sum(len(table) for _, table in tables) > MOST:
        return False
    return all(
        table.named.model.send is None
        and not table.named.model.delay_shift
        and not len(table.named.defaults.get("weight_recorder", ()))
        for _, table in tables
    )
