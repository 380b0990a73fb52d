"""Connections from devices and to detectors of one virtual process, in the form that the engine needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.engine.layout import AGAIN, ALIKE, ASCENDING, BINARY, DIFFERENT, FLIP, NOT_THROUGH, PLAIN, UNFIT
from jaxnest.engine.network.calibration import adopt
from jaxnest.engine.network.shard import Batch, Shard
from jaxnest.engine.network.table_parts import part
from jaxnest.models.contract.device import Sampler
from jaxnest.random.numbers.streams import earlier_equals, identities


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
    shift: np.ndarray
    """How much shorter (ms) each delay is than its number of steps; at the end the resolution, if any is."""
    alike: np.ndarray
    """What the connections of a device have in common: `DIFFERENT`, `ALIKE` or `ASCENDING` of `engine.layout`."""
    identity: np.ndarray
    """What tells the connections of a device apart, whatever the virtual process: target, and which one to it."""
    through: np.ndarray
    """The number of each connection among those of its device if its synapse has functions, or what `NOT_THROUGH` says.

    Its weight is then a factor of the one that the synapse has."""

    def adopt(self, other: DeviceTable) -> bool:
        """Take over the same connections with other values; False if they are laid out differently."""
        same = all(
            np.array_equal(getattr(self, k), getattr(other, k))
            for k in ("start", "flags", "alike", "identity", "through")
        )
        return same and adopt(self, other, ("lane_positive", "lane_negative", "weight", "delay", "shift"))


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
    n = sum(name.startswith("spikes_") for name in inputs)
    if signal == "currents" and model.current_vector is not None:
        return {k: (n + k, n + k) for k in range(sum(name.startswith("currents_") for name in inputs))}
    if signal == "currents":
        return {r: (inputs.index(name), inputs.index(name)) for r, name in model.current_receptors.items()}
    if model.receptor_vector is not None:
        return {k + model.first_receptor: (k, k) for k in range(n)}
    return {r: (inputs.index(a), inputs.index(b)) for r, (a, b) in model.spike_receptors.items()}


def counting(model: type[Any], receptor: np.ndarray) -> np.ndarray:
    """Return which receptors of a model are receptors that connections have of their own."""
    return (receptor >= model.own_receptor) & (model.own_receptor > 0)


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
        if signal != "currents":
            counts = batch.model.ignores_weight | counting(batch.model, chosen)
            flags[here] = FLIP * batch.model.flips_inhibition + PLAIN * counts
            flags[here] += BINARY * (batch.model.signal_heard == "binary")
    return positive, negative, flags


def off_grid_rows(devices: Batch) -> np.ndarray:
    """Return which devices of a batch send spikes between grid points, and as neurons do."""
    model = devices.model
    if not (model.has_proxies and model.precise):
        return np.zeros(len(devices), np.bool_)
    return np.asarray(devices.columns()[model.precise], np.bool_)


DEVICE_COLUMNS = ("row", "positive", "negative", "flags", "weight", "delay", "shift", "target", "through")


def build_device_table(
    shard: Shard,
    devices: Batch,
    tables: Iterable[tuple[int, Any]],
    lookup: tuple[np.ndarray, np.ndarray],
    recorder_index: np.ndarray,
    resolution: float,
) -> DeviceTable:
    """Lay out the connections from the devices of one batch, per device in order of synapse model and creation.

    A connection to a recorder or detector gets the lane ``-1 - recorder_index[target] - receptor``.
    """
    device_row = np.full(len(lookup[0]), -1, np.int64)
    device_row[devices.node_ids] = np.arange(len(devices))
    parts: dict[str, list[np.ndarray]] = {k: [] for k in DEVICE_COLUMNS}
    for _, table in tables if devices.model.emits is not None else ():
        rows = device_row[table.source]
        mine = np.flatnonzero(rows >= 0)
        if not len(mine):
            continue
        target, receptor = table.target[mine], table.receptor[mine]
        to_neuron = lookup[0][target] >= 0
        port = 0 if issubclass(devices.model, Sampler) else receptor
        positive = (-1 - recorder_index[target] - port).astype(np.int32)
        negative, flags = positive.copy(), np.zeros(len(mine), np.int64)
        found = lanes(shard.receivers, *lookup, target[to_neuron], receptor[to_neuron], devices.model.emits)
        if (found[2] & BINARY).any():
            found[2][_repeated(table.source[mine][to_neuron], target[to_neuron])] |= AGAIN
        positive[to_neuron], negative[to_neuron], flags[to_neuron] = found
        through = _through(table, mine, shard, lookup[0])
        weight = np.where((flags & PLAIN > 0) | (through != NOT_THROUGH), 1.0, table.weight[mine])
        for b, batch in enumerate(shard.receivers):  # spikes of devices carry the number 0
            if batch.model.marked_receptors and devices.model.emits == "spikes":
                weight[(lookup[0][target] == b) & np.isin(receptor, batch.model.marked_receptors)] = 0.0
        shift = _shifts(devices.model, table, mine)
        columns = (rows[mine], positive, negative, flags, weight, table.delay[mine], shift, target, through)
        for those, column in zip(parts.values(), columns, strict=True):
            those.append(column)
    joined = {k: np.concatenate(v) if v else np.empty(0) for k, v in parts.items()}
    order = np.argsort(joined["row"], kind="stable")
    joined = {k: column[order] for k, column in joined.items()}
    start = np.searchsorted(joined["row"], np.arange(len(devices) + 1)).astype(np.int64)
    target = joined["target"].astype(np.int64)
    return DeviceTable(
        start,
        joined["positive"].astype(np.int32),
        joined["negative"].astype(np.int32),
        joined["flags"].astype(np.int64),
        joined["weight"].astype(np.float64),
        joined["delay"].astype(np.int32),
        np.append(joined["shift"].astype(np.float64), [resolution] if joined["shift"].any() else []),
        np.array([_alike(joined, a, b) for a, b in pairwise(start)], np.int64),
        np.concatenate([np.empty(0, np.int64), *(identities(target[a:b]) for a, b in pairwise(start))]),
        joined["through"].astype(np.int64),
    )


def _through(table: Any, rows: np.ndarray, shard: Shard, batch_of: np.ndarray) -> np.ndarray:
    """Return what `DeviceTable.through` holds for some rows of a table."""
    model, through = table.named.model, np.full(len(rows), NOT_THROUGH, np.int64)
    if model.send is not None:
        _refuse_earlier_modulator(table, rows)
        batch = batch_of[table.target[rows]]
        through[batch >= 0] = earlier_equals(table.source[rows[batch >= 0]])
        for b, receiver in enumerate(shard.receivers):
            through[(batch == b) & model.lacks_history(receiver.model)] = UNFIT
    return through


def _refuse_earlier_modulator(table: Any, rows: np.ndarray) -> None:
    """Raise NotImplemented if what modulates synapses has a smaller id than a device that sends through them.

    In NEST it has taken up the spikes of a slice then, before the device sends.
    """
    modulator = table.named.model.modulator
    if not modulator or not len(table.named.defaults[modulator]):
        return
    node, first = int(next(iter(table.named.defaults[modulator]))), int(table.source[rows].max(initial=0))
    if first > node:
        raise errors.NotImplemented(
            f"A device (node {first}) that sends through {table.named.name} and was created after its {modulator} "
            f"(node {node}): create the {modulator} last."
        )


def _shifts(model: Any, table: Any, rows: np.ndarray) -> np.ndarray:
    """Return how much shorter (ms) delays of a device are than their number of steps."""
    forgets = model.timed and model.draw is not None  # what the synapse has made of the offset
    name = table.named.model.delay_shift
    return table.at(name, rows) if name and not forgets else np.zeros(len(rows))


def _alike(columns: dict[str, np.ndarray], begin: int, end: int) -> int:
    """Return what the connections of a device have in common."""
    here = {k: c[begin:end] for k, c in columns.items()}
    if end == begin or here["flags"].any() or here["positive"].min() < 0 or (here["through"] != NOT_THROUGH).any():
        return DIFFERENT
    if np.ptp(here["weight"]) > 0 or np.ptp(here["delay"]) > 0:
        return DIFFERENT
    return ASCENDING if all((np.diff(here[lane]) > 0).all() for lane in ("positive", "negative")) else ALIKE


def _repeated(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return which connections are not the first from their source to their target."""
    pairs = source.astype(np.int64) << 32 | target.astype(np.int64)
    repeated = np.ones(len(pairs), np.bool_)
    repeated[np.unique(pairs, return_index=True)[1]] = False
    return repeated
