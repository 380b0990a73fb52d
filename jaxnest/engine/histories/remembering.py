"""The archive of one virtual process (see `histories.archive`) between the executors, the node table and the plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, final

import numpy as np

from jaxnest import errors
from jaxnest.engine import archive_layout as words
from jaxnest.engine.layout import ARCHIVE_LATE, ARCHIVE_NEEDED, ARCHIVE_USED
from jaxnest.engine.network.newcomers import Newcomers
from jaxnest.engine.network.shard import Batch, Shard
from jaxnest.engine.network.table_parts import TablePart
from jaxnest.models.contract.elements import NO_ELEMENTS, STEP, UPDATED, Elements
from jaxnest.models.histories import voltage_history


def archive_times(clock: Any) -> np.ndarray:
    """Return how times are computed from steps and tics."""
    return np.array([clock.ms_per_tic, clock.tics_per_step, clock.ms_per_step], np.float64)


ROLES = 2 + max(words.VOLTAGE_ROWS, words.LEARNING_ROWS)
"""Rows that a node may have."""


@final
class Archive:
    """What the neurons of one virtual process remember of their spikes.

    Attributes
    ----------
    arrays
        `index`, `trace` and `pool`, as `engine.histories.archive` describes them.
    rows
        What each row of `index` and `trace` belongs to: the number of the node, and of the row among the node's.
    elements
        The synaptic elements of the neuron that has a row, which have to stay where they are.
    """

    CHANGING: ClassVar = ("arrays", "elements")

    def __init__(self, shard: Shard, sources: np.ndarray) -> None:
        voltages = [shard.batches[i].node_ids for i in shard.voltage_batches]
        rows = [(node_ids[:, None] * ROLES + np.arange(1, 1 + words.VOLTAGE_ROWS)).ravel() for node_ids in voltages]
        collectors = np.array(list(shard.collector_rows), np.int64)
        learners = [shard.batches[i].node_ids for i in shard.learning_rows]
        rows += [(node_ids[:, None] * ROLES + np.arange(1, 1 + words.LEARNING_ROWS)).ravel() for node_ids in learners]
        self.rows = np.concatenate([shard.emitters * ROLES, collectors * ROLES, *rows, sources * ROLES + ROLES - 1])
        index, trace = np.zeros((len(self.rows), words.INDEX_WORDS), np.int64), _first_traces(len(self.rows))
        for first in shard.learning_rows.values():
            trace[first:, words.LAST] = 0.0
        self.arrays: tuple[np.ndarray, np.ndarray, np.ndarray] = index, trace, np.zeros((1, words.RECORD_WORDS))
        self.elements: dict[int, Elements] = {}

    def carry_over(self, old: Archive, counters: np.ndarray) -> None:
        """Take over what the neurons of an old network remember."""
        index, trace, _ = self.arrays
        old_index, old_trace, old_pool = old.arrays
        _, here, there = np.intersect1d(self.rows, old.rows, return_indices=True)
        trace[here] = old_trace[there]
        index[here, words.INCOMING] = old_index[there, words.INCOMING]
        kept = [(i, j) for i, j in zip(here.tolist(), there.tolist(), strict=True) if old_index[j, words.LENGTH]]
        self.provide(counters, np.array([i for i, _ in kept], np.int64), old_index[[j for _, j in kept], words.LENGTH])
        pool = self.arrays[2]
        for i, j in kept:
            start, capacity, first, length = old_index[j, : words.LENGTH + 1]
            order = start + (first + np.arange(length)) % capacity
            pool[index[i, words.START] : index[i, words.START] + length] = old_pool[order]
            index[i, words.LENGTH] = length

    def provide(self, counters: np.ndarray, rows: np.ndarray, lengths: np.ndarray) -> None:
        """Give rows their rings."""
        index, trace, pool = self.arrays
        capacity = np.full(len(rows), words.SMALLEST_RING)
        while (short := capacity < 2 * lengths).any():
            capacity[short] *= 2
        start = counters[ARCHIVE_USED] + np.cumsum(capacity) - capacity
        index[rows, words.START], index[rows, words.CAPACITY] = start, capacity
        counters[ARCHIVE_USED] += capacity.sum()
        self.arrays = index, trace, _longer(pool, int(1.5 * counters[ARCHIVE_USED]) + 1)

    def configure(
        self,
        shard: Shard,
        readers: tuple[np.ndarray, np.ndarray] | None,
        network: Any,
        clock: Any,
        counters: Any,
        longest_delay: int,
    ) -> None:
        """Take over the present parameters of the neurons and the synapses that read their spikes.

        Parameters
        ----------
        readers
            Number of synapses per neuron and the longest of their delays, or None if there are none.
        network
            Has those synapses, too, that are not used yet or no longer.
        longest_delay
            The longest delay of the network in steps.
        """
        index, trace, _ = self.arrays
        for batch in shard.batches:
            rows = slice(batch.first_column, batch.first_column + len(batch))
            if batch.model.archives:
                columns = batch.columns()
                self._clear(batch)
                _set_parameters(trace[rows], batch.model, columns)
                self._connect_elements(batch.first_column, columns["synaptic_elements"], clock.resolution)
            if batch.flush_steps(clock).any():
                spiked = np.round(trace[rows, words.LAST] / clock.ms_per_step) - 1
                trace[rows, words.FLUSH_STEPS] = batch.flush_steps(clock)
                trace[rows, words.LAST_EVENT] = np.maximum(trace[rows, words.LAST_EVENT], spiked)
        others = _other_readers(network)
        if readers is not None or others:
            count, longest = readers if readers is not None else np.zeros((2, len(shard.emitters)), np.int64)
            n = len(count)
            index[:n, words.INCOMING] = count
            if others:
                more = [others.get(node, 0) for node in shard.emitters[:n].tolist()]
                index[:n, words.INCOMING] += np.array(more, np.int64)
            trace[:n, words.READY] = 0.0
            trace[:n, words.LONGEST] = np.maximum(trace[:n, words.LONGEST], longest * clock.ms_per_step)
            new = np.flatnonzero((index[:n, words.INCOMING] > 0) & (index[:n, words.CAPACITY] == 0))
            if len(new):
                self.provide(counters, new, np.zeros(len(new), np.int64))
        new = np.array([row for row in shard.collector_rows.values() if not index[row, words.LENGTH]], np.int64)
        if len(new):
            self.provide(counters, new, np.zeros(len(new), np.int64))
            self.arrays[2][index[new, words.START]] = 0.0
            index[new, words.LENGTH] = 1  # a spike of multiplicity 0 at time 0
        for i, first in shard.voltage_rows.items():
            self._provide_voltages(counters, shard.batches[i], first, clock, longest_delay)

    def take_in(self, first: int, new: Newcomers) -> None:
        """Remember the spikes of further neurons, the first of which has this row; nobody reads them yet."""
        index, trace, _ = self.arrays
        end = first + len(new)
        self.rows[first:end] = new.node_ids * ROLES
        index[first:end], trace[first:end] = 0, new.trace

    def _clear(self, batch: Batch) -> None:
        """Let those neurons forget their spikes that were told to."""
        index, trace, _ = self.arrays
        told = batch.store.columns["clear"]
        rows = batch.first_column + np.flatnonzero(told[batch.rows])
        if len(rows):
            told[batch.rows] = False
            trace[rows, words.LAST] = -1.0
            for word in (words.TRACE, words.TRIPLET, words.CALCIUM_TIME):
                trace[rows, word] = 0.0
            index[rows, words.LENGTH] = 0

    def _connect_elements(self, first: int, elements: np.ndarray, step: float) -> None:
        """Tell neurons, the first of which has this row, where their synaptic elements are."""
        trace, n = self.arrays[1], len(elements)
        trace[first : first + n, words.N_ELEMENTS] = 0.0
        present = {row: mine for row, mine in enumerate(elements.tolist(), first) if mine is not NO_ELEMENTS}
        if not present:
            return
        self.elements |= present
        rows, numbers = np.array(list(present)), np.array([len(mine.names) for mine in present.values()])
        states = np.concatenate([mine.words for mine in present.values()])
        if (states[:, UPDATED] != np.repeat(trace[rows, words.CALCIUM_TIME], numbers)).any():
            raise errors.KernelException(
                "Last update of the calcium concentration does not match the last update of the synaptic element: "
                "new synaptic_elements can be set before the first run, or together with clear = True, which forgets "
                "the calcium concentration. Those that there are can be changed by synaptic_elements_param."
            )
        if (states[:, STEP] != step).any():
            for mine in present.values():
                mine.words[:, STEP] = step
        trace[rows, words.N_ELEMENTS] = numbers
        trace[rows, words.ELEMENTS_AT] = [mine.address for mine in present.values()]

    def _provide_voltages(self, counters: Any, batch: Any, first: int, clock: Any, longest_delay: int) -> None:
        """Give neurons their rows for the history of the potential."""
        index, n = self.arrays[0], len(batch)
        rows = first + words.VOLTAGE_ROWS * np.arange(n)
        index[batch.first_column : batch.first_column + n, words.VOLTAGES] = rows
        columns, none = batch.columns(), np.zeros(n, np.int64)
        depressions, delays = none, none
        if batch.model.predicts:
            for place, name in voltage_history.CONSTANTS.items():
                self.arrays[1][rows, place] = columns[name]
        else:
            depressions = np.full(n, longest_delay + 1)
            delays = np.array([clock.delay_steps(float(d)) + 1 for d in columns["delay_u_bars"]], np.int64)
        for role, lengths in (
            (words.POTENTIATIONS, none),
            (words.DEPRESSIONS, depressions),
            (words.DELAYED, delays),
        ):
            new = index[rows + role, words.CAPACITY] == 0
            self.provide(counters, rows[new] + role, lengths[new])
            if role == words.DELAYED:
                index[rows[new] + role, words.LENGTH] = lengths[new]
                for start, capacity in index[rows[new] + role, : words.CAPACITY + 1]:
                    self.arrays[2][start : start + capacity] = 0.0

    def grow(self, counters: np.ndarray) -> None:
        """Make room for what did not fit into the pool."""
        index, trace, pool = self.arrays
        self.arrays = (
            index,
            trace,
            _longer(pool, 2 * int(counters[ARCHIVE_USED] + counters[ARCHIVE_NEEDED] + counters[ARCHIVE_LATE])),
        )

    def make_room(self, counters: np.ndarray, more: np.ndarray) -> None:
        """Give all rows rings that are half empty at most after so many more records, in a pool without gaps."""
        index, trace, old = self.arrays
        length, used = index[:, words.LENGTH], np.flatnonzero(index[:, words.CAPACITY])
        capacity = index[used, words.CAPACITY].copy()
        while (short := capacity < 2 * (length[used] + more[used] + 1)).any():
            capacity[short] *= 2
        start = np.cumsum(capacity) - capacity
        pool = np.zeros((_room_for(len(old), int(capacity.sum())), words.RECORD_WORDS))
        owner = np.repeat(np.arange(len(used)), length[used])
        k = np.arange(len(owner)) - np.repeat(np.cumsum(length[used]) - length[used], length[used])
        mine = index[used[owner]]
        place = mine[:, words.START] + ((mine[:, words.FIRST] + k) & (mine[:, words.CAPACITY] - 1))
        pool[start[owner] + k] = old[place]
        index[used, words.START], index[used, words.CAPACITY], index[used, words.FIRST] = start, capacity, 0
        self.arrays, counters[ARCHIVE_USED] = (index, trace, pool), capacity.sum()

    def leave_room(self) -> None:
        """Make the pool so long that it often need not become longer when rings do."""
        index, trace, pool = self.arrays
        used = int(index[:, words.CAPACITY].sum())
        self.arrays = index, trace, _longer(pool, _room_for(len(pool), used))

    def store(self, batches: Iterable[Batch]) -> None:
        """Write what status dictionaries of neurons show to the node table."""
        index, trace, _ = self.arrays
        for batch in batches:
            if batch.model.archives:
                rows = slice(batch.first_column, batch.first_column + len(batch))
                columns = batch.store.columns
                columns["t_spike"][batch.rows] = trace[rows, words.LAST]
                columns["post_trace"][batch.rows] = trace[rows, words.SEEN]
                columns["Ca"][batch.rows] = trace[rows, words.CALCIUM]
                columns["archiver_length"][batch.rows] = index[rows, words.LENGTH]


def _first_traces(n: int) -> np.ndarray:
    """Return what neurons remember that have no parameters and never spiked."""
    trace = np.zeros((n, words.TRACE_WORDS))
    trace[:, words.LAST] = -1.0
    trace[:, words.CALCIUM_TAU] = 1.0
    trace[:, words.MOST] = np.iinfo(np.int32).max
    return trace


def _set_parameters(trace: np.ndarray, model: type[Any], columns: Mapping[str, np.ndarray]) -> None:
    """Write what follows from the parameters of neurons to their rows."""
    trace[:, words.KEPT_AT], trace[:, words.SEEN_TURN] = -np.inf, -1.0
    trace[:, words.RATE] = 1.0 / columns["tau_minus"]
    trace[:, words.TRIPLET_RATE] = 1.0 / columns["tau_minus_triplet"]
    trace[:, words.CALCIUM_TAU] = columns["tau_Ca"]
    if model.signal_sent == "binary":
        trace[:, words.MOST] = 1
    trace[:, words.CALCIUM_STEP] = columns["beta_Ca"]
    trace[:, words.CALCIUM] = columns["Ca"]


def new_traces(batch: Batch, clock: Any) -> np.ndarray | None:
    """Return what neurons remember that have never spiked; None if there is more to it than their rows."""
    trace, columns = _first_traces(len(batch)), batch.columns()
    if batch.flush_steps(clock).any():
        return None
    if batch.model.archives:
        if columns["clear"].any() or any(elements is not NO_ELEMENTS for elements in columns["synaptic_elements"]):
            return None
        _set_parameters(trace, batch.model, columns)
    return trace


def _room_for(length: int, used: int) -> int:
    """Return the length of a pool, by default the present one, that has room for more than so many records."""
    return length if length > used and not length & (length - 1) else 1 << (4 * used).bit_length()


def _longer(pool: np.ndarray, length: int) -> np.ndarray:
    if length <= len(pool):
        return pool
    longer = np.zeros((length, words.RECORD_WORDS))
    longer[: len(pool)] = pool
    return longer


def _other_readers(network: Any) -> dict[int, int]:
    """Return for how many connections nodes remember spikes over which nothing is sent.

    In NEST a connection that reads them counts as soon as it is made, and for ever if it is removed.
    """
    found = dict(network.nodes.lost_readers)
    for _, _, category, table in network.connections.delivering():
        if category == "neuron" and table.named.model.needs_archive and isinstance(table, TablePart):
            removed = table.whole.disabled
            waiting = np.ones(len(table.whole), np.bool_) if removed is None else ~removed
            waiting[table.rows] = False
            for node in table.whole.target[waiting].tolist():
                found[node] = found.get(node, 0) + 1
    return found
