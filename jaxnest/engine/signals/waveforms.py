"""Connections that carry numbers: the calls that exchange values, and iterate waveforms, in each slice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, final

import numpy as np

from jaxnest.compile.operations import Pack
from jaxnest.engine.devices.stimulation import Devices
from jaxnest.engine.network.growing import Table
from jaxnest.engine.neurons.node_columns import NodeColumns
from jaxnest.engine.plan.buffers import Buffers
from jaxnest.engine.plan.plan import Plan
from jaxnest.engine.plan.secondary import Generators, Terms

ALL = np.zeros(0, np.int64)
"""All sources are active."""


@final
class Waveforms:
    """The neurons of a plan that send or get numbers, and what is exchanged between them.

    Parameters
    ----------
    neurons
        The columns of all batches of neurons, per virtual process.
    clocks
        The clock of each virtual process.
    unsettled
        Gets a row for each slice or part of one whose iterations ended before values were settled: where the slice
        begins, where it or the run ends, in steps, and two zeros.
    """

    def __init__(
        self,
        plan: Plan,
        buffers: list[Buffers],
        neurons: Sequence[Sequence[Any]],
        clocks: Sequence[np.ndarray],
        unsettled: Table,
    ) -> None:
        self._plan, self._buffers, self._neurons, self._clocks = plan, buffers, neurons, clocks
        self._secondary = plan.secondary
        self._signals = np.ones((1, 1)) if plan.secondary is None else plan.secondary.signals
        self._unsettled = unsettled

    @property
    def exchanges(self) -> bool:
        """True if there are connections that carry numbers."""
        return self._secondary is not None

    # -- neurons -----------------------------------------------------------------------------------

    def advances(self, s: int, b: int) -> bool:
        """Return whether a batch of neurons is advanced here; the others send nothing."""
        return bool(self._neurons[s][b].batch.model.signals)

    def _loops(self, columns: NodeColumns, s: int, b: int) -> tuple[Any, np.ndarray, np.ndarray]:
        """Return the loops of a batch, where its signals begin, and its places."""
        from jaxnest.engine.signals.waveform_loops import waveform_loops

        batch, sent = columns.batch, {} if self._secondary is None else self._secondary.sent(s, b)
        loops = waveform_loops(batch.model, tuple(batch.variables), batch.vectors, tuple(sent))
        return loops, np.array([*sent.values(), 0], np.int64), np.append(columns.places, batch.padded_size)

    def advance(self, s: int, b: int) -> Pack:
        """Return the call that runs a batch of neurons through a segment."""
        columns, buffers = self._neurons[s][b], self._buffers[s]
        loops, first, places = self._loops(columns, s, b)
        scalars, vectors, *starts, sampled, _, _, _ = columns.constant()
        return loops.advance.pack(
            buffers.ring.reshape(-1), buffers.raster, columns.state, columns.state_vectors, columns.samples, scalars,
            vectors, *starts, sampled, places, columns.uniform, self._signals, first, columns.recorders,
            columns.frozen, self._clocks[s],
        )  # fmt: skip

    def drawing(self, s: int, b: int, stream: np.ndarray, rows: np.ndarray) -> Pack:
        """Return the call that draws the noise of some neurons of a batch."""
        from jaxnest.engine.signals.secondary_kernels import draw_noise

        noise, columns = self._buffers[s].noise, self._neurons[s][b]
        changing = (stream, columns.uniform, noise.following[b], noise.objects[b])
        return draw_noise.pack(*changing, columns.frozen, columns.nodes, rows, self._clocks[s])

    # -- exchange ----------------------------------------------------------------------------------

    def deliver(self, s: int) -> Iterator[Pack]:
        """Yield the calls that deliver what was sent in the slice before."""
        if self._secondary is not None:
            from jaxnest.engine.signals.secondary_kernels import keep_lanes

            lanes = self._secondary.iterated_lanes[s]
            if len(lanes):
                yield keep_lanes.pack(self._buffers[s].ring.reshape(-1), lanes, self._clocks[s])
            yield from self._note(s, on_trial=0)
            yield from self._add(s, self._secondary.delayed[s], self._signals, first_slice=False)
            yield from self._add(s, self._secondary.immediate[s], self._signals, first_slice=False)

    def iterate(self) -> Iterator[Pack]:
        """Yield the call that advances neurons on trial until their values do not change any more."""
        secondary = self._secondary
        if secondary is None or not secondary.iterates:
            return
        from jaxnest.engine.signals.waveform_loops import iterate, table_of

        attempts, lasts = [self.begin_sending()], []
        for s, row in enumerate(self._neurons):
            for b, columns in enumerate(row):
                if self.advances(s, b) and columns.batch.model.uses_iterations():
                    lasts.append(np.zeros((len(columns.batch), self._plan.min_delay)))
                    attempts.append(self._attempt(s, b, lasts[-1]))
        shards = range(len(self._buffers))
        exchanges = [self.end_sending(on_trial=1)]
        exchanges += [pack for s in shards for pack in self._clear(s, secondary.iterated_lanes[s])]
        exchanges += [pack for s in shards for pack in self._note(s, on_trial=1)]
        exchanges += [pack for s in shards for pack in self._add(s, secondary.immediate[s], self._signals)]
        places = np.array([(a.ctypes.data, a.size) for a in lasts], np.int64).reshape(-1, 2)
        pack = iterate.pack(
            table_of(attempts),
            table_of(exchanges),
            places,
            secondary.most_iterations,
            self._unsettled.words,
            self._clocks[0],
        )
        pack.kept = attempts, exchanges, lasts
        yield pack

    def _attempt(self, s: int, b: int, last: np.ndarray) -> Pack:
        columns = self._neurons[s][b]
        loops, first, places = self._loops(columns, s, b)
        scalars, vectors, *starts, _, _, _, _ = columns.constant()
        assert self._secondary is not None
        return loops.attempt.pack(
            self._buffers[s].ring.reshape(-1), columns.state, columns.state_vectors, scalars, vectors, *starts, places,
            self._ahead(s, b), self._signals, first, last, self._secondary.tolerance, self._clocks[s],
        )  # fmt: skip

    def _ahead(self, s: int, b: int) -> np.ndarray:
        """Return the noise of the present slice before `drawing` has made it the present one."""
        columns = self._neurons[s][b]
        return self._buffers[s].noise.following[b] if columns.batch.model.noise else columns.uniform

    def begin_sending(self) -> Pack:
        """Return the call that has to be made before nodes send."""
        from jaxnest.engine.signals.secondary_kernels import begin_sending

        assert self._secondary is not None
        return begin_sending.pack(self._signals, self._secondary.previous, self._secondary.being_sent)

    def end_sending(self, on_trial: int) -> Pack:
        """Return the call that has to be made after nodes have sent."""
        from jaxnest.engine.signals.secondary_kernels import end_sending

        assert self._secondary is not None
        return end_sending.pack(self._secondary.being_sent, on_trial, self._clocks[0])

    def _note(self, s: int, on_trial: int) -> Iterator[Pack]:
        """Yield the call that notes a delivery, if weights are recorded."""
        from jaxnest.engine.signals.secondary_kernels import note_delivery

        assert self._secondary is not None
        if self._secondary.deliveries:
            words = self._secondary.deliveries[s].words
            yield note_delivery.pack(words, self._buffers[s].counters, on_trial, self._clocks[s])

    def forget(self, s: int) -> Iterator[Pack]:
        """Yield the calls that clear what arrived without delay at nodes that were advanced."""
        if self._secondary is not None:
            yield from self._clear(s, self._secondary.awake_lanes[s])

    def _clear(self, s: int, lanes: np.ndarray) -> Iterator[Pack]:
        from jaxnest.engine.signals.secondary_kernels import clear_lanes

        if len(lanes):
            yield clear_lanes.pack(self._buffers[s].ring.reshape(-1), lanes, self._clocks[s])

    def generate(self, s: int, devices: list[Devices | None], later: bool) -> Iterator[Pack]:
        """Yield the calls that deliver what devices send in a segment: `later` to targets advanced before them."""
        if self._secondary is None:
            return
        for generators in self._secondary.generators[s]:
            device = devices[generators.device]
            assert device is not None
            values, active = np.zeros((len(device.batch), self._plan.min_delay)), np.zeros(len(device.batch), np.int64)
            yield self._generated(generators, device, values, active, s)
            yield from self._add(s, generators.later if later else generators.sooner, values, active)

    def _generated(
        self, generators: Generators, device: Devices, values: np.ndarray, active: np.ndarray, s: int
    ) -> Pack:
        from jaxnest.engine.signals.waveform_loops import generated

        output, shift = device.outputs.index(generators.name), device.batch.model.window_shift
        return generated.pack(device.samples, output, device.windows, shift, values, active, self._clocks[s])

    def _add(
        self, s: int, terms: Terms, values: np.ndarray, active: np.ndarray = ALL, first_slice: bool = True
    ) -> Iterator[Pack]:
        """Yield the calls that add terms to the ring buffer, also in the first slice or only later."""
        from jaxnest.engine.signals.secondary_kernels import add_many_terms, add_terms
        from jaxnest.engine.signals.waveform_loops import transform_loop

        ring, clock, plain = self._buffers[s].ring.reshape(-1), self._clocks[s], terms.plain
        source = terms.row
        together = terms.brought_together(plain, self._plan.min_delay)
        if together is not None:
            yield add_many_terms.pack(ring, together[0], values, active, *together[1:], int(first_slice), clock)
        elif len(plain):
            columns = (source[plain], *(np.ascontiguousarray(column[plain]) for column in terms.columns))
            yield add_terms.pack(ring, values, active, *columns, int(first_slice), clock)
        for b, indices, positions in terms.transformed:
            batch = self._neurons[s][b].batch
            names = tuple(name for name in batch.variables if name not in batch.vectors)
            scalars = np.stack([np.broadcast_to(batch.variables[name], len(batch)) for name in names], axis=1)
            got = np.zeros((len(indices), values.shape[1]))
            positions, rows = positions.astype(np.int64), terms.row[indices]
            yield transform_loop(batch.model, names).pack(np.ascontiguousarray(scalars), positions, rows, values, got)
            columns = (np.arange(len(indices)), *(np.ascontiguousarray(c[indices]) for c in terms.columns[1:]))
            yield add_terms.pack(ring, got, active, rows, *columns, int(first_slice), clock)
