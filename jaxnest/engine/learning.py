"""Neurons that keep a history for synapses that learn, in the layout of `engine.archive_learning`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from jaxnest import errors
from jaxnest.engine import archive_layout as words
from jaxnest.engine.plan import Plan
from jaxnest.engine.shard import Batch
from jaxnest.models import learning_history
from jaxnest.models.learning_history import CHANNELS

N_OUTPUTS, FIRST_ROW, FIRST_COLUMN, OUTPUT, LAG, SIGNAL_LAG = range(6)
"""Words of the places of a batch: number of recordables that are sampled, first row in the archive, first column of the
raster, place of the recordable that is noted, and the lags of this and of learning signals."""


class Learners(NamedTuple):
    """One batch of such neurons."""

    batch: int
    lanes: np.ndarray
    """Per neuron: lanes of `models.learning_history.CHANNELS`."""
    awake: np.ndarray
    places: np.ndarray

    @property
    def constant(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The arrays."""
        return self.lanes, self.awake, self.places


def learners_of(plan: Plan, s: int) -> list[Learners]:
    """Return each batch of a virtual process that takes part.

    Raises
    ------
    NotImplemented
        If there are spikes that are not bound to the grid of time steps.
    """
    shard = plan.shards[s]
    if plan.off_grid and (shard.learning_rows or shard.flushes):
        raise errors.NotImplemented("Networks with precise spike times that learn by gradients or send flush events.")
    result = []
    for b, first_row in shard.learning_rows.items():
        batch: Batch = shard.batches[b]
        names, _ = plan.outputs(s, b)
        channels = [batch.inputs.index(name) for name in CHANNELS]
        lanes = np.stack([batch.lanes(np.arange(len(batch)), c) for c in channels], axis=1).astype(np.int64)
        how = batch.model.learns
        places = (len(names), first_row, batch.first_column, names.index(how.value), how.lag, how.signal_lag)
        awake = (~batch.store.frozen[batch.rows]).astype(np.int64)
        result.append(Learners(b, lanes, awake, np.array(places, np.int64)))
    return result


# -- without XLA -------------------------------------------------------------------------------------------


def take_signals(learners: list[Learners], buffers: Any, clock: Any) -> None:
    """Note the learning signals that have arrived."""
    if learners:
        from jaxnest.engine import archive_learning

        index, _, pool = buffers.archive.arrays
        for one in learners:
            archive_learning.take_signals(buffers.ring.reshape(-1), index, pool, one.lanes, one.places, clock)


def begin_step(learners: list[Learners], buffers: Any, clock: Any, times: Any) -> None:
    """Begin the records of a segment."""
    if learners:
        from jaxnest.engine import archive_learning

        for one in learners:
            changing: tuple[Any, ...] = (buffers.ring.reshape(-1), *buffers.archive.arrays, buffers.counters)
            arguments: tuple[Any, ...] = (*changing, *one.constant, clock, times)
            archive_learning.begin_step(*arguments)


def note_step(learners: list[Learners], slabs: list[np.ndarray], buffers: Any, clock: Any, times: Any) -> None:
    """Note the values of a segment; `slabs` has the samples of each batch that takes part."""
    if learners:
        from jaxnest.engine import archive_learning

        for one, samples in zip(learners, slabs, strict=True):
            changing: tuple[Any, ...] = (*buffers.archive.arrays, buffers.counters)
            read: tuple[Any, ...] = (buffers.raster.reshape(-1), samples, one.awake, one.places, clock, times)
            arguments: tuple[Any, ...] = (*changing, *read)
            archive_learning.note_step(*arguments)


def flush(flushes: bool, buffers: Any, clock: Any) -> None:
    """Send flush events, if some neuron may do so."""
    if flushes:
        from jaxnest.engine import flushing

        flushing.flush(buffers.archive.arrays[1], buffers.raster.reshape(-1), clock)


# -- in a traced program -----------------------------------------------------------------------------------


def take_signals_in_program(learners: list[tuple[Any, ...]], shard: dict[str, Any], clock: Any) -> None:
    """Note the learning signals that have arrived, in a traced program."""
    if learners:
        from jaxnest.engine import archive_learning, ffi

        index, trace, pool = shard["archive"]
        for lanes, _, places in learners:
            shard["ring"], index, pool = ffi.call(
                archive_learning.take_signals_handler, [shard["ring"], index, pool], [lanes, places, clock]
            )
        shard["archive"] = index, trace, pool


def begin_step_in_program(learners: list[tuple[Any, ...]], shard: dict[str, Any], clock: Any, times: Any) -> None:
    """Begin the records of a segment, in a traced program."""
    if learners:
        from jaxnest.engine import archive_learning, ffi

        for one in learners:
            shard["ring"], *arrays, shard["counters"] = ffi.call(
                archive_learning.begin_step_handler,
                [shard["ring"], *shard["archive"], shard["counters"]],
                [*one, clock, times],
            )
            shard["archive"] = tuple(arrays)


def note_step_in_program(
    learners: list[tuple[Any, ...]], shard: dict[str, Any], slabs: list[Any], clock: Any, times: Any
) -> None:
    """Note the values of a segment, in a traced program; they are kept in case that there is no room."""
    shard["learning"] = slabs
    if learners:
        from jaxnest.engine import archive_learning, ffi

        for (_, awake, places), samples in zip(learners, slabs, strict=True):
            *arrays, shard["counters"] = ffi.call(
                archive_learning.note_step_handler,
                [*shard["archive"], shard["counters"]],
                [shard["raster"], samples, awake, places, clock, times],
            )
            shard["archive"] = tuple(arrays)


def flush_in_program(flushes: bool, shard: dict[str, Any], clock: Any) -> None:
    """Send flush events, in a traced program."""
    if flushes:
        from jaxnest.engine import ffi, flushing

        index, trace, pool = shard["archive"]
        trace, shard["raster"] = ffi.call(flushing.flush_handler, [trace, shard["raster"]], [clock])
        shard["archive"] = index, trace, pool


def configure(archive: Any, shard: Any, new: np.ndarray | None, settings: Any, counters: Any) -> None:
    """Take over parameters of neurons, and begin the histories of new synapses.

    Parameters
    ----------
    new
        Number of synapses that learn and that targets do not know yet, per column of the raster, or None.
    settings
        Interval of updates and learning window in steps.
    """
    rows = np.arange(shard.first_source_row, len(archive.rows))
    archive.arrays[1][rows, learning_history.INTERVAL] = settings[0]
    _provide(archive, counters, rows)
    for b, first in shard.learning_rows.items():
        batch: Batch = shard.batches[b]
        n = len(batch)
        rows = first + words.LEARNING_ROWS * np.arange(n)
        index, trace, _ = archive.arrays
        index[batch.first_column : batch.first_column + n, words.LEARNING] = rows
        how = batch.model.learns
        trace[rows, learning_history.SHIFT] = how.shift
        trace[rows, learning_history.IS_SPIKING] = how.is_spiking
        trace[rows, learning_history.INTERVAL], trace[rows, learning_history.WINDOW] = settings
        for name, place in learning_history.VARIABLES.items():
            trace[rows, place] = batch.variables.get(name, 0.0)
        for role in range(words.LEARNING_ROWS):
            _provide(archive, counters, rows + role)
        if new is None:
            continue
        here = new[batch.first_column : batch.first_column + n]
        for i in np.flatnonzero(here).tolist():
            from jaxnest.engine.archive_learning import add_synapses

            arguments: tuple[Any, ...] = (*archive.arrays, counters, int(rows[i]), int(here[i]))
            add_synapses(*arguments)


def _provide(archive: Any, counters: Any, rows: np.ndarray) -> None:
    """Give rows their rings that have none yet."""
    bare = rows[archive.arrays[0][rows, words.CAPACITY] == 0]
    archive.provide(counters, bare, np.zeros(len(bare), np.int64))
