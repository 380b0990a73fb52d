"""Compiled loops around the functions of a model, from its declaration.

Numba compiles functions with a fixed number of arguments; a model's variables and state are named tuples. The loop
that fills those tuples from columns is therefore written out as a small module per model. Its name says what it depends
on, so that its compiled form can be kept between processes.
"""

from __future__ import annotations

import functools
import linecache
import sys
import threading
from types import ModuleType
from typing import Any

from jaxnest.compile.caching import digest_of_text
from jaxnest.compile.operations import Operation
from jaxnest.engine.functions.fingerprints import fingerprint, implementations
from jaxnest.models.contract import registry


def load(name: str, source: str) -> ModuleType:
    """Make a module of generated source text, once."""
    module_name = f"jaxnest_generated_{name}_{digest_of_text(source + implementations())}"
    with _LOADING:
        if module_name not in sys.modules:
            _import(module_name, source)
        return sys.modules[module_name]


_LOADING = threading.Lock()


def _import(module_name: str, source: str) -> None:
    file = f"<{module_name}>"
    module = ModuleType(module_name)
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file  # for tracebacks
    exec(compile(source, file, "exec"), vars(module))
    sys.modules[module_name] = module


def split(names: tuple[str, ...], vectors: frozenset[str]) -> tuple[list[str], list[str]]:
    """Split names into scalars and vectors, keeping their order."""
    return [n for n in names if n not in vectors], [n for n in names if n in vectors]


def fields(names: tuple[str, ...], vectors: frozenset[str], scalar: str, vector: str) -> str:
    """Return the arguments of a named tuple: the place of each name in its scalar or vector columns."""
    scalars, vector_names = split(names, vectors)
    places = (vector.format(vector_names.index(n)) if n in vectors else scalar.format(scalars.index(n)) for n in names)
    return "".join(f"{place}, " for place in places)


STIMULATORS = """
from collections import namedtuple
import numpy as np
from jaxnest.compile.intrinsics import reinterpreted
from jaxnest.compile.compiling import njit
from jaxnest.random.numbers.engines import compiled
from jaxnest.random.numbers.keyed import rekey
from jaxnest.random.numbers.layout import DRAWN_APART, NODES, SCRATCH, SCRATCH_SIZE
from jaxnest.engine.functions import scalar_ops
from jaxnest.engine.spikes.events import add_amounts, post
from jaxnest.engine.layout import AGAIN, FROM, MIN_DELAY, N_LANES, N_SLOTS, ORIGIN, TO
from jaxnest.models.contract.registry import implementation

FINGERPRINT = {fingerprint!r}
model = implementation({name!r})
Variables = namedtuple("Variables", {variables!r})
State = namedtuple("State", {state!r})
lean = njit(error_model="numpy", nogil=True, _nrt=False)  # without reference counts, which cost more than a draw
Context = namedtuple(
    "Context", ["stream", "shared_stream", "objects", "memory", "origin", "begin", "end", "input"]
)
Targets = namedtuple("Targets", ["stream", "objects", "node", "step", "identity"])
advance = lean(model.advance)
{draw}
{outputs}

@compiled
def send(
    ring, events, counters, stream, shared_stream, raster, state, target_state, objects, memory, samples,
    scalars, vectors, vector_start, windows, places, start, lane_positive, lane_negative, flags, weight, delay,
    alike, identity, memory_start, rows, clock,
):
    amounts = reinterpreted(stream, np.float64)[SCRATCH : SCRATCH + SCRATCH_SIZE]
    n_samples_words = samples.shape[1] * samples.shape[2]
    begin, end = clock[ORIGIN] + clock[FROM], clock[ORIGIN] + clock[TO]
    n_slots, n_lanes = clock[N_SLOTS], clock[N_LANES]
    for i in range(rows[0], rows[1]):
        {clear}
        if windows[i, 1] < windows[i, 0]:
            continue
        v = Variables({variable_places})
        s = State({state_places})
        mine = memory[memory_start[i] : memory_start[i + 1]]
        context = Context(stream, shared_stream, objects[i], mine, clock[ORIGIN], begin, end, 0.0)
        for lag in range(clock[FROM], clock[TO]):
            step = clock[ORIGIN] + lag
            acting = {acting}
            active = windows[i, 0] < acting and acting <= windows[i, 1]
            {receive}
            {key_0}
            again, earlier = True, 0
            while again:
                new, value, factor, again{when} = advance(v, s, step, active, context)
                s = State({new_state})
                if {active} and value != 0:
                    {sending}
                    earlier = AGAIN
                    {key_1}
                    {settle}
            if n_samples_words > 0:
                {sampling}
        {storing}

"""

KINDS = {
    "ring": "F8", "events": "I8", "counters": "I8", "stream": "U8", "shared_stream": "U8", "raster": "I4x2",
    "state": "F8x2", "target_state": "F8x2", "objects": "F8x3", "memory": "F8", "samples": "F8x3", "scalars": "F8x2",
    "vectors": "F8", "vector_start": "I8x2", "windows": "I8x2", "places": "I8x2", "start": "I8", "lane_positive": "I4",
    "lane_negative": "I4", "flags": "I8", "weight": "F8", "delay": "I4", "alike": "I8", "identity": "I8",
    "memory_start": "I8", "rows": "I8", "clock": "I8",
}  # fmt: skip
"""The arguments of `send`."""

REKEY = "rekey(stream, NODES, places[i, 0], {}, {})"
"""Draws for a target must not depend on those for others."""

TO_ALIKE = """if alike[i]:
    x = factor * weight[start[i]]
    row = (step + delay[start[i]]) % n_slots * n_lanes
    lane = lane_positive if x > 0 else lane_negative
    for first in range(start[i], start[i + 1], SCRATCH_SIZE):
        left = start[i + 1] - first
        part = amounts[: left if left < SCRATCH_SIZE else SCRATCH_SIZE]
        targets = Targets(stream, objects[i], places[i, 0], step, identity[first : first + len(part)])
        draw_each(v, s, value, part, targets)
        add_amounts(ring, row, lane[first : first + len(part)], part, x, alike[i])
else:
    {others}
"""
"""The same with random amounts, where the connections of a device differ in nothing but the neuron."""

TO_TARGETS = """slot = (step + ahead) % n_slots
for c in range(start[i], start[i + 1]):
    {draw}
        lane = lane_positive[c]
        if lane >= 0 and flags[c] == 0:
            x = factor * weight[c] * amount
            row = slot + delay[c]
            if row >= n_slots:
                row -= n_slots
            ring[row * n_lanes + (lane if x > 0 else lane_negative[c])] += x
        else:
            post(
                ring, events, counters, clock, places[i, 0], step + ahead, slot, amount, factor * weight[c],
                lane, lane_negative[c], flags[c] | earlier, delay[c], offset,
            )
"""
"""The spikes or currents of one step on their way to the targets on the same virtual process."""

DRAW_ONE = """{target}
    amount = {draw}
    if amount != 0:"""
DRAW_EACH = """targets = Targets(stream, objects[i], places[i, 0], step, identity[c : c + 1])
    draw_each(v, s, value, amounts[:1], targets)
    amount = amounts[0]
    if amount != 0:"""
DRAW_SEVERAL = """{target}
    more = True
    while more:
        {key}
        amount, ahead, offset, more = {draw}
        slot = (step + ahead) % n_slots
        if amount == 0:
            continue"""


def _sending(model: type[Any], object_size: int) -> str:
    """Return the text that sends `value` from one device."""
    if model.has_proxies:
        return "raster[lag, places[i, 1]] += int(value)"
    words = model.target_distributions * object_size
    target, key, context, draw = "pass", "pass", "context", "value"
    if words:
        target = (
            f"mine_here = target_state[c, :{words}].reshape(({model.target_distributions}, {object_size}))\n"
            "    here = Context(stream, shared_stream, mine_here, mine, clock[ORIGIN], begin, end, 0.0)"
        )
        context = "here"
    if model.draw is not None:
        draw = f"draw(v, s, value, target_state[c, {words}:], {context})"
        if model.counts_draws:
            column = words + list(model.target_state).index(model.counts_draws)
            key = REKEY.format("identity[c]", f"int(target_state[c, {column}])")
        else:
            target += "\n    " + REKEY.format("identity[c]", "step")
    several = model.timed and model.draw is not None
    head = DRAW_EACH if model.draw_each else DRAW_SEVERAL if several else DRAW_ONE
    text = TO_TARGETS.format(draw=head.format(target=target, key=key, draw=draw))
    if model.draw_each:
        text = TO_ALIKE.format(others=text.rstrip().replace("\n", "\n    "))
    return text.replace("\n", "\n" + 20 * " ").rstrip()


@functools.cache
def stimulator_loop(
    model: type[Any], variables: tuple[str, ...], vectors: frozenset[str], outputs: tuple[str, ...], object_size: int
) -> Operation:
    """Return the operation that lets devices of a model act in a segment."""
    name = model.__name__ if registry.VARIANTS.get(model.__name__) is model else model.name
    settles = model.settle is not None
    draws = model.draw is not None
    words = model.target_distributions * object_size
    timed = model.timed and not draws
    source = STIMULATORS.format(
        fingerprint=fingerprint(model),
        name=name,
        variables=variables,
        state=model.dynamic,
        draw=("draw = lean(model.draw)\n" if draws else "")
        + ("draw_each = lean(model.draw_each)\n" if model.draw_each else "")
        + ("settle = lean(model.settle)" if settles else ""),
        settle=f"s = State(*settle(v, s, target_state[start[i] : start[i + 1], {words}:]))" if settles else "",
        outputs="\n".join(f"output_{k} = lean(model.recordable({name!r}))" for k, name in enumerate(outputs)),
        variable_places=fields(
            variables, vectors, "scalars[i, {}]", "vectors[vector_start[i, {0}] : vector_start[i, {0} + 1]]"
        ),
        state_places=fields(model.dynamic, frozenset(), "state[i, {}]", ""),
        new_state="".join(f"new[{k}], " for k in range(len(model.dynamic))),
        acting=f"{'clock[ORIGIN]' if model.slicewise else 'step'} + {model.window_shift}",
        active="True" if model.own_window else "active",
        clear="raster[clock[FROM] : clock[TO], places[i, 1]] = 0" if model.has_proxies else "",
        receive=_receive(model),
        key_0=REKEY.format(0, "step"),
        key_1=REKEY.format("DRAWN_APART", "step") if settles else "",
        when=", ahead, offset" if timed else "",
        sending=("" if timed else "ahead, offset = 0, 0.0\n" + 20 * " ") + _sending(model, object_size),
        sampling=("\n" + 16 * " ").join(f"samples[lag, {k}, i] = output_{k}(v, s)" for k in range(len(outputs)))
        or "pass",
        storing=("\n" + 8 * " ").join(f"state[i, {k}] = s.{x}" for k, x in enumerate(model.dynamic)) or "pass",
    )
    if model.allocates:
        allocating = '@njit(cache=True, error_model="numpy", nogil=True)'
        source = source.replace("@compiled", allocating).replace(", _nrt=False", "")
    module = load(name, source)
    return Operation(lambda: module.send, KINDS, name, function=module.send.py_func)


def _receive(model: type[Any]) -> str:
    """Return the text that reads what arrived for a device in this step; while it is not active nothing is read."""
    if not model.inputs():
        return ""
    lines = (
        "arrived = 0.0",
        "if active:",
        "    lane = (step % clock[N_SLOTS]) * clock[N_LANES] + places[i, 2]",
        "    arrived = ring[lane]",
        "    ring[lane] = 0.0",
        "context = Context(stream, shared_stream, objects[i], mine, clock[ORIGIN], begin, end, arrived)",
    )
    return ("\n" + 12 * " ").join(lines)
