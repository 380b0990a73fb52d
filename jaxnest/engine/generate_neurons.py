"""Compiled loops that advance neurons node by node (see `engine.generate`)."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from jaxnest.engine.generate import HEAD, fields, fingerprint, load, split
from jaxnest.engine.integrators.scalar import update_source
from jaxnest.random.layout import OBJECT_SIZE

NEURONS = (
    HEAD
    + """
Inputs = namedtuple("Inputs", {inputs!r})
Random = namedtuple("Random", ["stream", "objects", "step"])
{update}
{outputs}

@njit(cache=True, error_model="numpy", nogil=True)
def advance(
    ring, raster, stream, state, state_vectors, samples, scalars, vectors, vector_start, state_start, sampled, frozen,
    places, nodes, uniform, rows, clock,
):
    spread, first_lane, first_column, receptors, tile = places[0], places[1], places[2], places[3], places[4]
    channels = receptors + {n_scalar_inputs}
    for i in range(rows[0], rows[1]):
        if frozen[i]:
            raster[:, first_column + i] = 0
            continue
        v = Variables({variable_places})
        s = State({state_places})
        for lag in range(clock[FROM], clock[TO]):
            lane = ((clock[ORIGIN] + lag) % clock[N_SLOTS]) * clock[N_LANES] + first_lane
            lane += i // tile * (tile * channels) + i % tile
            {key}
            x = Inputs({input_places})
            new, spike = update(v, s, x)
            s = State({new_state})
            raster[lag, first_column + i] = spike
            {sampling}
            for channel in range(channels):
                ring[lane + channel * tile] = 0.0
        {storing}
"""
)

NEURONS_OF_XLA = """

@ffi.handler
def handler(frame):
    if ffi.is_query(frame):
        return 0
    clock, frozen, places = ffi.int64(frame, 15), ffi.int64(frame, 11), ffi.int64(frame, 12)
    n, raster = len(frozen), ffi.int32(frame, 1)
    advance(
        ffi.float64(frame, 0), raster.reshape((clock[MIN_DELAY], len(raster) // clock[MIN_DELAY])),
        ffi.uint64(frame, 2), ffi.float64(frame, 3).reshape((n, -1)),
        ffi.float64(frame, 4).reshape((n, len(ffi.float64(frame, 4)) // n)),
        ffi.float64(frame, 5).reshape((clock[MIN_DELAY], {n_outputs}, n)),
        ffi.float64(frame, 6).reshape((n if places[0] else 1, -1)),
        ffi.float64(frame, 7).reshape((n if places[0] else 1, len(ffi.float64(frame, 7)) // (n if places[0] else 1))),
        ffi.int64(frame, 8), ffi.int64(frame, 9), ffi.int64(frame, 10), frozen, places, ffi.int64(frame, 13),
        ffi.float64(frame, 5).reshape((clock[MIN_DELAY], {n_outputs} * n)), ffi.int64(frame, 14), clock,
    )
    return 0
"""
"""The loop as an operation of XLA, for neurons that the default back end advances one by one, too."""


VECTOR = "vectors[i * spread, vector_start[{0}] : vector_start[{0} + 1]]"
STATE_VECTOR = "state_vectors[i, state_start[{0}] : state_start[{0} + 1]]"


def _update(model: type[Any], vectors: frozenset[str], stochastic: bool) -> str:
    """Return the text that defines ``update``."""
    if hasattr(model, "dynamics"):
        return update_source(model, vectors)
    return f"update = njit(model.{'stochastic_update' if stochastic else 'update'})"


@functools.cache
def neuron_loop(
    model: type[Any],
    variables: tuple[str, ...],
    vectors: frozenset[str],
    outputs: tuple[str, ...],
    stochastic: bool = False,
) -> ModuleType:
    """Return the module with the compiled loop ``advance``, which runs neurons of a model through a segment.

    Parameters
    ----------
    variables
        Names of all variables, parameters included.
    vectors
        Which of the variables and states are vectors.
    outputs
        Recordables that meters sample.
    stochastic
        Whether each node gets a random number in every step.
    """
    scalars, vector_states = split(model.dynamic, vectors)
    scalar_inputs = model.inputs(0)
    input_places = [f"ring[lane + (receptors + {k}) * tile]" for k in range(len(scalar_inputs))]
    if model.receptor_vector is not None:
        input_places.insert(0, "ring[lane : lane + receptors * tile : tile].copy()")
    if stochastic:
        input_places.append("uniform[lag, i]")
    if model.draws:
        objects = f"s.objects.reshape((-1, {OBJECT_SIZE}))" if "objects" in model.dynamic else "0"
        input_places.append(f"Random(stream, {objects}, clock[ORIGIN] + lag)")
    indent = "\n" + 12 * " "
    source = (NEURONS + NEURONS_OF_XLA * (model.draws or model.one_by_one)).format(
        fingerprint=fingerprint(model),
        name=model.name,
        variables=variables,
        state=model.dynamic,
        inputs=input_names(model, stochastic),
        key="rekey(stream, NODES, nodes[i], 0, clock[ORIGIN] + lag)" if model.draws else "",
        update=_update(model, vectors, stochastic),
        outputs="\n".join(f"output_{k} = njit(model.recordable({name!r}))" for k, name in enumerate(outputs)),
        variable_places=fields(variables, vectors, "scalars[i * spread, {}]", VECTOR),
        state_places=fields(model.dynamic, vectors, "state[i, {}]", STATE_VECTOR),
        input_places="".join(f"{place}, " for place in input_places),
        new_state="".join(f"new[{k}], " for k in range(len(model.dynamic))),
        sampling=indent.join(
            ["if sampled[i]:", *(f"    samples[lag, {k}, i] = output_{k}(v, s)" for k in range(len(outputs)))]
        )
        if outputs
        else "",
        n_scalar_inputs=len(scalar_inputs),
        storing=("\n" + 8 * " ").join(
            [f"state[i, {k}] = s.{name}" for k, name in enumerate(scalars)]
            + [f"{STATE_VECTOR.format(k)} = s.{name}" for k, name in enumerate(vector_states)]
        ),
        n_outputs=max(1, len(outputs)),
    )
    return load(model.name, source)


def input_names(model: type[Any], stochastic: bool = False) -> tuple[str, ...]:
    """Return the fields of the inputs that `update` gets: the vector of receptors is one field, ``spikes``."""
    vector = ("spikes",) if model.receptor_vector is not None else ()
    drawn = {"uniform": stochastic, "random": model.draws, "noise": model.noise}
    return vector + model.inputs(0) + tuple(name for name, needed in drawn.items() if needed)
