"""Connections that carry numbers in the strict back end: exchange of values, and iteration of waveforms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, final

import numpy as np

from jaxnest.engine.buffers import Buffers
from jaxnest.engine.generate_waveforms import waveform_loop
from jaxnest.engine.layout import FROM, ORIGIN, TO
from jaxnest.engine.node_columns import NodeColumns
from jaxnest.engine.plan import Plan
from jaxnest.engine.secondary import Generators, Terms
from jaxnest.engine.secondary_kernels import add_terms, clear_lanes, draw_noise
from jaxnest.engine.stimulation import Devices
from jaxnest.engine.transforming import transformed_values

NO_SIGNALS = np.ones((1, 1))


@final
class Waveforms:
    """The neurons of a plan that send or draw numbers, and what is exchanged between them.

    Parameters
    ----------
    neurons
        The columns of all batches of neurons, per virtual process.
    """

    def __init__(self, plan: Plan, buffers: list[Buffers], neurons: list[list[NodeColumns]]) -> None:
        self._plan, self._buffers, self._neurons = plan, buffers, neurons
        self._secondary = plan.secondary
        self._signals = NO_SIGNALS if plan.secondary is None else plan.secondary.signals
        self._loops = [[self._loop(s, b) for b in range(len(row))] for s, row in enumerate(neurons)]

    def _loop(self, s: int, b: int) -> tuple[Any, np.ndarray, np.ndarray] | None:
        columns, secondary = self._neurons[s][b], self._plan.secondary
        batch = columns.batch
        if not batch.model.signals:
            return None
        sent = {} if secondary is None else secondary.sent(s, b)
        module = waveform_loop(
            batch.model, tuple(batch.variables), batch.vectors, columns.outputs, tuple(sent)
        )  # fmt: skip
        first = np.array([*sent.values(), 0], np.int64)
        return module, first, np.append(columns.places, batch.padded_size)

    def advance(self, s: int, b: int, clock: np.ndarray) -> bool:
        """Run a batch of neurons through a segment; False if it sends nothing and is left to others."""
        loop = self._loops[s][b]
        if loop is None:
            return False
        module, first, places = loop
        columns, buffers = self._neurons[s][b], self._buffers[s]
        *constant, frozen, _, _ = columns.constant()
        module.advance(
            buffers.ring.reshape(-1), buffers.raster, columns.state, columns.state_vectors, columns.samples,
            *constant, frozen, places, columns.uniform, self._signals, first, clock,
        )  # fmt: skip
        return True

    def draw(self, s: int, b: int, stream: np.ndarray, rows: np.ndarray, clock: np.ndarray) -> None:
        """Draw the noise of some neurons of a batch."""
        noise = self._buffers[s].noise
        columns = self._neurons[s][b]
        arguments = (noise.following[b], noise.objects[b], columns.frozen, columns.nodes, rows, clock)
        draw_noise(stream, columns.uniform, *arguments)

    # -- exchange ----------------------------------------------------------------------------------

    def deliver(self, clocks: list[np.ndarray]) -> None:
        """Deliver what was sent in the slice before."""
        secondary = self._secondary
        if secondary is None or clocks[0][FROM] > 0 or clocks[0][ORIGIN] == 0:
            return
        for s, clock in enumerate(clocks):
            self._add(s, secondary.delayed[s], self._signals, clock)
            self._add(s, secondary.immediate[s], self._signals, clock)

    def iterate(self, clocks: list[np.ndarray]) -> None:
        """Advance the neurons on trial and exchange their values until these do not change any more."""
        secondary, min_delay = self._secondary, self._plan.min_delay
        if secondary is None or not secondary.iterates:
            return
        last = {(s, b): np.zeros((len(self._neurons[s][b].batch), min_delay)) for s, b, _ in self._iterated()}
        for _ in range(secondary.most_iterations):
            exceeded = False
            for s, b, (module, first, places) in self._iterated():
                columns = self._neurons[s][b]
                scalars, vectors, *starts, _, _, _, _ = columns.constant()
                exceeded |= module.iterate(
                    self._buffers[s].ring.reshape(-1), columns.state, columns.state_vectors, scalars, vectors, *starts,
                    places, self._ahead(s, b), self._signals, first, last[s, b], secondary.tolerance, clocks[s],
                )  # fmt: skip
            self.forget(clocks)
            for s, clock in enumerate(clocks):
                self._add(s, secondary.immediate[s], self._signals, clock)
            if not exceeded:
                return

    def _iterated(self) -> Iterator[tuple[int, int, tuple[Any, np.ndarray, np.ndarray]]]:
        for s, row in enumerate(self._loops):
            for b, loop in enumerate(row):
                if loop is not None and self._neurons[s][b].batch.model.uses_iterations():
                    yield s, b, loop

    def _ahead(self, s: int, b: int) -> np.ndarray:
        """Return the noise of the present slice before `draw` has made it the present one."""
        columns = self._neurons[s][b]
        return self._buffers[s].noise.following[b] if columns.batch.model.noise else columns.uniform

    def forget(self, clocks: list[np.ndarray]) -> None:
        """Clear what arrived without delay."""
        if self._secondary is not None:
            for buffers, lanes, clock in zip(self._buffers, self._secondary.iterated_lanes, clocks, strict=True):
                clear_lanes(buffers.ring.reshape(-1), lanes, clock)

    def generate(self, s: int, devices: list[Devices | None], clock: np.ndarray, later: bool) -> None:
        """Deliver what devices send in the present segment: `later` to targets that were advanced before them."""
        if self._secondary is None:
            return
        for generators in self._secondary.generators[s]:
            device = devices[generators.device]
            assert device is not None
            terms = generators.later if later else generators.sooner
            values, active = generated_values(generators, device, clock)
            self._add(s, terms.part(active[terms.row]), values, clock)

    def _add(self, s: int, terms: Terms, values: np.ndarray, clock: np.ndarray) -> None:
        ring = self._buffers[s].ring.reshape(-1)
        plain = terms.plain
        if len(plain) == len(terms):
            _add_terms(ring, values, terms.columns, clock)
            return
        _add_terms(ring, values, tuple(column[plain] for column in terms.columns), clock)
        for b, indices, positions in terms.transformed:
            got = transformed_values(self._neurons[s][b].batch, values[terms.row[indices]], positions)
            columns = (np.arange(len(indices)), *(column[indices] for column in terms.columns[1:]))
            _add_terms(ring, got, columns, clock)


def _add_terms(ring: np.ndarray, values: np.ndarray, columns: tuple[np.ndarray, ...], clock: np.ndarray) -> None:
    arguments: tuple[Any, ...] = (ring, values, *columns, clock)
    add_terms(*arguments)


def generated_values(generators: Generators, device: Devices, clock: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what devices send, (device, lag), and which of them are active."""
    sampled = device.samples[:, device.outputs.index(generators.name)]
    values = np.zeros(sampled.T.shape)
    values[:, clock[FROM] : clock[TO]] = sampled[clock[FROM] : clock[TO]].T
    steps = clock[ORIGIN] + np.arange(clock[FROM], clock[TO]) + device.batch.model.window_shift
    first, last = device.windows[:, :1], device.windows[:, 1:]
    return values, ((first < steps) & (steps <= last)).any(axis=1)
