"""Loops over a group of connections; compiled code, made from the declaration of a synapse model.

`plasticity.synaptic_calls` calls them for each spike and group. If connections share the states of the source and all
parameters, both are read once, and what depends on nothing else is computed once.
"""

from __future__ import annotations

import functools
from collections import namedtuple
from typing import Any, final

import numba
import numpy as np

from jaxnest.compile.apart import reinterpreted
from jaxnest.compile.compiling import njit
from jaxnest.compile.entries import Entry
from jaxnest.compile.intrinsics import (
    array,
    arrays_loader,
    columns_at,
    number_loader,
    prefetch,
    row_loader,
    row_storer,
    slices_loader,
    storer,
)
from jaxnest.compile.tuples import picked
from jaxnest.engine.functions import scalar_ops  # noqa: F401 - `models.ops` in compiled code
from jaxnest.engine.functions.fingerprints import fingerprint
from jaxnest.engine.histories import archive, archive_voltage, learning_queries, modulation  # noqa: F401 - and histories
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
from jaxnest.engine.layout import (
    COLUMN,
    FLAGS,
    FLIP,
    LANE_NEGATIVE,
    LANE_POSITIVE,
    N_LANES,
    N_SLOTS,
    N_WEIGHTS,
    PLAIN,
    SITE_WORDS,
    WEIGHT_WORDS,
)
from jaxnest.engine.plasticity.synapses import Synapses, as_field, common_slices, own_names, state_names
from jaxnest.engine.plasticity.synaptic_calls import (
    ADVANCES,
    ARRAYS,
    COMMON_ROW,
    CONNECTION,
    COPIES,
    MULTIPLICITY,
    NODE,
    OWN,
    ROW,
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
_int64: Any = numba.int64
_uint32: Any = numba.uint32
_uint64: Any = numba.uint64
_float64: Any = numba.float64

DTYPES: dict[str, Any] = {
    "weight_events": numba.int64,
    "counters": numba.int64,
    "index": numba.int64,
    "stream": numba.uint64,
    "clock": numba.int64,
    "delay": numba.int32,
    "identity": numba.int64,
    "place": numba.uint32,
    "sites": numba.uint32,
}
"""Types of the arrays that are not float64."""
FAR, NEAR = 12, 6
"""So many connections ahead is fetched what they will need: it is there in time and not gone again."""

Shared = namedtuple("Shared", SHARED)
Own = namedtuple("Own", OWN)
Now = namedtuple("Now", "t step per_step per_tic tics source turn collector")
Event = namedtuple(
    "Event", "t delay post index trace pool stream collector grid_delay counters step is_flush resolution source turn"
)


def slots_of_delivery(synapses: Synapses) -> tuple[int, int]:
    """Return where the addresses of the functions are that deliver spikes (see `synaptic_calls.ALIKE`)."""
    model = synapses.model
    apart = deliver_loop(model, False).slot.ctypes.data
    share = model.source_states and all(len(synapses.columns[name]) == 1 for name in model.parameters)
    return (deliver_loop(model, True).slot.ctypes.data if share else apart), apart


@functools.cache
def deliver_loop(model: type[Any], alike: bool) -> Entry:
    """Return the function that delivers a spike to a group of connections; `alike`: to those that share much."""
    access, send, fetch = _Access(model), _inlined(model.send), _fetching(model)
    arrays_of, now_of, common_of, parameters_of = access.arrays, access.now, access.common, access.parameters
    own_parameters, states_of, store = access.own_parameters, access.states, access.store
    sources_of, advanced, store_sources = access.sources, access.advanced, access.store_sources
    has_sources, draws, hears_flush = bool(model.source_states), model.is_stochastic, model.hears_flush

    def deliver(address: int) -> int:
        call = array(address, SHARED_ARRAYS, _int64)
        shared, own, columns = arrays_of(address, call[ARRAYS])
        counters, clock, sites, delay = shared.counters, shared.clock, own.sites, own.delay
        first, size, step, group, watched = call[ROW], call[SIZE], call[STEP], call[COMMON_ROW], call[WATCHED]
        copies, advances, is_flush = call[MULTIPLICITY], call[ADVANCES], call[MULTIPLICITY] < 0
        state_row, state_step, delay_step = call[STATE_ROW], call[STATE_STEP], _uint64(delay.shape[0] > 1)
        n_slots, n_lanes, slot = clock[N_SLOTS], clock[N_LANES], step % clock[N_SLOTS]
        common, who, connection = common_of(own.common, group), call[NODE] | call[COPIES] << 32, call[CONNECTION]
        now = now_of(call, shared.times, own.common)
        if hears_flush:
            copies = abs(copies)
        if alike:
            mine = own_parameters(columns, 0)
        for copy in range(copies):
            if alike:
                old = latest = sources_of(own.of_source, state_row)
            for k in range(size):
                fetch(shared, own, first, size, k, slot, n_slots, n_lanes, delay_step)
                i, row = _uint64(first + k), state_row + k * state_step
                if not alike:
                    mine, old = own_parameters(columns, i), sources_of(own.of_source, row)
                site, steps = own.place[i], delay[i * delay_step]
                p, s = parameters_of(mine, common, own.common_state, group), states_of(columns, i, old)
                x = event(now, shared, sites[site, COLUMN], steps, is_flush)
                if draws:
                    rekey(shared.stream, SYNAPSES, who + (copy << 32), own.identity[i], step)
                new, weight, sends = send(p, s, x)
                store(columns, i, own.common_state, group, new)
                if alike:
                    latest = advanced(new)
                elif has_sources:
                    if state_step or (advances and k == size - 1):
                        store_sources(own.of_source, row, advanced(new))
                if not sends:
                    continue
                add(shared.ring, sites, site, slot + steps, n_slots, n_lanes, weight)
                if watched:
                    note_weight(shared.weight_events, counters, connection + k, step, weight)
            if alike and advances:
                store_sources(own.of_source, state_row, latest)
        return 0

    return access.entry(deliver, "deliver_alike" if alike else "deliver_apart")


@functools.cache
def modulate_loop(model: type[Any]) -> Entry:
    """Return the function that tells a group of connections what modulates them."""
    access, modulated = _Access(model), _inlined(model.modulate)
    arrays_of, now_of, common_of, parameters_of = access.arrays, access.now, access.common, access.parameters
    own_parameters, states_of, store, sources_of = access.own_parameters, access.states, access.store, access.sources

    def modulate(address: int) -> int:
        call = array(address, SHARED_ARRAYS, _int64)
        shared, own, columns = arrays_of(address, call[ARRAYS])
        first, group, delay_step = call[ROW], call[COMMON_ROW], _uint64(own.delay.shape[0] > 1)
        common, now = common_of(own.common, group), now_of(call, shared.times, own.common)
        for k in range(call[SIZE]):
            i = _uint64(first + k)
            mine, old = own_parameters(columns, i), sources_of(own.of_source, call[STATE_ROW] + k * call[STATE_STEP])
            p, s = parameters_of(mine, common, own.common_state, group), states_of(columns, i, old)
            x = event(now, shared, own.sites[own.place[i], COLUMN], own.delay[i * delay_step], False)
            store(columns, i, own.common_state, group, modulated(p, s, x))
        return 0

    return access.entry(modulate, "modulate")


@final
class _Access:
    """Functions that find what the functions of a model read, and that store what they return."""

    def __init__(self, model: type[Any]) -> None:
        self._model, own = model, own_names(model)
        whole = [k for k, name in enumerate(own) if name in model.dynamic]
        states = [name for name in state_names(model) if name not in model.source_states]
        self.arrays = _arrays(model, len(own))
        self.now = _now(model)
        self.common = _in_row(slices_loader(_fixed(model)), 1)
        """Function of `Synapses.common` and a row: what all connections share and never changes."""
        self.own_parameters = row_loader([own.index(name) for name in model.parameters], whole)
        self.parameters = _parameters(model)
        self.sources = _in_row(number_loader(len(model.source_states)), 2)
        """Function of `Synapses.of_source` and a row: the states that follow from the source's spikes."""
        self.states = _states(model, row_loader([own.index(name) for name in states], whole), states)
        self.advanced = picked([model.dynamic.index(name) for name in model.source_states])
        """Function of a result: the new states that follow from the source's spikes."""
        self.store_sources = _storer(model.source_states)
        changed = {j: own.index(name) for j, name in enumerate(model.dynamic) if name not in model.source_states}
        self.store = _store(model, row_storer(changed))

    def entry(self, function: Any, kind: str) -> Entry:
        """Return the machine code of a function."""
        key = f"{__name__}.{kind}.{self._model.name}.{fingerprint(self._model)}"
        return Entry(function, self._model.name, key, lean=True)


def _is_vector(model: type[Any], name: str) -> bool:
    return name in model.common and model.common[name].is_vector


def _fixed(model: type[Any]) -> list[tuple[int, int, bool]]:
    """Return where common properties are that do not change: begin, end, and whether it is a vector."""
    places = common_slices(model).items()
    return [(*place, _is_vector(model, name)) for name, place in places if name not in model.common_state]


def _arrays(model: type[Any], n_columns: int) -> Any:
    """Return the function of the addresses of a call and of a model's words that finds all arrays, and the columns."""
    width = max([end for _, end in common_slices(model).values()], default=0)
    widths = {"index": INDEX_WORDS, "trace": TRACE_WORDS, "pool": RECORD_WORDS, "sites": SITE_WORDS} | {
        "common": width or 1, "common_state": len(model.common_state) or 1, "of_source": len(model.source_states) or 1,
    }  # fmt: skip
    shared, own = (
        arrays_loader(kind, [DTYPES.get(n, _float64) for n in kind._fields], [widths.get(n, 0) for n in kind._fields])
        for kind in (Shared, Own)
    )
    columns = columns_at(n_columns)

    @_compiled
    def arrays(call: int, words: int) -> Any:
        return shared(call + 8 * SHARED_ARRAYS), own(words), columns(words + 16 * len(OWN))

    return arrays


def _in_row(load: Any, n: int) -> Any:
    """Return the function of rows of numbers and the index of one that loads it; `n` arguments."""

    def numbers(values: Any, row: int) -> Any:
        return load(values.ctypes.data + 8 * values.shape[1] * row, 8)

    def slices(values: Any, row: int) -> Any:
        return load(values.ctypes.data + 8 * values.shape[1] * row)

    return _compiled(numbers if n == 2 else slices)


def _storer(names: tuple[str, ...]) -> Any:
    """Return the function that stores a tuple in a row."""
    write = storer(namedtuple("Stored", names))

    @_compiled
    def store(values: Any, row: int, new: Any) -> None:
        write(values.ctypes.data + 8 * values.shape[1] * row, 8, new)

    return store


def _parameters(model: type[Any]) -> Any:
    """Return the function that puts the parameters together: own ones, common ones, those that change."""
    Parameters = namedtuple("Parameters", [as_field(name) for name in (*model.parameters, *common_slices(model))])
    if not model.common_state:
        return _compiled(lambda mine, common, common_state, group: Parameters(*(mine + common)))
    fixed = [name for name in common_slices(model) if name not in model.common_state]
    order = [(*fixed, *model.common_state).index(name) for name in common_slices(model)]
    changing, arranged = _in_row(number_loader(len(model.common_state)), 2), picked(order)

    def parameters(mine: Any, common: Any, common_state: Any, group: int) -> Any:
        return Parameters(*(mine + arranged(common + changing(common_state, group))))

    return _compiled(parameters)


def _states(model: type[Any], load: Any, own: list[str]) -> Any:
    """Return the function that puts the states together, from the columns and from those of the source."""
    State = namedtuple("State", [as_field(name) for name in state_names(model)])
    arranged = picked([(*own, *model.source_states).index(name) for name in state_names(model)])

    def states(columns: Any, i: int, sources: Any) -> Any:
        return State(*arranged(load(columns, i) + sources))

    return _compiled(states)


def _store(model: type[Any], store_own: Any) -> Any:
    """Return the function that stores a result, but for the states that follow from the source's spikes."""
    n, n_changing = len(model.dynamic), len(model.common_state)
    changed, store_common = picked(range(n, n + n_changing)), _storer(model.common_state)

    def store(columns: Any, i: int, common_state: Any, group: int, new: Any) -> None:
        store_own(columns, i, new)
        if n_changing:
            store_common(common_state, group, changed(new))

    return _compiled(store)


def _now(model: type[Any]) -> Any:
    """Return the function that finds what is the same for all connections of a group."""
    modulates = bool(model.modulator)
    place = common_slices(model)[model.modulator][0] if modulates else 0

    def now(call: Any, times: Any, common: Any) -> Any:
        step, per_step, per_tic, tics = call[STEP], times[MS_PER_STEP], times[MS_PER_TIC], times[TICS_PER_STEP]
        collector = _int64(common[call[COMMON_ROW], place]) if modulates else -1
        t = per_tic * ((step + 1) * tics)
        return Now(t, step + 1, per_step, per_tic, tics, call[SOURCE], _float64(call[TURN]), collector)

    return _compiled(now)


@_compiled
def event(now: Any, shared: Any, column: int, steps: int, is_flush: bool) -> Any:
    """Return the event that reaches a synapse."""
    return Event(
        now.t, steps * now.per_step, column, shared.index, shared.trace, shared.pool, shared.stream, now.collector,
        now.per_tic * (steps * now.tics), shared.counters, now.step, is_flush, now.per_step, now.source, now.turn,
    )  # fmt: skip


@_compiled
def add(ring: Any, sites: Any, site: int, row: int, n_slots: int, n_lanes: int, weight: float) -> None:
    """Add what a target gets."""
    amount = 1.0 if sites[site, FLAGS] & PLAIN else weight
    if row >= n_slots:
        row -= n_slots
    if amount > 0:
        ring[_uint64(row * n_lanes + sites[site, LANE_POSITIVE])] += amount
    else:
        amount = -amount if sites[site, FLAGS] & FLIP else amount
        ring[_uint64(row * n_lanes + sites[site, LANE_NEGATIVE])] += amount


@_compiled
def note_weight(weight_events: Any, counters: Any, connection: int, step: int, weight: float) -> None:
    """Let a weight be recorded."""
    n = counters[N_WEIGHTS]
    weight_events[WEIGHT_WORDS * n], weight_events[WEIGHT_WORDS * n + 1] = connection, step + 1
    reinterpreted(weight_events, np.float64)[WEIGHT_WORDS * n + 2] = weight
    counters[N_WEIGHTS] = n + 1


def _fetching(model: type[Any]) -> Any:
    """Return the function that fetches what connections further on will need into the cache."""
    reads_history = model.needs_archive

    def fetch(
        shared: Any, own: Any, first: int, size: int, k: int, slot: int, n_slots: int, n_lanes: int, delay_step: int
    ) -> None:
        sites, index = own.sites, shared.index
        ahead = _uint64(first + min(k + FAR, size - 1))
        site = own.place[ahead]
        row = slot + own.delay[ahead * delay_step]
        if row >= n_slots:
            row -= n_slots
        prefetch(shared.ring.ctypes.data + 8 * (row * n_lanes + sites[site, LANE_POSITIVE]))
        if reads_history:
            prefetch(index.ctypes.data + 8 * INDEX_WORDS * sites[site, COLUMN])
            prefetch(shared.trace.ctypes.data + 8 * TRACE_WORDS * sites[site, COLUMN])
            column = sites[own.place[_uint64(first + min(k + NEAR, size - 1))], COLUMN]
            last = (index[column, FIRST] + index[column, LENGTH] - 1) & (index[column, CAPACITY] - 1)
            prefetch(shared.pool.ctypes.data + 8 * RECORD_WORDS * (index[column, START] + last))

    return _compiled(fetch)
