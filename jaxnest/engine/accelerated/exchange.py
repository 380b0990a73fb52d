"""Connections that carry numbers as array operations: exchange of values, and iteration of waveforms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxnest.engine.accelerated.tiles import BatchSpec, Segment, advance_batch, held_values, tuple_type
from jaxnest.engine.devices.stimulation import Devices
from jaxnest.engine.layout import FROM, ORIGIN, TO
from jaxnest.engine.plan.secondary import Secondary, Terms

Shards = list[dict[str, Any]]


@final
@dataclass(frozen=True)
class ExchangeSpec:
    """What the program is compiled for."""

    min_delay: int
    batches: tuple[tuple[BatchSpec, ...], ...]
    iterates: bool
    generators: tuple[tuple[tuple[int, int, int], ...], ...]
    """Per shard: batch of devices, which of its outputs is sent, and the shift of its window."""


def exchange_spec(
    secondary: Secondary,
    min_delay: int,
    batches: tuple[tuple[BatchSpec, ...], ...],
    devices: list[list[Devices | None]],
) -> ExchangeSpec:
    """Return what the program has to know of connections that carry numbers."""
    generators = []
    for s, found in enumerate(secondary.generators):
        places = []
        for g in found:
            device = devices[s][g.device]
            assert device is not None
            places.append((g.device, device.outputs.index(g.name), device.batch.model.window_shift))
        generators.append(tuple(places))
    return ExchangeSpec(min_delay, batches, secondary.iterates, tuple(generators))


def exchange_constant(secondary: Secondary, devices: list[list[Devices | None]]) -> dict[str, Any]:
    """Return the arrays that the program reads."""
    windows = [
        [d.windows for d in (devices[s][g.device] for g in found) if d is not None]
        for s, found in enumerate(secondary.generators)
    ]
    return {
        "delayed": [_arrays(t) for t in secondary.delayed],
        "immediate": [_arrays(t) for t in secondary.immediate],
        "sooner": [[_arrays(g.sooner) for g in found] for found in secondary.generators],
        "later": [[_arrays(g.later) for g in found] for found in secondary.generators],
        "windows": windows,
        "lanes": secondary.iterated_lanes,
        "tolerance": np.float64(secondary.tolerance),
        "most_iterations": np.int64(secondary.most_iterations),
    }


def _arrays(terms: Terms) -> dict[str, Any]:
    """Return terms as a tree: those without transformation, and the others by the batch of their targets."""

    def columns(chosen: np.ndarray) -> tuple[np.ndarray, ...]:
        return tuple(column[chosen] for column in terms.columns)

    result: dict[str, Any] = {"plain": columns(terms.plain)}
    for b, indices, positions in terms.transformed:
        result[str(b)] = (*columns(indices), positions)
    return result


def deliver(
    spec: ExchangeSpec, constant: Any, signals: Any, shards: Shards, clocks: list[Any], segment: Segment
) -> None:
    """Deliver what was sent in the slice before."""
    exchange = constant["exchange"]
    starts = (segment.begin == 0) & (segment.origin > 0)
    for s, shard in enumerate(shards):
        for name in ("delayed", "immediate"):
            _add(spec, s, shard, constant, exchange[name][s], signals, clocks[s], starts)


def generate(spec: ExchangeSpec, constant: Any, s: int, shard: Any, clock: Any, segment: Segment, when: str) -> None:
    """Deliver what devices send in the present segment: to targets that are advanced after them, or before."""
    lags = jnp.arange(spec.min_delay)
    here = (lags >= segment.begin) & (lags < segment.stop)
    for k, (device, output, shift) in enumerate(spec.generators[s]):
        values = jnp.where(here, shard["device_samples"][device][:, output].T, 0.0)
        windows = constant["exchange"]["windows"][s][k]
        steps = segment.origin + lags + shift
        active = jnp.any(here & (windows[:, :1] < steps) & (steps <= windows[:, 1:]), axis=1)
        _add(spec, s, shard, constant, constant["exchange"][when][s][k], values, clock, jnp.array(True), active)


def send(spec: ExchangeSpec, constant: Any, signals: Any, shards: Shards, slabs: Any, segment: Segment) -> Any:
    """Return the signals after the neurons were advanced through a segment."""
    lags = jnp.arange(spec.min_delay)
    here = (lags >= segment.begin) & (lags < segment.stop)
    for s, batches in enumerate(spec.batches):
        for b, batch in enumerate(batches):
            row = len(batch.outputs)
            for kind, first in batch.sent:
                if kind.iterated:
                    held = held_values(batch, kind, constant["variables"][s][b], shards[s]["states"][b])
                    block = jnp.where(here, held.reshape(-1, 1), 0.0)
                    signals = lax.dynamic_update_slice(signals, block, (first, 0))
                    continue
                block = _block(slabs[s][b][:, row : row + kind.components])
                row += kind.components
                old = lax.dynamic_slice(signals, (first, 0), block.shape) if batch.model.signals[kind].keeps else 0.0
                signals = lax.dynamic_update_slice(signals, jnp.where(here, block, old), (first, 0))
    return signals


def forget(spec: ExchangeSpec, constant: Any, s: int, shard: Any, clock: Any, after: Any) -> None:
    """Clear what arrived without delay, once `after` was computed from it."""
    lanes = constant["exchange"]["lanes"][s]
    if lanes.shape[0] == 0:
        return
    slots = (clock[ORIGIN] + jnp.arange(spec.min_delay)) % shard["ring"].shape[0]
    shard["ring"] = shard["ring"].at[slots[:, None], lanes[None, :]].set(0.0)


def _block(slab: Any) -> Any:
    """Return values (lag, component, neuron) as rows of the signals."""
    return slab.transpose(1, 2, 0).reshape(-1, slab.shape[0])


def _add(
    spec: ExchangeSpec,
    s: int,
    shard: dict[str, Any],
    constant: Any,
    terms: dict[str, Any],
    values: Any,
    clock: Any,
    when: Any,
    active: Any = None,
) -> None:
    """Add products to the ring buffer of a shard, if `when` is true and for sources that are active."""
    for name, (row, factor, lane, offset, marker, at_once, *positions) in terms.items():
        if row.shape[0] == 0:
            continue
        got, place = values, row
        if positions:
            batch, variables = spec.batches[s][int(name)], constant["variables"][s][int(name)]
            got, place = _transformed(batch, variables, values[row], positions[0]), jnp.arange(row.shape[0])
        if active is not None:
            factor = jnp.where(active[row], factor, 0.0)
            marker = jnp.where(active[row], marker, -1)
        lags, once, plain = jnp.arange(spec.min_delay), (at_once > 0)[:, None], (marker < 0)[:, None]
        start = jnp.where(at_once == 0, offset, clock[FROM] * (at_once == 1) + clock[TO] * (at_once == 2))
        slots = (clock[ORIGIN] + start[:, None] + lags) % shard["ring"].shape[0]
        nowhere, used = shard["ring"].shape[0], when & ~(once & (lags > 0))
        amounts = factor[:, None] * got[place]
        added, put = jnp.where(used & plain, slots, nowhere), jnp.where(used & ~plain, slots, nowhere)
        ring = shard["ring"].at[added, lane[:, None]].add(amounts, mode="drop")
        ring = ring.at[put, lane[:, None]].set(amounts, mode="drop")
        shard["ring"] = ring.at[put, marker[:, None]].set(1.0, mode="drop")


def _transformed(batch: BatchSpec, variables: dict[str, Any], values: Any, positions: Any) -> Any:
    """Return values (connection, lag) as they arrive at neurons of a batch, which have these positions."""
    names = tuple(name for name, _ in batch.variables)
    differing = {name for name, differs in batch.variables if differs}
    kind = tuple_type("Variables", names)
    v = kind(**{k: variables[k][positions] if k in differing else variables[k] for k in names})
    return jax.vmap(batch.model.transform, (kind(*(0 if k in differing else None for k in names)), 0))(v, values)


def iterate(
    spec: ExchangeSpec, constant: Any, signals: Any, shards: Shards, clocks: list[Any], segment: Segment
) -> tuple[Any, Any]:
    """Advance the neurons on trial and exchange their values until these do not change.

    Returns the signals, and whether they would have gone on changing.
    """
    places = [(s, b) for s, row in enumerate(spec.batches) for b, batch in enumerate(row) if _takes_part(batch)]
    exchange = constant["exchange"]

    def attempt(carry: Any) -> Any:
        n, _, rings, signals, changed, last = carry
        exceeded, slabs, changed, last = jnp.array(False), {}, list(changed), list(last)
        for k, (s, b) in enumerate(places):
            shard = shards[s] | {"ring": rings[s]}
            slabs[s], changed[k] = _attempt(spec, s, b, constant, shard, segment, changed[k])
            signals, now = _sent(spec.batches[s][b], signals, slabs[s])
            if now is not None:
                exceeded |= jnp.any(jnp.abs(now - last[k])[:, : spec.batches[s][b].size] > exchange["tolerance"])
                last[k] = now
        updated = []
        for s, ring in enumerate(rings):
            shard = shards[s] | {"ring": ring}
            forget(spec, constant, s, shard, clocks[s], slabs.get(s, signals))
            _add(spec, s, shard, constant, exchange["immediate"][s], signals, clocks[s], jnp.array(True))
            updated.append(shard["ring"])
        return n + 1, exceeded, tuple(updated), signals, tuple(changed), tuple(last)

    changed = tuple(_not_restored(spec.batches[s][b], shards[s]["states"][b]) for s, b in places)
    last = tuple(jnp.zeros((spec.min_delay, spec.batches[s][b].n_tiles * spec.batches[s][b].tile)) for s, b in places)
    start = (jnp.int64(0), jnp.array(True), tuple(shard["ring"] for shard in shards), signals, changed, last)
    _, exceeded, rings, signals, changed, _ = lax.while_loop(
        lambda carry: carry[1] & (carry[0] < exchange["most_iterations"]), attempt, start
    )
    for shard, ring in zip(shards, rings, strict=True):
        shard["ring"], shard["states"] = ring, list(shard["states"])
    for (s, b), new in zip(places, changed, strict=True):
        shards[s]["states"][b] = shards[s]["states"][b] | new
    return signals, exceeded


def noted(unsettled: Any, exceeded: Any, segment: Segment) -> Any:
    """Return unsettled intervals with the present one, if values would have gone on changing.

    The first row says how many there are, the others where they begin and end.
    """
    n = unsettled[0, 0] + exceeded
    interval = jnp.stack([segment.origin, segment.origin + segment.stop])
    return unsettled.at[n].set(jnp.where(exceeded, interval, unsettled[n])).at[0, 0].set(n)


def _attempt(
    spec: ExchangeSpec, s: int, b: int, constant: Any, shard: dict[str, Any], segment: Segment, changed: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Advance a batch on trial to the end of the slice; return what it sends, and the states that are not restored."""
    batch = replace(spec.batches[s][b], iterating=True, outputs=())
    fixed = {
        "variables": constant["variables"][s][b],
        "frozen": constant["frozen"][s][b],
        "uniform": shard["following" if batch.model.noise else "uniform"][b],
        "nodes": constant["nodes"][s][b],
    }
    trial = Segment(segment.origin, segment.begin, jnp.asarray(spec.min_delay))
    _, new, slab = advance_batch(batch, fixed, trial, shard["ring"], shard["raster"], shard["states"][b] | changed)
    later = jnp.arange(spec.min_delay)[:, None, None] >= segment.begin
    return jnp.where(later, slab, 0.0), _not_restored(batch, new)


def _not_restored(batch: BatchSpec, states: dict[str, Any]) -> dict[str, Any]:
    return {k: states[k] for k in batch.model.not_restored}


def _sent(batch: BatchSpec, signals: Any, slab: Any) -> tuple[Any, Any]:
    """Return the signals with what a batch sends in an iteration, and the values that are compared (or None)."""
    row = 0
    for kind, first in batch.sent:
        if kind.iterated:
            signals = lax.dynamic_update_slice(signals, _block(slab[:, row : row + kind.components]), (first, 0))
            row += kind.components
    return signals, slab[:, row] if batch.model.compared else None


def _takes_part(batch: BatchSpec) -> bool:
    return bool(batch.model.signals) and batch.model.uses_iterations()
