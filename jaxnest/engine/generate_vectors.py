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

from jaxnest.engine.generate import HEAD, fingerprint, load
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
{outputs}

@lean
def sample(samples, states, variables, first, j):
    v, s = Variables({variable_places}), State({state_places})
    {sampling}

{advance_block}

@njit(cache=True, error_model="numpy", nogil=True)
def advance(ring, raster, state, samples, values, start, stride, sampled, places, clock):
    variables, work = np.empty(N_VARIABLES * WIDTH), np.empty(N_WORK * WIDTH)
    inputs, lags = np.zeros(N_INPUTS * WIDTH), np.empty(WIDTH, np.int64)
    for block in range((len(sampled) + WIDTH - 1) // WIDTH):
        for k in range(N_VARIABLES):
            if block == 0 or stride[k] > 0:
                for j in range(WIDTH):
                    variables[k * WIDTH + j] = values[start[k] + block * stride[k] + j]
        states = state[block * N_STATES * WIDTH : (block + 1) * N_STATES * WIDTH]
        advance_block(ring, raster, samples, sampled, variables, states, inputs, work, lags, block, places, clock)


@numba.cfunc(ffi.HANDLER, cache=True)
def handler(frame):
    if ffi.is_query(frame):
        return 0
    clock, raster, sampled = ffi.int64(frame, 12), ffi.int32(frame, 1), ffi.int64(frame, 9)
    advance(
        ffi.float64(frame, 0), raster.reshape((clock[MIN_DELAY], len(raster) // clock[MIN_DELAY])),
        ffi.float64(frame, 3), ffi.float64(frame, 5).reshape((clock[MIN_DELAY], {n_outputs}, len(sampled))),
        ffi.float64(frame, 6), ffi.int64(frame, 7), ffi.int64(frame, 8), sampled, ffi.int64(frame, 10), clock,
    )
    return 0
"""
)


IN_STEP = """
N_WORK = 0
update = njit(error_model="numpy", inline="always")(with_vector_operations(model.update))


@lean
def step(inputs, spikes, variables, states):
    for j in range(WIDTH):
        v, s, x = Variables({variable_places}), State({state_places}), Inputs({input_places})
        new, spike = update(v, s, x)
        {storing}
        spikes[j] = spike


@lean
def advance_block(ring, raster, samples, sampled, variables, states, inputs, work, lags, block, places, clock):
    n, column, first_lane = len(sampled), places[1] + block * WIDTH, places[0] + block * N_INPUTS * WIDTH
    for lag in range(clock[FROM], clock[TO]):
        lane = ((clock[ORIGIN] + lag) % clock[N_SLOTS]) * clock[N_LANES] + first_lane
        inputs, spikes = ring[lane : lane + N_INPUTS * WIDTH], raster[lag, column : column + WIDTH]
        step(inputs, spikes, variables, states)
        for j in range(N_INPUTS * WIDTH):
            inputs[j] = 0.0
        for j in range(n - block * WIDTH, WIDTH):
            spikes[j] = 0
        if places[2]:
            for j in range(min(WIDTH, n - block * WIDTH)):
                if sampled[block * WIDTH + j]:
                    sample(samples[lag], states, variables, block * WIDTH, j)
"""
"""All neurons of a block advance step by step."""


@functools.cache
def vector_loop(model: type[Any], variables: tuple[str, ...], outputs: tuple[str, ...]) -> ModuleType:
    """Return the module with the compiled loop ``advance``, which runs blocks of neurons through a segment.

    Parameters
    ----------
    variables
        Names of all variables, parameters included.
    outputs
        Recordables that meters sample.
    """
    inputs, dynamic = model.inputs(0), model.dynamic
    places = {
        "variable_places": _places("variables", variables, model.switches),
        "state_places": _places("states", dynamic),
        "input_places": _places("inputs", inputs),
    }
    if hasattr(model, "dynamics"):
        block = block_source(model, variables, places)
    else:
        storing = lines(2, [f"states[{k} * WIDTH + j] = new[{k}]" for k in range(len(dynamic))])
        block = IN_STEP.format(**places, storing=storing)
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


def _places(array: str, names: tuple[str, ...], zero: tuple[str, ...] = ()) -> str:
    """Return the fields of a named tuple; switches, which are off, are constants, so that they cost nothing."""
    return "".join("0.0, " if name in zero else f"{array}[{k} * WIDTH + j], " for k, name in enumerate(names))
