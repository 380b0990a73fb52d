"""Loops over a group of connections; compiled code, made from the declaration of a synapse model.

`plasticity.synaptic_calls` calls them for each spike and group. If connections share the states of the source and all
parameters, both are read once, and what depends on nothing else is computed once.
"""

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import Iterator
from typing import Any, NamedTuple, final

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.intrinsics import (
    array,
    arrays_loader,
    columns_at,
    number_loader,
    prefetch,
    reinterpreted,
    row_loader,
    row_storer,
    slices_loader,
    storer,
)
from jaxnest.compile.late import float64, int64, uint64
from jaxnest.compile.operations import Operation
from jaxnest.compile.values.tuples import combined, picked
from jaxnest.engine.archive_layout import (
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
from jaxnest.engine.functions import scalar_ops  # noqa: F401 - `models.ops` in compiled code
from jaxnest.engine.functions.fingerprints import fingerprint
from jaxnest.engine.functions.remembered import with_memory
from jaxnest.engine.histories import archive, archive_voltage, learning_queries  # noqa: F401 - and histories
from jaxnest.engine.layout import (
    AGAIN,
    BINARY,
    COLUMN,
    FLAGS,
    FLIP,
    KEPT,
    LANE_NEGATIVE,
    LANE_POSITIVE,
    N_LANES,
    N_SLOTS,
    N_WEIGHTS,
    PLAIN,
    SITE_WORDS,
    WEIGHT_WORDS,
)
from jaxnest.engine.plasticity import modulation  # noqa: F401 - and what modulates
from jaxnest.engine.plasticity.synapses import Synapses, as_field, common_slices, own_names, state_names
from jaxnest.engine.plasticity.synaptic_calls import (
    ADVANCES,
    ARRAYS,
    CALL_WORDS,
    COMMON_ROW,
    CONNECTION,
    COPIES,
    HELD,
    HOLDS,
    MULTIPLICITY,
    NODE,
    OWN,
    ROW,
    SENT,
    SHARED,
    SHARED_ARRAYS,
    SIZE,
    SOURCE,
    STATE_ROW,
    STATE_STEP,
    STEP,
    TURN,
    WATCHED,
)
from jaxnest.random.numbers.keyed import rekey
from jaxnest.random.numbers.layout import SYNAPSES

_compiled = njit(error_model="numpy", nogil=True, _nrt=False)
_inlined = njit(error_model="numpy", inline="always")

KINDS = {
    "weight_events": "I8", "counters": "I8", "index": "I8", "stream": "U8", "clock": "I8", "delay": "I4",
    "identity": "I8", "place": "U4", "sites": "U4", "switches": "I8",
}  # fmt: skip
"""Kinds of the arrays that are not of floating-point numbers; indices without a sign are not tested for it."""
FAR, NEAR = 12, 6
"""So many connections ahead is fetched what they will need: it is there in time and not gone again."""

WORDS = 2 * len(OWN)
COMMON_AT, CHANGING_AT, SOURCES_AT = (2 * OWN.index(name) for name in ("common", "common_state", "of_source"))
RING_AT, INDEX_AT, TRACE_AT, POOL_AT = (
    SHARED_ARRAYS + 2 * SHARED.index(name) for name in ("ring", "index", "trace", "pool")
)
"""Words with the addresses of arrays, among those of the model and those of a call."""

Shared = namedtuple("Shared", SHARED)
Own = namedtuple("Own", OWN)
Event = namedtuple(
    "Event", "t delay post index trace pool stream collector grid_delay counters step is_flush resolution source turn"
)


@final
class Access(NamedTuple):
    """Functions that find what the functions of a model read, and that store what they return.

    Those of rows take an address; those of columns take what `columns` returns, and the number of a connection.
    """

    shared: Any
    own: Any
    columns: Any
    fixed: Any
    """Common properties that do not change, from a row of `Synapses.common`."""
    changing: Any
    """Those that change, from a row of `Synapses.common_state`."""
    sources: Any
    """The states that follow from the source's spikes, from a row of `Synapses.of_source`."""
    own_parameters: Any
    own_states: Any
    common: Any
    """All common properties, from fixed and changing ones."""
    parameters: Any
    states: Any
    advanced: Any
    """Of a new state, what follows from the source's spikes; and what all connections share."""
    changed: Any
    store: Any
    store_changing: Any
    store_sources: Any


def slots_of_delivery(synapses: Synapses) -> tuple[int, int]:
    """Return where the addresses of the functions are that deliver spikes (see `synaptic_calls.ALIKE`)."""
    model = synapses.model
    apart = deliver_loop(model, False).slot.ctypes.data
    share = model.source_states and all(len(synapses.columns[name]) == 1 for name in model.parameters)
    return (deliver_loop(model, True).slot.ctypes.data if share else apart), apart


@functools.cache
def deliver_loop(model: type[Any], alike: bool) -> Operation:
    """Return the function that delivers a spike to a group of connections; `alike`: to those that share much."""
    make = functools.partial(_deliver_alike if alike else _deliver_apart, model)
    return Operation(make, None, model.name, fingerprint(model))


def _deliver_alike(model: type[Any]) -> Any:
    return _delivering(model, True)


def _deliver_apart(model: type[Any]) -> Any:
    return _delivering(model, False)


def _delivering(model: type[Any], alike: bool) -> Any:
    a, fetch, collector_of = _access(model), _fetching(model), _collector(model)
    function = model.send or (_send_common if model.weight_is_common else _send_own)
    send = _inlined(with_memory(function) if model.modulator else function)
    is_stochastic, hears_flush = model.is_stochastic, model.hears_flush
    common_bytes, changing_bytes, source_bytes = _bytes_of_rows(model)

    def deliver(address: int) -> int:
        call = array(address, SHARED_ARRAYS, int64)
        words, columns = array(call[ARRAYS], WORDS, int64), a.columns(call[ARRAYS] + 8 * WORDS)
        shared, own = a.shared(address + 8 * SHARED_ARRAYS), a.own(call[ARRAYS])
        sites, clock, times, delay_step = own.sites, shared.clock, shared.times, uint64(own.delay.shape[0] > 1)
        step, first, size, copies, group = call[STEP], call[ROW], call[SIZE], call[MULTIPLICITY], call[COMMON_ROW]
        per_step, per_tic, tics = times[MS_PER_STEP], times[MS_PER_TIC], times[TICS_PER_STEP]
        t, turn, is_flush = per_tic * ((step + 1) * tics), float64(call[TURN]), copies < 0
        state_step, source, watched, advances = call[STATE_STEP], call[SOURCE], call[WATCHED], call[ADVANCES]
        sources_at = words[SOURCES_AT] + source_bytes * call[STATE_ROW]
        changing_at = words[CHANGING_AT] + changing_bytes * group
        fixed = a.fixed(words[COMMON_AT] + common_bytes * group)
        collector, n_slots, n_lanes, slot = collector_of(fixed), clock[N_SLOTS], clock[N_LANES], step % clock[N_SLOTS]
        for copy in range(abs(copies) if hears_flush else copies):
            if alike:
                mine, old = a.own_parameters(columns, 0), a.sources(sources_at, 8)
                latest = old
            for k in range(size):
                fetch(address, own.place, sites, own.delay, shared.index, first, size, k, slot, n_slots, n_lanes)
                i, row_at = first + k, sources_at + source_bytes * (k * state_step)
                if not alike:
                    mine, old = a.own_parameters(columns, i), a.sources(row_at, 8)
                site, steps = own.place[uint64(i)], own.delay[uint64(i) * delay_step]
                p = a.parameters(mine, a.common(fixed, a.changing(changing_at, 8)))
                x = Event(
                    t, steps * per_step, sites[site, COLUMN], shared.index, shared.trace, shared.pool, shared.stream,
                    collector, per_tic * (steps * tics), shared.counters, step + 1, is_flush, per_step, source, turn,
                )  # fmt: skip
                if is_stochastic:
                    who = call[NODE] | (call[COPIES] + copy) << 32
                    rekey(shared.stream, SYNAPSES, who, own.identity[uint64(i)], step)
                new, weight, sends = send(p, a.states(a.own_states(columns, i), old), x)
                a.store(columns, i, new)
                a.store_changing(changing_at, 8, a.changed(new))
                if alike:
                    latest = a.advanced(new)
                elif state_step or (advances and k == size - 1):
                    a.store_sources(row_at, 8, a.advanced(new))
                if sends and call[HOLDS]:
                    _hold(call, weight)
                elif sends:
                    amount = weight
                    if sites[site, FLAGS] & (BINARY | KEPT):
                        amount = _received(sites, own.switches, site, call[NODE], step, weight)
                    _add(shared.ring, sites, site, slot + steps, n_slots, n_lanes, amount)
                    if watched:
                        _note_weight(shared.weight_events, shared.counters, call[CONNECTION] + k, step, weight)
            if alike and advances:
                a.store_sources(sources_at, 8, latest)
        return 0

    return _compiled(deliver)


def _send_own(p: Any, s: Any, x: Any) -> Any:
    """Send a constant weight."""
    return (), s.weight, True


def _send_common(p: Any, s: Any, x: Any) -> Any:
    """Send a constant weight that all connections share."""
    return (), p.weight, True


@functools.cache
def modulate_loop(model: type[Any]) -> Operation:
    """Return the function that tells a group of connections what modulates them."""
    return Operation(functools.partial(_modulate, model), None, model.name, fingerprint(model))


def _modulate(model: type[Any]) -> Any:
    fetch = _fetching(model, False)
    a, modulated, collector_of = _access(model), _inlined(with_memory(model.modulate)), _collector(model)
    common_bytes, changing_bytes, source_bytes = _bytes_of_rows(model)

    def modulate(address: int) -> int:
        call = array(address, SHARED_ARRAYS, int64)
        words, columns = array(call[ARRAYS], WORDS, int64), a.columns(call[ARRAYS] + 8 * WORDS)
        shared, own = a.shared(address + 8 * SHARED_ARRAYS), a.own(call[ARRAYS])
        step, group, times, delay_step = call[STEP], call[COMMON_ROW], shared.times, uint64(own.delay.shape[0] > 1)
        sites = own.sites
        per_step, per_tic, tics = times[MS_PER_STEP], times[MS_PER_TIC], times[TICS_PER_STEP]
        t, turn = per_tic * ((step + 1) * tics), float64(call[TURN])
        sources_at = words[SOURCES_AT] + source_bytes * call[STATE_ROW]
        changing_at = words[CHANGING_AT] + changing_bytes * group
        fixed = a.fixed(words[COMMON_AT] + common_bytes * group)
        collector = collector_of(fixed)
        for k in range(call[SIZE]):
            fetch(address, own.place, sites, own.delay, shared.index, call[ROW], call[SIZE], k, 0, 1, 0)
            i, old = call[ROW] + k, a.sources(sources_at + source_bytes * (k * call[STATE_STEP]), 8)
            steps = own.delay[uint64(i) * delay_step]
            p = a.parameters(a.own_parameters(columns, i), a.common(fixed, a.changing(changing_at, 8)))
            x = Event(
                t, steps * per_step, sites[own.place[uint64(i)], COLUMN], shared.index, shared.trace, shared.pool,
                shared.stream, collector, per_tic * (steps * tics), shared.counters, step + 1, False, per_step, 0, turn,
            )  # fmt: skip
            new = modulated(p, a.states(a.own_states(columns, i), old), x)
            a.store(columns, i, new)
            a.store_changing(changing_at, 8, a.changed(new))
        return 0

    return _compiled(modulate)


def _access(model: type[Any]) -> Access:
    own, sources, changing, common = own_names(model), model.source_states, model.common_state, common_slices(model)
    whole = [k for k, name in enumerate(own) if name in model.dynamic]
    states = [name for name in state_names(model) if name not in sources]
    fixed = [name for name in common if name not in changing]
    n, n_parameters = len(model.dynamic), len(model.parameters)
    parameters = namedtuple("Parameters", [as_field(name) for name in (*model.parameters, *common)])
    return Access(
        *_arrays(),
        columns=columns_at(len(own)),
        fixed=slices_loader([(*common[name], _is_vector(model, name)) for name in fixed]),
        changing=number_loader(len(changing)),
        sources=number_loader(len(sources)),
        own_parameters=row_loader([own.index(name) for name in model.parameters], whole),
        own_states=row_loader([own.index(name) for name in states], whole),
        common=combined(None, [(*fixed, *changing).index(name) for name in common]),
        parameters=combined(parameters, range(n_parameters + len(common))),
        states=combined(
            namedtuple("State", [as_field(name) for name in state_names(model)]),
            [(*states, *sources).index(name) for name in state_names(model)],
        ),
        advanced=picked([model.dynamic.index(name) for name in sources]),
        changed=picked(range(n, n + len(changing))),
        store=row_storer({j: own.index(name) for j, name in enumerate(model.dynamic) if name not in sources}),
        store_changing=storer(namedtuple("Changing", changing)),
        store_sources=storer(namedtuple("Sources", sources)),
    )


def _is_vector(model: type[Any], name: str) -> bool:
    return name in model.common and model.common[name].is_vector


def _bytes_of_rows(model: type[Any]) -> tuple[int, int, int]:
    """Return how many bytes rows of `Synapses.common`, `common_state` and `of_source` have."""
    width = max([end for _, end in common_slices(model).values()], default=0)
    return 8 * width, 8 * len(model.common_state), 8 * len(model.source_states)


def _arrays() -> Iterator[Any]:
    """Yield the functions that find the arrays that all models have in common, and those of a model."""
    widths = {"index": INDEX_WORDS, "trace": TRACE_WORDS, "pool": RECORD_WORDS, "sites": SITE_WORDS}
    for names in (Shared, Own):
        kinds = [KINDS.get(name, "F8") for name in names._fields]
        yield arrays_loader(names, kinds, [widths.get(name, 0) for name in names._fields])


def _collector(model: type[Any]) -> Any:
    """Return the function that finds the node whose spikes modulate synapses among fixed common properties."""
    fixed = [name for name in common_slices(model) if name not in model.common_state]
    if not model.modulator:
        return _compiled(lambda fixed: -1)
    place = fixed.index(model.modulator)
    return _compiled(lambda fixed: int64(fixed[place]))


@_compiled
def _add(ring: Any, sites: Any, site: int, row: int, n_slots: int, n_lanes: int, weight: float) -> None:
    """Add what a target gets."""
    amount = 1.0 if sites[site, FLAGS] & PLAIN else weight
    if row >= n_slots:
        row -= n_slots
    if amount > 0:
        ring[uint64(row * n_lanes + sites[site, LANE_POSITIVE])] += amount
    else:
        amount = -amount if sites[site, FLAGS] & FLIP else amount
        ring[uint64(row * n_lanes + sites[site, LANE_NEGATIVE])] += amount


@_compiled
def _hold(call: Any, weight: float) -> None:
    """Tell the caller the weight, instead of sending it."""
    call[SENT] = 1
    reinterpreted(call, np.float64)[HELD] = weight


@_compiled
def _received(sites: Any, switches: Any, site: int, node: int, step: int, weight: float) -> float:
    """Return what a target adds that keeps the weight, or that had a spike of that node and step before if binary."""
    if sites[site, FLAGS] & KEPT:
        _keep(switches[2 * site], weight)
        return weight
    known = sites[site, FLAGS] & AGAIN or (switches[2 * site] == node and switches[2 * site + 1] == step)
    switches[2 * site], switches[2 * site + 1] = node, step
    return 2.0 * weight if known else -weight


@_compiled
def _keep(place: int, weight: float) -> None:
    """Let a target know a weight, which it must have known before unless it was zero."""
    kept = array(place, 1, float64)
    if kept[0] == 0.0:
        kept[0] = weight
    elif kept[0] != weight:
        raise ValueError("The target requires constant weights.")


@_compiled
def _note_weight(weight_events: Any, counters: Any, connection: int, step: int, weight: float) -> None:
    """Let a weight be recorded."""
    n = counters[N_WEIGHTS]
    weight_events[WEIGHT_WORDS * n], weight_events[WEIGHT_WORDS * n + 1] = connection, step + 1
    reinterpreted(weight_events, np.float64)[WEIGHT_WORDS * n + 2] = weight
    counters[N_WEIGHTS] = n + 1


def _fetching(model: type[Any], sends: bool = True) -> Any:
    """Return the function that fetches what connections further on will need into the cache.

    That is a place in the ring buffer, if the model `sends`, and the target's history.
    """
    reads_history = model.needs_archive

    def fetch(
        address: int, place: Any, sites: Any, delay: Any, index: Any, first: int, size: int, k: int, slot: int,
        n_slots: int, n_lanes: int,
    ) -> None:  # fmt: skip
        call = array(address, CALL_WORDS, int64)
        ahead = uint64(first + min(k + FAR, size - 1))
        site = place[ahead]
        if sends:
            row = slot + delay[ahead * uint64(delay.shape[0] > 1)]
            if row >= n_slots:
                row -= n_slots
            prefetch(call[RING_AT] + 8 * (row * n_lanes + sites[site, LANE_POSITIVE]))
        if reads_history:
            prefetch(call[INDEX_AT] + 8 * INDEX_WORDS * sites[site, COLUMN])
            prefetch(call[TRACE_AT] + 8 * TRACE_WORDS * sites[site, COLUMN])
            column = sites[place[uint64(first + min(k + NEAR, size - 1))], COLUMN]
            last = (index[column, FIRST] + index[column, LENGTH] - 1) & (index[column, CAPACITY] - 1)
            prefetch(call[POOL_AT] + 8 * RECORD_WORDS * (index[column, START] + last))

    return _compiled(fetch)
