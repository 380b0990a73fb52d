"""Loops for neurons that send or get numbers (see `models.contract.secondary`); compiled code."""

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.intrinsics import array, call_function, loader, storer
from jaxnest.compile.kinds import I8, F8x2, F8x3, I8x2
from jaxnest.compile.late import float64
from jaxnest.compile.operations import Operation, operation
from jaxnest.engine.functions.fingerprints import fingerprint
from jaxnest.engine.functions.recorders import NOTE_WORDS, record_all
from jaxnest.engine.layout import FROM, MIN_DELAY, N_LANES, N_SLOTS, ORIGIN, TO
from jaxnest.engine.network.growing_loops import append
from jaxnest.engine.neurons.neuron_loops import inputs_of_step, make_update, note_places, vector_storer
from jaxnest.models.contract.ode import OdeNode
from jaxnest.models.contract.secondary import Kind
from jaxnest.models.contract.state import state_class

KINDS = {
    "ring": "F8", "raster": "I4x2", "state": "F8x2", "state_vectors": "F8x2", "samples": "F8x3", "scalars": "F8x2",
    "vectors": "F8x2", "vector_start": "I8", "state_start": "I8", "sampled": "I8", "places": "I8", "noise": "F8x2",
    "signals": "F8x2", "first_row": "I8", "recorders": "I8", "frozen": "I8", "clock": "I8",
}  # fmt: skip
"""The arguments of the loop that advances neurons. `first_row` tells where in the signals each kind begins."""

TRIAL_KINDS = {
    "ring": "F8", "state": "F8x2", "state_vectors": "F8x2", "scalars": "F8x2", "vectors": "F8x2", "vector_start": "I8",
    "state_start": "I8", "places": "I8", "noise": "F8x2", "signals": "F8x2", "first_row": "I8", "last": "F8x2",
    "tolerance": "float", "clock": "I8",
}  # fmt: skip
"""The arguments of the loop that advances neurons on trial; `last` has what is compared, of the trial before."""

_compiled = njit(error_model="numpy", nogil=True)


class Loops(NamedTuple):
    """What is compiled for a model and what it sends."""

    advance: Operation
    attempt: Operation
    """Advances neurons on trial, and returns whether values have changed by more than the tolerance."""


@functools.cache
def waveform_loops(
    model: type[Any], variables: tuple[str, ...], vectors: frozenset[str], kinds: tuple[Kind, ...]
) -> Loops:
    """Return the loops of a model.

    Parameters
    ----------
    variables, vectors
        As for `engine.neurons.neuron_loops.neuron_loop`.
    kinds
        What the neurons send, of all that they could.
    """
    key = fingerprint(model, f"{model.__module__}.{variables}.{sorted(vectors)}.{[k.name for k in kinds]}")
    return Loops(
        Operation(functools.partial(_advance, model, variables, vectors, kinds), KINDS, model.name, key),
        Operation(functools.partial(_attempt, model, variables, vectors, kinds), TRIAL_KINDS, model.name, key),
    )


def _advance(model: type[Any], variables: tuple[str, ...], vectors: frozenset[str], kinds: tuple[Kind, ...]) -> Any:
    state_kind = state_class(model)
    load_variables = loader(namedtuple("Variables", variables), vectors)
    load_state, store_state = loader(state_kind, vectors), storer(state_kind, vectors)
    store_vectors, inputs_of = vector_storer(model, vectors), inputs_of_step(model, False)
    update, n_inputs = make_update(model, vectors), len(model.inputs(0))
    iterated = [k for k, kind in enumerate(kinds) if kind.iterated]
    once = [k for k, kind in enumerate(kinds) if not kind.iterated]
    forgotten = [*(k for k in once if not model.signals[kinds[k]].keeps), *iterated]
    forget = _all([_silence(k, kinds[k]) for k in forgotten])
    send = _all([_sending(model, k, kinds[k]) for k in once])
    hold = _all([_holding(model, k, kinds[k]) for k in iterated])

    def advance(
        ring: Any, raster: Any, state: Any, state_vectors: Any, samples: Any, scalars: Any, vectors: Any,
        vector_start: Any, state_start: Any, sampled: Any, places: Any, noise: Any, signals: Any, first_row: Any,
        recorders: Any, frozen: Any, clock: Any,
    ) -> None:  # fmt: skip
        spread, first_lane, first_column, receptors, tile = places[0], places[1], places[2], places[3], places[4]
        channels, padded = receptors + n_inputs, places[5]
        note = recorders[len(recorders) - NOTE_WORDS :]
        vector_starts, state_starts = vector_start.ctypes.data, state_start.ctypes.data
        for i in range(state.shape[0]):
            if frozen[i]:
                raster[clock[FROM] : clock[TO], first_column + i] = 0
                continue
            variables_at = scalars.ctypes.data + 8 * scalars.shape[1] * spread * i
            vectors_at = vectors.ctypes.data + 8 * vectors.shape[1] * spread * i
            state_at = state.ctypes.data + 8 * state.shape[1] * i
            state_vectors_at = state_vectors.ctypes.data + 8 * state_vectors.shape[1] * i
            v = load_variables(variables_at, 8, vectors_at, vector_starts)
            s = load_state(state_at, 8, state_vectors_at, state_starts)
            x = inputs_of(ring, first_lane, tile, receptors, noise, noise, s, 0, 0, i)
            for lag in range(clock[MIN_DELAY]):
                forget(signals, first_row, padded, i, lag, v, s, s, x)
            for lag in range(clock[FROM], clock[TO]):
                lane = ((clock[ORIGIN] + lag) % clock[N_SLOTS]) * clock[N_LANES] + first_lane
                lane += i // tile * (tile * channels) + i % tile
                x = inputs_of(ring, lane, tile, receptors, noise, noise, s, clock[ORIGIN] + lag, lag, i)
                new, spike = update(v, s, x)
                before, s = s, state_kind(*new)
                raster[lag, first_column + i] = spike
                send(signals, first_row, padded, i, lag, v, before, s, x)
                if sampled[i]:
                    store_state(state_at, 8, s)
                    store_vectors(state_vectors, state_start, i, s)
                    note_places(note, variables_at, vectors_at, vector_starts, state_at, state_vectors_at, state_starts)
                    out = samples.ctypes.data + 8 * (lag * samples.shape[1] * samples.shape[2] + i)
                    record_all(recorders, out, 8 * samples.shape[2])
                for channel in range(channels):
                    ring[lane + channel * tile] = 0.0
            for lag in range(clock[FROM], clock[TO]):
                hold(signals, first_row, padded, i, lag, v, s, s, x)
            store_state(state_at, 8, s)
            store_vectors(state_vectors, state_start, i, s)

    return _compiled(advance)


def _attempt(model: type[Any], variables: tuple[str, ...], vectors: frozenset[str], kinds: tuple[Kind, ...]) -> Any:
    state_kind = state_class(model)
    load_variables = loader(namedtuple("Variables", variables), vectors)
    load_state, inputs_of = loader(state_kind, vectors), inputs_of_step(model, False)
    differs = issubclass(model, OdeNode) and model.finish_iteration is not None
    update, n_inputs = make_update(model, vectors, on_trial=differs), len(model.inputs(0))
    iterated = [k for k, kind in enumerate(kinds) if kind.iterated]
    clear = _all([_silence(k, kinds[k]) for k in iterated])
    exchange = _all([_sending(model, k, kinds[k]) for k in iterated])
    keep, compare = _keeping(model, vectors), _comparing(model)

    def attempt(
        ring: Any, state: Any, state_vectors: Any, scalars: Any, vectors: Any, vector_start: Any, state_start: Any,
        places: Any, noise: Any, signals: Any, first_row: Any, last: Any, tolerance: float, clock: Any,
    ) -> int:  # fmt: skip
        spread, first_lane, receptors, tile = places[0], places[1], places[3], places[4]
        channels, padded = receptors + n_inputs, places[5]
        exceeded = 0
        for i in range(state.shape[0]):
            variables_at = scalars.ctypes.data + 8 * scalars.shape[1] * spread * i
            vectors_at = vectors.ctypes.data + 8 * vectors.shape[1] * spread * i
            state_at = state.ctypes.data + 8 * state.shape[1] * i
            state_vectors_at = state_vectors.ctypes.data + 8 * state_vectors.shape[1] * i
            v = load_variables(variables_at, 8, vectors_at, vector_start.ctypes.data)
            s = load_state(state_at, 8, state_vectors_at, state_start.ctypes.data)
            x = inputs_of(ring, first_lane, tile, receptors, noise, noise, s, 0, 0, i)
            for lag in range(clock[FROM]):
                clear(signals, first_row, padded, i, lag, v, s, s, x)
            for lag in range(clock[FROM], clock[MIN_DELAY]):
                lane = ((clock[ORIGIN] + lag) % clock[N_SLOTS]) * clock[N_LANES] + first_lane
                lane += i // tile * (tile * channels) + i % tile
                x = inputs_of(ring, lane, tile, receptors, noise, noise, s, clock[ORIGIN] + lag, lag, i)
                new, spike = update(v, s, x)
                before, s = s, state_kind(*new)
                exchange(signals, first_row, padded, i, lag, v, before, s, x)
                exceeded |= compare(s, last, i, lag, tolerance)
            keep(state, i, s)
        return exceeded

    return _compiled(attempt)


def _all(functions: Sequence[Any]) -> Any:
    """Return the function that calls functions about signals one after the other."""
    if not functions:

        def nothing(
            signals: Any, first_row: Any, padded: int, i: int, lag: int, v: Any, before: Any, s: Any, x: Any
        ) -> None:
            pass

        return _compiled(nothing)
    first, others = functions[0], _all(functions[1:])

    def each(signals: Any, first_row: Any, padded: int, i: int, lag: int, v: Any, before: Any, s: Any, x: Any) -> None:
        first(signals, first_row, padded, i, lag, v, before, s, x)
        others(signals, first_row, padded, i, lag, v, before, s, x)

    return _compiled(each)


def _writer(kind: Kind) -> Any:
    """Return the function that writes the components of a kind."""
    return storer(namedtuple("Components", [f"c{k}" for k in range(kind.components)]))


def _silence(k: int, kind: Kind) -> Any:
    """Return the function that lets kind number `k` be zero."""
    components = kind.components

    def silence(
        signals: Any, first_row: Any, padded: int, i: int, lag: int, v: Any, before: Any, s: Any, x: Any
    ) -> None:
        for c in range(components):
            signals[first_row[k] + c * padded + i, lag] = 0.0

    return _compiled(silence)


def _sending(model: type[Any], k: int, kind: Kind) -> Any:
    """Return the function that sends kind number `k`."""
    values, write = _compiled(model.signals[kind].values), _writer(kind)

    def send(signals: Any, first_row: Any, padded: int, i: int, lag: int, v: Any, before: Any, s: Any, x: Any) -> None:
        width = signals.shape[1]
        at = signals.ctypes.data + 8 * ((first_row[k] + i) * width + lag)
        write(at, 8 * padded * width, values(v, before, s, x))

    return _compiled(send)


def _holding(model: type[Any], k: int, kind: Kind) -> Any:
    """Return the function that sends what kind number `k` is at the end of a slice."""
    values, write = _compiled(model.signals[kind].held), _writer(kind)

    def hold(signals: Any, first_row: Any, padded: int, i: int, lag: int, v: Any, before: Any, s: Any, x: Any) -> None:
        width = signals.shape[1]
        at = signals.ctypes.data + 8 * ((first_row[k] + i) * width + lag)
        write(at, 8 * padded * width, values(v, s))

    return _compiled(hold)


def _keeping(model: type[Any], vectors: frozenset[str]) -> Any:
    """Return the function that stores the states that a trial changes for good."""
    scalars = [name for name in model.dynamic if name not in vectors]
    chosen = namedtuple("Chosen", model.dynamic)
    others = frozenset(model.dynamic) - frozenset(model.not_restored)
    places = [scalars.index(name) for name in model.dynamic if name in model.not_restored]
    if not places:
        return _compiled(_keep_nothing)
    if places != list(range(places[0], places[0] + len(places))):
        raise TypeError(f"{model.name}: states that are not restored have to follow each other.")
    store, first = storer(chosen, others), places[0]

    def keep(state: Any, i: int, s: Any) -> None:
        store(state.ctypes.data + 8 * (state.shape[1] * i + first), 8, s)

    return _compiled(keep)


def _keep_nothing(state: Any, i: int, s: Any) -> None:
    pass


def _comparing(model: type[Any]) -> Any:
    """Return the function that looks for convergence."""
    if not model.compared:

        def nothing(s: Any, last: Any, i: int, lag: int, tolerance: float) -> int:
            return 0

        return _compiled(nothing)
    place = model.dynamic.index(model.compared)

    def compare(s: Any, last: Any, i: int, lag: int, tolerance: float) -> int:
        now = s[place]
        exceeded = abs(now - last[i, lag]) > tolerance
        last[i, lag] = now
        return int(exceeded)

    return _compiled(compare)


@operation
def iterate(attempts: I8x2, exchanges: I8x2, lasts: I8x2, most: int, unsettled: I8, clock: I8) -> None:
    """Advance neurons on trial and exchange their values until these do not change any more.

    Parameters
    ----------
    attempts, exchanges
        Functions and packs: trials of populations, and what passes their values on.
    lasts
        Address and length of what trials compare.
    unsettled
        Table of `Waveforms.unsettled`.
    """
    for k in range(len(lasts)):
        last = array(lasts[k, 0], lasts[k, 1], float64)
        for i in range(len(last)):
            last[i] = 0.0
    for _ in range(most):
        exceeded = 0
        for k in range(len(attempts)):
            exceeded |= call_function(attempts[k, 0], attempts[k, 1])
        for k in range(len(exchanges)):
            call_function(exchanges[k, 0], exchanges[k, 1])
        if exceeded == 0:
            return
    append(unsettled, clock[ORIGIN], clock[ORIGIN] + clock[TO], 0.0, 0.0)


@operation
def generated(samples: F8x3, output: int, windows: I8x2, shift: int, values: F8x2, active: I8, clock: I8) -> None:
    """Take what devices send in a segment, (device, lag), out of their samples; `active` says which devices act."""
    for i in range(len(values)):
        active[i] = 0
        for lag in range(clock[MIN_DELAY]):
            values[i, lag] = 0.0
        for lag in range(clock[FROM], clock[TO]):
            values[i, lag] = samples[lag, output, i]
            step = clock[ORIGIN] + lag + shift
            if windows[i, 0] < step and step <= windows[i, 1]:
                active[i] = 1


TRANSFORM_KINDS = {"scalars": "F8x2", "position": "I8", "row": "I8", "values": "F8x2", "transformed": "F8x2"}


@functools.cache
def transform_loop(model: type[Any], variables: tuple[str, ...]) -> Operation:
    """Return the operation that transforms values, (connection, lag), as they arrive at neurons of a model.

    `position` tells the neuron of each connection, `row` where its value is.
    """
    key = fingerprint(model, f"{model.__module__}.{variables}")
    return Operation(functools.partial(_transforming, model, variables), TRANSFORM_KINDS, model.name, key)


def _transforming(model: type[Any], variables: tuple[str, ...]) -> Any:
    load, transform = loader(namedtuple("Variables", variables)), _compiled(model.transform)

    def apply(scalars: Any, position: Any, row: Any, values: Any, transformed: Any) -> None:
        for k in range(len(position)):
            v = load(scalars.ctypes.data + 8 * scalars.shape[1] * position[k], 8, 0, 0)
            for lag in range(values.shape[1]):
                transformed[k, lag] = transform(v, values[row[k], lag])

    return _compiled(apply)


def table_of(packs: Sequence[Any]) -> np.ndarray:
    """Return function and pack of each call, one per row."""
    return np.array([(p.operation.address, p.address) for p in packs], np.int64).reshape(-1, 2)
