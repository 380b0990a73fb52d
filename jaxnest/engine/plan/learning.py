"""Neurons that keep a history for synapses that learn, in the layout of `engine.histories.archive_learning`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from jaxnest.engine import archive_layout as words
from jaxnest.engine.network.shard import Batch
from jaxnest.engine.plan.plan import Plan
from jaxnest.models.histories import learning_history
from jaxnest.models.histories.learning_history import CHANNELS


class Learners(NamedTuple):
    """One batch of such neurons."""

    batch: int
    lanes: np.ndarray
    """Per neuron: lanes of `models.histories.learning_history.CHANNELS`."""
    awake: np.ndarray
    places: np.ndarray

    @property
    def constant(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The arrays."""
        return self.lanes, self.awake, self.places


def learners_of(plan: Plan, s: int) -> list[Learners]:
    """Return each batch of a virtual process that takes part."""
    shard = plan.shards[s]
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
        trace[rows, learning_history.AT_INTERVALS] = how.updates is learning_history.Updates.AT_INTERVALS
        trace[rows, learning_history.INTERVAL], trace[rows, learning_history.WINDOW] = settings
        for name, place in learning_history.VARIABLES.items():
            trace[rows, place] = batch.variables.get(name, 0.0)
        for role in range(words.LEARNING_ROWS):
            _provide(archive, counters, rows + role)
        if new is None:
            continue
        here = new[batch.first_column : batch.first_column + n]
        for i in np.flatnonzero(here).tolist():
            from jaxnest.engine.histories.archive_learning import add_synapses

            arguments: tuple[Any, ...] = (*archive.arrays, counters, int(rows[i]), int(here[i]))
            add_synapses(*arguments)


def _provide(archive: Any, counters: Any, rows: np.ndarray) -> None:
    """Give rows their rings that have none yet."""
    bare = rows[archive.arrays[0][rows, words.CAPACITY] == 0]
    archive.provide(counters, bare, np.zeros(len(bare), np.int64))
