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
from jaxnest.engine.shard import WIDTH

SIDE_BY_SIDE = (
    HEAD
    + """
Inputs = namedtuple("Inputs", {inputs!r})
WIDTH, N_VARIABLES, N_STATES, N_INPUTS = {width}, {n_variables}, {n_states}, {n_inputs}
update = lean(model.update)
{outputs}

@lean
def step(inputs, spikes, variables, states):
    for j in range(WIDTH):
        v = Variables({variable_places})
        s = State({state_places})
        new, spike = update(v, s, Inputs({input_places}))
        {storing}
        spikes[j] = spike
    for j in range(N_INPUTS * WIDTH):
        inputs[j] = 0.0


@lean
def sample(samples, states, variables, sampled, first):
    for j in range(min(WIDTH, len(sampled) - first)):
        if sampled[first + j]:
            v = Variables({variable_places})
            s = State({state_places})
            {sampling}


@njit(cache=True, error_model="numpy", nogil=True)
def advance(ring, raster, state, samples, values, start, stride, sampled, places, clock):
    n, first_lane, first_column, some_sampled = len(sampled), places[0], places[1], places[2]
    variables = np.empty(N_VARIABLES * WIDTH)
    for block in range((n + WIDTH - 1) // WIDTH):
        for k in range(N_VARIABLES):
            if block == 0 or stride[k] > 0:
                begin = start[k] + block * stride[k]
                variables[k * WIDTH : (k + 1) * WIDTH] = values[begin : begin + WIDTH]
        states = state[block * N_STATES * WIDTH : (block + 1) * N_STATES * WIDTH]
        column = first_column + block * WIDTH
        for lag in range(clock[FROM], clock[TO]):
            lane = ((clock[ORIGIN] + lag) % clock[N_SLOTS]) * clock[N_LANES] + first_lane + block * N_INPUTS * WIDTH
            spikes = raster[lag, column : column + WIDTH]
            step(ring[lane : lane + N_INPUTS * WIDTH], spikes, variables, states)
            if (block + 1) * WIDTH > n:
                spikes[n - block * WIDTH :] = 0
            if some_sampled:
                sample(samples[lag], states, variables, sampled, block * WIDTH)


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
    inputs = model.inputs(0)
    source = SIDE_BY_SIDE.format(
        fingerprint=fingerprint(model),
        name=model.name,
        variables=variables,
        state=model.dynamic,
        inputs=inputs,
        width=WIDTH,
        n_variables=len(variables),
        n_states=len(model.dynamic),
        n_inputs=len(inputs),
        n_outputs=max(1, len(outputs)),
        outputs="\n".join(f"output_{k} = lean(model.recordable({name!r}))" for k, name in enumerate(outputs)),
        variable_places=_places("variables", variables, model.switches),
        state_places=_places("states", model.dynamic),
        input_places=_places("inputs", inputs),
        storing=("\n" + 8 * " ").join(f"states[{k} * WIDTH + j] = new[{k}]" for k in range(len(model.dynamic))),
        sampling=("\n" + 12 * " ").join(f"samples[{k}, first + j] = output_{k}(v, s)" for k in range(len(outputs)))
        or "pass",
    )
    return load(model.name, source)


def _places(array: str, names: tuple[str, ...], zero: tuple[str, ...] = ()) -> str:
    """Return the fields of a named tuple; switches, which are off, are constants, so that they cost nothing."""
    return "".join("0.0, " if name in zero else f"{array}[{k} * WIDTH + j], " for k, name in enumerate(names))
