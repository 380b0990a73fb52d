"""Compiled loops that advance neurons side by side (see `engine.generate`).

Where `update` consists of sums, products and choices, the compiler turns the loop over the neurons of a block into
vector instructions. States of a block lie next to each other, in places that are known when the loop is compiled:
otherwise it could not tell that they do not overlap. Products and sums are not fused, so that results are those of the
scalar loop to the last bit.
"""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from jaxnest.engine.fingerprint import fingerprint
from jaxnest.engine.generate import HEAD, load
from jaxnest.engine.integrators.scalar import lines
from jaxnest.engine.integrators.side_by_side import block_source
from jaxnest.engine.layout import WIDTH

SIDE_BY_SIDE = (
    HEAD
    + """
import math
from jaxnest.engine.vector_ops import with_vector_operations

Inputs = namedtuple("Inputs", {input_names!r})
WIDTH, N_VARIABLES, N_STATES, N_INPUTS = {width}, {n_variables}, {n_states}, {n_inputs}
ROW = 8 * WIDTH
{outputs}

@lean
def copy_row(to, place, n):  # a constant length would be unrolled into moves of single numbers
    mine, theirs = ffi.array(to, n, numba.float64), ffi.array(place, n, numba.float64)
    for j in range(n):
        mine[j] = theirs[j]


@lean
def sample(samples, states, variables, first, j):
    v, s = Variables({variable_places}), State({state_places})
    {sampling}

{advance_block}

@compiled
def advance(ring, raster, state, samples, values, differing, sampled, places, clock, variables, inputs, work, lags):
    for k in range(N_VARIABLES * WIDTH):
        variables[k] = values[k]
    for block in range((len(sampled) + WIDTH - 1) // WIDTH):
        for d in range(len(differing)):
            first = (N_VARIABLES + block * len(differing) + d) * WIDTH
            copy_row(variables.ctypes.data + ROW * differing[d], values.ctypes.data + 8 * first, len(lags))
        states = state[block * N_STATES * WIDTH : (block + 1) * N_STATES * WIDTH]
        advance_block(ring, raster, samples, sampled, variables, states, inputs, work, lags, block, places, clock)


@ffi.handler
def handler(frame):
    if ffi.is_query(frame):
        return 0
    clock, raster, sampled = ffi.int64(frame, 11), ffi.int32(frame, 1), ffi.int64(frame, 8)
    advance(
        ffi.float64(frame, 0), raster.reshape((clock[MIN_DELAY], len(raster) // clock[MIN_DELAY])),
        ffi.float64(frame, 3), ffi.float64(frame, 5).reshape((clock[MIN_DELAY], {n_outputs}, len(sampled))),
        ffi.float64(frame, 6), ffi.int64(frame, 7), sampled, ffi.int64(frame, 9), clock,
        np.empty(N_VARIABLES * WIDTH), np.zeros(N_INPUTS * WIDTH), np.empty(N_WORK * WIDTH), np.empty(WIDTH, np.int64),
    )
    return 0
"""
)


IN_STEP = """
N_WORK = 0
update = njit(error_model="numpy", inline="always")(with_vector_operations(model.update))


@lean
def step(ring_place, raster_place, variables_place, states_place):
    inputs, spikes = ffi.array(ring_place, N_INPUTS * WIDTH, numba.float64), ffi.array(raster_place, WIDTH, numba.int32)
    variables = ffi.array(variables_place, N_VARIABLES * WIDTH, numba.float64)
    states = ffi.array(states_place, N_STATES * WIDTH, numba.float64)
    for j in range(WIDTH):
        v, s, x = Variables({variable_places}), State({state_places}), Inputs({input_places})
        new, spike = update(v, s, x)
        {storing}
        {clearing}
        spikes[j] = spike


@njit(error_model="numpy", inline="always")  # a call takes as long as a step
def advance_block(ring, raster, samples, sampled, variables, states, inputs, work, lags, block, places, clock):
    n, column, first_lane = len(sampled), places[1] + block * WIDTH, places[0] + block * N_INPUTS * WIDTH
    slot = (clock[ORIGIN] + clock[FROM]) % clock[N_SLOTS]
    for lag in range(clock[FROM], clock[TO]):
        ring_place = ring.ctypes.data + 8 * (slot * clock[N_LANES] + first_lane)
        raster_place = raster.ctypes.data + 4 * (lag * raster.shape[1] + column)
        step(ring_place, raster_place, variables.ctypes.data, states.ctypes.data)
        slot = slot + 1 if slot + 1 < clock[N_SLOTS] else 0
        for j in range(n - block * WIDTH, WIDTH):
            raster[lag, column + j] = 0
        if places[2]:
            for j in range(min(WIDTH, n - block * WIDTH)):
                if sampled[block * WIDTH + j]:
                    sample(samples[lag], states, variables, block * WIDTH, j)
"""
"""All neurons of a block advance step by step."""


@functools.cache
def vector_loop(
    model: type[Any], variables: tuple[str, ...], outputs: tuple[str, ...], silent: tuple[str, ...]
) -> ModuleType:
    """Return the module with the compiled loop ``advance``, which runs blocks of neurons through a segment.

    Parameters
    ----------
    variables
        Names of all variables, parameters included.
    outputs
        Recordables that meters sample.
    silent
        Channels and states that are 0 all the time.
    """
    inputs, dynamic = model.inputs(0), model.dynamic
    places = {
        "variable_places": _places("variables", variables, model.switches),
        "state_places": _places("states", dynamic, silent),
        "input_places": _places("inputs", inputs, silent),
    }
    if hasattr(model, "dynamics"):
        block = block_source(model, variables, places)
    else:
        storing = [f"states[{k} * WIDTH + j] = new[{k}]" for k, name in enumerate(dynamic) if name not in silent]
        clearing = [f"inputs[{k} * WIDTH + j] = 0.0" for k, name in enumerate(inputs) if name not in silent]
        block = IN_STEP.format(**places, storing=lines(2, storing), clearing=lines(2, clearing))
    source = SIDE_BY_SIDE.format(
        **places,
        fingerprint=fingerprint(model),
        name=model.name,
        variables=variables,
        state=dynamic,
        input_names=inputs,
        advance_block=block,
        width=WIDTH,
        n_variables=len(variables),
        n_states=len(dynamic),
        n_inputs=len(inputs),
        n_outputs=max(1, len(outputs)),
        outputs="\n".join(f"output_{k} = lean(model.recordable({name!r}))" for k, name in enumerate(outputs)),
        sampling=lines(1, [f"samples[{k}, first + j] = output_{k}(v, s)" for k in range(len(outputs))] or ["pass"]),
    )
    return load(model.name, source)


def _places(array: str, names: tuple[str, ...], zero: tuple[str, ...]) -> str:
    """Return the fields of a named tuple; what is always 0 is a constant, so that it costs nothing."""
    return "".join("0.0, " if name in zero else f"{array}[{k} * WIDTH + j], " for k, name in enumerate(names))
