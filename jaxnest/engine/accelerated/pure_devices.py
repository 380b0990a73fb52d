"""Devices that send spikes or currents in pure JAX: what the loops of `devices.stimulator_loops` do, for GPUs.

A batch of devices acts for a whole slice at once, unless what it sends has an order within a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple, final

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxnest.engine import layout
from jaxnest.engine.accelerated.pure import add_to_ring
from jaxnest.engine.accelerated.tiles import tuple_type
from jaxnest.engine.devices.stimulation import Devices
from jaxnest.engine.layout import BINARY, FLIP, PLAIN
from jaxnest.models.contract.state import state_class
from jaxnest.models.functions.series import Series
from jaxnest.random.numbers import keyed_arrays
from jaxnest.random.numbers.layout import KEY


@final
@dataclass(frozen=True)
class TracedSpec:
    """What the program has to know of a batch of devices at compile time."""

    model: type[Any]
    scalars: tuple[str, ...]
    series: tuple[str, ...]
    """Variables that are numbers, and those that are vectors."""
    outputs: tuple[str, ...]
    """Recordables that meters sample."""
    has_receivers: bool
    has_listeners: bool
    """Whether connections go to neurons, and to recorders."""


@final
class Sent(NamedTuple):
    """What devices send, (step, device): amounts, factors for weights, and when: steps later, and ms before its end."""

    value: Any
    factor: Any
    ahead: Any
    offset: Any


def is_traceable(device: Devices, is_keyed: bool) -> bool:
    """Return whether devices can act without compiled loops."""
    model, table = device.batch.model, device.table
    draws = model.draw is not None or model.draw_each is not None
    simple = not (model.has_proxies or model.inputs() or (table.flags & BINARY).any())
    return simple and model.traced_advance is not None and (is_keyed or not draws)


# -- layout ------------------------------------------------------------------------------------------------


def traced_spec(device: Devices) -> TracedSpec:
    """Describe a batch of devices."""
    scalars, series = _variables(device)
    is_listener = device.table.lane_positive < 0
    listens = bool(is_listener.any())
    names = tuple(scalars), tuple(series)
    return TracedSpec(device.batch.model, *names, device.outputs, not is_listener.all(), listens)


def traced_constant(device: Devices) -> dict[str, Any]:
    """Return the arrays that a batch of devices reads."""
    scalars, series = _variables(device)
    is_listener = device.table.lane_positive < 0
    return {
        "scalars": scalars,
        "series": {name: _joined(vectors) for name, vectors in series.items()},
        "windows": device.windows,
        "nodes": device.batch.node_ids,
        "receivers": _connections(device, ~is_listener),
        "listeners": _connections(device, is_listener),
    }


def _variables(device: Devices) -> tuple[dict[str, np.ndarray], dict[str, list[np.ndarray]]]:
    """Return the variables that are numbers, and those that are vectors."""
    names = device.names[: len(device.names) - len(device.vector_names)]
    scalars = {name: device.scalars[:, k] for k, name in enumerate(names)}
    ends, n = device.vector_start, len(device.batch)
    series = {
        name: [device.vectors[ends[i, k] : ends[i, k + 1]] for i in range(n)]
        for k, name in enumerate(device.vector_names)
    }
    here = [{k: a[i] for k, a in (*scalars.items(), *series.items())} for i in range(n)]
    further = [device.batch.model.traced_variables(SimpleNamespace(**values)) for values in here]
    for name, first in further[0].items():
        if np.ndim(first):
            series[name] = [values[name] for values in further]
        else:
            scalars[name] = np.array([values[name] for values in further])
    return scalars, series


def _joined(vectors: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Return vectors one after the other, with room up to a power of two, and where they begin and end."""
    ends = np.append(0, np.cumsum([len(v) for v in vectors]))
    values = np.concatenate(vectors)
    room = (1 << len(values).bit_length()) - len(values)
    return {"values": np.append(values, np.zeros(room)), "first": ends[:-1], "last": ends[1:]}


def _connections(device: Devices, chosen: np.ndarray) -> dict[str, np.ndarray]:
    """Return some connections; what they have in common is stored once."""
    table = device.table
    columns = {
        "owner": np.repeat(np.arange(len(device.batch), dtype=np.int32), np.diff(table.start)),
        "positive": table.lane_positive,
        "negative": table.lane_negative,
        "identity": table.identity,
    }
    values = {"flags": table.flags.astype(np.int32), "weight": table.weight, "delay": table.delay}
    return {k: c[chosen] for k, c in columns.items()} | {k: _once(c[chosen]) for k, c in values.items()}


def _once(values: np.ndarray) -> np.ndarray:
    return values[:1] if len(values) and (values == values[0]).all() else values


# -- in a traced program -----------------------------------------------------------------------------------


def act(spec: TracedSpec, constant: dict[str, Any], shard: dict[str, Any], b: int, clock: Any) -> None:
    """Let a batch of devices act in a segment."""
    arrays, samples = shard["devices"][b], shard["device_samples"][b]
    state = [arrays[0][:, k] for k in range(len(spec.model.dynamic))]
    lags = jnp.arange(samples.shape[0])

    def advance(state: list[Any], lag: Any) -> Any:
        new, sent, _, values = _advance(spec, constant, state, lag, clock)
        return new, (sent, values)

    def send(carry: Any, lag: Any) -> Any:
        def go_on(passing: Any) -> Any:
            state, _, buffers, _ = passing
            new, sent, again, values = _advance(spec, constant, state, lag, clock)
            sent = Sent(*(a[None] for a in sent))
            buffers = lax.cond(
                (sent.value != 0).any(),
                lambda b: _send(spec, constant, b, sent, lag[None], clock),
                lambda b: b,
                buffers,
            )
            return new, again.any(), buffers, values

        state, buffers = carry
        nothing = jnp.zeros(samples.shape[1:])
        state, _, buffers, values = lax.while_loop(
            lambda passing: passing[1], go_on, (state, jnp.array(True), buffers, nothing)
        )
        return (state, buffers), values

    buffers = {name: shard[name] for name in ("ring", "events", "counters", "stream")}
    if spec.model.timed:
        (state, buffers), values = lax.scan(send, (state, buffers), lags)
    else:
        if state:
            state, (sent, values) = lax.scan(advance, state, lags)
        else:
            _, (sent, values) = jax.vmap(lambda lag: advance([], lag))(lags)
        buffers = _send(spec, constant, buffers, sent, lags, clock)
    shard |= buffers
    inside = (lags >= clock[layout.FROM]) & (lags < clock[layout.TO])
    shard["device_samples"][b] = jnp.where(inside[:, None, None], values, samples)
    if state:
        shard["devices"][b] = (jnp.stack(state, axis=1), *arrays[1:])


def _advance(spec: TracedSpec, constant: dict[str, Any], state: list[Any], lag: Any, clock: Any) -> Any:
    """Return state, what is sent, whether there is more in this step, and samples (output, device), of one step."""
    model, step = spec.model, clock[layout.ORIGIN] + lag
    acting = (clock[layout.ORIGIN] if model.slicewise else step) + model.window_shift
    inside = (lag >= clock[layout.FROM]) & (lag < clock[layout.TO])
    kind = state_class(model)
    windows = constant["windows"]
    device = jnp.arange(len(windows))

    def one(i: Any, window: Any, state: list[Any]) -> Any:
        v, s = _variables_of(spec, constant, i), kind(*state)
        active = (window[0] < acting) & (acting <= window[1])
        new, value, factor, again, *when = model.traced_advance(v, s, step, active, None)
        exists = inside & (window[0] <= window[1])
        sends = exists if model.own_window else exists & active
        later = kind(*(jnp.where(exists, a, old) for a, old in zip(new, s, strict=True)))
        ahead, offset = when or (0, 0.0)
        sent = Sent(*(jnp.asarray(a, k) for a, k in zip((value, factor, ahead, offset), _KINDS, strict=True)))
        values = [jnp.asarray(model.recordable(name)(v, later), jnp.float64) for name in spec.outputs]
        return list(later), sent._replace(value=jnp.where(sends, sent.value, 0.0)), exists & again, values

    new, sent, again, values = jax.vmap(one)(device, windows, state)
    return new, sent, again, jnp.stack(values) if values else jnp.zeros((0, len(windows)))


_KINDS = (jnp.float64, jnp.float64, jnp.int64, jnp.float64)


def _variables_of(spec: TracedSpec, constant: dict[str, Any], i: Any) -> Any:
    """Return the variables of one device."""
    scalars = {name: a[i] for name, a in constant["scalars"].items()}
    series = {name: Series(a["values"], a["first"][i], a["last"][i]) for name, a in constant["series"].items()}
    return tuple_type("Variables", (*spec.scalars, *spec.series))(**scalars, **series)


def _send(
    spec: TracedSpec, constant: dict[str, Any], buffers: dict[str, Any], sent: Sent, lags: Any, clock: Any
) -> dict[str, Any]:
    """Bring what devices send in some steps to neurons and recorders."""
    step, buffers = (clock[layout.ORIGIN] + lags)[:, None], dict(buffers)
    if spec.has_receivers:
        to = constant["receivers"]
        owner, flags = to["owner"], to["flags"]
        amount = _amounts(spec, constant, to, sent, step, buffers["stream"][KEY])
        x = jnp.where(flags & PLAIN > 0, amount, sent.factor[:, owner] * to["weight"] * amount)
        lane = jnp.where(x > 0, to["positive"], to["negative"])
        x = jnp.where((flags & FLIP > 0) & (x <= 0), -x, x)
        arrival = step + sent.ahead[:, owner] + to["delay"]
        buffers["ring"] = add_to_ring(buffers["ring"], arrival, lane, x)
    if spec.has_listeners:
        to = constant["listeners"]
        amount = _amounts(spec, constant, to, sent, step, buffers["stream"][KEY])
        buffers |= _recorded(constant["nodes"], to, sent, amount, step, buffers, clock)
    return buffers


def _amounts(
    spec: TracedSpec, constant: dict[str, Any], connections: dict[str, Any], sent: Sent, step: Any, key: Any
) -> Any:
    """Return what each connection gets, (step, connection)."""
    value = sent.value[:, connections["owner"]]
    if spec.model.traced_draw is None:
        return value

    def draw(step: Any, i: Any, identity: Any, value: Any) -> Any:
        def unit(k: Any) -> Any:
            return keyed_arrays.unit(key, constant["nodes"][i], identity, step, k)

        context = SimpleNamespace(unit=unit)
        return jnp.asarray(spec.model.traced_draw(_variables_of(spec, constant, i), value, context), jnp.float64)

    each = jax.vmap(jax.vmap(draw, (None, 0, 0, 0)), (0, None, None, 0))
    return jnp.where(value != 0, each(step[:, 0], connections["owner"], connections["identity"], value), 0.0)


def _recorded(
    nodes: Any, to: dict[str, Any], sent: Sent, amount: Any, step: Any, buffers: dict[str, Any], clock: Any
) -> dict[str, Any]:
    """Append event records; for a recorder they are in the order of time."""
    owner, counters = to["owner"], buffers["counters"]
    weight = sent.factor[:, owner] * to["weight"]
    words = (
        -1 - to["positive"],
        nodes[owner],
        step + sent.ahead[:, owner] + 1,
        amount,
        clock[layout.SEGMENT],
        _bits(sent.offset[:, owner]),
        _bits(weight),
    )
    records = jnp.stack([jnp.broadcast_to(w, amount.shape).astype(jnp.int64).ravel() for w in words], axis=1)
    rows = buffers["events"].reshape(-1, layout.EVENT_WORDS)
    heard = amount.ravel() != 0
    place = jnp.where(heard, counters[layout.N_EVENTS] + jnp.cumsum(heard) - 1, len(rows))
    lost = jnp.sum(heard & (place >= len(rows)))
    counters = counters.at[layout.N_EVENTS].add(jnp.sum(heard) - lost).at[layout.LOST_EVENTS].add(lost)
    return {"events": rows.at[place].set(records, mode="drop").reshape(-1), "counters": counters}


def _bits(values: Any) -> Any:
    return lax.bitcast_convert_type(values, jnp.int64)
