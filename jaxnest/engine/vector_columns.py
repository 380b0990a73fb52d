"""Neurons in the layout of the compiled loop that advances them side by side."""

from __future__ import annotations

from typing import final

import numpy as np

from jaxnest.engine.generate_vectors import vector_loop
from jaxnest.engine.layout import WIDTH
from jaxnest.engine.shard import Batch


@final
class VectorColumns:
    """A batch of neurons: block by block, in each block the values of its neurons one state after the other.

    It offers the program the same as `NodeColumns`.
    """

    def __init__(self, batch: Batch, outputs: tuple[str, ...], sampled: np.ndarray, min_delay: int) -> None:
        self.batch, self.outputs = batch, outputs
        n, names = len(batch), tuple(batch.variables)
        state = batch.state()
        columns = [batch.padded(np.asarray(state[name], np.float64)) for name in batch.model.dynamic]
        self.state = np.stack([c.reshape(-1, WIDTH) for c in columns], axis=1).reshape(-1)
        self.state_vectors = np.zeros((n, 0))
        differs = np.array([batch.variables[name].ndim == 1 for name in names], np.bool_)
        values = [
            batch.padded(batch.variables[name]) if d else np.full(WIDTH, batch.variables[name])
            for name, d in zip(names, differs, strict=True)
        ]
        self.values = np.concatenate(values).astype(np.float64)
        self.start = np.cumsum([0, *(len(v) for v in values)])[:-1]
        self.stride = np.where(differs, WIDTH, 0)
        self.sampled = sampled.astype(np.int64)
        self.samples = np.zeros((min_delay, max(1, len(outputs)), n))
        some_sampled = bool(outputs) and bool(self.sampled.any())
        self.places = np.array([batch.first_lane, batch.first_column, some_sampled], np.int64)
        self.module = vector_loop(batch.model, names, outputs)

    def constant(self) -> tuple[np.ndarray, ...]:
        """Return what the loop only reads, in the order of its arguments."""
        return self.values, self.start, self.stride, self.sampled, self.places

    def dynamic_state(self, arrays: tuple[np.ndarray, np.ndarray] | None = None) -> dict[str, np.ndarray]:
        """Return the state in columns; other arrays than `state` and `state_vectors` may be given."""
        state, _ = arrays or (self.state, self.state_vectors)
        blocks = np.asarray(state).reshape(-1, len(self.batch.model.dynamic), WIDTH)
        return {name: blocks[:, k].reshape(-1)[: len(self.batch)] for k, name in enumerate(self.batch.model.dynamic)}
