"""The connections of one virtual process in the form that delivery needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.engine.layout import FLIP, PLAIN
from jaxnest.engine.plasticity import Plasticity, build_plasticity
from jaxnest.engine.shard import Batch, Shard


@final
@dataclass
class DeliveryTable:
    """Connections between neurons, sorted by source, synapse model and table order."""

    group_start: np.ndarray
    connection_start: np.ndarray
    group_watched: np.ndarray
    group_constant: np.ndarray
    """First whether all delays are equal and nothing is watched; then, per group, whether all its connections have
    one weight and one delay."""
    watched: np.ndarray
    lane: np.ndarray
    weight: np.ndarray
    delay: np.ndarray
    origin: np.ndarray
    """Rows of the kernel's tables, concatenated in order of synapse models."""
    tables: list[tuple[int, Any]]
    plasticity: Plasticity | None = None
    """The connections whose synapses have functions of their own, None if there are none."""


@final
@dataclass
class DeviceTable:
    """Connections from the devices of one batch, sorted by device."""

    start: np.ndarray
    lane_positive: np.ndarray
    lane_negative: np.ndarray
    flags: np.ndarray
    weight: np.ndarray
    delay: np.ndarray
    alike: np.ndarray
    """Whether all connections of a device have one weight and one delay and go to neurons that add weights up."""


@final
@dataclass
class TablePart:
    """Some rows of a kernel's table."""

    named: Any
    rows: np.ndarray
    source: np.ndarray
    target: np.ndarray
    receptor: np.ndarray
    weight: np.ndarray
    delay: np.ndarray
    whole: Any
    """The table."""


def part(table: Any, chosen: np.ndarray) -> TablePart:
    """Return the rows of a table for which `chosen` is true."""
    rows = np.flatnonzero(chosen)
    columns = (getattr(table, k)[rows] for k in ("source", "target", "receptor", "weight", "delay"))
    return TablePart(table.named, rows, *columns, whole=table)


@final
@dataclass
class DetectorInputs:
    """Connections from neurons to detectors, sorted by source, synapse model and table order."""

    source: np.ndarray
    listener: np.ndarray
    """Index of detector and receptor in event records."""
    weight: np.ndarray


def build_detector_inputs(detectors: dict[int, int], tables: Iterable[tuple[int, Any]]) -> DetectorInputs:
    """Collect the connections of one virtual process that end at detectors."""
    found = []
    if detectors:
        ids = np.array(list(detectors))
        found = [part(t, np.isin(t.target, ids)) for _, t in tables]
    if not any(len(t.source) for t in found):
        return DetectorInputs(*(np.empty(0, k) for k in (np.int64, np.int64, np.float64)))
    source, target, receptor, weight = (
        np.concatenate([getattr(t, k) for t in found]) for k in ("source", "target", "receptor", "weight")
    )
    order = np.argsort(source, kind="stable")
    first = np.array([detectors[int(t)] for t in target])
    return DetectorInputs(source[order].astype(np.int64), (first + receptor)[order], weight[order].astype(np.float64))


def channels(model: type[Any], inputs: tuple[str, ...], signal: str | None) -> dict[int, tuple[int, int]]:
    """Return for each receptor the channels of positive and of other weights."""
    if signal == "currents":
        return {r: (inputs.index(name), inputs.index(name)) for r, name in model.current_receptors.items()}
    if model.receptor_vector is not None:
        n = sum(name.startswith("spikes_") for name in inputs)
        return {k + 1: (k, k) for k in range(n)}
    return {r: (inputs.index(a), inputs.index(b)) for r, (a, b) in model.spike_receptors.items()}


def lanes(
    batches: list[Batch],
    batch_of: np.ndarray,
    position: np.ndarray,
    target: np.ndarray,
    receptor: np.ndarray,
    signal: str | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return lanes for positive and for other weights, and the flags, of connections to neurons."""
    positive = np.empty(len(target), np.int32)
    negative = np.empty(len(target), np.int32)
    flags = np.zeros(len(target), np.int64)
    for i, batch in enumerate(batches):
        here = np.flatnonzero(batch_of[target] == i) if len(batches) > 1 else np.arange(len(target))
        if not len(here):
            continue
        table = channels(batch.model, batch.inputs, signal)
        size = max(table, default=0) + 1
        lookup = np.zeros((2, size), np.int32)
        for r, pair in table.items():
            lookup[:, r] = pair
        base = batch.lanes(position[target[here]], 0)
        chosen = receptor[here]
        positive[here] = base + batch.tile * lookup[0][chosen]
        negative[here] = base + batch.tile * lookup[1][chosen]
        flags[here] = FLIP * batch.model.flips_inhibition + PLAIN * batch.model.ignores_weight
    return positive, negative, flags


def build_delivery(
    shard: Shard,
    tables: Iterable[tuple[int, Any]],
    lookup: tuple[np.ndarray, np.ndarray],
    watched_models: set[int],
    dynamics: tuple[str, ...],
    clock: Any,
) -> DeliveryTable:
    """Lay out the connections between neurons of one virtual process.

    Parameters
    ----------
    tables
        Pairs of synapse model index and table, in ascending order of the index.
    watched_models
        Indices of synapse models with a weight recorder.
    dynamics
        Names of all synapse models whose functions are needed, on any virtual process.
    """
    tables = [(index, t) for index, t in tables if len(t.source)]
    n_nodes = len(lookup[0]) - 1
    source = np.concatenate([t.source for _, t in tables]) if tables else np.empty(0, np.int32)
    model = np.repeat(np.array([i for i, _ in tables], np.int32), [len(t.source) for _, t in tables])
    origin = np.empty(0, np.int64)
    columns = {
        name: np.concatenate([getattr(t, name) for _, t in tables]) if tables else np.empty(0, kind)
        for name, kind in (("target", np.int32), ("receptor", np.int32), ("weight", np.float64), ("delay", np.int32))
    }
    if len(tables) > 1 or np.any(source[1:] < source[:-1]):  # without compressed spikes tables are not sorted
        origin = np.argsort(source, kind="stable")
        source, model = source[origin], model[origin]
        columns = {k: c[origin] for k, c in columns.items()}
    boundary = np.flatnonzero(np.diff(source, prepend=-1) | np.diff(model, prepend=-1)) if len(source) else []
    group_source = source[boundary]
    lanes_and_flags = lanes(shard.receivers, *lookup, columns["target"], columns["receptor"], "spikes")
    positive, negative, flags = lanes_and_flags
    lane = np.where(columns["weight"] > 0, positive, negative).astype(np.int32)
    weight = _received(columns["weight"], flags)
    group_watched = np.isin(model[boundary], list(watched_models)).astype(np.int64)
    connection_start = np.append(boundary, len(source)).astype(np.int64)
    watched = np.zeros(n_nodes + 2, np.int64)
    np.add.at(watched, group_source, group_watched * np.diff(connection_start))
    return DeliveryTable(
        np.searchsorted(group_source, np.arange(n_nodes + 2)).astype(np.int64),
        connection_start,
        group_watched,
        _constant_groups(weight, columns["delay"], connection_start[:-1], group_watched),
        watched,
        lane,
        np.ascontiguousarray(weight),
        np.ascontiguousarray(columns["delay"], np.int32),
        origin,
        tables,
        _plasticity(shard, dynamics, tables, origin, connection_start[:-1], lookup, columns, lanes_and_flags, clock)
        if dynamics
        else None,
    )


def _received(weight: np.ndarray, flags: np.ndarray) -> np.ndarray:
    """Return the weights as the targets add them up."""
    if (flags & FLIP).any():
        weight = np.where((weight <= 0) & (flags & FLIP > 0), -weight, weight)
    if (flags & PLAIN).any():
        weight = np.where(flags & PLAIN > 0, 1.0, weight)
    return weight


def _constant_groups(weight: np.ndarray, delay: np.ndarray, start: np.ndarray, watched: np.ndarray) -> np.ndarray:
    """Return what `DeliveryTable.group_constant` holds."""
    constant = np.zeros(1 + len(start), np.int64)
    if len(start):
        changes = np.append(False, (weight[1:] != weight[:-1]) | (delay[1:] != delay[:-1]))
        changes[start] = False
        constant[1:] = ~np.logical_or.reduceat(changes, start)
        constant[0] = not watched.any() and bool((delay == delay[0]).all())
    return constant


def _plasticity(
    shard: Shard,
    dynamics: tuple[str, ...],
    tables: list[tuple[int, Any]],
    origin: np.ndarray,
    first: np.ndarray,
    lookup: tuple[np.ndarray, np.ndarray],
    columns: dict[str, np.ndarray],
    lanes_and_flags: tuple[np.ndarray, np.ndarray, np.ndarray],
    clock: Any,
) -> Plasticity:
    """Lay out the connections of a delivery table that have functions of their own."""
    ends = np.cumsum([len(t.source) for _, t in tables], dtype=np.int64)
    row = origin if len(origin) else np.arange(len(columns["target"]))
    owner = np.searchsorted(ends, row, side="right")
    begins = np.append(0, ends[:-1])
    first_column = np.array([b.first_column for b in shard.receivers] or [0])
    target = columns["target"]
    values = dict(zip(("lane_positive", "lane_negative", "flags"), lanes_and_flags, strict=True))
    values |= {"delay": columns["delay"], "target": first_column[lookup[0][target]] + lookup[1][target]}
    return build_plasticity(dynamics, tables, owner, row - begins[owner], first, values, clock)


def build_device_table(
    shard: Shard,
    devices: Batch,
    tables: Iterable[tuple[int, Any]],
    lookup: tuple[np.ndarray, np.ndarray],
    recorder_index: np.ndarray,
) -> DeviceTable:
    """Lay out the connections from the devices of one batch, per device in order of synapse model and creation.

    A connection to a recorder or detector gets the lane ``-1 - recorder_index[target] - receptor``.
    """
    device_row = np.full(len(lookup[0]), -1, np.int64)
    device_row[devices.node_ids] = np.arange(len(devices))
    parts: dict[str, list[np.ndarray]] = {k: [] for k in ("row", "positive", "negative", "flags", "weight", "delay")}
    for _, table in tables if devices.model.emits is not None else ():
        rows = device_row[table.source]
        mine = np.flatnonzero(rows >= 0)
        if not len(mine):
            continue
        if table.named.model.send is not None:
            raise errors.NotImplemented(
                f"Connections from {devices.model.name} with '{table.named.name}' are not implemented yet: put a "
                "parrot_neuron between them."
            )
        target, receptor = table.target[mine], table.receptor[mine]
        to_neuron = lookup[0][target] >= 0
        port = 0 if getattr(devices.model, "samples", False) else receptor
        positive = (-1 - recorder_index[target] - port).astype(np.int32)
        negative, flags = positive.copy(), np.zeros(len(mine), np.int64)
        found = lanes(shard.receivers, *lookup, target[to_neuron], receptor[to_neuron], devices.model.emits)
        positive[to_neuron], negative[to_neuron], flags[to_neuron] = found
        weight = np.where(flags & PLAIN > 0, 1.0, table.weight[mine])
        columns = (rows[mine], positive, negative, flags, weight, table.delay[mine])
        for part, column in zip(parts.values(), columns, strict=True):
            part.append(column)
    joined = {k: np.concatenate(v) if v else np.empty(0) for k, v in parts.items()}
    order = np.argsort(joined["row"], kind="stable")
    joined = {k: column[order] for k, column in joined.items()}
    start = np.searchsorted(joined["row"], np.arange(len(devices) + 1)).astype(np.int64)
    flags, weight, delay = (joined[k] for k in ("flags", "weight", "delay"))
    return DeviceTable(
        start,
        joined["positive"].astype(np.int32),
        joined["negative"].astype(np.int32),
        flags.astype(np.int64),
        weight.astype(np.float64),
        delay.astype(np.int32),
        np.array([_alike(joined, a, b) for a, b in pairwise(start)], np.int64),
    )


def _alike(columns: dict[str, np.ndarray], begin: int, end: int) -> bool:
    """Return whether connections of a device differ in nothing but the neuron."""
    here = {k: c[begin:end] for k, c in columns.items()}
    if end == begin or here["flags"].any() or here["positive"].min() < 0:
        return False
    return bool(np.ptp(here["weight"]) == 0 and np.ptp(here["delay"]) == 0)
