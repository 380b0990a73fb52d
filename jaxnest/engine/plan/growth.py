"""A network that grows between runs: neurons that find room in its layout come in without a new one."""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, final

import numpy as np

from jaxnest.engine.histories.remembering import new_traces
from jaxnest.engine.network.newcomers import Newcomers
from jaxnest.engine.network.room import Room, can_grow
from jaxnest.engine.network.shard import Batch
from jaxnest.engine.plan.buffers import Buffers
from jaxnest.engine.plan.plan import Network, Plan, calibrate_batch

Spread = dict[tuple[str, int], set[str]]
Place = tuple[int, int]
"""Virtual process, and batch there."""


@final
class Growth:
    """What is known of how a network grows."""

    def __init__(self, network: Network) -> None:
        self.room = Room()
        self._network = network
        self._judged: tuple[Plan | None, bool] = None, False
        self._known: dict[type[Any], tuple[Any, ...]] = {}
        """Of each model: when a neuron came alone last, what was stored of it, and what it started with."""

    def provide(self, plan: Plan) -> None:
        """Let the next plan have room for more nodes like those that were made since a plan was."""
        if self._is_simple(plan):
            self.room.provide(self._network.nodes, plan.n_nodes)
        else:
            self.room = Room()

    def take_in(self, plan: Plan, buffers: Sequence[Buffers], runner: Any) -> bool:
        """Take in the nodes that were made since a plan was; without room for them, do nothing and return False."""
        nodes = self._network.nodes
        if nodes.n_prepared >= len(plan.lookups[0][0]) or not self._is_simple(plan):
            return False
        found: list[tuple[Place, Newcomers]] = []
        for model, store in nodes.stores.items():
            first = len(store.node_ids)
            while first and store.node_ids[first - 1] > plan.n_nodes:
                first -= 1
            if first == len(store.node_ids):
                continue
            if not can_grow(model):
                return False
            for s, rows in _by_process(store, first):
                b = next((b for b, batch in enumerate(plan.shards[s].batches) if batch.model is model), None)
                new = None if b is None else self._newcomers(plan, (s, b), rows, runner)
                if b is None or new is None:
                    return False
                found.append(((s, b), new))
        for (s, b), new in found:
            batch, lookup = plan.shards[s].batches[b], plan.lookups[s]
            first = len(batch)
            new.join(batch)
            lookup[0][new.node_ids], lookup[1][new.node_ids] = b, np.arange(first, len(batch))
            buffers[s].archive.take_in(batch.first_column + first, new)
            runner.take_in(s, b, new)
        plan.n_nodes = nodes.n_prepared
        return True

    def _is_simple(self, plan: Plan) -> bool:
        """Return whether nothing but batches, connections and recorders depends on which neurons there are."""
        if self._judged[0] is not plan:
            others = plan.secondary is not None or plan.off_grid or any(s.remembers for s in plan.shards)
            self._judged = plan, not others
        return self._judged[1]

    def _newcomers(self, plan: Plan, place: Place, rows: np.ndarray, runner: Any) -> Newcomers | None:
        """Return what new neurons start with; None if they cannot be advanced with the others."""
        batch: Batch = plan.shards[place[0]].batches[place[1]]
        store, version = batch.store, (place[0], batch.store.values_version)
        if len(batch) + len(rows) > batch.places:
            return None
        stored = store.unwritten(int(rows[0])) if len(rows) == 1 else None
        if stored is not None:
            known = self._known.get(batch.model)
            if known is not None and known[0] is plan and known[1] == version and _same(stored, known[2]):
                return known[3].at(rows, store.node_ids[rows])
        part = Batch(batch.model, store, rows, store.node_ids[rows], batch.receptors, batch.min_delay, batch.currents)
        calibrate_batch(part, self._network, {})
        traces = new_traces(part, self._network.clock)
        if traces is None or not batch.accepts(part):
            return None
        batch.calibrated_from |= part.calibrated_from
        new = Newcomers(
            rows,
            part.node_ids,
            _beside(part.variables.values(), len(part)),
            _beside(part.state().values(), len(part)),
            traces,
        )
        if not runner.accepts(*place, new):
            return None
        if stored is not None:
            self._known[batch.model] = (plan, version, stored, new)
        return new


def _by_process(store: Any, first: int) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the virtual processes of the rows from a first one on, and which rows are there."""
    rows, processes = np.arange(first, len(store.node_ids)), store.virtual_processes[first:]
    if len(rows) == 1:
        yield int(processes[0]), rows
        return
    for s in dict.fromkeys(processes.tolist()):
        yield s, rows[processes == s]


def _beside(columns: Collection[np.ndarray], n: int) -> np.ndarray:
    """Return columns, or values that all rows share, side by side."""
    result = np.empty((n, len(columns)))
    for k, column in enumerate(columns):
        result[:, k] = column
    return result


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(map(operator.is_, one.values(), other.values()))
