"""The default back end's program: one compiled loop over slices, made from the structure of a plan.

Parameters, states, tables and times are arguments of the program, so that it is compiled once per structure: another
duration, other parameters or another run of the same network compile nothing.
"""

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
from jax import lax

from jaxnest.engine import layout
from jaxnest.engine.generate import input_names


@final
@dataclass(frozen=True)
class BatchSpec:
    """What the program has to know of a batch at compile time."""

    model: type[Any]
    receptors: int
    size: int
    first_lane: int
    variables: tuple[tuple[str, bool], ...]
    """Names, and whether the variable differs between nodes."""
    has_frozen: bool


@final
@dataclass(frozen=True)
class ProbeSpec:
    """Where a probe's values come from."""

    shard: int
    batch: int
    names: tuple[str, ...]
    outputs: tuple[str, ...]
    all_rows: bool


@final
@dataclass(frozen=True)
class DeviceSpec:
    """The compiled loop of a batch of devices."""

    handler: Any
    n_arrays: int


@final
@dataclass(frozen=True)
class ProgramSpec:
    """Everything that the program is compiled for; arrays add their shapes."""

    min_delay: int
    batches: tuple[tuple[BatchSpec, ...], ...]
    devices: tuple[tuple[DeviceSpec | None, ...], ...]
    schedules: tuple[tuple[tuple[int, int, int], ...], ...]
    probes: tuple[ProbeSpec, ...]
    most_events: tuple[int, ...]
    has_connections: bool
    operations: Any
    """The module with `deliver` and `collect`: event kernels or pure JAX."""


@functools.lru_cache(maxsize=256)
def compiled(spec: ProgramSpec) -> Callable[[Any, Any, Any], Any]:
    """Return the jitted program ``(constant, carry, end) -> carry`` of a structure."""

    def run(constant: Any, carry: Any, end: Any) -> Any:
        return lax.while_loop(
            functools.partial(_goes_on, spec, end), functools.partial(_segment, spec, constant, end), carry
        )

    return jax.jit(run, donate_argnums=1)


def _goes_on(spec: ProgramSpec, end: Any, carry: Any) -> Any:
    """There is time left, and every buffer has room for another slice."""
    going = carry["step"] < end
    needed = sum(s["counters"][layout.WEIGHTS_NEEDED] for s in carry["shards"])
    for most, shard in zip(spec.most_events, carry["shards"], strict=True):
        capacity = shard["events"].shape[0] // layout.EVENT_WORDS
        going &= shard["counters"][layout.N_EVENTS] + most <= capacity
        weights = shard["weight_events"].shape[0] // layout.WEIGHT_WORDS
        going &= shard["counters"][layout.N_WEIGHTS] + needed <= weights
    for samples, n in zip(carry["samples"], carry["n_samples"], strict=True):
        going &= n + spec.min_delay < samples.shape[0]
    return going


def _segment(spec: ProgramSpec, constant: Any, end: Any, carry: Any) -> Any:
    """Run one slice, or the part of it that lies before `end`."""
    step = carry["step"]
    origin = step - step % spec.min_delay
    begin, stop = step - origin, jnp.minimum(spec.min_delay, end - origin)
    shards = [dict(s) for s in carry["shards"]]
    clocks = [
        jnp.stack([origin, begin, stop, *(jnp.int64(w) for w in (spec.min_delay, *s["ring"].shape)), step, 0 * step])
        for s in shards
    ]
    if spec.has_connections:
        registers = [(s["register"], s["counters"]) for s in shards]
        for s, shard in enumerate(shards):
            spec.operations.deliver(shard, constant["delivery"][s], registers, clocks[s])
    for s, shard in enumerate(shards):
        _send(spec, s, shard, constant, clocks[s])
    inner = (
        [(s["ring"], s["raster"], s["states"]) for s in shards],
        carry["samples"],
        carry["n_samples"],
    )
    advance = functools.partial(_advance, spec, constant, origin, [s["device_samples"] for s in shards])
    moving, samples, n_samples = lax.fori_loop(begin, stop, advance, inner)
    for s, (shard, (ring, raster, states)) in enumerate(zip(shards, moving, strict=True)):
        shard |= {"ring": ring, "raster": raster, "states": states}
        spec.operations.collect(shard, constant["collection"][s], clocks[s])
    return {"step": origin + stop, "shards": shards, "samples": samples, "n_samples": n_samples}


def _send(spec: ProgramSpec, s: int, shard: dict[str, Any], constant: Any, clock: Any) -> None:
    """Let the devices of a virtual process act, in the order of their ids."""
    if not spec.schedules[s]:
        return
    from jaxnest.engine import ffi

    shard["device_samples"] = list(shard["device_samples"])
    shard["devices"] = list(shard["devices"])
    for b, first, last in spec.schedules[s]:
        device = spec.devices[s][b]
        if device is None:
            continue
        rows = jnp.array([first, last], jnp.int64)
        results = ffi.call(
            device.handler,
            [
                shard["ring"],
                shard["events"],
                shard["counters"],
                shard["stream"],
                *shard["devices"][b],
                shard["device_samples"][b],
            ],
            [*constant["devices"][s][b], rows, clock],
        )
        shard["ring"], shard["events"], shard["counters"], shard["stream"] = results[:4]
        shard["devices"][b] = tuple(results[4:7])
        shard["device_samples"][b] = results[7]


def _advance(spec: ProgramSpec, constant: Any, origin: Any, device_samples: Any, lag: Any, inner: Any) -> Any:
    """Advance all neurons by one step and note their spikes and samples."""
    moving, samples, n_samples = inner
    moved, recorded = [], []
    for s, (ring, raster, states) in enumerate(moving):
        slot = (origin + lag) % ring.shape[0]
        row = lax.dynamic_index_in_dim(ring, slot, 0, keepdims=False)
        new_states, spikes = [], []
        for b, batch in enumerate(spec.batches[s]):
            v, v_axes = _variables(batch, constant["variables"][s][b])
            state = _state_type(batch.model)(**states[b])
            x = _inputs(batch, row)
            new, spike = jax.vmap(batch.model.update, in_axes=(v_axes, 0, 0))(v, state, x)
            new_state = dict(zip(batch.model.dynamic, new, strict=True))
            spike = jnp.broadcast_to(spike, (batch.size,)).astype(jnp.int32)
            if batch.has_frozen:
                new_state, spike = _hold(constant["frozen"][s][b], states[b], new_state, spike)
            new_states.append(new_state)
            spikes.append(spike)
        if spikes:
            raster = lax.dynamic_update_slice(raster, jnp.concatenate(spikes)[None], (lag, 0 * lag))
            ring = lax.dynamic_update_slice(ring, _remaining(spec, constant, s, row)[None], (slot, 0 * slot))
        moved.append((ring, raster, new_states))
        recorded.append(new_states)
    samples, n_samples = list(samples), list(n_samples)
    for p, probe in enumerate(spec.probes):
        values = _values(spec, constant, probe, p, recorded, device_samples, lag)
        stamp, first, interval = origin + lag + 1, constant["probes"][p]["first"], constant["probes"][p]["interval"]
        due = (stamp >= first) & ((stamp - first) % interval == 0)
        place = jnp.where(due, n_samples[p], samples[p].shape[0] - 1)
        samples[p] = lax.dynamic_update_slice(samples[p], values[None], (place, 0 * place, 0 * place))
        n_samples[p] = n_samples[p] + due
    return moved, samples, n_samples


def _hold(frozen: Any, old: dict[str, Any], new: dict[str, Any], spike: Any) -> tuple[dict[str, Any], Any]:
    """Keep frozen nodes as they were."""
    held = {k: jnp.where(frozen.reshape((-1,) + (1,) * (a.ndim - 1)), old[k], a) for k, a in new.items()}
    return held, jnp.where(frozen, 0, spike)


def _remaining(spec: ProgramSpec, constant: Any, s: int, row: Any) -> Any:
    """Input that stays in the ring buffer: that of frozen nodes, which do not read theirs."""
    if not any(b.has_frozen for b in spec.batches[s]):
        return jnp.zeros_like(row)
    return jnp.where(constant["frozen_lanes"][s], row, 0.0)


def _variables(batch: BatchSpec, variables: dict[str, Any]) -> tuple[Any, Any]:
    kind = _tuple_type("Variables", tuple(name for name, _ in batch.variables))
    return kind(**variables), kind(*(0 if spread else None for _, spread in batch.variables))


def _inputs(batch: BatchSpec, row: Any) -> Any:
    """Cut a batch's input channels out of a row of the ring buffer."""
    n, vector = batch.size, batch.model.receptor_vector is not None
    channels = [
        row[batch.first_lane + c * n : batch.first_lane + (c + 1) * n]
        for c in range(len(batch.model.inputs(batch.receptors)))
    ]
    if vector:
        k = batch.receptors
        spikes = jnp.stack(channels[:k], axis=1) if k else jnp.zeros((n, 0))
        channels = [spikes, *channels[k:]]
    return _tuple_type("Inputs", input_names(batch.model))(*channels)


def _values(
    spec: ProgramSpec, constant: Any, probe: ProbeSpec, p: int, states: Any, device_samples: Any, lag: Any
) -> Any:
    """Return the values of a probe's recordables, (name, node)."""
    batches = spec.batches[probe.shard]
    rows = constant["probes"][p]["rows"]
    if probe.batch >= len(batches):
        block = device_samples[probe.shard][probe.batch - len(batches)][lag]
        return block[jnp.array([probe.outputs.index(name) for name in probe.names])][:, rows]
    batch = batches[probe.batch]
    v, v_axes = _variables(batch, constant["variables"][probe.shard][probe.batch])
    state = _state_type(batch.model)(**states[probe.shard][probe.batch])
    functions = [batch.model.recordable(name) for name in probe.names]

    def evaluate(v: Any, s: Any) -> Any:
        return jnp.stack([jnp.asarray(f(v, s), jnp.float64) for f in functions])

    values = jax.vmap(evaluate, in_axes=(v_axes, 0), out_axes=1, axis_size=batch.size)(v, state)
    return values if probe.all_rows else values[:, rows]


@functools.cache
def _tuple_type(name: str, fields: tuple[str, ...]) -> Any:
    return namedtuple(name, fields)


def _state_type(model: type[Any]) -> Any:
    return _tuple_type("State", model.dynamic)
