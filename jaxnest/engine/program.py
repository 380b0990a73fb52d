"""The default back end's program: one compiled loop over slices, made from the structure of a plan.

Parameters, states, tables and times are arguments of the program, so that it is compiled once per structure: another
duration, other parameters or another run of the same network compile nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
from jax import lax

from jaxnest.engine import layout
from jaxnest.engine.tiles import BatchSpec, Segment, advance_batch


@final
@dataclass(frozen=True)
class ProbeSpec:
    """Where a probe's values come from."""

    shard: int
    batch: int
    names: tuple[str, ...]
    outputs: tuple[str, ...]
    """Names of all that is sampled from the batch."""


@final
@dataclass(frozen=True)
class DeviceSpec:
    """The compiled loop of a batch of devices."""

    handler: Any
    receives: bool
    """Takes input out of the ring buffer."""


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
        going &= shard["counters"][layout.ARCHIVE_NEEDED] == 0
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
        registers = [*constant["before"], *((s["register"], s["counters"]) for s in shards), *constant["after"]]
        for s, shard in enumerate(shards):
            spec.operations.deliver(shard, constant["delivery"][s], registers, clocks[s])
    for s, shard in enumerate(shards):
        _send(spec, s, shard, constant, clocks[s])
    segment = Segment(origin, begin, stop)
    slabs = []
    for s, shard in enumerate(shards):
        slabs.append([*_advance(spec, s, shard, constant, segment), *shard["device_samples"]])
        if spec.batches[s]:
            some = any(b.has_frozen for b in spec.batches[s]) or any(d and d.receives for d in spec.devices[s])
            kept = constant["kept_lanes"][s] if some else jnp.zeros(0, jnp.int64)
            spec.operations.clear(shard, kept, clocks[s])
        spec.operations.collect(shard, constant["collection"][s], clocks[s])
        spec.operations.archive(shard, constant["times"], clocks[s])
    samples, n_samples = list(carry["samples"]), list(carry["n_samples"])
    for p, probe in enumerate(spec.probes):
        slab = slabs[probe.shard][probe.batch]
        samples[p], n_samples[p] = _sample(probe, constant["probes"][p], segment, slab, samples[p], n_samples[p])
    return {"step": origin + stop, "shards": shards, "samples": samples, "n_samples": n_samples}


def _send(spec: ProgramSpec, s: int, shard: dict[str, Any], constant: Any, clock: Any) -> None:
    """Let the devices of a virtual process act, in the order of their ids."""
    if not spec.schedules[s]:
        return
    from jaxnest.engine import events, ffi

    for name in ("device_samples", "devices", "uniform"):
        shard[name] = list(shard[name])
    n_devices = len(spec.devices[s])
    for b, first, last in spec.schedules[s]:
        rows = jnp.array([first, last], jnp.int64)
        if b >= n_devices:
            shard["stream"], shard["uniform"][b - n_devices] = ffi.call(
                events.uniforms_handler,
                [shard["stream"], shard["uniform"][b - n_devices]],
                [constant["not_drawing"][s][b - n_devices], rows, clock],
            )
            continue
        device = spec.devices[s][b]
        if device is None:
            continue
        results = ffi.call(
            device.handler,
            [
                shard["ring"],
                shard["events"],
                shard["counters"],
                shard["stream"],
                shard["shared_stream"],
                shard["raster"],
                *shard["devices"][b],
                shard["device_samples"][b],
            ],
            [*constant["devices"][s][b], rows, clock],
        )
        names = ("ring", "events", "counters", "stream", "shared_stream", "raster")
        shard |= zip(names, results, strict=False)
        *changed, shard["device_samples"][b] = results[len(names) :]
        shard["devices"][b] = tuple(changed)


def _advance(spec: ProgramSpec, s: int, shard: dict[str, Any], constant: Any, segment: Segment) -> list[Any]:
    """Advance the neurons of a virtual process through a segment and return the samples of each batch."""
    states, slabs = list(shard["states"]), []
    for b, batch in enumerate(spec.batches[s]):
        fixed = {
            "variables": constant["variables"][s][b],
            "frozen": constant["frozen"][s][b],
            "uniform": shard["uniform"][b],
        }
        shard["raster"], states[b], slab = advance_batch(
            batch, fixed, segment, shard["ring"], shard["raster"], states[b]
        )
        slabs.append(slab)
    shard["states"] = states
    return slabs


def _sample(
    probe: ProbeSpec, times: dict[str, Any], segment: Segment, slab: Any, samples: Any, n: Any
) -> tuple[Any, Any]:
    """Append the samples of a segment that are due to those of a probe."""
    first, interval = times["first"], times["interval"]
    start = segment.origin + segment.begin + 1
    due = first + jnp.maximum(0, -((first - start) // interval)) * interval
    count = jnp.maximum(0, (segment.origin + segment.stop - due) // interval + 1)
    names = jnp.array([probe.outputs.index(name) for name in probe.names])

    def append(k: Any, samples: Any) -> Any:
        block = lax.dynamic_index_in_dim(slab, due + k * interval - 1 - segment.origin, 0, keepdims=False)
        values = block if probe.names == probe.outputs else block[names]
        return lax.dynamic_update_slice(samples, values[:, times["rows"]][None], (n + k, 0, 0))

    return lax.fori_loop(0, count, append, samples), n + count
