"""Compiled delivery to one group of connections, from the declaration of their synapse model.

As `engine.generate` does for nodes: a small module per model, kept in the user's cache folder. `engine.synaptic_calls`
calls its function for each spike and group.
"""

from __future__ import annotations

import functools
from typing import Any

from jaxnest.engine.generate import fingerprint, load
from jaxnest.engine.plasticity import as_field, common_slices, state_names
from jaxnest.engine.synaptic_calls import OWN, SHARED

SOURCE = """
from collections import namedtuple
import numba
from jaxnest.compiling import njit
from numba import float64, int32, int64, uint64
from jaxnest.engine import archive, archive_voltage, ffi, learning_queries, modulation, scalar_ops
from jaxnest.engine.archive import INDEX_WORDS, MS_PER_STEP, MS_PER_TIC, RECORD_WORDS, TICS_PER_STEP, TRACE_WORDS
from jaxnest.engine.layout import FLIP, N_LANES, N_SLOTS, N_WEIGHTS, PLAIN, WEIGHT_WORDS
from jaxnest.engine.synaptic_calls import (
    CALL_WORDS, COMMON_ROW, CONNECTION, MULTIPLICITY, ROW, SIZE, SOURCE, STEP, WATCHED
)
from jaxnest.models.registry import SYNAPSE_MODELS

FINGERPRINT = {fingerprint!r}
Parameters = namedtuple("Parameters", {parameters!r})
State = namedtuple("State", {state!r})
Event = namedtuple("Event", ["t", "delay", "post", "index", "trace", "pool", "stream", "collector", "grid_delay",
                           "counters", "step", "is_flush", "resolution", "source"])
send = njit(error_model="numpy", inline="always")(SYNAPSE_MODELS[{name!r}].send)


@ffi.handler
def deliver(address):
    call = ffi.array(address, CALL_WORDS, int64)
    {arrays}
    n_slots, n_lanes, step = clock[N_SLOTS], clock[N_LANES], call[STEP]
    t = times[MS_PER_TIC] * ((step + 1) * times[TICS_PER_STEP])
    spread = 1 if parameters.shape[0] > 1 else 0
    c = call[COMMON_ROW]
    sent = weight_events.view(float64)
    for _ in range({copies}):
        for k in range(call[SIZE]):
            i = call[ROW] + k
            p = Parameters({parameter_places})
            s = State({state_places})
            x = Event(
                t, delay[i] * times[MS_PER_STEP], target[i], index, trace, pool, stream, {collector},
                times[MS_PER_TIC] * (delay[i] * times[TICS_PER_STEP]),
                counters, step + 1, call[MULTIPLICITY] < 0, times[MS_PER_STEP], call[SOURCE],
            )
            new, weight, sends = send(p, s, x)
            {storing}
            if not sends:
                continue
            amount = 1.0 if flags[i] & PLAIN else weight
            lane = lane_positive[i] if amount > 0 else lane_negative[i]
            if flags[i] & FLIP and amount <= 0:
                amount = -amount
            ring[((step + delay[i]) % n_slots) * n_lanes + lane] += amount
            if call[WATCHED]:
                n = counters[N_WEIGHTS]
                weight_events[WEIGHT_WORDS * n] = call[CONNECTION] + k
                weight_events[WEIGHT_WORDS * n + 1] = step + 1
                sent[WEIGHT_WORDS * n + 2] = weight
                counters[N_WEIGHTS] = n + 1
    return 0
"""

MODULATION = """
modulating = njit(error_model="numpy", inline="always")(SYNAPSE_MODELS[{name!r}].modulate)


@ffi.handler
def modulate(address):
    call = ffi.array(address, CALL_WORDS, int64)
    {arrays}
    t = times[MS_PER_TIC] * ((call[STEP] + 1) * times[TICS_PER_STEP])
    spread = 1 if parameters.shape[0] > 1 else 0
    c = call[COMMON_ROW]
    for k in range(call[SIZE]):
        i = call[ROW] + k
        p = Parameters({parameter_places})
        s = State({state_places})
        x = Event(
                t, delay[i] * times[MS_PER_STEP], target[i], index, trace, pool, stream, {collector},
                times[MS_PER_TIC] * (delay[i] * times[TICS_PER_STEP]),
                counters, call[STEP] + 1, False, times[MS_PER_STEP], 0,
            )
        new = modulating(p, s, x)
        {modulated}
    return 0
"""
"""What follows for synapses that are modulated."""

TYPES = {
    "weight_events": "int64",
    "counters": "int64",
    "index": "int64",
    "stream": "uint64",
    "clock": "int64",
} | dict.fromkeys(("lane_positive", "lane_negative", "flags", "delay", "target"), "int32")
"""Types of the arrays that are not float64."""


@functools.cache
def compiled_functions(name: str) -> Any:
    """Return a module with the compiled functions (`ffi.handler`) of a model.

    They are ``deliver``, which delivers a spike to connections, and perhaps ``modulate``.
    """
    from jaxnest.models import registry

    model = registry.SYNAPSE_MODELS[name]
    own, common, states = tuple(model.parameters), common_slices(model), state_names(model)
    places = [f"parameters[i * spread, {k}]" for k in range(len(own))]
    places += [_common_place(model, name, *place) for name, place in common.items()]
    changes = [f"state[i, {states.index(k)}] = new[{j}]" for j, k in enumerate(model.dynamic)]
    n = len(changes)
    changes += [f"{_shared_place(k)} = new[{n + k}]" for k in range(len(model.common_state))]
    width = max([end for _, end in common.values()], default=0)
    widths = {"state": max(len(states), len(model.common_state)), "parameters": len(own), "common": width}
    shapes = {k: str(max(1, n)) for k, n in widths.items()}
    shapes |= {"index": "INDEX_WORDS", "trace": "TRACE_WORDS", "pool": "RECORD_WORDS"}
    source = (SOURCE + MODULATION if model.modulate is not None else SOURCE).format(
        fingerprint=fingerprint(model),
        name=name,
        parameters=tuple(as_field(k) for k in (*own, *common)),
        state=tuple(as_field(k) for k in states),
        arrays="\n    ".join(
            f"{array} = ffi.array(call[{2 * k}], call[{2 * k + 1}], {TYPES.get(array, 'float64')})"
            + (f".reshape((-1, {shapes[array]}))" if array in shapes else "")
            for k, array in enumerate(SHARED + OWN)
        ),
        parameter_places="".join(f"{place}, " for place in places),
        state_places="".join(f"state[i, {k}], " for k in range(len(states))),
        collector=f"int64(common[c, {common[model.modulator][0]}])" if model.modulator else "-1",
        copies="abs(call[MULTIPLICITY])" if model.hears_flush else "call[MULTIPLICITY]",
        storing=("\n" + 12 * " ").join(changes),
        modulated=("\n" + 8 * " ").join(changes),
    )
    return load(name, source)


def _common_place(model: type[Any], name: str, begin: int, end: int) -> str:
    """Return where a function finds a common property."""
    if name in model.common_state:
        return _shared_place(model.common_state.index(name))
    vector = name in model.common and model.common[name].is_vector
    return f"common[c, {begin}:{end}]" if vector else f"common[c, {begin}]"


def _shared_place(k: int) -> str:
    return f"state[delay.shape[0] + c, {k}]"
