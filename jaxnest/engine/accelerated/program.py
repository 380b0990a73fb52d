"""The program of JAX: one compiled loop over slices, made from the structure of a plan.

Parameters, states, tables and times are arguments of the program, so that it is compiled once per structure: another
duration, other parameters or another run of the same network compile nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import SingleDeviceSharding

from jaxnest.compile.compile_time import compilers
from jaxnest.engine import layout
from jaxnest.engine.accelerated import exchange, pure
from jaxnest.engine.accelerated.exchange import ExchangeSpec
from jaxnest.engine.accelerated.tiles import BatchSpec, Segment, advance_batch
from jaxnest.random.numbers import keyed_arrays
from jaxnest.random.numbers.layout import KEY


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
    """How a batch of devices acts before the neurons."""

    handler: Any
    """The compiled loop, None if there is none."""
    receives: bool
    """Takes input out of the ring buffer."""
    traced: Any = None
    """What `engine.accelerated.pure_devices` has to know, if the devices act without compiled loops."""


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
    exchange: ExchangeSpec | None
    """Connections that carry numbers, if there are any."""
    by_keys: bool = False
    """Array operations draw the numbers that neurons get in every step: each depends on nothing but its key."""


@functools.lru_cache(maxsize=256)
def compiled(spec: ProgramSpec, device: Any, process: int = 0) -> Callable[[Any, Any, Any], Any]:
    """Return the jitted program ``(constant, carry, end) -> carry`` of a structure, for one device of JAX.

    Each virtual process gets one of its own: a second call of a jitted function waits while the first one compiles.
    """
    place = SingleDeviceSharding(device)  # arrays that the host has changed may lie elsewhere, or nowhere yet
    return jax.jit(functools.partial(run, spec), donate_argnums=1, in_shardings=place, out_shardings=place)


def run(spec: ProgramSpec, constant: Any, carry: Any, end: Any) -> Any:
    """Run slices until `end`, or until a buffer is full."""
    compilers.traced()
    return lax.while_loop(
        functools.partial(_goes_on, spec, end), functools.partial(_segment, spec, constant, end), carry
    )


def _goes_on(spec: ProgramSpec, end: Any, carry: Any) -> Any:
    """There is time left, and every buffer has room for another slice."""
    going = (carry["step"] < end) & (carry["unsettled"][0, 0] < len(carry["unsettled"]) - 1)
    for most, shard in zip(spec.most_events, carry["shards"], strict=True):
        going &= has_room(most, shard["counters"], shard["events"])
    return going & samples_fit(spec.min_delay, carry["samples"], carry["n_samples"])


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
    segment, signals, unsettled = Segment(origin, begin, stop), carry["signals"], carry["unsettled"]
    if spec.exchange is not None:
        exchange.deliver(spec.exchange, constant, signals, shards, clocks, segment)
    if spec.has_connections:
        rasters = [array for s in shards for array in pure.sent(s)]
        for s, shard in enumerate(shards):
            pure.deliver(shard, constant["delivery"][s], rasters, clocks[s])
    if spec.exchange is not None and spec.exchange.iterates:
        signals, exceeded = exchange.iterate(spec.exchange, constant, signals, shards, clocks, segment)
        unsettled = exchange.noted(unsettled, exceeded, segment)
    for s, shard in enumerate(shards):
        _send(spec, s, shard, constant, clocks[s])
    slabs = []
    for s, shard in enumerate(shards):
        if spec.exchange is not None:
            exchange.generate(spec.exchange, constant, s, shard, clocks[s], segment, "sooner")
        slabs.append([*_advance(spec, s, shard, constant, segment, clocks[s]), *shard["device_samples"]])
        if any(b.handler is None for b in spec.batches[s]):  # loops clear what they read
            some = any(b.has_frozen for b in spec.batches[s]) or any(d and d.receives for d in spec.devices[s])
            kept = constant["kept_lanes"][s] if some else jnp.zeros(0, jnp.int64)
            pure.clear(shard, kept, clocks[s])
        if spec.exchange is not None:
            exchange.generate(spec.exchange, constant, s, shard, clocks[s], segment, "later")
            exchange.forget(spec.exchange, constant, s, shard, clocks[s], shard["raster"])
        pure.note(shard, constant["collection"][s], constant["times"], clocks[s])
    if spec.exchange is not None:
        signals = exchange.send(spec.exchange, constant, signals, shards, slabs, segment)
    samples, n_samples = list(carry["samples"]), list(carry["n_samples"])
    for p, probe in enumerate(spec.probes):
        slab = slabs[probe.shard][probe.batch]
        samples[p], n_samples[p] = _sample(probe, constant["probes"][p], segment, slab, samples[p], n_samples[p])
    return {
        "step": origin + stop, "shards": shards, "samples": samples, "n_samples": n_samples, "signals": signals,
        "unsettled": unsettled,
    }  # fmt: skip


def has_room(most: int, counters: Any, events: Any) -> Any:
    """The buffers of a virtual process take the events and histories of another slice; on the host, too."""
    capacity = events.shape[0] // layout.EVENT_WORDS
    return (counters[layout.N_EVENTS] + most <= capacity) & (counters[layout.ARCHIVE_NEEDED] == 0)


def samples_fit(min_delay: int, samples: Sequence[Any], counts: Sequence[Any]) -> Any:
    """There is room for the samples of another slice; on the host, too."""
    fit = np.bool_(True)
    for array, n in zip(samples, counts, strict=True):
        fit = fit & (n + min_delay < array.shape[0])
    return fit


def _send(spec: ProgramSpec, s: int, shard: dict[str, Any], constant: Any, clock: Any) -> None:
    """Let the devices of a virtual process act, in the order of their ids."""
    for name in ("device_samples", "devices", "uniform", "following", "objects"):
        shard[name] = list(shard[name])
    n_devices = len(spec.devices[s])
    for b, batch in enumerate(spec.batches[s] if spec.by_keys else ()):
        if batch.draws and batch.handler is None:
            _draw_by_keys(batch, shard, b, constant["not_drawing"][s][b][1], clock)
    for b, device in enumerate(spec.devices[s]):
        if device is not None and device.traced is not None:
            from jaxnest.engine.accelerated import pure_devices

            pure_devices.act(device.traced, constant["devices"][s][b], shard, b, clock)
    for b, first, last in spec.schedules[s]:
        device = spec.devices[s][b] if b < n_devices else None
        if b < n_devices and (device is None or device.handler is None):
            continue
        from jaxnest.engine.accelerated import ffi
        from jaxnest.engine.plan.plastic_kernels import NO_WAYS
        from jaxnest.engine.spikes import events

        rows = jnp.array([first, last], jnp.int64)
        neurons = spec.batches[s][b - n_devices] if b >= n_devices else None
        if neurons is not None and neurons.handler is not None:
            _advance_one_by_one(neurons, b - n_devices, shard, constant["drawing"][s], rows, clock)
            continue
        if neurons is not None and spec.by_keys:
            continue
        if neurons is not None and neurons.model.noise:
            _draw_noise(shard, b - n_devices, [*constant["not_drawing"][s][b - n_devices], rows, clock])
            continue
        if neurons is not None:
            shard["stream"], shard["uniform"][b - n_devices] = ffi.call(
                events.draw_uniforms,
                [shard["stream"], shard["uniform"][b - n_devices]],
                [*constant["not_drawing"][s][b - n_devices], rows, clock],
            )
            continue
        assert device is not None
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
            [*constant["devices"][s][b], rows, clock, *NO_WAYS],
        )
        names = ("ring", "events", "counters", "stream", "shared_stream", "raster")
        shard |= zip(names, results, strict=False)
        *changed, shard["device_samples"][b] = results[len(names) :]
        shard["devices"][b] = tuple(changed)


def _draw_by_keys(batch: BatchSpec, shard: dict[str, Any], b: int, nodes: Any, clock: Any) -> None:
    """Draw what a batch of neurons gets in each step of a slice; noise for the slice of the next segment, too."""
    nodes = jnp.pad(nodes, (0, batch.n_tiles * batch.tile - batch.size))
    draw = keyed_arrays.normal if batch.model.noise else keyed_arrays.uniform

    def numbers(origin: Any) -> Any:
        steps = origin + jnp.arange(shard["uniform"][b].shape[0])
        return draw(shard["stream"][KEY], nodes[None, :], steps[:, None])

    shard["uniform"][b] = numbers(clock[layout.ORIGIN])
    if batch.model.noise:
        ends = clock[layout.TO] == clock[layout.MIN_DELAY]
        shard["following"][b] = numbers(clock[layout.ORIGIN] + jnp.where(ends, clock[layout.MIN_DELAY], 0))


def _draw_noise(shard: dict[str, Any], b: int, read: list[Any]) -> None:
    """Draw the noise of some neurons for the next slice, and make that of the present one known."""
    from jaxnest.engine.accelerated import ffi
    from jaxnest.engine.signals.secondary_kernels import draw_noise

    lists = ("uniform", "following", "objects")
    results = ffi.call(draw_noise, [shard["stream"], *(shard[name][b] for name in lists)], read)
    shard["stream"] = results[0]
    for name, result in zip(lists, results[1:], strict=True):
        shard[name][b] = result


def _advance_one_by_one(
    batch: BatchSpec, b: int, shard: dict[str, Any], constant: list[Any], rows: Any, clock: Any
) -> None:
    """Advance some neurons one after the other."""
    from jaxnest.engine.accelerated import ffi

    states, shared, own = list(shard["states"]), ("ring", "raster", "stream"), ("scalars", "vectors", "samples")
    in_place = [*(shard[k] for k in shared), *(states[b][k] for k in own)]
    results = ffi.call(batch.handler, in_place, [*constant[b], rows, clock])
    shard |= zip(shared, results, strict=False)
    states[b] = dict(zip(own, results[len(shared) :], strict=True))
    shard["states"] = states


def _advance(
    spec: ProgramSpec, s: int, shard: dict[str, Any], constant: Any, segment: Segment, clock: Any
) -> list[Any]:
    """Advance the neurons of a virtual process through a segment and return the samples of each batch.

    Those that draw random numbers were advanced before.
    """
    for b, batch in enumerate(spec.batches[s]):
        if batch.handler is not None and not batch.model.draws:
            rows = jnp.array([0, batch.size], jnp.int64)
            _advance_one_by_one(batch, b, shard, constant["drawing"][s], rows, clock)
    states, slabs = list(shard["states"]), []
    for b, batch in enumerate(spec.batches[s]):
        if batch.handler is not None:
            slabs.append(states[b]["samples"])
            continue
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
        values = block[names]
        return lax.dynamic_update_slice(samples, values[:, times["rows"]][None], (n + k, 0, 0))

    return lax.fori_loop(0, count, append, samples), n + count
