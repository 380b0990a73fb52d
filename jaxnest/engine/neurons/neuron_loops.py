"""Loops that advance neurons node by node; compiled code, made from the declaration of a model."""

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import Mapping
from typing import Any

from jaxnest.compile.compiling import njit
from jaxnest.compile.intrinsics import loader, number_loader, rows, storer
from jaxnest.compile.kinds import LANES
from jaxnest.compile.late import float64, short_vectors
from jaxnest.compile.operations import Operation
from jaxnest.engine.functions import scalar_ops, special_functions  # noqa: F401 - `models.ops` in compiled code
from jaxnest.engine.functions.fingerprints import fingerprint
from jaxnest.engine.functions.recorders import (
    NOTE_WORDS,
    STATE,
    STATE_STARTS,
    STATE_STEP,
    STATE_VECTORS,
    VARIABLE_STEP,
    VARIABLES,
    VECTOR_STARTS,
    VECTORS,
    record_all,
)
from jaxnest.engine.layout import FROM, N_LANES, N_SLOTS, ORIGIN, TO
from jaxnest.engine.neurons.integrators.single import single_update
from jaxnest.models.contract.ode import OdeNode
from jaxnest.models.contract.state import of_model, state_class
from jaxnest.random.numbers.keyed import rekey
from jaxnest.random.numbers.layout import NODES, OBJECT_SIZE

KINDS = {
    "ring": "F8", "raster": "I4x2", "stream": "U8", "state": "F8x2", "state_vectors": "F8x2", "samples": "F8x3",
    "scalars": "F8x2", "vectors": "F8x2", "vector_start": "I8", "state_start": "I8", "sampled": "I8", "frozen": "I8",
    "places": "I8", "nodes": "I8", "uniform": "F8x2", "recorders": "I8", "rows": "I8", "clock": "I8",
}  # fmt: skip
"""The arguments of the loop."""


def make_update(
    model: type[Any], vectors: frozenset[str], stochastic: bool = False, on_trial: bool = False, short: bool = False
) -> Any:
    """Return the function that advances a neuron by one step."""
    if issubclass(model, OdeNode):
        arrays = frozenset() if short else vectors
        return single_update(model, arrays, "finish_iteration" if on_trial else "finish")
    return compiled(model, short)(of_model(model, model.stochastic_update if stochastic else model.update))


def compiled(model: type[Any], short: bool = False) -> Any:
    """Return what compiles the functions of a loop: for models that make no arrays without reference counts."""
    return njit(error_model="numpy", nogil=True, **({"_nrt": False} if model.one_by_one or short else {}))


@functools.cache
def neuron_loop(
    model: type[Any], variables: tuple[str, ...], vectors: frozenset[str], stochastic: bool = False, short: bool = False
) -> Operation:
    """Return the operation that runs neurons of a model through a segment.

    Parameters
    ----------
    variables
        Names of all variables, parameters included.
    vectors
        Which of the variables and states are vectors.
    stochastic
        Whether each node gets a random number in every step.
    short
        Whether all vectors are short (see `fits_short_vectors`).
    """
    content = fingerprint(model, f"{model.__module__}.{variables}.{sorted(vectors)}.{stochastic}.{short}")
    make = functools.partial(_advancing, model, variables, vectors, stochastic, short)
    return Operation(make, KINDS, model.name, content)


def fits_short_vectors(model: type[Any], widths: Mapping[str, int], channels: int) -> bool:
    """Return whether vectors of these lengths, and that of the inputs, can be values instead of arrays.

    Functions of a script's own models may do with arrays what short vectors do not know.
    """
    if model.one_by_one or "objects" in widths or not model.__module__.startswith("jaxnest."):
        return False
    return bool(widths) and max(channels, *widths.values()) <= LANES


def _advancing(
    model: type[Any], variables: tuple[str, ...], vectors: frozenset[str], stochastic: bool, short: bool
) -> Any:
    State = state_class(model)
    load_variables = loader(namedtuple("Variables", variables), vectors, short)
    load_state, store_state = loader(State, vectors, short), storer(State, vectors)
    store_vectors = vector_storer(model, vectors, short)
    inputs_of, update = inputs_of_step(model, stochastic, short), make_update(model, vectors, stochastic, short=short)
    n_inputs, key = len(model.inputs(0)), compiled(model, short)(_key_of_step if model.draws else _no_key)

    def advance(
        ring: Any, raster: Any, stream: Any, state: Any, state_vectors: Any, samples: Any, scalars: Any, vectors: Any,
        vector_start: Any, state_start: Any, sampled: Any, frozen: Any, places: Any, nodes: Any, uniform: Any,
        recorders: Any, rows: Any, clock: Any,
    ) -> None:  # fmt: skip
        spread, first_lane, first_column, receptors, tile = places[0], places[1], places[2], places[3], places[4]
        channels, note = receptors + n_inputs, recorders[len(recorders) - NOTE_WORDS :]
        vector_starts, state_starts = vector_start.ctypes.data, state_start.ctypes.data
        for i in range(rows[0], rows[1]):
            if frozen[i]:
                raster[clock[FROM] : clock[TO], first_column + i] = 0
                continue
            variables_at = scalars.ctypes.data + 8 * scalars.shape[1] * spread * i
            vectors_at = vectors.ctypes.data + 8 * vectors.shape[1] * spread * i
            state_at = state.ctypes.data + 8 * state.shape[1] * i
            state_vectors_at = state_vectors.ctypes.data + 8 * state_vectors.shape[1] * i
            v = load_variables(variables_at, 8, vectors_at, vector_starts)
            s = load_state(state_at, 8, state_vectors_at, state_starts)
            for lag in range(clock[FROM], clock[TO]):
                lane = ((clock[ORIGIN] + lag) % clock[N_SLOTS]) * clock[N_LANES] + first_lane
                lane += i // tile * (tile * channels) + i % tile
                key(stream, nodes[i], clock[ORIGIN] + lag)
                x = inputs_of(ring, lane, tile, receptors, uniform, stream, s, clock[ORIGIN] + lag, lag, i)
                new, spike = update(v, s, x)
                s = State(*new)
                raster[lag, first_column + i] = spike
                if sampled[i]:
                    store_state(state_at, 8, s)
                    store_vectors(state_vectors, state_start, i, s)
                    note_places(note, variables_at, vectors_at, vector_starts, state_at, state_vectors_at, state_starts)
                    out = samples.ctypes.data + 8 * (lag * samples.shape[1] * samples.shape[2] + i)
                    record_all(recorders, out, 8 * samples.shape[2])
                for channel in range(channels):
                    ring[lane + channel * tile] = 0.0
            store_state(state_at, 8, s)
            store_vectors(state_vectors, state_start, i, s)

    return compiled(model, short)(advance)


@njit(nogil=True)
def note_places(
    note: Any, variables: int, vectors: int, vector_starts: int, state: int, state_vectors: int, state_starts: int
) -> None:
    """Tell the recorders where the values of a neuron lie, which are next to each other."""
    note[VARIABLES], note[VARIABLE_STEP], note[STATE], note[STATE_STEP] = variables, 8, state, 8
    note[VECTORS], note[VECTOR_STARTS] = vectors, vector_starts
    note[STATE_VECTORS], note[STATE_STARTS] = state_vectors, state_starts


def _key_of_step(stream: Any, node: int, step: int) -> None:
    rekey(stream, NODES, node, 0, step)


def _no_key(stream: Any, node: int, step: int) -> None:
    pass


def vector_storer(model: type[Any], vectors: frozenset[str], short: bool = False) -> Any:
    """Return the function that writes the vectors of a state to its columns."""
    places = [k for k, name in enumerate(model.dynamic) if name in vectors]
    if not places or model.one_by_one:  # these change them where they are
        return compiled(model)(_store_nothing)
    chosen = tuple(places)
    # one function per vector: elements of a tuple of different types have to be known when it is compiled
    store = njit(nogil=True)(_store_nothing)
    for n, place in reversed(list(enumerate(chosen))):
        store = _storing_one(n, place, store, short)
    return store


def _store_nothing(state_vectors: Any, state_start: Any, i: int, s: Any) -> None:
    pass


def _storing_one(n: int, place: int, others: Any, short: bool) -> Any:
    write: Any = short_vectors.store if short else None

    def store_short(state_vectors: Any, state_start: Any, i: int, s: Any) -> None:
        write(s[place], state_vectors.ctypes.data + 8 * (i * state_vectors.shape[1] + state_start[n]))
        others(state_vectors, state_start, i, s)

    def store(state_vectors: Any, state_start: Any, i: int, s: Any) -> None:
        values, first = s[place], state_start[n]
        for k in range(state_start[n + 1] - first):
            state_vectors[i, first + k] = values[k]
        others(state_vectors, state_start, i, s)

    return njit(nogil=True, _nrt=False)(store_short) if short else njit(nogil=True)(store)


def inputs_of_step(model: type[Any], stochastic: bool, short: bool = False) -> Any:
    """Return the function that makes the inputs of a step from the ring buffer and what was drawn."""
    inputs = namedtuple("Inputs", input_names(model, stochastic))
    random = namedtuple("Random", ["stream", "objects", "step"])
    load = number_loader(len(model.inputs(0)))

    def nothing(*arguments: Any) -> tuple[()]:
        return ()

    def receptors_at(ring: Any, lane: int, tile: int, receptors: int) -> tuple[Any]:
        return (ring[lane : lane + receptors * tile : tile].copy(),)

    def receptors_there(ring: Any, lane: int, tile: int, receptors: int) -> tuple[Any]:
        return (ring[lane : lane + receptors * tile : tile],)

    strided: Any = short_vectors.strided if short else None

    def receptors_in_vector(ring: Any, lane: int, tile: int, receptors: int) -> tuple[Any]:
        return (strided(ring.ctypes.data + 8 * lane, 8 * tile, receptors),)

    def drawing(uniform: Any, stream: Any, s: Any, step: int, lag: int, i: int) -> tuple[Any]:
        return (random(stream, 0, step),)

    def drawing_objects(uniform: Any, stream: Any, s: Any, step: int, lag: int, i: int) -> tuple[Any]:
        objects = rows(s.objects.ctypes.data, s.objects.size, OBJECT_SIZE, float64)
        return (random(stream, objects, step),)

    def drawn_before(uniform: Any, stream: Any, s: Any, step: int, lag: int, i: int) -> tuple[Any]:
        return (uniform[lag, i],)

    make = compiled(model, short)
    of_receptors = receptors_in_vector if short else receptors_there if model.one_by_one else receptors_at
    vector = make(nothing if model.receptor_vector is None else of_receptors)
    draws = drawing_objects if "objects" in model.dynamic else drawing
    drawn = make(draws if model.draws else drawn_before if stochastic or model.noise else nothing)

    @make
    def inputs_of(
        ring: Any, lane: int, tile: int, receptors: int, uniform: Any, stream: Any, s: Any, step: int, lag: int, i: int
    ) -> Any:
        numbers = load(ring.ctypes.data + 8 * (lane + receptors * tile), 8 * tile)
        return inputs(*(vector(ring, lane, tile, receptors) + numbers + drawn(uniform, stream, s, step, lag, i)))

    return inputs_of


def input_names(model: type[Any], stochastic: bool = False) -> tuple[str, ...]:
    """Return the fields of the inputs that `update` gets: the vector of receptors is one field, ``spikes``."""
    vector = ("spikes",) if model.receptor_vector is not None else ()
    drawn = {"uniform": stochastic, "random": model.draws, "noise": model.noise}
    return vector + model.inputs(0) + tuple(name for name, needed in drawn.items() if needed)
