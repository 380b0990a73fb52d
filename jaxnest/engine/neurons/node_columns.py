"""Neurons in the layout of the compiled loop that advances them node by node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, final

import numpy as np

from jaxnest.compile.operations import Pack
from jaxnest.engine.devices.stimulation import NO_STREAM
from jaxnest.engine.functions.recorders import recorder_words
from jaxnest.engine.network.calibration import adopt
from jaxnest.engine.network.newcomers import Newcomers
from jaxnest.engine.network.shard import Batch
from jaxnest.engine.neurons.neuron_loops import fits_short_vectors, neuron_loop
from jaxnest.engine.plan.buffers import Buffers
from jaxnest.engine.precise.precise_loops import precise_loop


def split(names: tuple[str, ...], vectors: frozenset[str]) -> tuple[list[str], list[str]]:
    """Split names into scalars and vectors, keeping their order."""
    return [n for n in names if n not in vectors], [n for n in names if n in vectors]


@final
class NodeColumns:
    """A batch of neurons: one row per node, vectors side by side."""

    CHANGING: ClassVar = ("state", "state_vectors", "samples", "uniform")

    def __init__(self, batch: Batch, outputs: tuple[str, ...], sampled: np.ndarray, min_delay: int) -> None:
        self.batch, self.outputs = batch, outputs
        n, widths = batch.places, batch.widths
        names = tuple(batch.variables)
        scalars, vectors = split(names, batch.vectors)
        spread = any(batch.variables[name].ndim == (2 if name in widths else 1) for name in names)
        rows = n if spread else 1
        self.scalars = np.zeros((rows, max(1, len(scalars))))
        for i, name in enumerate(scalars):
            value = batch.variables[name]
            self.scalars[:, i] = batch.with_room(value) if value.ndim else value
        self.vectors, self.vector_start = _side_by_side({k: batch.variables[k] for k in vectors}, widths, rows)
        state = batch.state()
        self.scalar_states, self.vector_states = split(batch.model.dynamic, batch.vectors)
        self.state = np.zeros((n, max(1, len(self.scalar_states))))
        for i, name in enumerate(self.scalar_states):
            self.state[:, i] = batch.with_room(state[name])
        self.state_vectors, self.state_start = _side_by_side({k: state[k] for k in self.vector_states}, widths, n)
        self.frozen, self.sampled = np.zeros(n, np.int64), np.zeros(n, np.int64)
        if batch.frozen is not None:
            self.frozen[: len(batch)] = batch.frozen
        self.sampled[: len(batch)] = sampled
        self.samples = np.zeros((min_delay, max(1, len(outputs)), n))
        self.uniform = np.zeros((min_delay, n if batch.stochastic or batch.model.noise else 0))
        channels = batch.receptors + batch.currents if batch.model.receptor_vector is not None else 0
        places = (int(spread), batch.first_lane, batch.first_column, channels, batch.tile)
        self.places = np.array(places, np.int64)
        self.nodes = batch.with_room(batch.node_ids.astype(np.int64))
        self.all_rows = np.array((0, len(batch)), np.int64)
        if batch.model.queue_channel is not None:
            self.operation = precise_loop(batch.model, names)
        else:
            short = fits_short_vectors(batch.model, widths, channels)
            self.operation = neuron_loop(batch.model, names, batch.vectors, batch.stochastic, short)
        self.recorders = recorder_words(batch.model, names, batch.vectors, outputs)

    def pack(
        self,
        buffers: Buffers,
        clock: np.ndarray,
        stream: np.ndarray = NO_STREAM,
        span: tuple[int, int] | None = None,
    ) -> Pack:
        """Return the call that runs the nodes from the first to before the last row of a span through the segment."""
        rows = self.all_rows if span is None else np.array(span, np.int64)
        return self.operation.pack(
            buffers.ring.reshape(-1), buffers.raster, stream, self.state, self.state_vectors, self.samples,
            *self.constant(), self.uniform, self.recorders, rows, clock,
        )  # fmt: skip

    def precise_pack(self, buffers: Buffers, first_queue: int, clock: np.ndarray) -> Pack:
        """Return the call that runs neurons with precise spike times through the segment."""
        precise = buffers.precise
        assert precise is not None
        queues = (precise.ready.words, precise.begin, precise.end, precise.returns, precise.emitted.words)
        return self.operation.pack(
            buffers.ring.reshape(-1), self.state, self.samples, self.scalars, self.sampled, self.frozen, self.places,
            self.recorders, first_queue, *queues, clock,
        )  # fmt: skip

    def adopt(self, other: NodeColumns) -> bool:
        """Take over variables and states of other columns for these nodes; False if they are laid out differently."""
        names = ("scalars", "vectors", "vector_start", "state", "state_vectors", "state_start", "sampled", "frozen")
        return self.operation is other.operation and adopt(self, other, (*names, "places"))

    def take_values(self, variables: Iterable[str], states: Iterable[str]) -> bool:
        """Take over some variables and states; False if they are laid out differently now."""
        batch = self.batch
        scalars, _ = split(tuple(batch.variables), batch.vectors)
        for name in variables:
            value = batch.variables[name]
            if value.ndim and len(self.scalars) != batch.places:
                return False
            self.scalars[:, scalars.index(name)] = batch.with_room(value) if value.ndim else value
        for name in states:
            self.state[: len(batch), self.scalar_states.index(name)] = batch.store.columns[name][batch.rows]
        return True

    def accepts(self, new: Newcomers) -> bool:
        """Return whether further neurons, whose variables can be here, can be advanced like those that there are."""
        return True

    def take_in(self, new: Newcomers) -> None:
        """Advance further neurons from now on."""
        first = int(self.all_rows[1])
        end = self.all_rows[1] = first + len(new.values)
        if self.places[0]:
            self.scalars[first:end, : new.values.shape[1]] = new.values
        self.state[first:end, : new.states.shape[1]] = new.states
        self.nodes[first:end] = new.node_ids

    def constant(self) -> tuple[np.ndarray, ...]:
        """Return what the loop only reads, in the order of its arguments."""
        starts = (self.vector_start, self.state_start)
        return self.scalars, self.vectors, *starts, self.sampled, self.frozen, self.places, self.nodes

    def vector_state(self, name: str) -> np.ndarray:
        """Return where a vector of the state lies, (node, element)."""
        i = self.vector_states.index(name)
        return self.state_vectors[:, self.state_start[i] : self.state_start[i + 1]]

    def dynamic_state(self) -> dict[str, np.ndarray]:
        """Return the state in columns."""
        n = len(self.batch)
        return self.state_of(self.state[:n], self.state_vectors[:n])

    def state_of(self, state: np.ndarray, vectors: np.ndarray) -> dict[str, np.ndarray]:
        """Return the state in columns from other arrays of this layout."""
        start = self.state_start
        result = {name: state[:, i] for i, name in enumerate(self.scalar_states)}
        return result | {name: vectors[:, start[i] : start[i + 1]] for i, name in enumerate(self.vector_states)}


def _side_by_side(
    values: Mapping[str, np.ndarray], widths: Mapping[str, int], rows: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the vectors of all names in one matrix, and where each of them begins and ends."""
    start = np.cumsum([0, *(widths[name] for name in values)]).astype(np.int64)
    matrix = np.zeros((rows, int(start[-1])))
    for i, column in enumerate(values.values()):
        matrix[:, start[i] : start[i + 1]] = column
    return matrix, start
