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
from jaxnest.engine.accelerated.devices.acting import act
from jaxnest.engine.accelerated.devices.tables import DeviceSpec
from jaxnest.engine.accelerated.exchange import ExchangeSpec
from jaxnest.engine.accelerated.precise import network as precise
from jaxnest.engine.accelerated.precise.spikes import take_from_devices
from jaxnest.engine.accelerated.synapses import delivery as synapses
from jaxnest.engine.accelerated.synapses import modulation, voltages, weights
from jaxnest.engine.accelerated.synapses.tables import SynapseSpec
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
class ProgramSpec:
    """Everything that the program is compiled for; arrays add their shapes."""

    min_delay: int
    batches: tuple[tuple[BatchSpec, ...], ...]
    devices: tuple[tuple[DeviceSpec | None, ...], ...]
    keeps_input: tuple[bool, ...]
    """Per virtual process, whether what arrived stays in some lanes: for frozen neurons, or for devices."""
    probes: tuple[ProbeSpec, ...]
    most_events: tuple[int, ...]
    has_connections: bool
    exchange: ExchangeSpec | None
    """Connections that carry numbers, if there are any."""
    synapses: tuple[SynapseSpec, ...] = ()
    """Per virtual process, the connections whose synapses have functions, or whose weights are recorded."""
    remembers: tuple[bool, ...] = ()
    """Per virtual process, whether neurons remember their spikes for synapses."""
    voltages: tuple[tuple[tuple[int, bool], ...], ...] = ()
    """Per virtual process, which batches of neurons keep the history of their potential, and whether they predict."""
    precise: tuple[precise.PreciseSpec, ...] = ()
    """Per virtual process, what it has beside if spikes need not come on the grid of time steps."""


KEPT_PROGRAMS = 32
"""A program takes hundreds of areas of memory, of which Linux gives a process 65,530; without more it ends."""


@functools.lru_cache(maxsize=KEPT_PROGRAMS)
def compiled(spec: ProgramSpec, device: Any, process: int = 0) -> Callable[[Any, Any, Any], Any]:
    """Return the jitted program ``(constant, carry, end) -> carry`` of a structure, for one device of JAX.

    Each virtual process gets one of its own: a second call of a jitted function waits while the first one compiles.
    """
    place = SingleDeviceSharding(device)  # arrays that the host has changed may lie elsewhere, or nowhere yet
    return jax.jit(functools.partial(run, spec), donate_argnums=1, in_shardings=place, out_shardings=place)


def run(spec: ProgramSpec, constant: Any, carry: Any, end: Any) -> Any:
    """Run slices until `end`, or until a buffer is full."""
    compilers.traced()
    step = _tried if spec.precise else _segment
    return lax.while_loop(functools.partial(_goes_on, spec, end), functools.partial(step, spec, constant, end), carry)


def _goes_on(spec: ProgramSpec, end: Any, carry: Any) -> Any:
    """There is time left, and every buffer has room for another slice."""
    going = (carry["step"] < end) & (carry["unsettled"][0, 0] < len(carry["unsettled"]) - 1)
    needed = sum(shard["counters"][layout.WEIGHTS_NEEDED] for shard in carry["shards"])
    for most, shard in zip(spec.most_events, carry["shards"], strict=True):
        going &= has_room(most, needed, *(shard[k] for k in ("counters", "events", "weight_events")))
    going &= jnp.all(carry["short"] == 0)
    return going & samples_fit(spec.min_delay, carry["samples"], carry["n_samples"])


def _tried(spec: ProgramSpec, constant: Any, end: Any, carry: Any) -> Any:
    """Run one slice or, if a table has no room for it, leave everything as it was and say how much is missing."""
    new = _segment(spec, constant, end, carry)
    short = precise.short(new["shards"])
    result = jax.tree.map(lambda a, b: jnp.where(jnp.any(short > 0), a, b), carry, new)
    return result | {"short": short}


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
    if spec.has_connections or spec.precise:
        rasters = [array for s in shards for array in pure.sent(s)]
        registers = [shard["register"] for shard in shards] if spec.precise else []
        for s, shard in enumerate(shards):
            if spec.precise:
                nodes = [one["emitters"] for one in constant["precise"]]
                precise.arrive(spec.precise[s], shard, constant["precise"][s], rasters, registers, nodes, clocks[s])
                continue
            pure.deliver(shard, constant["delivery"][s], rasters, clocks[s])
            synapses.deliver(spec.synapses[s], shard, constant["synapses"][s], constant["times"], rasters, clocks[s])
    if spec.exchange is not None and spec.exchange.iterates:
        signals, exceeded = exchange.iterate(spec.exchange, constant, signals, shards, clocks, segment)
        unsettled = exchange.noted(unsettled, exceeded, segment)
    for s, shard in enumerate(shards):
        first = shard["counters"][layout.N_EVENTS]
        _send(spec, s, shard, constant, clocks[s])
        if spec.precise:
            take_from_devices(shard, constant["precise"][s]["ways"], first)
    slabs = []
    for s, shard in enumerate(shards):
        if spec.exchange is not None:
            exchange.generate(spec.exchange, constant, s, shard, clocks[s], segment, "sooner")
        samples, sent = _advance(spec, s, shard, constant, segment)
        slabs.append([*samples, *shard["device_samples"]])
        kept = constant["kept_lanes"][s] if spec.keeps_input[s] else jnp.zeros(0, jnp.int64)
        pure.clear(shard, kept, clocks[s])
        if spec.exchange is not None:
            exchange.generate(spec.exchange, constant, s, shard, clocks[s], segment, "later")
            exchange.forget(spec.exchange, constant, s, shard, clocks[s], shard["raster"])
        _note(spec, s, shard, constant, slabs[s], sent, clocks[s])
    if spec.exchange is not None:
        signals = exchange.send(spec.exchange, constant, signals, shards, slabs, segment)
    samples, n_samples = list(carry["samples"]), list(carry["n_samples"])
    for p, probe in enumerate(spec.probes):
        slab = slabs[probe.shard][probe.batch]
        samples[p], n_samples[p] = _sample(probe, constant["probes"][p], segment, slab, samples[p], n_samples[p])
    return {
        "step": origin + stop, "shards": shards, "samples": samples, "n_samples": n_samples, "signals": signals,
        "unsettled": unsettled, "short": carry["short"],
    }  # fmt: skip


def _note(
    spec: ProgramSpec, s: int, shard: dict[str, Any], constant: Any, samples: list[Any], sent: Any, clock: Any
) -> None:
    """After a segment: note what came of it for recorders, and what neurons and synapses remember."""
    if spec.remembers[s]:
        collecting, at_synapses = (constant[name][s] for name in ("collecting", "synapses"))
        modulation.note(spec.synapses[s], shard, collecting, at_synapses, constant["times"], clock)
        for (b, predicts), part in zip(spec.voltages[s], constant["voltages"][s], strict=True):
            voltages.note(predicts, part, samples[b], shard, constant["times"], clock)
        late = voltages.short_of_room(shard["archive"][0], shard["raster"].shape[1], spec.min_delay)
        shard["counters"] = shard["counters"].at[layout.ARCHIVE_LATE].set(jnp.sum(late))
    pure.note(shard, constant["collection"][s], constant["times"], clock)
    if spec.precise:
        places = constant["precise"][s], constant["collection"][s]
        precise.remember(shard, *places, sent, constant["times"], clock)
    if any(one.watches for one in spec.synapses):
        needed = weights.needed(shard, constant["watched"][s], clock)
        shard["counters"] = shard["counters"].at[layout.WEIGHTS_NEEDED].set(needed)


def has_room(most: int, needed: Any, counters: Any, events: Any, weight_events: Any) -> Any:
    """The buffers of a virtual process take the events, weights and histories of another slice; on the host, too."""
    capacity = events.shape[0] // layout.EVENT_WORDS
    weights_fit = counters[layout.N_WEIGHTS] + needed <= weight_events.shape[0] // layout.WEIGHT_WORDS
    histories_fit = counters[layout.ARCHIVE_NEEDED] + counters[layout.ARCHIVE_LATE] == 0
    return (counters[layout.N_EVENTS] + most <= capacity) & histories_fit & weights_fit


def samples_fit(min_delay: int, samples: Sequence[Any], counts: Sequence[Any]) -> Any:
    """There is room for the samples of another slice; on the host, too."""
    fit = np.bool_(True)
    for array, n in zip(samples, counts, strict=True):
        fit = fit & (n + min_delay < array.shape[0])
    return fit


def _send(spec: ProgramSpec, s: int, shard: dict[str, Any], constant: Any, clock: Any) -> None:
    """Let the devices of a virtual process act, and draw what neurons get in each step."""
    for name in ("device_samples", "devices", "uniform", "following"):
        shard[name] = list(shard[name])
    for b, batch in enumerate(spec.batches[s]):
        if batch.gets_numbers:
            _draw_by_keys(batch, shard, b, constant["nodes"][s][b], clock)
    for b, device in enumerate(spec.devices[s]):
        if device is not None:
            at_synapses = {"synapses": constant["synapses"][s], "times": constant["times"]}
            act(device, constant["devices"][s][b] | at_synapses, shard, b, clock)


def _draw_by_keys(batch: BatchSpec, shard: dict[str, Any], b: int, nodes: Any, clock: Any) -> None:
    """Draw what a batch of neurons gets in each step of a slice; noise for the slice of the next segment, too."""
    draw = keyed_arrays.normal if batch.model.noise else keyed_arrays.uniform

    def numbers(origin: Any) -> Any:
        steps = origin + jnp.arange(shard["uniform"][b].shape[0])
        return draw(shard["stream"][KEY], nodes[None, :], steps[:, None])

    shard["uniform"][b] = numbers(clock[layout.ORIGIN])
    if batch.model.noise:
        ends = clock[layout.TO] == clock[layout.MIN_DELAY]
        shard["following"][b] = numbers(clock[layout.ORIGIN] + jnp.where(ends, clock[layout.MIN_DELAY], 0))


def _advance(
    spec: ProgramSpec, s: int, shard: dict[str, Any], constant: Any, segment: Segment
) -> tuple[list[Any], dict[int, Any]]:
    """Advance the neurons of a virtual process through a segment.

    Returns
    -------
    list, dict
        The samples of each batch; spikes that carry a number, by the first column of the batch.
    """
    states, slabs, sent = list(shard["states"]), [], {}
    for b, batch in enumerate(spec.batches[s]):
        fixed = {
            "variables": constant["variables"][s][b],
            "frozen": constant["frozen"][s][b],
            "uniform": shard["uniform"][b],
            "nodes": constant["nodes"][s][b],
            "key": shard["stream"][KEY] if batch.model.draws else (),
        }
        if spec.precise and spec.precise[s].first_queue[b] >= 0:
            states[b], slab, sent[batch.first_column] = precise.advance(
                spec.precise[s], batch, b, fixed, segment, shard
            )
            slabs.append(slab)
            continue
        shard["raster"], states[b], slab = advance_batch(
            batch, fixed, segment, shard["ring"], shard["raster"], states[b]
        )
        if spec.precise and spec.precise[s].marks[b] >= 0:
            row, most = spec.precise[s].marks[b], spec.precise[s].most
            sent[batch.first_column] = precise.marked(batch, row, segment, shard, slab, most)
        slabs.append(slab)
    shard["states"] = states
    return slabs, sent


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
