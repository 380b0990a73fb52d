"""Neurons that come to a batch that has room for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

import numpy as np

from jaxnest.engine.network.shard import Batch


@final
@dataclass(frozen=True)
class Newcomers:
    """Neurons, and what they start with."""

    rows: np.ndarray
    node_ids: np.ndarray
    values: np.ndarray
    """Neuron and variable."""
    states: np.ndarray
    """Neuron and state."""
    trace: np.ndarray
    """Neuron and word of what it remembers (`engine.archive_layout`)."""

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, rows: np.ndarray, node_ids: np.ndarray) -> Newcomers:
        """Return other neurons that start with the same."""
        return replace(self, rows=rows, node_ids=node_ids)

    def join(self, batch: Batch) -> None:
        """Become part of a batch."""
        for k, (name, values) in enumerate(batch.variables.items()):
            if values.ndim:
                batch.variables[name] = np.append(values, self.values[:, k])
        if batch.frozen is not None:
            batch.frozen = np.append(batch.frozen, np.zeros(len(self), np.bool_))
        batch.rows, batch.node_ids = np.append(batch.rows, self.rows), np.append(batch.node_ids, self.node_ids)
