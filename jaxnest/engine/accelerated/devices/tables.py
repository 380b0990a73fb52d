"""Devices that send spikes or currents, laid out for array operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from jaxnest.engine.accelerated.synapses.passing import Ways, links, ways_of
from jaxnest.engine.accelerated.synapses.tables import kind_specs
from jaxnest.engine.devices.device_tables import DeviceTable
from jaxnest.engine.devices.stimulation import Devices
from jaxnest.engine.layout import BINARY
from jaxnest.engine.plan.delivery_table import DeliveryTable
from jaxnest.models.contract.device import Sender
from jaxnest.random.numbers.layout import OBJECT_SIZE

MOST_WASTED = 2
"""So many times as many numbers are drawn as there are connections at most."""


@final
@dataclass(frozen=True)
class DeviceSpec:
    """What the program has to know of a batch of devices at compile time."""

    model: type[Any]
    scalars: tuple[str, ...]
    series: tuple[str, ...]
    """Variables that are numbers, and those that are vectors."""
    outputs: tuple[str, ...]
    """Recordables that meters sample."""
    memory: int
    """For how many numbers a device has room."""
    most_targets: int
    """How many connections leave a device at most."""
    has_receivers: bool
    has_listeners: bool
    """Whether connections go to neurons, and to recorders."""
    is_binary: bool
    """Whether there are binary neurons among the targets."""
    ways: Ways
    """Through which synapses with functions spikes go."""

    @property
    def draws(self) -> bool:
        """True if targets get amounts of their own."""
        return self.model.draw is not None or self.model.draw_each is not None

    @property
    def words(self) -> int:
        """Words of distribution objects in the state of a target, which come before what the model remembers."""
        return self.model.target_distributions * OBJECT_SIZE

    @property
    def remembers_targets(self) -> bool:
        """True if what targets get depends on what they got before."""
        model = self.model
        return bool(model.target_state) or model.new_target.__func__ is not Sender.new_target.__func__

    @property
    def is_sequential(self) -> bool:
        """True if devices have to send one step after the other."""
        return self.model.timed or self.model.settle is not None or (self.draws and self.remembers_targets)


def device_spec(device: Devices, connections: DeliveryTable) -> DeviceSpec:
    """Describe a batch of devices; `connections`: those of the virtual process, whose synapses may have functions."""
    is_listener, kinds = device.table.lane_positive < 0, kind_specs(connections)
    return DeviceSpec(
        device.batch.model,
        device.names[: len(device.names) - len(device.vector_names)],
        device.vector_names,
        device.outputs,
        _rounded(int(np.diff(device.memory_start).max())),
        _rounded(int(np.diff(device.table.start).max())) if device.batch.model.settle is not None else 0,
        not is_listener.all(),
        bool(is_listener.any()),
        bool((device.table.flags & BINARY).any()),
        ways_of(kinds, device.table.through, _nodes(device), connections),
    )


def _nodes(device: Devices) -> np.ndarray:
    """Return the device of each connection."""
    return np.repeat(device.batch.node_ids.astype(np.int64), np.diff(device.table.start))


def _rounded(n: int) -> int:
    """Return a power of two, so that another program is not needed for each number."""
    return 1 << (n - 1).bit_length() if n else 0


def device_constant(device: Devices, connections: DeliveryTable) -> dict[str, Any]:
    """Return the arrays that a batch of devices reads."""
    spec = device_spec(device, connections)
    table, starts = device.table, device.vector_start
    is_listener = table.lane_positive < 0
    room = (1 << len(device.vectors).bit_length()) - len(device.vectors)
    return {
        "scalars": {name: device.scalars[:, k] for k, name in enumerate(spec.scalars)},
        "vectors": np.append(device.vectors, np.zeros(room)) if device.vector_names else (),
        "series": {name: (starts[:, k], starts[:, k + 1]) for k, name in enumerate(device.vector_names)},
        "windows": device.windows,
        "nodes": device.batch.node_ids.astype(np.int64),
        "columns": device.places[:, 1],
        "lanes": device.places[:, 2],
        "memory_start": device.memory_start,
        "start": table.start,
        "owner": np.repeat(np.arange(len(device.batch), dtype=np.int32), np.diff(table.start)),
        "identity": table.identity,
        "links": links(spec.ways, table.through, _nodes(device), connections),
        "rows": _rows(table) if device.batch.model.draw_each is not None else (),
        "receivers": _connections(device, ~is_listener),
        "listeners": _connections(device, is_listener),
    }


def _connections(device: Devices, chosen: np.ndarray) -> dict[str, np.ndarray]:
    """Return some connections; what they have in common is stored once."""
    table = device.table
    columns = {
        "place": np.arange(len(chosen), dtype=np.int32),
        "owner": np.repeat(np.arange(len(device.batch), dtype=np.int32), np.diff(table.start)),
        "positive": table.lane_positive,
        "negative": table.lane_negative,
    }
    values = {"flags": table.flags.astype(np.int32), "weight": table.weight, "delay": table.delay}
    return {k: c[chosen] for k, c in columns.items()} | {k: _once(c[chosen]) for k, c in values.items()}


def _rows(table: DeviceTable) -> dict[str, Any]:
    """Return the connections in rows for which one device draws together.

    Rows have equal length: all connections of a device, if not much is wasted so, or a single one.

    Returns
    -------
    dict
        ``device`` of each row, ``identity`` (row, place), and the ``place`` of each connection among all of these;
        empty if they come in this order.
    """
    size = np.diff(table.start)
    width = int(size.max()) if len(size) * size.max() <= MOST_WASTED * size.sum() else 1
    owner = np.repeat(np.arange(len(size), dtype=np.int32), size)
    if width == 1 or (size == width).all():
        device = owner if width == 1 else np.arange(len(size), dtype=np.int32)
        return {"device": device, "identity": table.identity.reshape(-1, width), "place": np.empty(0, np.int32)}
    place = (np.arange(len(owner)) + (owner * width - table.start[:-1][owner])).astype(np.int32)
    identity = np.zeros(len(size) * width, np.int64)
    identity[place] = table.identity
    return {"device": np.arange(len(size), dtype=np.int32), "identity": identity.reshape(-1, width), "place": place}


def _once(values: np.ndarray) -> np.ndarray:
    return values[:1] if len(values) and (values == values[0]).all() else values
