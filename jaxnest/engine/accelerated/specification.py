"""The structure of a network, which its program is compiled for."""

from __future__ import annotations

import numpy as np

from jaxnest import errors
from jaxnest.engine.accelerated.exchange import ExchangeSpec, exchange_spec
from jaxnest.engine.accelerated.program import DeviceSpec, ProbeSpec, ProgramSpec
from jaxnest.engine.accelerated.synapses.tables import synapse_spec
from jaxnest.engine.accelerated.tiles import BatchSpec
from jaxnest.engine.devices.stimulation import Devices, schedule
from jaxnest.engine.network.shard import Batch
from jaxnest.engine.neurons.node_columns import NodeColumns
from jaxnest.engine.plan.buffers import events_per_slice
from jaxnest.engine.plan.plan import Plan

Columns = NodeColumns


def program_spec(
    plan: Plan,
    devices: list[list[Devices | None]],
    drawing: list[list[Columns | None]],
    platform: str,
    rng_type: str,
    remembers: tuple[bool, ...],
) -> ProgramSpec:
    """Describe the structure of a network.

    Parameters
    ----------
    devices
        The sending devices of each virtual process.
    drawing
        The neurons that are advanced one by one, per virtual process and batch.
    platform
        The kind of device that the program runs on, ``cpu`` or another one.
    rng_type
        The kernel attribute.
    remembers
        Per virtual process, whether neurons remember their spikes for synapses.

    Raises
    ------
    NotImplemented
        If something needs compiled loops where there are none.
    """
    _refuse_synapses(plan, devices)
    if platform != "cpu":
        _refuse_loops(plan, drawing, platform, rng_type)
    batches = tuple(
        tuple(_batch_spec(plan, s, i, drawing[s][i]) for i in range(len(shard.batches)))
        for s, shard in enumerate(plan.shards)
    )
    exchange: ExchangeSpec | None = None
    if plan.secondary is not None:
        exchange = exchange_spec(plan.secondary, plan.min_delay, batches, devices)
    return ProgramSpec(
        plan.min_delay,
        batches,
        tuple(
            tuple(_device_spec(d, batch, platform, rng_type) for d, batch in zip(ds, s.devices, strict=True))
            for ds, s in zip(devices, plan.shards, strict=True)
        ),
        tuple(
            tuple(run for run in schedule(shard) if run[0] >= len(devices[s]) or devices[s][run[0]])
            for s, shard in enumerate(plan.shards)
        ),
        tuple(ProbeSpec(p.shard, p.batch, p.names, plan.outputs(p.shard, p.batch)[0]) for p in plan.probes),
        tuple(events_per_slice(plan, shard.index) for shard in plan.shards),
        any(t.connection_start[-1] > 0 for t in plan.delivery),
        exchange,
        tuple(synapse_spec(t) for t in plan.delivery),
        remembers,
        by_keys=rng_type == "jax",
    )


def differs(batch: Batch, name: str, values: np.ndarray) -> bool:
    """Return whether a variable has a value for each node."""
    return values.ndim == (2 if name in batch.vectors else 1)


def _refuse_synapses(plan: Plan, devices: list[list[Devices | None]]) -> None:
    """Raise NotImplemented if there are connections that array operations do not deliver yet."""
    for table in plan.delivery:
        for synapses in () if table.plasticity is None else table.plasticity.synapses:
            if len(synapses) and synapses.model.is_stochastic:
                raise errors.NotImplemented(f"Synapses that draw random numbers with {_INSTEAD}")
            if len(synapses.switches) > 1:
                raise errors.NotImplemented(f"Plastic synapses at binary neurons and at NMDA receptors with {_INSTEAD}")
    if any(d is not None and d.table.at_synapses for ds in devices for d in ds):
        raise errors.NotImplemented(f"Plastic synapses of devices with {_INSTEAD}")
    if plan.off_grid or any(len(t.shift) > len(t.delay) for tables in plan.device_tables for t in tables):
        raise errors.NotImplemented(f"Precise spike times with {_INSTEAD}")
    if any(s.remembers for s in plan.shards):
        raise errors.NotImplemented(
            f"Third factors, histories of potentials, learning by gradients and flush events with {_INSTEAD}"
        )
    if any(t.value_start[-1] for t in plan.delivery):
        raise errors.NotImplemented(f"Binary neurons with {_INSTEAD}")
    if plan.secondary is not None and plan.secondary.deliveries:
        raise errors.NotImplemented(f"Weight recorders of connections that carry numbers with {_INSTEAD}")
    if plan.secondary and any(b.frozen is not None for shard in plan.shards for b in shard.batches):
        raise errors.NotImplemented(f"Frozen nodes in networks that carry rates or potentials with {_INSTEAD}")


_INSTEAD = "compute_backend 'jax': set nest.compute_backend = 'native'."


def _refuse_loops(plan: Plan, drawing: list[list[Columns | None]], platform: str, rng_type: str) -> None:
    """Raise NotImplemented if neurons need compiled loops."""
    for shard, columns in zip(plan.shards, drawing, strict=True):
        for batch, one_by_one in zip(shard.batches, columns, strict=True):
            with_keys = (batch.stochastic or batch.model.noise) and one_by_one is None
            if one_by_one is not None or (with_keys and rng_type != "jax"):
                advice = "nest.rng_type = 'jax', or " if with_keys else ""
                what = "is advanced" if batch.model.one_by_one else "draws random numbers"
                raise errors.NotImplemented(
                    f"{batch.model.name} {what} in compiled loops, which run on the CPU only (not on {platform}): set "
                    f"{advice}nest.compute_backend = 'native'."
                )


def _device_spec(device: Devices | None, batch: Batch, platform: str, rng_type: str) -> DeviceSpec | None:
    if device is None:
        return DeviceSpec(None, True) if batch.inputs else None
    from jaxnest.engine.accelerated.pure_devices import is_traceable, traced_spec

    if is_traceable(device, rng_type == "jax"):
        return DeviceSpec(None, False, traced_spec(device))
    if platform != "cpu":
        raise errors.NotImplemented(_without_loops(device, platform, rng_type, is_traceable(device, True)))
    return DeviceSpec(device.loop, bool(batch.inputs))


def _without_loops(device: Devices, platform: str, rng_type: str, with_keys: bool) -> str:
    """Say why devices cannot act on a platform without compiled loops, and what to do."""
    name = device.batch.model.name
    if with_keys:
        return (
            f"{name} with rng_type '{rng_type}' draws random numbers one after the other, on the CPU only (not on "
            f"{platform}): set nest.rng_type = 'jax', or nest.compute_backend = 'native'."
        )
    return f"{name} acts in compiled loops, on the CPU only (not on {platform}): set nest.compute_backend = 'native'."


def _batch_spec(plan: Plan, shard: int, b: int, columns: Columns | None) -> BatchSpec:
    batch = plan.shards[shard].batches[b]
    return BatchSpec(
        batch.model,
        batch.receptors + batch.currents,
        len(batch),
        batch.tile,
        batch.first_lane,
        batch.first_column,
        tuple((name, differs(batch, name, a)) for name, a in sorted(batch.variables.items())),
        batch.frozen is not None,
        batch.stochastic,
        plan.outputs(shard, b)[0],
        () if plan.secondary is None else tuple(plan.secondary.sent(shard, b).items()),
        False,
        None if columns is None else columns.operation,
    )
