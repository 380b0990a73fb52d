"""Neurons in the layout of the compiled loop that advances them side by side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, final

import numpy as np

from jaxnest.compile.operations import Pack
from jaxnest.engine.devices.device_tables import DeviceTable
from jaxnest.engine.functions.recorders import recorder_words
from jaxnest.engine.layout import WIDTH
from jaxnest.engine.network.calibration import adopt
from jaxnest.engine.network.newcomers import Newcomers
from jaxnest.engine.network.shard import Batch
from jaxnest.engine.neurons.block_loops import block_loop, work_rows
from jaxnest.engine.plan.buffers import Buffers


@final
class VectorColumns:
    """A batch of neurons: block by block, in each block the values of its neurons one state after the other.

    `used` tells which lanes anything comes in through.
    """

    CHANGING: ClassVar = ("state", "samples")

    def __init__(
        self, batch: Batch, outputs: tuple[str, ...], sampled: np.ndarray, min_delay: int, used: np.ndarray
    ) -> None:
        self.batch, self.outputs = batch, outputs
        n, names = batch.places, tuple(batch.variables)
        state = batch.state()
        columns = [batch.padded(np.asarray(state[name], np.float64)) for name in batch.model.dynamic]
        self.state = np.stack([c.reshape(-1, WIDTH) for c in columns], axis=1).reshape(-1)
        self.state_vectors = np.zeros((n, 0))
        differs = np.array([batch.variables[name].ndim == 1 for name in names], np.bool_)
        common = [0.0 if d else batch.variables[name] for name, d in zip(names, differs, strict=True)]
        own = [batch.padded(batch.variables[name]) for name, d in zip(names, differs, strict=True) if d]
        blocks = np.stack([np.reshape(v, (-1, WIDTH)) for v in own], axis=1) if own else np.zeros(0)
        self.values = np.concatenate([np.repeat(np.array(common, np.float64), WIDTH), blocks.reshape(-1)])
        self.differing = np.flatnonzero(differs)
        self.sampled = np.zeros(n, np.int64)
        self.sampled[: len(batch)] = sampled
        self.samples = np.zeros((min_delay, max(1, len(outputs)), n))
        some_sampled = bool(outputs) and bool(self.sampled.any())
        self.places = np.array([batch.first_lane, batch.first_column, some_sampled, len(batch)], np.int64)
        self._silent = _silent(batch, state, used)
        self.operation = block_loop(batch.model, names, frozenset(self._silent))
        self.recorders = recorder_words(batch.model, names, frozenset(), outputs)
        self._work = np.zeros(work_rows(batch.model, names) * WIDTH)
        self._lags = np.zeros(WIDTH, np.int64)

    def pack(self, buffers: Buffers, clock: np.ndarray) -> Pack:
        """Return the call that runs the neurons through the segment."""
        return self.operation.pack(
            buffers.ring.reshape(-1), buffers.raster, self.state, self.samples, self.values, self.differing,
            self.sampled, self.places, self.recorders, self._work, self._lags, clock,
        )  # fmt: skip

    def adopt(self, other: VectorColumns) -> bool:
        """Take over variables and states of other columns for these nodes; False if they are laid out differently."""
        same = self.operation is other.operation and np.array_equal(self.differing, other.differing)
        return same and adopt(self, other, ("state", "values", "sampled", "places"))

    def take_values(self, variables: Iterable[str], states: Iterable[str]) -> bool:
        """Take over some variables and states; False if they are laid out differently now."""
        batch, names, n_differing = self.batch, list(self.batch.variables), len(self.differing)
        for name in variables:
            k, value = names.index(name), batch.variables[name]
            place = np.flatnonzero(self.differing == k)
            if len(place) != value.ndim:
                return False
            if len(place):
                blocks = self.values[len(names) * WIDTH :].reshape(-1, n_differing, WIDTH)
                blocks[:, place[0]] = batch.padded(value).reshape(-1, WIDTH)
            else:
                self.values[k * WIDTH : (k + 1) * WIDTH] = value
        blocks = self.state.reshape(-1, len(batch.model.dynamic), WIDTH)
        for name in states:
            column = batch.store.columns[name][batch.rows].astype(np.float64)
            blocks[:, batch.model.dynamic.index(name)] = batch.padded(column).reshape(-1, WIDTH)
        return True

    def accepts(self, new: Newcomers) -> bool:
        """Return whether further neurons, whose variables can be here, can be advanced like those that there are."""
        silent = [k for k, name in enumerate(self.batch.model.dynamic) if name in self._silent]
        return not (silent and new.states[:, silent].any())

    def take_in(self, new: Newcomers) -> None:
        """Advance further neurons from now on."""
        (n, n_variables), n_states, first = new.values.shape, new.states.shape[1], int(self.places[3])
        block, j = np.divmod(np.arange(first, first + n), WIDTH)
        if len(self.differing):
            own = self.values[n_variables * WIDTH :].reshape(-1, len(self.differing), WIDTH)
            own[block, :, j] = new.values[:, self.differing]
        self.state.reshape(-1, n_states, WIDTH)[block, :, j] = new.states
        self.places[3] = first + n

    def dynamic_state(self) -> dict[str, np.ndarray]:
        """Return the state in columns."""
        blocks = self.state.reshape(-1, len(self.batch.model.dynamic), WIDTH)
        return {name: blocks[:, k].reshape(-1)[: len(self.batch)] for k, name in enumerate(self.batch.model.dynamic)}


def lanes_in_use(tables: Iterable[DeviceTable], ring: np.ndarray) -> np.ndarray:
    """Return for each lane whether devices send to it or something is on its way; neurons do not send currents."""
    used = np.any(ring != 0.0, axis=0)
    for table in tables:
        for lane in (table.lane_positive, table.lane_negative):
            used[lane[lane >= 0]] = True
    return used


def _silent(batch: Batch, state: dict[str, np.ndarray], used: np.ndarray) -> tuple[str, ...]:
    """Return the channels of currents through which nothing comes in, and the states that would show it."""
    model, positions = batch.model, np.arange(len(batch))
    shared = {channel for pair in model.spike_receptors.values() for channel in pair}
    silent = []
    for name, channel in model.echoes.items():
        lanes = batch.lanes(positions, batch.inputs.index(channel))
        if channel not in shared and not state[name].any() and not used[lanes].any():
            silent += [name, channel]
    return tuple(silent)
