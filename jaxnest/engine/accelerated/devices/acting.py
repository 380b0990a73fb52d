"""Devices that send spikes or currents: the loops of `devices.stimulator_loops`, traced from the same functions.

A batch of devices acts for a whole slice at once, unless what it sends has an order within a step, or depends on what
targets got before.
"""

from __future__ import annotations

from typing import Any, NamedTuple, final

import jax
import jax.numpy as jnp
from jax import lax

from jaxnest.compile.tracing import flow
from jaxnest.engine import layout
from jaxnest.engine.accelerated.devices.arguments import memories, stored, targets_of, variables
from jaxnest.engine.accelerated.devices.sending import BUFFERS, Sent, emit, forget, send
from jaxnest.engine.accelerated.devices.tables import DeviceSpec
from jaxnest.engine.accelerated.functions import draws
from jaxnest.engine.accelerated.synapses.delivery import CHANGED
from jaxnest.engine.devices.stimulator_loops import Context
from jaxnest.engine.devices.stimulator_loops import Targets as Drawers
from jaxnest.models.contract.state import state_class
from jaxnest.random.numbers.layout import KEY, NODES


@final
class Own(NamedTuple):
    """What changes of a batch of devices: its states, memories, and what it remembers of targets."""

    state: Any
    memory: Any
    targets: Any


@final
class Step(NamedTuple):
    """A time step."""

    lag: Any
    arrived: Any
    """What arrived for each device."""
    stream: Any
    """What each device draws from, if it goes on with a step; None where the step begins."""
    earlier: Any
    """Whether each device has sent something in this step."""
    begins: bool = True


def act(spec: DeviceSpec, constant: dict[str, Any], shard: dict[str, Any], b: int, clock: Any) -> None:
    """Let a batch of devices act in a segment."""
    acting, arrays, samples = Acting(spec, constant, shard["stream"], clock), shard["devices"][b], None
    buffers = {name: shard[name] for name in {*BUFFERS, *(CHANGED if spec.ways else ())}}
    lags = jnp.arange(shard["device_samples"][b].shape[0])
    arrived = jnp.zeros((len(lags), 1))
    if spec.model.inputs():
        arrived, buffers["ring"] = acting.taken(buffers["ring"], lags)
    if spec.model.has_proxies:
        buffers["raster"] = forget(constant, buffers["raster"], clock)
    own = Own(
        [arrays[0][:, k] for k in range(len(spec.model.dynamic))],
        memories(spec, constant, arrays[3]) if spec.memory else jnp.zeros((len(constant["nodes"]), 0)),
        arrays[1][:, spec.words :] if spec.remembers_targets else (),
    )
    if spec.model.timed:
        own, buffers, samples = acting.one_by_one(own, buffers, lags, arrived)
    else:
        own, samples = acting.at_once(own, buffers, lags, arrived)
    shard |= buffers
    inside = (lags >= clock[layout.FROM]) & (lags < clock[layout.TO])
    shard["device_samples"][b] = jnp.where(inside[:, None, None], samples, shard["device_samples"][b])
    state = jnp.stack(own.state, axis=1) if own.state else arrays[0]
    targets = arrays[1].at[:, spec.words :].set(own.targets) if spec.remembers_targets else arrays[1]
    memory = stored(spec, constant, arrays[3], own.memory) if spec.memory else arrays[3]
    shard["devices"][b] = (state, targets, arrays[2], memory)


@final
class Acting:
    """A batch of devices in a segment."""

    def __init__(self, spec: DeviceSpec, constant: dict[str, Any], stream: Any, clock: Any) -> None:
        self._spec, self._constant, self._clock = spec, constant, clock
        self._key = stream[KEY]
        self._n = len(constant["nodes"])

    def taken(self, ring: Any, lags: Any) -> tuple[Any, Any]:
        """Return what arrived for devices while they are active, (step, device), and the buffer without it."""
        slots = ((self._clock[layout.ORIGIN] + lags) % ring.shape[0])[:, None]
        lanes, windows = self._constant["lanes"][None, :], self._constant["windows"]
        here = jax.vmap(lambda lag: jax.vmap(lambda w: self._exists(lag, w) & self._active(lag, w))(windows))(lags)
        arrived = jnp.where(here, ring[slots, lanes], 0.0)
        return arrived, ring.at[jnp.where(here, slots, ring.shape[0]), lanes].set(0.0, mode="drop")

    def at_once(self, own: Own, buffers: dict[str, Any], lags: Any, arrived: Any) -> tuple[Own, Any]:
        """Let devices act, and send for the whole slice; return what has changed, and samples."""
        spec = self._spec

        def step(own: Own, now: Any) -> Any:
            own, sent, _, _ = self._advance(own, Step(now[0], now[1], None, jnp.zeros(self._n, jnp.bool_)))
            amounts = ()
            if spec.is_sequential:
                amounts, targets = self._amounts(own, sent, now[0])
                own = self._settled(own._replace(targets=targets), sent, now[0])
            return own, (sent, amounts, own.state, self._samples(own.state))

        if own.state or spec.is_sequential or spec.memory:
            own, (sent, amounts, states, samples) = lax.scan(step, own, (lags, arrived))
        else:
            sent, amounts, states, samples = jax.vmap(lambda *now: step(own, now)[1])(lags, arrived)
        if spec.model.has_proxies:
            emit(self._constant, buffers, sent, lags)
            return own, samples
        if not spec.is_sequential:
            each = jax.vmap(lambda state, sent, lag: self._amounts(own._replace(state=state), sent, lag)[0])
            amounts = each(states, sent, lags)
        send(spec, self._constant, buffers, sent, amounts, lags, self._clock)
        return own, samples

    def one_by_one(self, own: Own, buffers: dict[str, Any], lags: Any, arrived: Any) -> Any:
        """Let devices act and send as often as they want to in each step; return what has changed, and samples."""

        def send_some(passing: Any) -> Any:
            own, buffers, step, _ = passing
            own, sent, again, stream = self._advance(own, step)
            if self._spec.draws:
                targets, buffers = self._send_as_drawn(own, buffers, sent, step.lag)
                own = own._replace(targets=targets)
            else:
                buffers = lax.cond(
                    (sent.value != 0).any(), lambda b: self._send_now(b, sent, step.lag), lambda b: b, buffers
                )
            earlier = step.earlier | (sent.value != 0)
            return own, buffers, step._replace(stream=stream, earlier=earlier, begins=False), again

        def go_on(passing: Any) -> Any:
            own, buffers, (stream, earlier), lag, arrived, _ = passing
            step = Step(lag, arrived, stream, earlier, False)
            own, buffers, step, again = send_some((own, buffers, step, None))
            return own, buffers, (step.stream, step.earlier), lag, arrived, again.any()

        def act(carry: Any, now: Any) -> Any:
            first = Step(now[0], now[1], None, jnp.zeros(self._n, jnp.bool_))
            own, buffers, step, again = send_some((*carry, first, None))
            passing = own, buffers, (step.stream, step.earlier), *now, again.any()
            own, buffers, *_ = lax.while_loop(lambda passing: passing[-1], go_on, passing)
            return (own, buffers), self._samples(own.state)

        (own, buffers), samples = lax.scan(act, (own, buffers), (lags, arrived))
        return own, buffers, samples

    def _send_now(self, buffers: dict[str, Any], sent: Sent, lag: Any) -> dict[str, Any]:
        buffers, sent = dict(buffers), Sent(*(a[None] for a in sent))
        if self._spec.model.has_proxies:
            emit(self._constant, buffers, sent, lag[None])
        else:
            amounts = sent.value[:, self._constant["owner"]]
            send(self._spec, self._constant, buffers, sent, amounts, lag[None], self._clock)
        return buffers

    def _send_as_drawn(self, own: Own, buffers: dict[str, Any], sent: Sent, lag: Any) -> tuple[Any, dict[str, Any]]:
        """Send what targets draw, and when, each as often as it wants to; return what is remembered of targets."""
        spec, constant, model, owner = self._spec, self._constant, self._spec.model, self._constant["owner"]
        kind, function = state_class(model), flow.traceable(model.draw)
        counter = list(model.target_state).index(model.counts_draws)
        nowhere = (0, 0, 0.0, False)

        def one(i: Any, identity: Any, row: Any, draws_more: Any) -> Any:
            v, s, value = variables(spec, constant, i), kind(*(a[i] for a in own.state)), sent.value[i]
            node, stream = constant["nodes"][i], draws.stream(self._key)
            with flow.cells(row) as (target,), draws.drawing(stream, model.target_distributions) as (drawn, objects):
                draws.rekey(drawn, NODES, node, identity, row[counter].astype(jnp.int64))
                context = self._context(drawn, objects, None, 0.0)
                result = flow.branch(draws_more, lambda: function(v, s, value, target, context), lambda: nowhere, ())
                kinds = (jnp.float64, jnp.int64, jnp.float64, jnp.bool_)
                return [jnp.asarray(a, k) for a, k in zip(result, kinds, strict=True)], target.value

        def send_some(passing: Any) -> Any:
            rows, buffers, draws_more = passing
            (amount, ahead, offset, again), rows = jax.vmap(one)(owner, constant["identity"], rows, draws_more)
            each = Sent(amount, sent.factor[owner], ahead, offset, sent.earlier[owner])
            own_way, buffers = dict(constant), dict(buffers)
            for name in ("receivers", "listeners"):
                own_way[name] = constant[name] | {"owner": constant[name]["place"]}
            own_way["nodes"] = constant["nodes"][owner]
            arguments = (Sent(*(a[None] for a in each)), amount[None], lag[None], self._clock)
            send(spec, own_way, buffers, *arguments)
            return rows, buffers, again

        start = (own.targets, buffers, sent.value[owner] != 0)
        targets, buffers, _ = lax.while_loop(lambda passing: passing[2].any(), send_some, start)
        return targets, buffers

    # -- one step --------------------------------------------------------------------------------------------------

    def _exists(self, lag: Any, window: Any) -> Any:
        clock = self._clock
        return (lag >= clock[layout.FROM]) & (lag < clock[layout.TO]) & (window[0] <= window[1])

    def _active(self, lag: Any, window: Any) -> Any:
        origin, model = self._clock[layout.ORIGIN], self._spec.model
        acting = (origin if model.slicewise else origin + lag) + model.window_shift
        return (window[0] < acting) & (acting <= window[1])

    def _context(self, stream: Any, objects: Any, memory: Any, arrived: Any) -> Any:
        clock = self._clock
        origin, begin, end = (clock[layout.ORIGIN] + k for k in (0, clock[layout.FROM], clock[layout.TO]))
        return Context(stream, stream, objects, memory, origin, begin, end, arrived)

    def _advance(self, own: Own, now: Step) -> tuple[Own, Sent, Any, Any]:
        """Return what changes, what is sent, whether devices have more in this step, and what they draw from."""
        spec, constant, model = self._spec, self._constant, self._spec.model
        kind, step, function = state_class(model), self._clock[layout.ORIGIN] + now.lag, flow.traceable(model.advance)
        nothing = (0.0, 1.0, False, 0, 0.0)

        def one(i: Any, window: Any, state: list[Any], memory: Any, arrived: Any, stream: Any) -> Any:
            v, s, active = variables(spec, constant, i), kind(*state), self._active(now.lag, window)
            words = draws.stream(self._key) if stream is None else stream
            with flow.cells(memory) as (kept,), draws.drawing(words, model.distributions) as (drawn, objects):
                if now.begins:
                    draws.rekey(drawn, NODES, constant["nodes"][i], 0, step)
                context = self._context(drawn, objects, kept, arrived)
                exists = self._exists(now.lag, window)
                new, value, factor, again, ahead, offset = flow.branch(
                    exists,
                    lambda: (*function(v, s, step, active, context), *nothing[3:])[:6],
                    lambda: (tuple(s), *nothing),
                    (),
                )
                sends = exists if model.own_window else exists & active
                value = jnp.where(sends, jnp.asarray(value, jnp.float64), 0.0)
                sent = (value, jnp.asarray(factor, jnp.float64), jnp.asarray(ahead, jnp.int64))
                sent = (*sent, jnp.asarray(offset, jnp.float64))
                state = [jnp.asarray(a, jnp.float64) for a in new]
                return state, kept.value, sent, jnp.asarray(again, jnp.bool_), drawn.value if model.timed else ()

        arrived = jnp.broadcast_to(now.arrived, self._n)
        axes = (0, 0, 0, 0, 0, None if now.stream is None else 0)
        results = jax.vmap(one, axes)(
            jnp.arange(self._n), constant["windows"], own.state, own.memory, arrived, now.stream
        )
        state, memory, sent, again, stream = results
        return own._replace(state=state, memory=memory), Sent._make((*sent, now.earlier)), again, stream

    def _amounts(self, own: Own, sent: Sent, lag: Any) -> tuple[Any, Any]:
        """Return what each connection gets in a step, and what devices remember of their targets."""
        spec, constant, model = self._spec, self._constant, self._spec.model
        if not spec.draws:
            return sent.value[constant["owner"]], own.targets
        if model.draw is None:
            return self._drawn_in_rows(own, sent, lag), own.targets
        kind, step = state_class(model), self._clock[layout.ORIGIN] + lag
        n_objects = max(model.distributions, model.target_distributions)

        def one(i: Any, identity: Any, row: Any) -> Any:
            v, s, value = variables(spec, constant, i), kind(*(a[i] for a in own.state)), sent.value[i]
            node, stream = constant["nodes"][i], draws.stream(self._key)
            with flow.cells(row) as (target,), draws.drawing(stream, n_objects) as (drawn, objects):
                draws.rekey(drawn, NODES, node, identity, step)

                def draw() -> Any:
                    context = self._context(drawn, objects, None, 0.0)
                    return jnp.asarray(flow.traceable(model.draw)(v, s, value, target, context), jnp.float64)

                amount = flow.branch(value != 0, draw, lambda: 0.0, ())
                return amount, target.value

        rows = own.targets if spec.remembers_targets else jnp.zeros((len(constant["owner"]), 0))
        owner, axes = (0, (None, 0, 0)) if self._n == 1 else (constant["owner"], 0)  # what all have in common: once
        amounts, rows = jax.vmap(one, axes)(owner, constant["identity"], rows)
        return amounts, rows if spec.remembers_targets else own.targets

    def _drawn_in_rows(self, own: Own, sent: Sent, lag: Any) -> Any:
        """Return what each connection gets in a step, drawn for all connections of a row together."""
        spec, constant, model, rows = self._spec, self._constant, self._spec.model, self._constant["rows"]
        kind, step, function = state_class(model), self._clock[layout.ORIGIN] + lag, flow.traceable(model.draw_each)

        def one(i: Any, identity: Any) -> Any:
            v, s, value = variables(spec, constant, i), kind(*(a[i] for a in own.state)), sent.value[i]
            stream, nothing = draws.stream(self._key), jnp.zeros(len(identity))
            with flow.cells(nothing) as (out,), draws.drawing(stream, model.distributions) as (drawn, objects):
                function(v, s, value, out, Drawers(drawn, objects, constant["nodes"][i], step, identity))
                return jnp.where(value != 0, out.value, 0.0)

        amounts = jax.vmap(one)(rows["device"], rows["identity"]).reshape(-1)
        return amounts[rows["place"]] if len(rows["place"]) else amounts

    def _settled(self, own: Own, sent: Sent, lag: Any) -> Own:
        """Return devices after all their targets got their amounts."""
        spec, constant, model = self._spec, self._constant, self._spec.model
        if model.settle is None:
            return own
        kind, function = state_class(model), flow.traceable(model.settle)

        def one(i: Any, state: list[Any], value: Any) -> Any:
            v, s, targets = variables(spec, constant, i), kind(*state), targets_of(spec, constant, i, own.targets)
            new = flow.branch(value != 0, lambda: tuple(function(v, s, targets)), lambda: tuple(s), ())
            return [jnp.asarray(a, jnp.float64) for a in new]

        return own._replace(state=jax.vmap(one)(jnp.arange(self._n), own.state, sent.value))

    def _samples(self, state: list[Any]) -> Any:
        """Return what is sampled of devices, (output, device)."""
        spec, kind = self._spec, state_class(self._spec.model)

        def one(i: Any, state: list[Any]) -> Any:
            v = variables(spec, self._constant, i)
            return [jnp.asarray(spec.model.recordable(name)(v, kind(*state)), jnp.float64) for name in spec.outputs]

        values = jax.vmap(one)(jnp.arange(self._n), state)
        return jnp.stack(values) if values else jnp.zeros((0, self._n))
