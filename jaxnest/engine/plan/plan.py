"""The immutable description of one network for the executors, made from the kernel's tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, final

import numpy as np

from jaxnest import errors
from jaxnest.engine.devices.device_tables import (
    DetectorInputs,
    DeviceTable,
    build_detector_inputs,
    build_device_table,
    off_grid_rows,
)
from jaxnest.engine.network.room import Room
from jaxnest.engine.network.shard import Batch, Shard, build_shard, window
from jaxnest.engine.network.table_parts import part
from jaxnest.engine.plan.delivery_table import DeliveryTable, build_delivery
from jaxnest.engine.plan.few_connections import FewConnections, are_plain
from jaxnest.engine.plan.meters import Meter, MeterRequest, Probe, place_meters
from jaxnest.engine.plan.secondary import Secondary, build_secondary, is_secondary
from jaxnest.engine.plasticity.synapses import dynamics_of
from jaxnest.engine.precise.precise_spikes import Redirections, redirect
from jaxnest.models.contract.base import MARK
from jaxnest.models.contract.device import Recorder, Sampler, Sender
from jaxnest.models.histories.learning_history import LEARNING_WINDOW, UPDATE_INTERVAL


class Network(Protocol):
    """What the engine reads of the kernel."""

    nodes: Any
    connections: Any
    clock: Any
    streams: Any
    recording: Any
    attributes: Any
    off_grid_spiking: bool


@final
@dataclass
class Plan:
    """Everything about a network that does not change during a run, but what connections carry and learn."""

    CHANGING: ClassVar = ("delivery", "secondary")

    clock: Any
    min_delay: int
    max_delay: int
    n_nodes: int
    """Number of nodes that take part."""
    shards: list[Shard]
    lookups: list[tuple[np.ndarray, np.ndarray]]
    """Per shard, where the lanes of each node are: see `Shard.lane_lookup`."""
    delivery: list[DeliveryTable]
    device_tables: list[list[DeviceTable]]
    """Per shard, one per batch of devices that emit something (None for recorders)."""
    recorders: np.ndarray
    """Node ids of all recorders of spikes; their index is what event records carry."""
    recorder_windows: list[tuple[int, int]]
    """First and last active step of each of them."""
    recorded: list[np.ndarray]
    """Per shard and column of the raster: whether some recorder listens."""
    listeners: list[dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]]
    """Per shard: recorder -> ids of the neurons it listens to, how many connections there are from each, and how much
    shorter (ms) the delay of each of these is than its number of steps, if any is."""
    detectors: dict[int, int]
    """Node id of each detector -> the index of its receptor 0 in event records; those of the others follow."""
    probes: list[Probe]
    meters: list[Meter]
    detector_inputs: list[DetectorInputs]
    """Per shard: the connections from neurons to detectors."""
    secondary: Secondary | None
    """Connections that carry numbers, if there are any."""
    learning: tuple[int, int]
    """Interval of updates of synapses that learn by gradients, and their learning window, in steps."""
    redirections: list[Redirections] | None = None
    """Per shard: connections from devices to neurons with queues; None if all spikes are bound to the grid."""
    exchanges_offsets: bool = False
    """Whether spikes travel with offsets, be these zero."""
    most_events: dict[int, int] = field(default_factory=dict)
    """Per shard: how many event records a slice can make, once somebody asked."""

    @property
    def off_grid(self) -> bool:
        """True if there are spikes that are not bound to the grid of time steps."""
        return self.redirections is not None

    @property
    def watches(self) -> bool:
        """True if weights are recorded."""
        signals = self.secondary is not None and bool(self.secondary.deliveries)
        return signals or any(t.group_watched.any() for t in self.delivery)

    @property
    def n_slots(self) -> int:
        """Rows of the ring buffer."""
        return self.min_delay + self.max_delay

    def outputs(self, shard: int, batch: int) -> tuple[tuple[str, ...], np.ndarray]:
        """Return the recordables that meters sample from a batch, and the nodes they sample them from."""
        names: dict[str, None] = {}
        shard_batches = self.shards[shard].batches + self.shards[shard].devices
        sampled = np.zeros(len(shard_batches[batch]), np.bool_)
        model = shard_batches[batch].model
        kept = model.filtered_voltages + (() if model.learns is None else (model.learns.value,))
        kept += (model.predicts,) if model.predicts else ()
        if kept:
            names |= dict.fromkeys(kept)
            sampled[:] = True
        if shard_batches[batch].model.marks_spikes:
            names[MARK] = None
            sampled[:] = True
        for probe in self.probes:
            if (probe.shard, probe.batch) == (shard, batch):
                names |= dict.fromkeys(probe.names)
                sampled[probe.rows] = True
        if self.secondary is not None:
            names |= dict.fromkeys(s.sampled for s in shard_batches[batch].model.signals.values() if s.sampled)
        return tuple(names), sampled


def build_plan(
    network: Network,
    spread: dict[tuple[str, int], set[str]],
    vectors: bool,
    whole: bool,
    delivery: list[DeliveryTable] | None = None,
    prepared: Plan | None = None,
    room: Room | None = None,
) -> Plan:
    """Lay out the network: batches, lanes, delivery tables, devices, recorders.

    With `vectors`, compiled code advances neurons with vector instructions; with `whole`, array operations advance all
    neurons of a batch together. `delivery` are the tables of an earlier plan, if connections between neurons are what
    they were. `prepared` is the plan with which the present run was prepared, unless this is the one. There is `room`
    for further nodes.
    """
    nodes, connections, room = network.nodes, network.connections, room or Room()
    shards = [
        build_shard(nodes, i, connections.min_delay, vectors, whole, room=room)
        for i in range(nodes.n_virtual_processes)
    ]
    for s, batch in ((shard.index, b) for shard in shards for b in shard.batches):
        calibrate_batch(batch, network, spread, prepared.shards[s].batches if prepared else ())
    off_grid = _is_off_grid(network, shards)
    lookups = [shard.lane_lookup(max(len(nodes), room.n_ids)) for shard in shards]
    _refuse_negative(network, shards, lookups)
    _refuse_early_voltages(network)
    windows = _recorder_windows(nodes.stores, network.clock)
    recorders = np.array(sorted(windows), np.int64)
    detectors = _detector_indices(shards, len(recorders))
    inputs = [build_detector_inputs(detectors, tables(connections, shard.index, "neuron")) for shard in shards]
    detected = distinct(np.concatenate([i.source for i in inputs]))
    listeners = [_listeners(tables(connections, shard.index, "to_device")) for shard in shards]
    probes, meters = place_meters(shards, _meter_requests(network, shards))
    device_tables = _device_tables(network, shards, lookups, recorders, detectors)
    return Plan(
        network.clock,
        connections.min_delay,
        connections.max_delay,
        nodes.n_prepared,
        shards,
        lookups,
        delivery or _delivery_tables(network, network.connections, shards, lookups),
        device_tables,
        recorders,
        [windows[n] for n in recorders.tolist()],
        [
            np.isin(shard.emitters, np.concatenate([*(ids for ids, *_ in heard.values()), detected])).astype(np.int64)
            for shard, heard in zip(shards, listeners, strict=True)
        ],
        listeners,
        detectors,
        probes,
        meters,
        inputs,
        build_secondary(network, shards, lookups),
        _learning(network),
        _redirections(shards, device_tables, off_grid),
        network.off_grid_spiking,
    )


def calibrate_batch(
    batch: Batch, network: Network, spread: dict[tuple[str, int], set[str]], prepared: Sequence[Batch] = ()
) -> None:
    """Compute the variables of nodes from their present parameters and the settings of the kernel."""
    batch.calibrate(network.clock, spread, prepared)
    batch.variables |= {k: np.float64(network.attributes.get(k)) for k in batch.model.kernel_values}
    if batch.model.learns is not None:
        names = ("update_steps", "window_steps")
        batch.variables |= {k: np.array(float(n)) for k, n in zip(names, _learning(network), strict=True)}


def delivery_tables(network: Network, plan: Plan) -> list[DeliveryTable]:
    """Return the connections between neurons, laid out again for a plan: in the same tables, if there are few.

    Raises
    ------
    BadProperty
        If a weight is negative where only positive ones are possible.
    """
    _refuse_negative(network, plan.shards, plan.lookups)
    delivered = _delivered(network.connections, plan.shards, plan.lookups)
    if network.attributes.use_compressed_spikes and all(map(are_plain, plan.shards, delivered)):
        result = []
        for shard, lookup, tables, old in zip(plan.shards, plan.lookups, delivered, plan.delivery, strict=True):
            few: Any = old.few
            if few is None or not few.lay_out(tables):
                few = FewConnections(shard, lookup, sum(len(table) for _, table in tables))
                if not few.lay_out(tables):
                    break
            result.append(few.table)
        else:
            return result
    return tables_of_all(network, plan)


def tables_of_all(network: Network, plan: Plan) -> list[DeliveryTable]:
    """Return the connections between neurons, laid out for a plan in tables without room for others."""
    return _delivery_tables(network, network.connections, plan.shards, plan.lookups)


def take_weights(network: Network, plan: Plan) -> bool:
    """Take over weights and delays of the same connections between neurons; False if tables change by that.

    Raises
    ------
    BadProperty
        If a weight is negative where only positive ones are possible.
    """
    if any(batch.model.refuses_negative for shard in plan.shards for batch in shard.batches):
        return False  # tables that are made anew refuse them
    return all(table.take_values() for table in plan.delivery)


def device_tables(network: Network, plan: Plan) -> list[list[DeviceTable]]:
    """Return the connections from devices, laid out again for a plan."""
    return _device_tables(network, plan.shards, plan.lookups, plan.recorders, plan.detectors)


def tables_under_way(network: Network, plan: Plan, senders: Any) -> list[DeliveryTable]:
    """Return the connections, laid out for a plan, over which spikes go that were emitted before a change.

    `senders` says to whom they belong (see `Connections.present_senders`).
    """
    return _delivery_tables(network, _UnderWay(network.connections, senders), plan.shards, plan.lookups)


@final
class _UnderWay:
    """Connections as spikes see them that were emitted before a change."""

    def __init__(self, connections: Any, senders: Any) -> None:
        self._connections, self._senders = connections, senders

    def delivering(self) -> Iterator[tuple[int, int, str, Any]]:
        """Yield the tables."""
        return self._connections.delivering(self._senders)


def setting_names(network: Network) -> tuple[str, ...]:
    """Return the names of the attributes of the kernel that a plan depends on and that may change between runs."""
    names = {name for model in network.nodes.stores for name in model.kernel_values}
    return "wfr_max_iterations", "wfr_tol", *sorted(names)


def _learning(network: Network) -> tuple[int, int]:
    """Return the interval of updates of synapses that learn by gradients, and their learning window, in steps."""
    interval, window = (
        network.clock.to_steps(network.attributes.get(name)) for name in (UPDATE_INTERVAL, LEARNING_WINDOW)
    )
    return max(1, interval), window


def _refuse_negative(network: Network, shards: list[Shard], lookups: list[Any]) -> None:
    """Raise BadProperty if the weight of spikes is negative at a node that does not know inhibition."""
    for shard, (batch_of, _) in zip(shards, lookups, strict=True):
        for b, batch in enumerate(shard.batches):
            if not batch.model.refuses_negative:
                continue
            categories = ("neuron", "from_device")
            for _, table in (pair for kind in categories for pair in tables(network.connections, shard.index, kind)):
                rows = np.flatnonzero(batch_of[table.target] == b)
                signs = {i: _signs(network.nodes, int(i)) for i in distinct(table.source[rows])}
                for row in (r for r in rows if any(table.weight[r] * f < 0 for f in signs[table.source[r]])):
                    raise errors.BadProperty(
                        f"{batch.model.refuses_negative} (weight = {table.weight[row]} of the connection "
                        f"{table.source[row]} -> {table.target[row]})"
                    )


def _refuse_early_voltages(network: Network) -> None:
    """Raise NotImplemented if a device sends to synapses that read a potential which was noted before its turn."""
    for _, _, kind, table in network.connections.delivering():
        if kind != "from_device" or not table.named.model.needs_voltages:
            continue
        early = distinct(table.target[table.target < table.source]).tolist()
        if any(network.nodes.model(node).filtered_voltages for node in early):
            raise errors.NotImplemented(
                f"Devices send spikes through '{table.named.name}' only to neurons that were created after them."
            )


def _signs(nodes: Any, source: int) -> list[float]:
    """Return the signs of the factors by which a source multiplies the weights of its spikes; none for currents."""
    model = nodes.model(source)
    if model.emits == "currents":
        return []
    factors = nodes.get(source, model.factors) if issubclass(model, Sender) and model.factors else ()
    return distinct(np.sign(factors)).tolist() or [1.0]


def _is_off_grid(network: Network, shards: list[Shard]) -> bool:
    """Return whether some spikes may lie between grid points.

    Devices that send spikes as neurons do tell the kernel so when a run is prepared.
    """
    devices = [b for shard in shards for b in shard.devices if b.model.has_proxies and b.model.precise]
    network.off_grid_spiking |= any(off_grid_rows(b).any() for b in devices)
    neurons = (b.model for shard in shards for b in shard.batches)
    return bool(devices and network.off_grid_spiking) or any(m.queue_channel or m.marks_spikes for m in neurons)


def _redirections(
    shards: list[Shard], device_tables: list[list[DeviceTable]], off_grid: bool
) -> list[Redirections] | None:
    """Let events of devices take another way where some neurons have queues; None if all spikes are on the grid."""
    if not off_grid:
        return None
    return [redirect(shard, tables) for shard, tables in zip(shards, device_tables, strict=True)]


def _recorder_windows(stores: dict[Any, Any], clock: Any) -> dict[int, tuple[int, int]]:
    """Return the windows of all recorders of spikes, by node id."""
    windows: dict[int, tuple[int, int]] = {}
    for model, store in stores.items():
        if issubclass(model, Recorder) and not issubclass(model, Sampler):
            windows |= {int(n): window(store, r, clock) for r, n in enumerate(store.node_ids)}
    return windows


def _delivery_tables(
    network: Network, connections: Any, shards: list[Shard], lookups: list[Any]
) -> list[DeliveryTable]:
    are_binary = any(b.model.signal_heard == "binary" for shard in shards for b in shard.receivers)
    dynamics = dynamics_of((t for _, _, _, t in connections.delivering()), are_binary)
    return [
        build_delivery(shard, tables, lookup, watched(connections), dynamics, network)
        for shard, lookup, tables in zip(shards, lookups, _delivered(connections, shards, lookups), strict=True)
    ]


def _device_tables(
    network: Network, shards: list[Shard], lookups: list[Any], recorders: np.ndarray, detectors: dict[int, int]
) -> list[list[DeviceTable]]:
    """Lay out the connections from devices, with indices for the recorders and detectors among their targets."""
    index = np.zeros(len(lookups[0][0]), np.int64)
    index[recorders] = np.arange(len(recorders))
    index[list(detectors)] = list(detectors.values())
    result = []
    for shard, lookup in zip(shards, lookups, strict=True):
        from_devices = list(tables(network.connections, shard.index, "from_device"))
        common = (lookup, index, network.clock.resolution)
        result.append([build_device_table(shard, d, from_devices, *common) for d in shard.devices])
    return result


def _detector_indices(shards: list[Shard], first: int) -> dict[int, int]:
    """Give each receptor of each detector an index, from `first` on."""
    indices: dict[int, int] = {}
    for batch in (b for shard in shards for b in shard.detectors):
        for row, node in zip(batch.rows.tolist(), batch.node_ids.tolist(), strict=True):
            indices[node] = first
            first += batch.model.receptor_count({k: c[row] for k, c in batch.store.columns.items()})
    return indices


def _delivered(connections: Any, shards: list[Shard], lookups: list[Any]) -> list[list[tuple[int, Any]]]:
    """Return, per shard, the tables of connections to nodes with lanes: neurons, and devices that have receptors.

    Of those from devices, only the ones whose synapses have functions are among them.
    """
    result: list[list[tuple[int, Any]]] = [[] for _ in shards]
    for thread, index, category, table in connections.delivering():
        shard, (batch_of, _) = shards[thread], lookups[thread]
        if is_secondary(table) or (category == "from_device" and table.named.model.send is None):
            continue
        if category == "to_device" and len(shard.receivers) == len(shard.batches):
            continue
        some = category == "to_device" or shard.detectors
        result[thread].append((index, part(table, batch_of[table.target] >= 0) if some else table))
    return result


def tables(connections: Any, shard: int, category: str) -> Iterator[tuple[int, Any]]:
    """Yield synapse model index and table of one virtual process and category, where connections carry spikes."""
    for thread, index, kind, table in connections.delivering():
        if thread == shard and kind == category and not is_secondary(table):
            yield index, table


def other_connections(connections: Any) -> tuple[list[tuple[Any, ...]], list[int]]:
    """Return which connections there are beside those between neurons, and the versions of their values."""
    structure, versions = [], [connections.defaults_version]
    for shard, index, kind, table in connections.tables():
        if kind != "neuron" or is_secondary(table):
            structure.append((shard, index, kind, id(table), len(table)))
            versions.append(table.version)
    return structure, versions


def distinct(values: Any) -> np.ndarray:
    """Return the different values in order; without their places `numpy.unique` would load masked arrays."""
    return np.unique(values, return_index=True)[0]


def watched(connections: Any) -> set[int]:
    """Return the synapse models that have a weight recorder."""
    return {i for _, i, _, table in connections.delivering() if len(table.named.defaults.get("weight_recorder", ()))}


def _listeners(to_device: Iterator[tuple[int, Any]]) -> dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    heard: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
    for _, table in to_device:
        shift = table.named.model.delay_shift
        for recorder in distinct(table.target):
            mine = np.flatnonzero(table.target == recorder)
            shifts = table.at(shift, mine) if shift else np.zeros(len(mine))
            heard.setdefault(int(recorder), []).append((table.source[mine].astype(np.int64), shifts))
    result = {}
    for recorder, parts in heard.items():
        source, shifts = (np.concatenate(column) for column in zip(*parts, strict=True))
        by_source = shifts[np.argsort(source, kind="stable")] if shifts.any() else shifts[:0]
        result[recorder] = *np.unique(source, return_counts=True), by_source
    return result


def _meter_requests(network: Network, shards: list[Shard]) -> Iterator[MeterRequest]:
    clock = network.clock
    for shard in shards:
        from_devices = list(tables(network.connections, shard.index, "from_device"))
        for batch in shard.devices:
            if not issubclass(batch.model, Sampler):
                continue
            for row, node_id in zip(batch.rows, batch.node_ids, strict=True):
                parts = [t.target[t.source == node_id] for _, t in from_devices]
                targets = np.concatenate([*parts, np.empty(0, np.int32)]).astype(np.int64)
                if len(targets) and batch.store.columns["record_from"][row]:
                    yield _request(batch, int(row), int(node_id), shard.index, targets, clock)


def _request(batch: Batch, row: int, node_id: int, shard: int, targets: np.ndarray, clock: Any) -> MeterRequest:
    columns = batch.store.columns
    return MeterRequest(
        node_id,
        shard,
        targets,
        tuple(columns["record_from"][row]),
        clock.to_steps(float(columns["interval"][row])),
        clock.to_steps(float(columns["offset"][row])),
        window(batch.store, row, clock),
    )


def collection_table(plan: Plan, s: int) -> dict[str, np.ndarray]:
    """Return what `collect` has to know of a shard's neurons."""
    emitters = plan.shards[s].emitters
    watched = np.sum([t.watched for t in plan.delivery], axis=0)
    apart = np.zeros(len(emitters), np.int64)
    for batch in plan.shards[s].batches:
        apart[batch.first_column : batch.first_column + len(batch)] = batch.model.sends_apart
    table = {
        "rank": np.empty_like(emitters),
        "column_of_rank": np.empty_like(emitters),
        "emitters": emitters,
        "recorded": plan.recorded[s],
        "heard": np.flatnonzero(plan.recorded[s]),
        "watched": watched,
        "apart": apart,
    }
    order_columns(table)
    return table


def order_columns(table: dict[str, np.ndarray]) -> None:
    """Note the order of the columns of the raster by the ids of their neurons."""
    table["column_of_rank"][...] = order = np.argsort(table["emitters"], kind="stable")
    table["rank"][order] = np.arange(len(order))
