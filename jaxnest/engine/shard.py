"""Where everything of one virtual process lies: batches of nodes, lanes of the ring buffer, columns of the raster.

A *lane* is one input channel of one neuron. The ring buffer has one row per step and one column per lane; the
raster has one row per step of a slice and one column per neuron, and holds the spikes of the slice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from jaxnest.engine.calibration import calibrate, compressed, state_columns
from jaxnest.models.base import Node


@final
@dataclass
class Batch:
    """Nodes of one model and one virtual process that are updated together."""

    model: type[Any]
    store: Any
    rows: np.ndarray
    node_ids: np.ndarray
    receptors: int
    first_lane: int = 0
    first_column: int = 0
    frozen: np.ndarray | None = None
    variables: dict[str, np.ndarray] = field(default_factory=dict)
    vectors: frozenset[str] = frozenset()
    """Names of variables and states that are vectors in each node."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the input channels; channel c of node i is lane ``first_lane + c * len(batch) + i``."""
        return self.model.inputs(self.receptors)

    def columns(self) -> dict[str, np.ndarray]:
        """Return the stored columns of these nodes."""
        return {k: c[self.rows] for k, c in self.store.columns.items()}

    def calibrate(self, clock: Any, spread: dict[tuple[str, int], set[str]]) -> None:
        """Compute the variables of the nodes from their present parameters."""
        columns = self.columns()
        variables = calibrate(self.model, columns, clock)
        everything = variables | state_columns(self.model, columns)
        self.vectors = frozenset(k for k, a in everything.items() if a.ndim == 2)
        self.variables = compressed(variables, spread.setdefault((self.model.name, self.receptors), set()))

    def state(self) -> dict[str, np.ndarray]:
        """Return the stored dynamic state."""
        return state_columns(self.model, self.columns())

    def store_state(self, state: dict[str, np.ndarray]) -> None:
        """Write the dynamic state back to the node table."""
        for name, values in state.items():
            column = self.store.columns[name]
            if column.dtype == object:
                for row, value in zip(self.rows, values, strict=True):
                    column[row] = np.array(value)
            else:
                column[self.rows] = values


@final
@dataclass
class Shard:
    """One virtual process."""

    index: int
    batches: list[Batch]
    devices: list[Batch]
    n_lanes: int
    emitters: np.ndarray
    """Node id of each column of the raster."""

    def lane_lookup(self, n_nodes: int) -> tuple[np.ndarray, np.ndarray]:
        """Return, for each node id, the batch (-1 if it is not here) and the position in it."""
        batch_of = np.full(n_nodes + 1, -1, np.int32)
        position = np.zeros(n_nodes + 1, np.int64)
        for i, batch in enumerate(self.batches):
            batch_of[batch.node_ids] = i
            position[batch.node_ids] = np.arange(len(batch))
        return batch_of, position


def build_shard(stores: dict[type[Node], Any], index: int) -> Shard:
    """Collect the nodes of a virtual process in batches of equal model and equal number of receptors."""
    batches: list[Batch] = []
    devices: list[Batch] = []
    for model, store in stores.items():
        rows = np.flatnonzero(store.virtual_processes == index)
        if not len(rows):
            continue
        if not model.has_proxies:
            devices.append(Batch(model, store, rows, store.node_ids[rows], 0))
            continue
        sizes = np.ones(len(rows), np.int64)
        if model.receptor_vector is not None:
            sizes = np.array([len(v) for v in store.columns[model.receptor_vector][rows]])
        for size in np.unique(sizes):
            chosen = rows[sizes == size]
            frozen = store.frozen[chosen]
            batches.append(
                Batch(model, store, chosen, store.node_ids[chosen], int(size), frozen=frozen if frozen.any() else None)
            )
    batches.sort(key=lambda b: b.node_ids[0])
    lanes = columns = 0
    for batch in batches:
        batch.first_lane, batch.first_column = lanes, columns
        lanes += len(batch) * len(batch.inputs)
        columns += len(batch)
    emitters = np.concatenate([b.node_ids for b in batches]) if batches else np.empty(0, np.int64)
    return Shard(index, batches, devices, lanes, emitters)
