"""Loops that let devices act that send spikes or currents; compiled code, made from the declaration of a model."""

from __future__ import annotations

import functools
from collections import namedtuple
from typing import Any

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.failures import AsInNest
from jaxnest.compile.intrinsics import array, loader, reinterpreted, rows, storer
from jaxnest.compile.late import float64, int64
from jaxnest.compile.operations import Operation
from jaxnest.engine.functions import scalar_ops  # noqa: F401 - `models.ops` in compiled code
from jaxnest.engine.functions.fingerprints import fingerprint
from jaxnest.engine.layout import (
    AGAIN,
    FIRST_REDIRECTED,
    FROM,
    N_LANES,
    N_SLOTS,
    NOT_THROUGH,
    ORIGIN,
    TABLE_WORDS,
    TO,
    UNFIT,
)
from jaxnest.engine.network.growing_loops import append
from jaxnest.engine.plasticity.synaptic_calls import Ways, held_weight, pass_one
from jaxnest.engine.spikes.events import add_amounts, post
from jaxnest.models.contract.state import state_class
from jaxnest.random.numbers.keyed import rekey
from jaxnest.random.numbers.layout import DRAWN_APART, NODES, OBJECT_SIZE, SCRATCH, SCRATCH_SIZE

KINDS = {
    "ring": "F8", "events": "I8", "counters": "I8", "stream": "U8", "shared_stream": "U8", "raster": "I4x2",
    "state": "F8x2", "target_state": "F8x2", "objects": "F8x3", "memory": "F8", "samples": "F8x3", "scalars": "F8x2",
    "vectors": "F8", "vector_start": "I8x2", "windows": "I8x2", "places": "I8x2", "start": "I8", "lane_positive": "I4",
    "lane_negative": "I4", "flags": "I8", "weight": "F8", "delay": "I4", "shift": "F8", "alike": "I8", "identity": "I8",
    "through": "I8", "memory_start": "I8", "rows": "I8", "clock": "I8", "group_start": "I8", "connection_start": "I8",
    "groups": "I8x2", "source_row": "I8", "calls": "I8x2", "index": "I8x2", "trace": "F8x2", "pool": "F8x2",
}  # fmt: skip
"""The arguments of the loop."""

_lean = njit(error_model="numpy", nogil=True, _nrt=False)  # without reference counts, which cost more than a draw

Context = namedtuple("Context", "stream shared_stream objects memory origin begin end input")
Targets = namedtuple("Targets", "stream objects node step identity")
Table = namedtuple("Table", "start lane_positive lane_negative flags weight delay shift alike identity through")
Sent = namedtuple("Sent", "value factor step ahead offset earlier")
"""What `advance` sends, in which step; how many steps later and how long before the end of the step the spikes are; and
`AGAIN` if it has sent something in this step."""


@functools.cache
def stimulator_loop(
    model: type[Any], variables: tuple[str, ...], vectors: frozenset[str], outputs: tuple[str, ...]
) -> Operation:
    """Return the operation that lets devices of a model act in a segment.

    Parameters
    ----------
    variables
        Names of all variables, parameters included.
    vectors
        Which of them are vectors.
    outputs
        Names of what is sampled.
    """
    key = fingerprint(model, f"{model.__module__}.{model.__name__}.{variables}.{sorted(vectors)}.{outputs}")
    return Operation(functools.partial(_acting, model, variables, vectors, outputs), KINDS, model.name, key)


def _acting(model: type[Any], variables: tuple[str, ...], vectors: frozenset[str], outputs: tuple[str, ...]) -> Any:
    compiled = _compiler(model)
    State = state_class(model)
    load_variables, load_state = loader(namedtuple("Variables", variables), vectors), loader(State)
    store_state, advance = storer(State), _advancing(model, compiled)
    send, sample, settle = _sending(model, compiled), _sampling(model, outputs, compiled), compiled(model.settle)
    slicewise, later, own_window, has_proxies = model.slicewise, model.window_shift, model.own_window, model.has_proxies
    hears, settles = bool(model.inputs()), model.settle is not None
    emit = compiled(_emit_anywhere if _may_be_precise(model) else _emit_on_grid)
    words, is_sampled = model.target_distributions * OBJECT_SIZE, bool(outputs)

    def act(
        ring: Any, events: Any, counters: Any, stream: Any, shared_stream: Any, raster: Any, state: Any,
        target_state: Any, objects: Any, memory: Any, samples: Any, scalars: Any, vectors: Any, vector_start: Any,
        windows: Any, places: Any, start: Any, lane_positive: Any, lane_negative: Any, flags: Any, weight: Any,
        delay: Any, shift: Any, alike: Any, identity: Any, through: Any, memory_start: Any, rows: Any, clock: Any,
        group_start: Any, connection_start: Any, groups: Any, source_row: Any, calls: Any, index: Any, trace: Any,
        pool: Any,
    ) -> None:  # fmt: skip
        ways = Ways(group_start, connection_start, groups, source_row, calls, index, trace, pool, counters)
        table = Table(start, lane_positive, lane_negative, flags, weight, delay, shift, alike, identity, through)
        origin, begin, end = clock[ORIGIN], clock[ORIGIN] + clock[FROM], clock[ORIGIN] + clock[TO]
        for i in range(rows[0], rows[1]):
            node, first, last = places[i, 0], windows[i, 0], windows[i, 1]
            if has_proxies:
                raster[clock[FROM] : clock[TO], places[i, 1]] = 0
            if last < first:
                continue
            starts_at = vector_start.ctypes.data + 8 * vector_start.shape[1] * i
            v = load_variables(scalars.ctypes.data + 8 * scalars.shape[1] * i, 8, vectors.ctypes.data, starts_at)
            s = load_state(state.ctypes.data + 8 * state.shape[1] * i, 8, 0, 0)
            mine = memory[memory_start[i] : memory_start[i + 1]]
            context = Context(stream, shared_stream, objects[i], mine, origin, begin, end, 0.0)
            for step in range(begin, end):
                acting = (origin if slicewise else step) + later
                active = first < acting and acting <= last
                if hears:
                    arrived = _arrived(ring, step % clock[N_SLOTS] * clock[N_LANES] + places[i, 2], active)
                    context = Context(stream, shared_stream, objects[i], mine, origin, begin, end, arrived)
                rekey(stream, NODES, node, 0, step)
                again, earlier = True, 0
                while again:
                    new, value, factor, again, ahead, offset = advance(v, s, step, active, context)
                    s = State(*new)
                    if (own_window or active) and value != 0:
                        if has_proxies:
                            emit(raster, places[i], step - origin, value, offset)
                        else:
                            sent = Sent(value, factor, step, ahead, offset, earlier)
                            send(v, s, sent, context, ring, events, counters, clock, target_state, table, i, node, ways)
                        earlier = AGAIN
                        if settles:
                            rekey(stream, NODES, node, DRAWN_APART, step)
                            s = State(*settle(v, s, target_state[start[i] : start[i + 1], words:]))
                if is_sampled and samples.size > 0:
                    sample(v, s, samples, step - origin, i)
            store_state(state.ctypes.data + 8 * state.shape[1] * i, 8, s)

    return compiled(act)


def _advancing(model: type[Any], compiled: Any) -> Any:
    """Return `advance`, which always says when the spike is."""
    advance = compiled(model.advance)
    if model.timed and model.draw is None:
        return advance

    def advance_now(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        new, value, factor, again = advance(v, s, step, active, context)
        return new, value, factor, again, 0, 0.0

    return compiled(advance_now)


def _compiler(model: type[Any]) -> Any:
    """Return what compiles the functions of a model."""
    return njit(error_model="numpy", nogil=True) if model.allocates or _may_be_precise(model) else _lean


@_lean
def _arrived(ring: Any, lane: int, active: bool) -> float:
    """Take what arrived for a device in a step out of the ring buffer; while it is not active nothing is read."""
    if not active:
        return 0.0
    arrived = ring[lane]
    ring[lane] = 0.0
    return arrived


def _may_be_precise(model: type[Any]) -> bool:
    """Return whether devices send spikes as neurons do, maybe between grid points."""
    return model.has_proxies and bool(model.precise)


def _emit_on_grid(raster: Any, place: Any, lag: int, amount: float, offset: float) -> None:
    """Send spikes as a neuron does."""
    raster[lag, place[1]] += int(amount)


def _emit_anywhere(raster: Any, place: Any, lag: int, amount: float, offset: float) -> None:
    """Send spikes as a neuron does that may have precise spike times; these have a table."""
    if place[3] == 0:
        raster[lag, place[1]] += int(amount)
    else:
        append(array(place[3], TABLE_WORDS, int64), place[1], lag, amount, offset)


def _sampling(model: type[Any], outputs: tuple[str, ...], compiled: Any) -> Any:
    """Return the function that notes what is sampled."""

    def nothing(v: Any, s: Any, samples: Any, lag: int, i: int) -> None:
        pass

    sample = compiled(nothing)
    for k, name in reversed(list(enumerate(outputs))):
        sample = _sampling_one(k, compiled(model.recordable(name)), sample, compiled)
    return sample


def _sampling_one(k: int, value: Any, others: Any, compiled: Any) -> Any:
    def sample(v: Any, s: Any, samples: Any, lag: int, i: int) -> None:
        samples[lag, k, i] = value(v, s)
        others(v, s, samples, lag, i)

    return compiled(sample)


def _sending(model: type[Any], compiled: Any) -> Any:
    """Return the function that sends spikes or a current of one step to all targets on the same virtual process."""
    draws, draws_each, counts = model.draw is not None, model.draw_each is not None, bool(model.counts_draws)
    several, n_distributions = model.timed and draws, model.target_distributions
    draw, draw_each, words = compiled(model.draw), compiled(model.draw_each), n_distributions * OBJECT_SIZE
    counter = words + list(model.target_state).index(model.counts_draws) if counts else 0
    keyed, to_alike = draws and not counts, _sending_alike(draw_each)

    def send(
        v: Any, s: Any, sent: Any, context: Any, ring: Any, events: Any, counters: Any, clock: Any, target_state: Any,
        table: Any, i: int, node: int, ways: Any,
    ) -> None:  # fmt: skip
        stream, n_slots, n_lanes = context.stream, clock[N_SLOTS], clock[N_LANES]
        value, factor, step, ahead, offset, earlier = sent
        start, lane_positive, lane_negative, flags, weight, delay, shift, alike, identity, through = table
        slot = (step + ahead) % n_slots
        if draws_each and alike[i]:
            to_alike(v, s, sent, context, ring, clock, table, i, node)
            return
        amounts = reinterpreted(stream, np.float64)[SCRATCH : SCRATCH + SCRATCH_SIZE]
        for c in range(start[i], start[i + 1]):
            here, more, amount = context, True, value
            w, goes_on = _at_synapse(ways, node, through[c], step + ahead, weight[c])
            if not goes_on:
                continue
            if n_distributions:
                here = _with_objects(context, rows(target_state[c].ctypes.data, words, OBJECT_SIZE, float64))
            if keyed:
                rekey(stream, NODES, node, identity[c], step)
            while more:
                more = False
                if draws_each:
                    one = Targets(stream, context.objects, node, step, identity[c : c + 1])
                    draw_each(v, s, value, amounts[:1], one)
                    amount = amounts[0]
                elif several:
                    if counts:
                        rekey(stream, NODES, node, identity[c], int(target_state[c, counter]))
                    amount, ahead, offset, more = draw(v, s, value, target_state[c, words:], here)
                    slot = (step + ahead) % n_slots
                elif draws:
                    amount = draw(v, s, value, target_state[c, words:], here)
                if amount == 0:
                    continue
                lane, steps, at = lane_positive[c], delay[c], offset
                if len(shift) > len(delay) and lane > -1 - FIRST_REDIRECTED:
                    steps, at = _shorter(steps, offset + shift[c], shift[-1])
                if lane >= 0 and flags[c] == 0:
                    x = factor * w * amount
                    row = slot + steps
                    if row >= n_slots:
                        row -= n_slots
                    ring[row * n_lanes + (lane if x > 0 else lane_negative[c])] += x
                else:
                    post(
                        ring, events, counters, clock, node, step + ahead, slot, amount, factor * w, lane,
                        lane_negative[c], flags[c] | earlier, steps, at,
                    )  # fmt: skip

    return compiled(send)


@_lean
def _at_synapse(ways: Any, node: int, k: int, step: int, weight: float) -> tuple[float, bool]:
    """Return the weight of a connection of which `DeviceTable.through` is `k`, and whether a spike goes on."""
    if k == NOT_THROUGH:
        return weight, True
    if k == UNFIT:
        raise AsInNest(
            "UnexpectedEvent", "A device has sent a spike to a synapse whose target keeps no history for it."
        )
    if not pass_one(ways, node, k, step):
        return weight, False
    return weight * held_weight(ways, node), True


@_lean
def _with_objects(context: Any, objects: Any) -> Any:
    """Return a context for one target, with distribution objects of its own."""
    c = context
    return Context(c.stream, c.shared_stream, objects, c.memory, c.origin, c.begin, c.end, 0.0)


@_lean
def _shorter(steps: int, offset: float, resolution: float) -> tuple[int, float]:
    """Return a delay of steps and a time before their end, which is less than a step."""
    return (steps - 1, offset - resolution) if offset >= resolution else (steps, offset)


def _sending_alike(draw_each: Any) -> Any:
    """Return the function that sends random amounts to targets whose connections differ in nothing but the neuron."""

    def send(v: Any, s: Any, sent: Any, context: Any, ring: Any, clock: Any, table: Any, i: int, node: int) -> None:
        amounts = reinterpreted(context.stream, np.float64)[SCRATCH : SCRATCH + SCRATCH_SIZE]
        first, last = table.start[i], table.start[i + 1]
        x = sent.factor * table.weight[first]
        row = (sent.step + table.delay[first]) % clock[N_SLOTS] * clock[N_LANES]
        lane = table.lane_positive if x > 0 else table.lane_negative
        for begin in range(first, last, SCRATCH_SIZE):
            end = min(begin + SCRATCH_SIZE, last)
            part, identity = amounts[: end - begin], table.identity[begin:end]
            draw_each(v, s, sent.value, part, Targets(context.stream, context.objects, node, sent.step, identity))
            add_amounts(ring, row, lane[begin:end], part, x, table.alike[i])

    return _lean(send)
