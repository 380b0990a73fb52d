"""Where everything of one virtual process lies: batches of nodes, lanes of the ring buffer, columns of the raster.

A *lane* is one input channel of one neuron. The ring buffer has one row per step and one column per lane; the
raster has one row per step of a slice and one column per neuron, and holds the spikes of the slice.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from jaxnest.engine import archive_layout as words
from jaxnest.engine.layout import WIDTH
from jaxnest.engine.network.calibration import calibrate, compressed, computed, field_of, state_columns
from jaxnest.engine.network.room import Room
from jaxnest.models.contract.base import FLUSH_INTERVAL, ArchivingNeuron, Neuron
from jaxnest.models.contract.detector import Detector
from jaxnest.models.contract.ode import OdeNode

NEVER = 1 << 62
"""A step that is never reached."""
FEW_ADAPTIVE = 4
"""Fewer neurons that are integrated adaptively are advanced one by one."""
TILE_SIZE, ADAPTIVE_TILE_SIZE = 1024, 512
"""Number of nodes whose inputs lie together, which array operations advance together through the steps of a slice."""
TILE_UPDATES = 1 << 14
"""There are more of them if a slice has so few steps that there were less updates of nodes than these."""


@final
@dataclass
class Batch:
    """Nodes of one model and one virtual process that are updated together."""

    model: type[Any]
    store: Any
    rows: np.ndarray
    node_ids: np.ndarray
    receptors: int
    min_delay: int
    currents: int = 0
    """Number of current receptors, if a vector decides it."""
    first_lane: int = 0
    first_column: int = 0
    stochastic: bool = False
    """Each node draws a number in every step."""
    side_by_side: bool = False
    """Compiled code advances the nodes with vector instructions."""
    whole: bool = False
    """The nodes are advanced all together, not tile by tile."""
    capacity: int = 0
    """For how many nodes there is room, if for more than there are."""
    frozen: np.ndarray | None = None
    variables: dict[str, np.ndarray] = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)
    """Lengths of the variables and states that are vectors in each node."""
    calibrated_from: set[str] = field(default_factory=set)
    """Names of what computed variables depend on."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the input channels."""
        return self.model.inputs(self.receptors, self.currents)

    @property
    def vectors(self) -> frozenset[str]:
        """Names of variables and states that are vectors in each node."""
        return frozenset(self.widths)

    @property
    def in_blocks(self) -> bool:
        """Whether a loop over blocks advances the nodes; what `calibrate` returns may be vectors, which it has not."""
        return self.side_by_side and not self.widths

    @property
    def tile(self) -> int:
        """Number of nodes that are advanced together."""
        if self.side_by_side:
            return WIDTH
        if self.whole:
            return len(self)
        adaptive = issubclass(self.model, OdeNode)
        size = ADAPTIVE_TILE_SIZE if adaptive else max(TILE_SIZE, TILE_UPDATES // self.min_delay)
        tiles = max(1, -(-self.places // size))
        return -(-self.places // tiles)

    @property
    def places(self) -> int:
        """For how many nodes there is room."""
        return max(len(self), self.capacity)

    @property
    def padded_size(self) -> int:
        """Number of nodes in whole tiles; there are lanes and columns of the raster for all of them."""
        return -(-self.places // self.tile) * self.tile

    def lanes(self, positions: Any, channel: Any) -> Any:
        """Return the lanes of a channel of nodes: tile by tile, in a tile channel by channel."""
        within = channel * self.tile + positions % self.tile
        return self.first_lane + positions // self.tile * (self.tile * len(self.inputs)) + within

    def padded(self, array: np.ndarray) -> np.ndarray:
        """Return an array of one row per node with further rows (copies of the last) up to whole tiles."""
        return _lengthened(array, self.padded_size)

    def with_room(self, array: np.ndarray) -> np.ndarray:
        """Return an array of one row per node with further rows (copies of the last) where there is room for nodes."""
        return _lengthened(array, self.places)

    def why_not_in_blocks(self) -> str:
        """Return why compiled code does not advance the nodes in blocks; empty if it can, and gains from that."""
        columns, model, quantities = self.store.columns, self.model, self.store.quantities
        if not model.side_by_side:
            return "its functions are not made of sums, products, exponentials and choices alone"
        vectors = [k for k, q in quantities.items() if q.is_vector and (k in model.parameters or k in model.dynamic)]
        if vectors:
            return f"{vectors[0]} is a vector"
        switched = [name for name in model.switches if columns[name][self.rows].any()]
        if switched:
            return f"{switched[0]} is not 0"
        if self.frozen is not None:
            return "some nodes are frozen"
        if self.stochastic:
            return "it draws a number in every step"
        few = issubclass(model, OdeNode) and len(self) < FEW_ADAPTIVE
        return f"fewer than {FEW_ADAPTIVE} neurons with steps of their own gain nothing" if few else ""

    def is_still_alike(self) -> bool:
        """Return whether the nodes are advanced together as they were, whatever their values are now."""
        if self.model.is_stochastic is not None:
            drawn = np.asarray(self.model.is_stochastic({k: c[self.rows] for k, c in self.store.columns.items()}))
            if (drawn != self.stochastic).any():
                return False
        return self.side_by_side == (not self.why_not_in_blocks())

    def accepts(self, part: Batch) -> bool:
        """Return whether other nodes of the model could be advanced together with these without further arrays."""
        if len(self) + len(part) > self.places or list(part.variables) != list(self.variables):
            return False
        if not self.side_by_side and len(self) < FEW_ADAPTIVE <= len(self) + len(part):
            return False
        columns = part.columns()
        switched = any(columns[name].any() for name in self.model.switches)
        common = (part.variables[name] == value for name, value in self.variables.items() if not value.ndim)
        return not (switched and self.side_by_side) and all(np.all(same) for same in common)

    def columns(self) -> dict[str, np.ndarray]:
        """Return the stored columns of these nodes."""
        return {k: c[self.rows] for k, c in self.store.columns.items()}

    def calibrate(self, clock: Any, spread: dict[tuple[str, int], set[str]], prepared: Sequence[Batch] = ()) -> None:
        """Compute the variables of the nodes from their present parameters.

        `prepared` are batches in which some of the nodes have been: what was computed then stays.
        """
        columns = self.columns()
        self.calibrated_from.clear()
        variables = calibrate(self.model, columns, clock, self.calibrated_from)
        for batch in prepared if self.model.prepares else ():
            _, here, there = np.intersect1d(self.node_ids, batch.node_ids, return_indices=True)
            for name in computed(self.model, variables) if len(here) else ():
                values, shape = batch.variables[name], variables[name].shape
                values = values[there] if values.ndim == len(shape) else values
                if values.shape[values.ndim - len(shape) + 1 :] == shape[1:]:
                    variables[name][here] = values
        everything = variables | state_columns(self.model, columns)
        self.widths = {k: a.shape[1] for k, a in everything.items() if a.ndim == 2}
        self.variables = compressed(variables, spread.setdefault((self.model.name, self.receptors), set()))

    def take_values(self, names: set[str], spread: dict[tuple[str, int], set[str]]) -> list[str] | None:
        """Take over new values of parameters and states from which nothing else follows.

        Returns
        -------
        list or None
            The fields of variables that changed; None if there are other values among them.
        """
        model, quantities = self.model, self.store.quantities
        if model.is_stochastic is not None or names & self._matter():
            return None
        changed = {}
        for name in names:
            if quantities[name].is_vector or self.store.columns[name].dtype == object:
                return None
            if name in model.parameters:
                changed[field_of(name)] = self.store.columns[name][self.rows].astype(np.float64)
        self.variables |= compressed(changed, spread.setdefault((model.name, self.receptors), set()))
        return list(changed)

    def _matter(self) -> set[str]:
        """Return the names of parameters and states from which something else follows."""
        model = self.model
        followed = {*self.calibrated_from, *model.switches, *model.echoes, FLUSH_INTERVAL}
        return followed | ArchivingNeuron.parameters.keys() | ArchivingNeuron.state.keys()

    def flush_steps(self, clock: Any) -> np.ndarray:
        """Return after how many steps without a spike each node sends a flush event, 0 if never."""
        steps = np.zeros(len(self))
        if FLUSH_INTERVAL in self.model.parameters:
            intervals = self.store.columns[FLUSH_INTERVAL][self.rows]
            finite = np.isfinite(intervals) & ~self.store.frozen[self.rows]
            steps[finite] = [clock.to_steps(float(ms)) for ms in intervals[finite]]
        return steps

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
    """Node id of each column of the raster (0 for padding): neurons, then stimulators that send spikes as these do."""
    detectors: list[Batch] = field(default_factory=list)
    """Nodes that get spikes as neurons do and only evaluate them."""

    @functools.cached_property
    def receivers(self) -> list[Batch]:
        """Everything that has lanes."""
        return self.batches + [d for d in self.devices if d.inputs]

    @functools.cached_property
    def collectors(self) -> list[Batch]:
        """Nodes that collect spikes for the synapses that they modulate."""
        return [d for d in self.devices if d.model.collects]

    @property
    def collector_rows(self) -> dict[int, int]:
        """Their rows in the archive: they follow those of the columns of the raster."""
        ids = [node for batch in self.collectors for node in batch.node_ids.tolist()]
        return {node: len(self.emitters) + k for k, node in enumerate(ids)}

    @property
    def remembers(self) -> bool:
        """True if something beside the neurons' spikes is kept for synapses."""
        return bool(self.collectors or self.voltage_batches or self.learning_rows or self.flushes)

    @property
    def flushes(self) -> bool:
        """True if some node may send flush events."""
        parameters = [
            b.store.columns[FLUSH_INTERVAL][b.rows] for b in self.batches if FLUSH_INTERVAL in b.model.parameters
        ]
        return any(bool(np.isfinite(intervals).any()) for intervals in parameters)

    @functools.cached_property
    def voltage_batches(self) -> list[int]:
        """Which batches keep the history of their potential, or of what it predicts."""
        return [i for i, b in enumerate(self.batches) if b.model.filtered_voltages or b.model.predicts]

    @property
    def voltage_rows(self) -> dict[int, int]:
        """The first row in the archive of each of these batches: rows follow those of the collectors."""
        first = len(self.emitters) + len(self.collector_rows)
        rows = {}
        for i in self.voltage_batches:
            rows[i] = first
            first += words.VOLTAGE_ROWS * len(self.batches[i])
        return rows

    @functools.cached_property
    def reads_histories(self) -> bool:
        """True if potentials, or what synapses learn from, are kept for synapses."""
        return bool(self.voltage_batches or self.learning_rows)

    @property
    def learning_rows(self) -> dict[int, int]:
        """The batches that keep a history for synapses that learn, and their first rows in the archive."""
        voltages = words.VOLTAGE_ROWS * sum(len(self.batches[i]) for i in self.voltage_batches)
        first = len(self.emitters) + len(self.collector_rows) + voltages
        rows = {}
        for i, batch in enumerate(self.batches):
            if batch.model.learns is not None:
                rows[i] = first
                first += words.LEARNING_ROWS * len(batch)
        return rows

    @property
    def first_source_row(self) -> int:
        """The first row in the archive of nodes whose spikes are kept for synapses that learn."""
        rows = len(self.emitters) + len(self.collector_rows)
        rows += words.VOLTAGE_ROWS * sum(len(self.batches[i]) for i in self.voltage_batches)
        return rows + words.LEARNING_ROWS * sum(len(self.batches[i]) for i in self.learning_rows)

    def forgotten_lanes(self) -> Iterator[slice]:
        """Yield the lanes of nodes that lose what is on its way to them when a run is prepared."""
        for batch in self.batches:
            if batch.model.forgets_inputs:
                yield slice(batch.first_lane, batch.first_lane + batch.padded_size * len(batch.inputs))

    def lane_lookup(self, n_nodes: int) -> tuple[np.ndarray, np.ndarray]:
        """Return, for each node id, the index in `receivers` (-1 if it is not there) and the position in that batch."""
        batch_of = np.full(n_nodes + 1, -1, np.int32)
        position = np.zeros(n_nodes + 1, np.int64)
        for i, batch in enumerate(self.receivers):
            batch_of[batch.node_ids] = i
            position[batch.node_ids] = np.arange(len(batch))
        return batch_of, position


def _lengthened(array: np.ndarray, n: int) -> np.ndarray:
    more = n - len(array)
    return np.concatenate([array, np.repeat(array[-1:], more, axis=0)]) if more else array


def window(store: Any, row: int, clock: Any) -> tuple[int, int]:
    """Return a device's first and last active step: ``first < step <= last``."""
    columns = store.columns
    origin, start, stop = (float(columns[k][row]) for k in ("origin", "start", "stop"))
    last = clock.to_steps(stop)
    return clock.to_steps(origin) + clock.to_steps(start), NEVER if last >= NEVER else clock.to_steps(origin) + last


def build_shard(
    nodes: Any,
    index: int,
    min_delay: int,
    vectors: bool,
    whole: bool = False,
    everything: bool = False,
    room: Room | None = None,
) -> Shard:
    """Collect the nodes of a virtual process in batches of equal model and equal number of receptors.

    With `vectors`, nodes whose model allows it are advanced side by side by compiled code. With `whole`, batches are
    not cut into tiles. Nodes that were made since a run was prepared do not take part, but with `everything`. There is
    `room` for further nodes.
    """
    last = len(nodes) if everything else nodes.n_prepared
    batches: list[Batch] = []
    devices: list[Batch] = []
    detectors: list[Batch] = []
    for model, store in nodes.stores.items():
        rows = np.flatnonzero((store.virtual_processes == index) & (store.node_ids <= last))
        if not len(rows):
            continue
        if not issubclass(model, Neuron):
            kind = detectors if issubclass(model, Detector) else devices
            kind.append(Batch(model, store, rows, store.node_ids[rows], 0, min_delay))
            continue
        mine = _neurons(model, store, rows, min_delay, vectors, whole)
        if room is not None and len(mine) == 1:
            mine[0].capacity = room.places(index, model)
        batches += mine
    batches.sort(key=lambda b: b.node_ids[0])
    lanes = columns = 0
    for batch in batches:
        batch.first_lane, batch.first_column = lanes, columns
        lanes += batch.padded_size * len(batch.inputs)
        columns += batch.padded_size
    sources = [d for d in devices if d.model.has_proxies]
    for batch in devices:
        batch.first_lane, batch.first_column = lanes, columns
        lanes += len(batch) * len(batch.inputs)
        columns += len(batch) * batch.model.has_proxies
    padded = [np.pad(b.node_ids, (0, b.padded_size - len(b))) for b in batches]
    emitters = np.concatenate([np.empty(0, np.int64), *padded, *(b.node_ids for b in sources)])
    return Shard(index, batches, devices, lanes, emitters, detectors)


def _neurons(
    model: type[Any], store: Any, rows: np.ndarray, min_delay: int, side_by_side: bool, whole: bool
) -> list[Batch]:
    """Split neurons of a model into batches whose vectors are equally long."""
    vectors = [k for k, q in store.quantities.items() if q.is_vector and (k in model.parameters or k in model.dynamic)]
    lengths = [np.array([len(v) for v in store.columns[k][rows]]) for k in vectors]
    shapes, shape = np.unique(np.array([*lengths, np.zeros(len(rows), np.int64)]).T, axis=0, return_inverse=True)
    sizes, currents = np.ones(len(shapes), np.int64), np.zeros(len(shapes), np.int64)
    if model.receptor_vector is not None:
        sizes = shapes[:, vectors.index(model.receptor_vector)]
    if model.current_vector is not None:
        currents = shapes[:, vectors.index(model.current_vector)]
    stochastic = np.zeros(len(rows), np.bool_)
    if model.is_stochastic is not None:
        stochastic |= np.asarray(model.is_stochastic({k: c[rows] for k, c in store.columns.items()}))
    batches = []
    for kind, drawn in sorted({*zip(shape.ravel().tolist(), stochastic.tolist(), strict=True)}):
        chosen = rows[(shape.ravel() == kind) & (stochastic == drawn)]
        frozen = store.frozen[chosen]
        batch = Batch(
            model, store, chosen, store.node_ids[chosen], int(sizes[kind]), min_delay, int(currents[kind]),
            stochastic=drawn, whole=whole,
        )  # fmt: skip
        batch.frozen = frozen if frozen.any() else None
        batch.side_by_side = side_by_side and not batch.why_not_in_blocks()
        batches.append(batch)
    return batches
