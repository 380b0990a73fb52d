"""The connections between the neurons of one virtual process, in the form that delivery needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, final

import numpy as np

from jaxnest.engine.devices.device_tables import channels
from jaxnest.engine.layout import BINARY, FLIP, KEPT, PLAIN
from jaxnest.engine.network.shard import Shard
from jaxnest.engine.plasticity.plastic_layout import Connections, build_plasticity
from jaxnest.engine.plasticity.synapses import Plasticity
from jaxnest.numerics.stretches import runs

_SMALL = 1 << 12
"""Up to this length arrays are copied: delivery can take over new values in place."""


class Few(Protocol):
    """What `DeliveryTable` knows of `plan.few_connections.FewConnections`."""

    def lay_out(self, tables: list[tuple[int, Any]]) -> bool:
        """Lay out the present connections of some tables."""
        ...


@final
@dataclass
class DeliveryTable:
    """Connections between neurons, sorted by source, synapse model and table order.

    The connections of one source and synapse model are a group. A group whose connections have one weight and one
    delay stores them once.
    """

    CHANGING: ClassVar = ("plasticity",)

    group_start: np.ndarray
    """Per node, its first group."""
    connection_start: np.ndarray
    """Per group, its first connection."""
    group_watched: np.ndarray
    group_constant: np.ndarray
    """First whether all delays are equal and the order of time steps within a slice does not matter; then, per group,
    whether all its connections have one weight and one delay."""
    value_start: np.ndarray
    """Per group, where its weights and delays begin; then how much later those weights are that the second copy of a
    spike adds. That is 0 but for binary neurons, to which a spike is sent twice if the sender switched to 1."""
    watched: np.ndarray
    lane: np.ndarray
    weight: np.ndarray
    """As the targets add it up."""
    delay: np.ndarray
    """Delays in steps, in the places of the weights; one, if it is that of all connections."""
    tables: list[tuple[int, Any]]
    group_table: np.ndarray
    """Per group, index in `tables`."""
    group_row: np.ndarray
    """Per group, its first row in that table, after sorting by source."""
    orders: list[np.ndarray | None]
    """Per table, the rows in the order of their sources, None if they are in that order."""
    shift: np.ndarray
    """How much shorter (ms) the delay of each connection is than its number of steps; empty if none is."""
    plasticity: Plasticity | None = None
    """The connections whose synapses have functions of their own, None if there are none."""
    marked: np.ndarray = field(default_factory=lambda: np.empty(0, np.bool_))
    """Whether each connection multiplies its weight by the number that a spike carries; empty if none does."""
    is_spread: bool = False
    """Whether weight and delay of every connection are stored."""
    few: Few | None = None
    """What lays few connections out again where they are; None if there are many, or special ones."""
    layout: _Layout | None = None
    """What lanes, weights and delays follow from beside the values of connections; None if from other things, too."""

    @property
    def is_special(self) -> bool:
        """Whether others depend on which connections there are: weights change, or are recorded."""
        return self.plasticity is not None or (self.few is None and bool(self.group_watched.any()))

    def arrays(self) -> tuple[np.ndarray, ...]:
        """Return the arrays that delivery reads."""
        return (
            self.group_start,
            self.connection_start,
            self.group_watched,
            self.group_constant,
            self.value_start,
            self.lane,
            self.weight,
            self.delay,
        )

    def take_values(self) -> bool:
        """Take over the present weights and delays of the same connections; False if they are laid out differently."""
        if self.few is not None:
            return self.few.lay_out(self.tables)
        if self.layout is None or self.is_special or self.is_spread:
            return False
        lane, values = self.layout.fill()
        (weight, delay), constant = values.arrays(), values.constant(self.layout.any_order)
        if (len(weight), len(delay)) != (len(self.weight), len(self.delay)):
            return False
        if (constant != self.group_constant).any() or (values.start != self.value_start[:-1]).any():
            return False
        pairs = (self.lane, lane), (self.weight, weight), (self.delay, delay)
        others = [pair for pair in pairs if pair[0].ctypes.data != pair[1].ctypes.data]  # others are columns
        if not all(mine.flags.writeable for mine, _ in others):
            return False
        for mine, new in others:
            mine[...] = new
        return True

    def home(self, connections: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return in which of `tables` connections are, and their rows there."""
        group = np.searchsorted(self.connection_start, connections, side="right") - 1
        owner = self.group_table[group]
        row = self.group_row[group] + connections - self.connection_start[group]
        for k, order in enumerate(self.orders):
            if order is not None:
                mine = owner == k
                row[mine] = order[row[mine]]
        return owner, row

    def spread(self) -> None:
        """Store weight and delay of every connection, one after the other."""
        if self.is_spread:
            return
        size = np.diff(self.connection_start)
        step = np.repeat(1 - self.group_constant[1:], size)
        within = np.arange(len(self.lane)) - np.repeat(self.connection_start[:-1], size)
        place = np.repeat(self.value_start[:-1], size) + step * within
        self.weight = self.weight[place]
        self.delay = self.delay[place] if len(self.delay) > 1 else np.full(len(place), self.delay[:1], np.int32)
        self.value_start = np.append(self.connection_start[:-1], 0)
        self.is_spread = True


def build_delivery(
    shard: Shard,
    tables: Iterable[tuple[int, Any]],
    lookup: tuple[np.ndarray, np.ndarray],
    watched_models: set[int],
    dynamics: tuple[str, ...],
    network: Any,
) -> DeliveryTable:
    """Lay out the connections between neurons of one virtual process.

    Parameters
    ----------
    tables
        Pairs of synapse model index and table, in ascending order of the index.
    watched_models
        Indices of synapse models with a weight recorder.
    dynamics
        Names of all synapse models whose functions are needed.
    network
        The network. If spikes are not compressed, each stretch of connections with the same source is a group, and the
        last group comes first. This is not so, and no weight is recorded, for devices.
    """
    tables, compressed = [(index, t) for index, t in tables if len(t)], network.attributes.use_compressed_spikes
    places, at_once = Places(shard, lookup), _from_devices(tables, shard)
    all_have = _all_have_lanes([t for _, t in tables], shard, places, network.off_grid_spiking)
    found = zip(tables, at_once | compressed, strict=True)
    parts = [_TableGroups(t, bool(by_source), not all_have) for (_, t), by_source in found]
    source, row, size = (
        np.concatenate([np.empty(0, np.int64), *(getattr(p, k) for p in parts)]) for k in ("source", "row", "size")
    )
    owner = np.repeat(np.arange(len(parts)), [len(p.source) for p in parts])
    order = _by_source(source, not compressed)
    source, owner, row, size = (a[order] for a in (source, owner, row, size))
    with_lanes = np.array([all_have or t.named.model.send is None for _, t in tables], np.bool_)
    lane_start = np.append(0, np.cumsum(np.where(with_lanes[owner], size, 0)))
    connections = Connections(tables, parts, source, owner, row, lane_start[:-1], at_once)
    layout = _Layout(connections, parts, with_lanes, int(lane_start[-1]), places)
    lane, values = layout.fill()
    watched_groups = (np.array([i in watched_models for i, _ in tables], np.int64) * ~at_once)[owner]
    watched = np.bincount(source, watched_groups * size, len(lookup[0]) + 1).astype(np.int64)
    result = DeliveryTable(
        np.searchsorted(source, np.arange(len(lookup[0]) + 1)).astype(np.int64),
        np.append(0, np.cumsum(size)),
        watched_groups,
        values.constant(not watched_groups.any() and layout.any_order),
        np.append(values.start, 0),
        watched,
        lane,
        *values.arrays(),
        tables,
        owner,
        row,
        [p.order for p in parts],
        np.empty(0),
    )
    if not _complete(result, source, shard, places):
        result.layout = layout
    if dynamics or shard.collectors:
        result.plasticity = build_plasticity(dynamics, connections, shard, places, len(lookup[0]), network.clock)
    return result


@final
@dataclass(frozen=True)
class _Layout:
    """What decides where lanes, weights and delays are, beside the values of connections."""

    connections: Connections
    parts: list[_TableGroups]
    with_lanes: np.ndarray
    n_lanes: int
    places: Places

    @property
    def any_order(self) -> bool:
        """Whether spikes of different time steps may be delivered in any order."""
        return all(_any_order(t.named.model) for _, t in self.connections.tables)

    def fill(self) -> tuple[np.ndarray, _Values]:
        """Return the lanes, and weights and delays, of the tables that have them."""
        connections, places = self.connections, self.places
        lane, values = np.empty(self.n_lanes, np.int32), _Values(len(connections.owner))
        for k, ((_, table), part) in enumerate(zip(connections.tables, self.parts, strict=True)):
            if not self.with_lanes[k]:
                values.add_delays(table.read("delay"))
                continue
            mine = np.flatnonzero(connections.owner == k)
            mine = mine[np.argsort(connections.row[mine], kind="stable")]
            start, row = connections.lane_start[mine], connections.row[mine]
            columns = {name: part.ordered(table.read(name)) for name in ("receptor", "weight", "delay")}
            columns["target"] = part.take_target(table)
            flagged = places.fill(lane, start, row, part.size, columns)
            values.add(mine, row, _received(columns, places, flagged), columns["delay"])
        return lane, values


def _from_devices(tables: list[tuple[int, Any]], shard: Shard) -> np.ndarray:
    """Return which tables have connections from devices, through which these send spikes at once."""
    devices = [d.node_ids for d in shard.devices if not d.model.has_proxies]
    return np.array([any(table.a_source in ids for ids in devices) for _, table in tables], np.bool_)


def _any_order(model: type[Any]) -> bool:
    """Return whether spikes of different time steps may be delivered in any order."""
    return model.send is None or not (model.is_stochastic or model.common_state or model.needs_learning)


def _all_have_lanes(tables: list[Any], shard: Shard, places: Places, off_grid: bool) -> bool:
    """Return whether not only tables of synapses without functions have lanes, weights and delays for delivery.

    All have them where spikes need not come on the grid, targets use the number that a spike carries, or they are
    binary.
    """
    return (
        off_grid
        or any(batch.model.marked_receptors for batch in shard.receivers)
        or bool((places.flags & BINARY).any())
        or any(bool(t.named.model.delay_shift) for t in tables)
    )


def _by_source(source: np.ndarray, last_first: bool) -> np.ndarray:
    """Return the order of groups by source, those of one source in the order given, or the other way round."""
    if last_first:
        return len(source) - 1 - np.argsort(source[::-1], kind="stable")
    return np.argsort(source, kind="stable")


def _complete(table: DeliveryTable, source: np.ndarray, shard: Shard, places: Places) -> bool:
    """Add what only some networks have, and return whether there is any of it.

    These are fractions of delays, numbers that spikes carry, and binary neurons.
    """
    if any(t.named.model.delay_shift for _, t in table.tables):
        table.shift = _shifts(table)
    if any(batch.model.marked_receptors for batch in shard.receivers):
        table.marked = _marked(table, shard, places)
    has_binary = bool((places.flags & BINARY).any())
    if has_binary:
        _add_switches(table, source, places)
    return has_binary or bool(len(table.shift) or len(table.marked))


def _add_switches(table: DeliveryTable, source: np.ndarray, places: Places) -> None:
    """Let the first and the second copy of a spike add different weights to binary neurons.

    A binary neuron takes the first event of a sender in a time step for a switch to 0, and corrects itself at each
    further one, even if that came through another connection from the same sender.
    """
    table.spread()
    target = _gathered(table.tables, "target", *table.home(np.arange(len(table.lane))))
    binary = places.flags[places.batch_of[target]] & BINARY > 0
    pairs = np.repeat(source, np.diff(table.connection_start)) << 32 | target
    known = np.ones(len(pairs), np.bool_)
    known[np.unique(pairs, return_index=True)[1]] = False
    corrected = np.where(binary, 2.0 * table.weight, table.weight)
    table.weight = np.concatenate([np.where(binary & ~known, -table.weight, corrected), corrected])
    table.value_start[-1] = len(target)
    table.group_constant[1:] = 0


@final
class _TableGroups:
    """Where the connections of each source are in a table."""

    def __init__(self, table: Any, compressed: bool, any_order: bool) -> None:
        """Find groups; in `any_order` their connections may come if they differ in nothing but their targets."""
        self.order: np.ndarray | None = None
        self.target: np.ndarray | None = None
        grouped = table.grouped() if compressed and any_order else None
        if grouped is not None:
            self.row, source, self.target = grouped
            self.source, self.size = source.astype(np.int64), np.diff(self.row, append=len(table))
            return
        (row, source), whole = table.runs(), getattr(table, "whole", table)
        if compressed and np.any(source[1:] < source[:-1]):
            # spikes were not compressed when tables would have been sorted
            ids = table.source
            self.order = np.argsort(ids, kind="stable")
            row, source = runs(ids[self.order])
        elif not compressed and len(whole.gaps):  # these are what is left of several stretches, maybe of one source
            row, _ = runs(whole.stretches()[table.rows])
            source = table.source[row]
        self.row, self.source, self.size = row, source.astype(np.int64), np.diff(row, append=len(table))

    def take_target(self, table: Any) -> np.ndarray:
        """Return the targets in the order of their sources; those in any order are forgotten."""
        target, self.target = self.target, None
        return self.ordered(table.read("target")) if target is None else target

    def ordered(self, column: np.ndarray) -> np.ndarray:
        """Return a column of the table in the order of its sources; a single value is one for all rows."""
        return column if self.order is None or len(column) == 1 else column[self.order]


@final
class Places:
    """Where in the ring buffer input to each node goes."""

    def __init__(self, shard: Shard, lookup: tuple[np.ndarray, np.ndarray]) -> None:
        self.batch_of, position = lookup
        self.first = np.zeros(len(position), np.int32)
        tables = [channels(b.model, b.inputs, "spikes") for b in shard.receivers]
        size = 1 + max((max(t, default=0) for t in tables), default=0)
        n = max(1, len(tables))
        self.flags = np.zeros(n, np.int64)
        self.own = np.zeros(n, np.int64)
        """Per batch, the receptor from which on connections have receptors of their own, 0 if there are none."""
        self.offsets = np.zeros((n, 2, size), np.int32)
        """Per batch, sign of the weight (not positive, positive) and receptor: distance of the lane from the first."""
        for i, (batch, table) in enumerate(zip(shard.receivers, tables, strict=True)):
            here = np.flatnonzero(self.batch_of == i)
            self.first[here] = batch.lanes(position[here], 0)
            self.flags[i] = FLIP * batch.model.flips_inhibition + PLAIN * batch.model.ignores_weight
            self.flags[i] += BINARY * (batch.model.signal_heard == "binary") + KEPT * (batch.model.own_receptor > 0)
            self.own[i] = batch.model.own_receptor
            for receptor, (positive, other) in table.items():
                self.offsets[i, :, receptor] = other * batch.tile, positive * batch.tile

    def fill(
        self, lane: np.ndarray, start: np.ndarray, row: np.ndarray, size: np.ndarray, columns: dict[str, np.ndarray]
    ) -> bool:
        """Fill in the lanes of the groups of a table; return whether some target treats weights in a way of its own."""
        from jaxnest.engine.spikes.delivery_loops import fill_lanes

        target, receptor, weight = columns["target"], columns["receptor"], columns["weight"]
        arguments = (target, np.asarray(receptor, np.int32), weight, self.batch_of, self.first, self.offsets)
        return bool(fill_lanes(lane, start, row, size, *arguments, self.flags))


def _received(columns: dict[str, np.ndarray], places: Places, flagged: bool) -> np.ndarray:
    """Return the weights as the targets add them up."""
    weight = columns["weight"]
    if not flagged:
        return weight
    batch = places.batch_of[columns["target"]]
    flags, own = places.flags[batch], places.own[batch]
    flags = np.where((own > 0) & (columns["receptor"] >= own), flags | PLAIN, flags)
    weight = np.where((weight <= 0) & (flags & FLIP > 0), -weight, weight)
    return np.where(flags & PLAIN > 0, 1.0, weight)


@final
class _Values:
    """Weights and delays, once for each group where the connections of a group are alike."""

    def __init__(self, n_groups: int) -> None:
        self.start = np.zeros(n_groups, np.int64)
        self._constant = np.zeros(n_groups, np.int64)
        self._parts: list[tuple[np.ndarray, np.ndarray]] = []
        self._delays: list[np.ndarray] = []
        self._length = 0

    def add(self, groups: np.ndarray, row: np.ndarray, weight: np.ndarray, delay: np.ndarray) -> None:
        """Add the values of a table, whose groups begin at these rows; one value stands for all connections."""
        from jaxnest.engine.spikes.delivery_loops import all_alike

        if len(weight) == len(delay) == 1:
            self._constant[groups], place = 1, np.zeros(len(groups), np.int64)
        else:
            n = max(len(weight), len(delay))
            alike = all_alike(weight, row, n) & all_alike(delay, row, n)
            self._constant[groups] = alike
            place = row
            if alike.all():
                weight, delay = (a if len(a) == 1 else a[row] for a in (weight, delay))
                place = np.arange(len(groups))
                n = len(groups)
            weight = np.broadcast_to(weight, n)
        self.start[groups] = self._length + place
        self._parts.append((weight, delay))
        self.add_delays(delay)
        self._length += len(weight)

    def add_delays(self, delay: np.ndarray) -> None:
        """Add delays of connections whose weights are not here."""
        self._delays.append(delay)

    def constant(self, quiet: bool) -> np.ndarray:
        """Return what `DeliveryTable.group_constant` holds; `quiet`: the order of time steps does not matter."""
        delays = self._delays
        one_delay = bool(delays) and all(bool((d == delays[0][0]).all()) for d in delays)
        return np.append(int(quiet and one_delay), self._constant)

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all weights, and all delays, or one if there is only one.

        Those of a single table are its columns, if they are stored in full.
        """
        if len(self._parts) == 1:
            weight, delay = self._parts[0]
            return _in_full(weight, np.float64), _in_full(delay, np.int32)
        weights, delays = [w for w, _ in self._parts], [d for _, d in self._parts]
        if delays and all(len(d) == 1 and d[0] == delays[0][0] for d in delays):
            delays = delays[:1]
        else:
            delays = [np.broadcast_to(d, len(w)) for w, d in self._parts]
        return np.concatenate([np.empty(0), *weights]), np.concatenate([np.empty(0, np.int32), *delays], dtype=np.int32)


def _in_full(values: np.ndarray, dtype: Any) -> np.ndarray:
    """Return an array as delivery reads it: a copy, unless it is large."""
    return np.ascontiguousarray(values, dtype) if len(values) > _SMALL else np.array(values, dtype)


def _marked(table: DeliveryTable, shard: Shard, places: Places) -> np.ndarray:
    """Return what `DeliveryTable.marked` holds."""
    owner, row = table.home(np.arange(len(table.lane)))
    target, receptor = (_gathered(table.tables, name, owner, row) for name in ("target", "receptor"))
    marked = np.zeros(len(owner), np.bool_)
    for i, batch in enumerate(shard.receivers):
        marked |= (places.batch_of[target] == i) & np.isin(receptor, batch.model.marked_receptors)
    return marked


def _shifts(table: DeliveryTable) -> np.ndarray:
    """Return what `DeliveryTable.shift` holds."""
    owner, row = table.home(np.arange(len(table.lane)))
    shifts = np.zeros(len(owner))
    for k, (_, connections) in enumerate(table.tables):
        if connections.named.model.delay_shift:
            mine = np.flatnonzero(owner == k)
            shifts[mine] = connections.at(connections.named.model.delay_shift, row[mine])
    return shifts


def _gathered(tables: Sequence[tuple[int, Any]], name: str, owner: np.ndarray, row: np.ndarray) -> np.ndarray:
    result = np.empty(len(owner), np.int32)
    for k, (_, table) in enumerate(tables):
        mine = np.flatnonzero(owner == k)
        result[mine] = table.at(name, row[mine])
    return result
