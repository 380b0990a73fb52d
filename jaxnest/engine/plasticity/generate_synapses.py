"""Compiled delivery to one group of connections, from the declaration of their synapse model.

As `functions.generate` does for nodes: a small module per model, kept in the user's cache folder.
`plasticity.synaptic_calls` calls its function for each spike and group.
"""

from __future__ import annotations

import functools
from typing import Any, final

from jaxnest.engine.functions.fingerprints import fingerprint
from jaxnest.engine.functions.generate import load
from jaxnest.engine.plasticity.synapses import as_field, common_slices, own_names, state_names
from jaxnest.engine.plasticity.synaptic_calls import OWN, SHARED

SOURCE = """
from collections import namedtuple
import numpy as np
from jaxnest.compile.intrinsics import reinterpreted
from jaxnest.compile.operations import apart
from jaxnest.compile.compiling import njit
from jaxnest.compile.late import float64, int32, int64, uint32, uint64
from jaxnest.engine.histories import archive, archive_voltage, learning_queries, modulation
from jaxnest.engine.functions import scalar_ops
from jaxnest.engine.histories.archive_layout import (
    CAPACITY,
    FIRST,
    INDEX_WORDS,
    LENGTH,
    MS_PER_STEP,
    MS_PER_TIC,
    RECORD_WORDS,
    START,
    TICS_PER_STEP,
    TRACE_WORDS,
)
from jaxnest.compile.operations import entry
from jaxnest.compile.intrinsics import array, prefetch, rows
from jaxnest.engine.layout import (
    COLUMN, FLAGS, FLIP, LANE_NEGATIVE, LANE_POSITIVE, N_LANES, N_SLOTS, N_WEIGHTS, PLAIN, SITE_WORDS, WEIGHT_WORDS
)
from jaxnest.engine.plasticity.synaptic_calls import (
    ADVANCES,
    ARRAYS,
    CALL_WORDS,
    COMMON_ROW,
    CONNECTION,
    COPIES,
    MULTIPLICITY,
    NODE,
    ROW,
    SIZE,
    SOURCE,
    STATE_ROW,
    STATE_STEP,
    STEP,
    TURN,
    WATCHED,
)
from jaxnest.models.contract.registry import SYNAPSE_MODELS
from jaxnest.random.numbers.keyed import rekey
from jaxnest.random.numbers.layout import SYNAPSES

FINGERPRINT = {fingerprint!r}
Parameters = namedtuple("Parameters", {parameters!r})
State = namedtuple("State", {state!r})
Event = namedtuple("Event", ["t", "delay", "post", "index", "trace", "pool", "stream", "collector", "grid_delay",
                           "counters", "step", "is_flush", "resolution", "source", "turn"])
send = njit(error_model="numpy", inline="always")(SYNAPSE_MODELS[{name!r}].send)


{functions}

@entry({name!r})
def deliver(address):
    call = array(address, CALL_WORDS, int64)
    words = array(call[ARRAYS], {n_words}, int64)
    {choice}
"""

FUNCTION = """
@apart(subject={name!r})
def {function}(address: int) -> int:
    {begin}
    n_slots, n_lanes, watched, advances = clock[N_SLOTS], clock[N_LANES], call[WATCHED], call[ADVANCES]
    is_flush, source, connection = call[MULTIPLICITY] < 0, call[SOURCE], call[CONNECTION]
    ring_at, index_at, trace_at, pool_at = {addresses}
    sent, slot = reinterpreted(weight_events, np.float64), step % n_slots
    for copy in range({copies}):
        {before}
        for k in range(size):
            {fetching}
            i, j = uint64(first + k), uint64(state_row + k * state_step)
            site, steps = place[i], delay[i * delay_step]
            p = Parameters({parameters})
            s = State({states})
            x = Event(
                t, steps * per_step, sites[site, COLUMN], index, trace, pool, stream, {collector},
                per_tic * (steps * tics), counters, step + 1, is_flush, per_step, source, turn,
            )
            {key}
            new, weight, sends = send(p, s, x)
            {storing}
            if not sends:
                continue
            amount = 1.0 if sites[site, FLAGS] & PLAIN else weight
            row = slot + steps
            if row >= n_slots:
                row -= n_slots
            if amount > 0:
                ring[uint64(row * n_lanes + sites[site, LANE_POSITIVE])] += amount
            else:
                amount = -amount if sites[site, FLAGS] & FLIP else amount
                ring[uint64(row * n_lanes + sites[site, LANE_NEGATIVE])] += amount
            if watched:
                n = counters[N_WEIGHTS]
                weight_events[WEIGHT_WORDS * n] = connection + k
                weight_events[WEIGHT_WORDS * n + 1] = step + 1
                sent[WEIGHT_WORDS * n + 2] = weight
                counters[N_WEIGHTS] = n + 1
        {after}
    return 0
"""
"""Delivery to a group of connections. If they share the states of the source and all parameters, both are read once,
and what depends on nothing else is computed once. What no group needs is not compiled."""

BEGIN = """\
call = array(address, CALL_WORDS, int64)
words = array(call[ARRAYS], {n_words}, int64)
{arrays}
step, c, first, size = call[STEP], call[COMMON_ROW], call[ROW], call[SIZE]
state_row, state_step = call[STATE_ROW], call[STATE_STEP]
t = times[MS_PER_TIC] * ((step + 1) * times[TICS_PER_STEP])
turn = float64(call[TURN])
per_step, per_tic, tics = times[MS_PER_STEP], times[MS_PER_TIC], times[TICS_PER_STEP]
delay_step = uint64(delay.shape[0] > 1)
{local}"""

KEY = "rekey(stream, SYNAPSES, call[NODE] | (call[COPIES] + copy) << 32, identity[i], step)"

FETCHING = """\
ahead = uint64(first + min(k + {far}, size - 1))
site = place[ahead]
row = slot + delay[ahead * delay_step]
if row >= n_slots:
    row -= n_slots
prefetch(ring_at + 8 * (row * n_lanes + sites[site, LANE_POSITIVE]))
"""
"""Fetches what connections further on will need into the cache."""

FETCHING_HISTORY = """\
prefetch(index_at + 8 * INDEX_WORDS * sites[site, COLUMN])
prefetch(trace_at + 8 * TRACE_WORDS * sites[site, COLUMN])
column = sites[place[uint64(first + min(k + {near}, size - 1))], COLUMN]
record = index[column, START] + ((index[column, FIRST] + index[column, LENGTH] - 1) & (index[column, CAPACITY] - 1))
prefetch(pool_at + 8 * RECORD_WORDS * record)
"""

MODULATION = """
modulating = njit(error_model="numpy", inline="always")(SYNAPSE_MODELS[{name!r}].modulate)


@entry({name!r})
def modulate(address):
    {begin}
    for k in range(size):
        i, j = uint64(first + k), uint64(state_row + k * state_step)
        steps = delay[i * delay_step]
        p = Parameters({parameters})
        s = State({states})
        x = Event(
            t, steps * per_step, sites[place[i], COLUMN], index, trace, pool, stream, {collector},
            per_tic * (steps * tics), counters, step + 1, False, per_step, 0, turn,
        )
        new = modulating(p, s, x)
        {storing}
    return 0
"""
"""What follows for synapses that are modulated."""

TYPES = {
    "weight_events": "int64",
    "counters": "int64",
    "index": "int64",
    "stream": "uint64",
    "clock": "int64",
    "delay": "int32",
    "identity": "int64",
} | dict.fromkeys(("place", "sites"), "uint32")
"""Types of the arrays that are not float64."""


@functools.cache
def compiled_functions(name: str) -> Any:
    """Return a module with the compiled functions (`compile.entries.entry`) of a model.

    They are ``deliver``, which delivers a spike to connections, and perhaps ``modulate``.
    """
    from jaxnest.models.contract import registry

    model = registry.SYNAPSE_MODELS[name]
    text = _Text(model)
    source = SOURCE.format(
        fingerprint=fingerprint(model),
        name=name,
        parameters=tuple(as_field(k) for k in (*model.parameters, *common_slices(model))),
        state=tuple(as_field(k) for k in state_names(model)),
        functions=text.function("apart") + (text.function("alike") if model.source_states else ""),
        n_words=text.n_words,
        choice=text.choice(),
    )
    if model.modulate is not None:
        places = text.places(alike=False)
        storing = _indented("\n".join(text.storing(alike=False)), 8)
        source += MODULATION.format(name=name, begin=_indented(text.begin(), 4), storing=storing, **places)
    return load(name, source)


@final
class _Text:
    """The parts of the generated functions of a model."""

    def __init__(self, model: type[Any]) -> None:
        self.model, self.own, self.common = model, own_names(model), common_slices(model)
        self.n_words = 2 * (len(OWN) + len(self.own))

    def begin(self) -> str:
        """Return what every function begins with: all arrays, and what all connections of the model share."""
        width = max([end for _, end in self.common.values()], default=0)
        shapes = {"index": "INDEX_WORDS", "trace": "TRACE_WORDS", "pool": "RECORD_WORDS", "sites": "SITE_WORDS"}
        widths = (width, len(self.model.common_state), len(self.model.source_states))
        shapes |= {k: str(n) for k, n in zip(("common", "common_state", "of_source"), widths, strict=True) if n}
        arrays = [(k, f"call[{2 * j}], call[{2 * j + 1}]") for j, k in enumerate(SHARED)]
        columns = [f"column_{j}" for j in range(len(self.own))]
        arrays += [(k, f"words[{2 * j}], words[{2 * j + 1}]") for j, k in enumerate((*OWN, *columns))]
        lines = []
        for k, place in arrays:
            kind = TYPES.get(k, "float64")
            lines.append(
                f"{k} = rows({place}, {shapes[k]}, {kind})" if k in shapes else f"{k} = array({place}, {kind})"
            )
        local = [f"step_{j} = uint64(column_{j}.shape[0] > 1)" for j in range(len(self.own))]
        local += [f"common_{j} = {self._common(name)}" for j, name in enumerate(self.common)]
        return BEGIN.format(n_words=self.n_words, arrays="\n".join(lines), local="\n".join(local))

    def _common(self, name: str) -> str:
        """Return what a common property is at the beginning; what may change is read when it is needed."""
        begin, end = self.common[name]
        vector = name in self.model.common and self.model.common[name].is_vector
        return f"common[c, {begin}:{end}]" if vector else f"common[c, {begin}]"

    def _own(self, name: str, *, alike: bool) -> str:
        if name in self.model.source_states:
            k = self.model.source_states.index(name)
            return f"source_{k}" if alike else f"of_source[j, {k}]"
        k = self.own.index(name)
        if alike and name in self.model.parameters:
            return f"parameter_{k}"
        return f"column_{k}[i]" if name in self.model.dynamic else f"column_{k}[i * step_{k}]"

    def places(self, *, alike: bool) -> dict[str, str]:
        """Return where the functions of the model find what they read; `alike`: connections share much of it."""
        states = [self._own(name, alike=alike) for name in state_names(self.model)]
        parameters = [self._own(name, alike=alike) for name in self.model.parameters]
        changing = self.model.common_state
        for j, name in enumerate(self.common):
            parameters.append(f"common_state[c, {changing.index(name)}]" if name in changing else f"common_{j}")
        return {
            "parameters": "".join(f"{place}, " for place in parameters),
            "states": "".join(f"{place}, " for place in states),
            "collector": f"int64(common[c, {self.common[self.model.modulator][0]}])" if self.model.modulator else "-1",
        }

    def storing(self, *, alike: bool) -> list[str]:
        """Return the statements that store a result, but for states of the source that connections share."""
        lines, sources = [], []
        for j, name in enumerate(self.model.dynamic):
            if name in self.model.source_states:
                k = self.model.source_states.index(name)
                sources.append(f"next_{k} = new[{j}]" if alike else f"    of_source[j, {k}] = new[{j}]")
            else:
                lines.append(f"column_{self.own.index(name)}[i] = new[{j}]")
        n = len(self.model.dynamic)
        lines += [f"common_state[c, {k}] = new[{n + k}]" for k in range(len(self.model.common_state))]
        if sources and not alike:
            lines.append("if state_step or (advances and k == size - 1):")
        return lines + sources

    def function(self, kind: str) -> str:
        """Return a function that delivers to connections that share much, or to any."""
        alike, n = kind == "alike", len(self.model.source_states)
        before, after = [], []
        if alike:
            before = [f"parameter_{k} = column_{k}[0]" for k in self._parameters()]
            before += [f"source_{k} = next_{k} = of_source[state_row, {k}]" for k in range(n)]
            after = ["if advances:", *(f"    of_source[state_row, {k}] = next_{k}" for k in range(n))]
        return FUNCTION.format(
            name=self.model.name,
            function=f"deliver_{kind}",
            begin=_indented(self.begin(), 4),
            key=KEY if self.model.is_stochastic else "",
            copies="abs(call[MULTIPLICITY])" if self.model.hears_flush else "call[MULTIPLICITY]",
            before=_indented("\n".join(before), 8),
            addresses=", ".join(f"call[{2 * SHARED.index(k)}]" for k in ("ring", "index", "trace", "pool")),
            fetching=_indented(_fetching(self.model), 12),
            storing=_indented("\n".join(self.storing(alike=alike)), 12),
            after=_indented("\n".join(after), 8),
            **self.places(alike=alike),
        )

    def choice(self) -> str:
        """Return the statements that choose the function for a group."""
        if not self.model.source_states:
            return "return deliver_apart(address)"
        sizes = [f"words[{2 * (len(OWN) + k) + 1}] == 1" for k in self._parameters()]
        condition = " and ".join(["call[STATE_STEP] == 0", *sizes])
        return f"return deliver_alike(address) if {condition} else deliver_apart(address)"

    def _parameters(self) -> list[int]:
        return [k for k, name in enumerate(self.own) if name in self.model.parameters]


def _fetching(model: type[Any]) -> str:
    """Return the statements that fetch what is needed soon: so much that it is there in time and not gone again."""
    return (FETCHING + (FETCHING_HISTORY if model.needs_archive else "")).format(far=12, near=6)


def _indented(text: str, n: int) -> str:
    """Return text whose lines but the first are indented."""
    return text.strip("\n").replace("\n", "\n" + " " * n)
