"""Compiled delivery through synapses with functions of their own, from the declarations of their models.

As `engine.generate` does for nodes: one small module per model, and one for each set of models that occur together. The
latter walks through the register as `engine.events.deliver` does, and keeps NEST's order among all models.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import pathlib
from types import ModuleType
from typing import Any

from jaxnest.engine.generate import fingerprint, load
from jaxnest.engine.plasticity import common_names, field, state_names

GROUP = """
from collections import namedtuple
from numba import njit
from jaxnest.engine import archive, scalar_ops
from jaxnest.engine.archive import MS_PER_STEP, MS_PER_TIC, TICS_PER_STEP
from jaxnest.engine.layout import FLIP, N_LANES, N_SLOTS, N_WEIGHTS, PLAIN, WEIGHT_WORDS
from jaxnest.models.registry import SYNAPSE_MODELS

FINGERPRINT = {fingerprint!r}
Parameters = namedtuple("Parameters", {parameters!r})
State = namedtuple("State", {state!r})
Event = namedtuple("Event", ["t", "delay", "post", "index", "trace", "pool", "stream"])
send = njit(error_model="numpy")(SYNAPSE_MODELS[{name!r}].send)


@njit(cache=True, error_model="numpy")
def deliver_group(
    ring, weight_events, counters, index, trace, pool, stream,
    state, parameters, common, lane_positive, lane_negative, flags, delay, target,
    row, size, common_row, connection, multiplicity, watched, step, clock, times,
):
    n_slots, n_lanes = clock[N_SLOTS], clock[N_LANES]
    t = times[MS_PER_TIC] * ((step + 1) * times[TICS_PER_STEP])
    spread = 1 if parameters.shape[0] > 1 else 0
    sent = weight_events.view(ring.dtype)
    for _ in range(multiplicity):
        for k in range(size):
            i = row + k
            p = Parameters({parameter_places})
            s = State({state_places})
            x = Event(t, delay[i] * times[MS_PER_STEP], target[i], index, trace, pool, stream)
            new, weight, sends = send(p, s, x)
            {storing}
            if not sends:
                continue
            amount = 1.0 if flags[i] & PLAIN else weight
            lane = lane_positive[i] if amount > 0 else lane_negative[i]
            if flags[i] & FLIP and amount <= 0:
                amount = -amount
            ring[((step + delay[i]) % n_slots) * n_lanes + lane] += amount
            if watched:
                n = counters[N_WEIGHTS]
                weight_events[WEIGHT_WORDS * n] = connection + k
                weight_events[WEIGHT_WORDS * n + 1] = step + 1
                sent[WEIGHT_WORDS * n + 2] = weight
                counters[N_WEIGHTS] = n + 1
"""

DELIVERY = """
import numba
from numba import njit
from jaxnest.engine import ffi
from jaxnest.engine.archive import INDEX_WORDS, RECORD_WORDS, TRACE_WORDS
from jaxnest.engine.events import _note_weights
from jaxnest.engine.layout import FROM, MIN_DELAY, N_LANES, N_REGISTER, N_SLOTS, ORIGIN, REGISTER_WORDS
{imports}

FINGERPRINT = {fingerprint!r}


@njit(cache=True, error_model="numpy")
def deliver(
    ring, weight_events, counters, index, trace, pool, stream, {states},
    group_start, connection_start, group_watched, group_kind, group_row, group_common, lane, weight, delay,
    clock, times, {constants}, register, n_register,
):
    n_slots, n_lanes = clock[N_SLOTS], clock[N_LANES]
    previous = clock[ORIGIN] - clock[MIN_DELAY]
    for i in range(n_register):
        node = register[REGISTER_WORDS * i]
        step = previous + register[REGISTER_WORDS * i + 1]
        multiplicity = register[REGISTER_WORDS * i + 2]
        slot = step % n_slots
        for group in range(group_start[node], group_start[node + 1]):
            first, last = connection_start[group], connection_start[group + 1]
            kind = group_kind[group]
            if kind == 0:
                for _ in range(multiplicity):
                    for c in range(first, last):
                        s = slot + delay[c]
                        if s >= n_slots:
                            s -= n_slots
                        ring[s * n_lanes + lane[c]] += weight[c]
                    if group_watched[group]:
                        _note_weights(weight_events, counters, first, last, step + 1, weight)
{branches}

@numba.cfunc(ffi.HANDLER, cache=True)
def handler(frame):
    if ffi.is_query(frame):
        return 0
    clock = ffi.int64(frame, {clock})
    if clock[FROM] != 0:
        return 0
    for i in range({n_arguments}, ffi.n_arguments(frame), 2):
        deliver(
            ffi.float64(frame, 0), ffi.int64(frame, 1), ffi.int64(frame, 2),
            ffi.int64(frame, 3).reshape((-1, INDEX_WORDS)), ffi.float64(frame, 4).reshape((-1, TRACE_WORDS)),
            ffi.float64(frame, 5).reshape((-1, RECORD_WORDS)), ffi.uint64(frame, 6),
            {read_states},
            ffi.int64(frame, {first} + 0), ffi.int64(frame, {first} + 1), ffi.int64(frame, {first} + 2),
            ffi.int64(frame, {first} + 3), ffi.int64(frame, {first} + 4), ffi.int64(frame, {first} + 5),
            ffi.int32(frame, {first} + 6), ffi.float64(frame, {first} + 7), ffi.int32(frame, {first} + 8),
            clock, ffi.float64(frame, {clock} + 1),
            {read_constants},
            ffi.int64(frame, i), ffi.int64(frame, i + 1)[N_REGISTER],
        )
    return 0
"""

BRANCH = """
            elif kind == {kind}:
                deliver_{kind}(
                    ring, weight_events, counters, index, trace, pool, stream,
                    state_{kind}, {constants},
                    group_row[group], last - first, group_common[group], first, multiplicity, group_watched[group],
                    step, clock, times,
                )"""

CONSTANTS = ("parameters", "common", "lane_positive", "lane_negative", "flags", "delay", "target")
CHANGING = 7
"""Arguments before the states: ring buffer, weight records, counters, archive (3), stream."""
TABLES = 11
"""Arguments between the states and the constants of the synapses; the last two are clock and times."""


def _digest(*modules: Any) -> str:
    return hashlib.sha256(b"".join(pathlib.Path(m.__file__).read_bytes() for m in modules)).hexdigest()


def _group_module(name: str) -> ModuleType:
    """Return the module that delivers a spike to a group of connections of one model."""
    from jaxnest.engine import archive
    from jaxnest.models import registry

    model = registry.SYNAPSE_MODELS[name]
    own, common, states = tuple(model.parameters), common_names(model), state_names(model)
    places = [f"parameters[i * spread, {k}]" for k in range(len(own))]
    places += [f"common[common_row, {k}]" for k in range(len(common))]
    helpers = [m for m in (inspect.getmodule(v) for v in _globals(model)) if m is not None]
    source = GROUP.format(
        fingerprint=fingerprint(model) + _digest(archive, *helpers),
        name=name,
        parameters=tuple(field(k) for k in own + common),
        state=tuple(field(k) for k in states),
        parameter_places="".join(f"{place}, " for place in places),
        state_places="".join(f"state[i, {k}], " for k in range(len(states))),
        storing=("\n" + 12 * " ").join(f"state[i, {states.index(k)}] = new[{j}]" for j, k in enumerate(model.dynamic)),
    )
    return load(name, source)


def _globals(model: type[Any]) -> list[Any]:
    """Return the functions of other modules that a model's function uses."""
    function = model.send
    used = (function.__globals__.get(name) for name in function.__code__.co_names)
    return [getattr(f, "py_func", f) for f in used if callable(getattr(f, "py_func", None))]


@functools.cache
def delivery_module(dynamics: tuple[str, ...]) -> ModuleType:
    """Return the module with the compiled loop ``deliver`` for these models, and its XLA ``handler``."""
    groups = [_group_module(name) for name in dynamics]
    kinds = range(1, len(dynamics) + 1)
    first = CHANGING + len(dynamics)
    constants = first + TABLES
    reads, states = [], []
    for k, group in enumerate(groups):
        start, n_states = constants + k * len(CONSTANTS), len(group.State._fields) or 1
        n_parameters, n_common = _widths(dynamics[k])
        states.append(f"ffi.float64(frame, {CHANGING + k}).reshape((-1, {n_states}))")
        reads.append(f"ffi.float64(frame, {start}).reshape((-1, {n_parameters}))")
        reads.append(f"ffi.float64(frame, {start + 1}).reshape((-1, {n_common}))")
        reads += [f"ffi.int32(frame, {start + j})" for j in range(2, len(CONSTANTS))]
    source = DELIVERY.format(
        imports="\n".join(
            f"from {g.__name__} import deliver_group as deliver_{k}" for k, g in zip(kinds, groups, strict=True)
        ),
        fingerprint=_digest(*_engine()),
        states=", ".join(f"state_{k}" for k in kinds),
        constants=", ".join(f"{name}_{k}" for k in kinds for name in CONSTANTS),
        branches="".join(
            BRANCH.format(kind=k, constants=", ".join(f"{name}_{k}" for name in CONSTANTS)) for k in kinds
        ).lstrip("\n"),
        clock=first + TABLES - 2,
        n_arguments=constants + len(CONSTANTS) * len(dynamics),
        first=first,
        read_states=", ".join(states),
        read_constants=", ".join(reads),
    )
    return load("delivery", source)


def _widths(name: str) -> tuple[int, int]:
    from jaxnest.models import registry

    model = registry.SYNAPSE_MODELS[name]
    return len(model.parameters) or 1, len(common_names(model)) or 1


def _engine() -> tuple[Any, ...]:
    from jaxnest.engine import archive, events, ffi, layout

    return archive, events, ffi, layout
