"""The structure of a network, which its program is compiled for."""

from __future__ import annotations

import numpy as np

from jaxnest import errors
from jaxnest.engine import layout
from jaxnest.engine.accelerated.devices.tables import device_spec
from jaxnest.engine.accelerated.exchange import ExchangeSpec, exchange_spec
from jaxnest.engine.accelerated.precise.network import PreciseSpec
from jaxnest.engine.accelerated.program import ProbeSpec, ProgramSpec
from jaxnest.engine.accelerated.synapses.tables import synapse_spec
from jaxnest.engine.accelerated.tiles import BatchSpec
from jaxnest.engine.devices.stimulation import Devices
from jaxnest.engine.network.shard import Batch, Shard
from jaxnest.engine.plan.buffers import events_per_slice
from jaxnest.engine.plan.delivery_table import DeliveryTable
from jaxnest.engine.plan.plan import Plan
from jaxnest.models.contract.hints import calls
from jaxnest.models.functions import draws


def program_spec(
    plan: Plan,
    devices: list[list[Devices | None]],
    rng_type: str,
    remembers: tuple[bool, ...],
    off_grid: tuple[PreciseSpec, ...],
) -> ProgramSpec:
    """Describe the structure of a network.

    Parameters
    ----------
    devices
        The sending devices of each virtual process.
    rng_type
        The kernel attribute.
    remembers
        Per virtual process, whether neurons remember their spikes for synapses.
    off_grid
        Per virtual process, what it has beside if spikes need not come on the grid.

    Raises
    ------
    NotImplemented
        If array operations cannot do something yet, or cannot draw random numbers of this type.
    """
    _refuse_synapses(plan, devices)
    if rng_type != "jax":
        _refuse_draws(plan, devices, rng_type)
    batches = tuple(
        tuple(_batch_spec(plan, s, i) for i in range(len(shard.batches))) for s, shard in enumerate(plan.shards)
    )
    exchange: ExchangeSpec | None = None
    if plan.secondary is not None:
        exchange = exchange_spec(plan.secondary, plan.min_delay, batches, devices)
    return ProgramSpec(
        plan.min_delay,
        batches,
        tuple(
            tuple(None if d is None else device_spec(d, table) for d in ds)
            for ds, table in zip(devices, plan.delivery, strict=True)
        ),
        tuple(_keeps_input(shard) for shard in plan.shards),
        tuple(ProbeSpec(p.shard, p.batch, p.names, plan.outputs(p.shard, p.batch)[0]) for p in plan.probes),
        tuple(events_per_slice(plan, shard.index) for shard in plan.shards),
        any(t.connection_start[-1] > 0 for t in plan.delivery),
        exchange,
        tuple(synapse_spec(t, s) for t, s in zip(plan.delivery, plan.shards, strict=True)),
        remembers,
        tuple(tuple((b, bool(s.batches[b].model.predicts)) for b in s.voltage_batches) for s in plan.shards),
        off_grid,
    )


def differs(batch: Batch, name: str, values: np.ndarray) -> bool:
    """Return whether a variable has a value for each node."""
    return values.ndim == (2 if name in batch.vectors else 1)


def _refuse_synapses(plan: Plan, devices: list[list[Devices | None]]) -> None:
    """Raise NotImplemented if there are connections that array operations do not deliver yet."""
    for table in plan.delivery:
        for synapses in () if table.plasticity is None else table.plasticity.synapses:
            if len(synapses.switches) > 1:
                raise errors.NotImplemented(f"Plastic synapses at binary neurons and at NMDA receptors with {_INSTEAD}")
    for ds, table in zip(devices, plan.delivery, strict=True):
        _refuse_ways([d for d in ds if d is not None and (d.table.through != layout.NOT_THROUGH).any()], table)
    if any(len(t.shift) > len(t.delay) for tables in plan.device_tables for t in tables):
        raise errors.NotImplemented(f"Delays of devices that end between two time steps with {_INSTEAD}")
    if plan.off_grid:
        _refuse_off_grid(plan, devices)
    if any(s.learning_rows or s.flushes for s in plan.shards):
        raise errors.NotImplemented(f"Learning by gradients and flush events with {_INSTEAD}")
    if plan.secondary is not None and plan.secondary.deliveries:
        raise errors.NotImplemented(f"Weight recorders of connections that carry numbers with {_INSTEAD}")
    if plan.secondary and any(b.frozen is not None for shard in plan.shards for b in shard.batches):
        raise errors.NotImplemented(f"Frozen nodes in networks that carry rates or potentials with {_INSTEAD}")


def _refuse_ways(devices: list[Devices], table: DeliveryTable) -> None:
    """Raise NotImplemented if devices send through synapses as array operations cannot do."""
    for device in devices:
        spec = device_spec(device, table)
        if (device.table.through == layout.UNFIT).any():
            raise errors.NotImplemented(
                f"{spec.model.name} at synapses that read what targets do not keep with {_INSTEAD}"
            )
        for _, kind in spec.ways:
            if kind.one_by_one or (kind.model.is_stochastic and spec.remembers_targets):
                raise errors.NotImplemented(f"{spec.model.name} that sends through {kind.model.name} with {_INSTEAD}")


def _refuse_off_grid(plan: Plan, devices: list[list[Devices | None]]) -> None:
    """Raise NotImplemented if networks with precise spike times have something that array operations cannot do yet."""
    if any(t.plasticity is not None for t in plan.delivery):
        raise errors.NotImplemented(f"Synapses with functions in networks with precise spike times with {_INSTEAD}")
    if plan.watches:
        raise errors.NotImplemented(f"Weight recorders in networks with precise spike times with {_INSTEAD}")
    if any(t.value_start[-1] for t in plan.delivery):
        raise errors.NotImplemented(f"Binary neurons in networks with precise spike times with {_INSTEAD}")
    models = [d.batch.model for ds in devices for d in ds if d is not None]
    for model in (m for m in models if m.has_proxies and m.precise):
        raise errors.NotImplemented(f"{model.name} with precise spike times with {_INSTEAD}")


_INSTEAD = "compute_backend 'jax': set nest.compute_backend = 'native'."


def _refuse_draws(plan: Plan, devices: list[list[Devices | None]], rng_type: str) -> None:
    """Raise NotImplemented if something draws random numbers in an order."""
    neurons = [b.model for shard in plan.shards for b in shard.batches if draws_numbers(b)]
    stimulators = [d.batch.model for ds in devices for d in ds if d is not None]
    plastic = [s for table in plan.delivery if table.plasticity is not None for s in table.plasticity.synapses]
    neurons += [s.model for s in plastic if len(s) and s.model.is_stochastic]
    for model in neurons + [m for m in stimulators if calls(m.advance, draws.__name__) or m.draw or m.draw_each]:
        raise errors.NotImplemented(
            f"{model.name} draws random numbers, which depend on keys with compute_backend 'jax', not on their order "
            f"as with rng_type '{rng_type}': set nest.rng_type = 'jax', or nest.compute_backend = 'native'."
        )


def draws_numbers(batch: Batch) -> bool:
    """Return whether neurons draw random numbers, or get them."""
    return batch.stochastic or batch.model.noise or batch.model.draws


def _keeps_input(shard: Shard) -> bool:
    """Return whether what arrived stays in some lanes."""
    return any(b.frozen is not None for b in shard.batches) or any(d.inputs for d in shard.devices)


def _batch_spec(plan: Plan, shard: int, b: int) -> BatchSpec:
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
    )
