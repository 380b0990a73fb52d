"""The equations of a model in the adaptive integration of a block of neurons (see `integrators.blocks`)."""

from __future__ import annotations

from typing import Any

from jaxnest.engine.integrators.scalar import lines

STEP = """
from jaxnest.engine.integrators import blocks
from jaxnest.engine.integrators.blocks import ACCEPTED, AT_END, BEFORE, FIRST, MOMENT, SPIKES, TABLES, TIME
from jaxnest.engine.integrators.blocks import BOUNDS, N_TABLES, NEW, POINT, SLOPES

inlined = njit(error_model="numpy", inline="always")
dynamics = inlined(with_vector_operations(model.dynamics))
finish = inlined(with_vector_operations(model.finish))
{substep_function}
N = {n_equations}
EQUATIONS = (0,) * N
N_WORK = TABLES + N_TABLES * N


@lean
def evaluate(inputs, variables, states, point, times, slopes):
    for j in range(WIDTH):
        v, s, x, t = Variables({variable_places}), State({point_places}), Inputs({input_places}), times[j]
        derivatives = dynamics(v, s{time})
        {slopes}


@lean
def evaluate_point(inputs, variables, states, work, place, k):
    first, times = (TABLES + place * N) * WIDTH, work[MOMENT * WIDTH : (MOMENT + 1) * WIDTH]
    to = (TABLES + (SLOPES + k) * N) * WIDTH
    evaluate(inputs, variables, states, work[first : first + N * WIDTH], times, work[to : to + N * WIDTH])


@lean
def attempt(inputs, variables, states, work, resolution):
    blocks.start(states, work, resolution, EQUATIONS, {integration_step})
    evaluate_point(inputs, variables, states, work, POINT, 0)
    for stage in range(1, AT_END):
        blocks.go_to_point(states, work, EQUATIONS, stage)
        evaluate_point(inputs, variables, states, work, POINT, stage)
    blocks.solve(states, work, EQUATIONS)
    {at_end}
    blocks.measure(work, EQUATIONS, {controls_derivative})
    blocks.settle(states, work, resolution, EQUATIONS, {integration_step})


@lean
def complete(inputs, variables, states, work, j):
    v, s, x = Variables({variable_places}), State({state_places}), Inputs({input_places})
    new, spike = finish(v, s, x, work[BEFORE * WIDTH + j])
    {storing}
    return work[SPIKES * WIDTH + j] + spike


@lean
def fetch(ring, inputs, lane, j):
    for k in range(j, N_INPUTS * WIDTH, WIDTH):
        inputs[k] = ring[lane + k]
        ring[lane + k] = 0.0


@lean
def advance_block(ring, raster, samples, sampled, variables, states, inputs, work, lags, block, places, clock):
    resolution, first_lane = variables[{resolution} * WIDTH], places[0] + block * N_INPUTS * WIDTH
    {tolerance}
    n, column, sampling = min(WIDTH, len(sampled) - block * WIDTH), places[1] + block * WIDTH, places[2]
    for j in range(WIDTH):
        blocks.begin(states, work, resolution, {integration_step}, j)
        lags[j] = clock[FROM]
        if j < n:
            fetch(ring, inputs, ((clock[ORIGIN] + lags[j]) % clock[N_SLOTS]) * clock[N_LANES] + first_lane, j)
        else:
            work[TIME * WIDTH + j] = resolution
            for lag in range(clock[FROM], clock[TO]):
                raster[lag, column + j] = 0
    moving = n
    while moving > 0:
        attempt(inputs, variables, states, work, resolution)
        for j in range(n):
            if not work[ACCEPTED * WIDTH + j] > 0.0:
                continue
            {substep}
            if work[TIME * WIDTH + j] >= resolution:
                raster[lags[j], column + j] = complete(inputs, variables, states, work, j)
                if sampling and sampled[block * WIDTH + j]:
                    sample(samples[lags[j]], states, variables, block * WIDTH, j)
                lags[j] += 1
                if lags[j] == clock[TO]:
                    moving -= 1
                    continue
                blocks.begin(states, work, resolution, {integration_step}, j)
                fetch(ring, inputs, ((clock[ORIGIN] + lags[j]) % clock[N_SLOTS]) * clock[N_LANES] + first_lane, j)
"""

SUBSTEP = """v, s, x = Variables({variable_places}), State({state_places}), Inputs({input_places})
            jumped, count = substep(v, s, x, work[FIRST * WIDTH + j])
            work[SPIKES * WIDTH + j] += count
            work[FIRST * WIDTH + j] = 0.0
            {storing}"""

KEEP_TOLERANCE = """blocks.keep_tolerance(states, variables, {kept}, {wanted})
    blocks.set_bounds(work, EQUATIONS, states[{kept} * WIDTH : ({kept} + 1) * WIDTH])"""
ABSOLUTE = """for j in range(N * WIDTH):
        work[(TABLES + BOUNDS * N) * WIDTH + j] = {bound!r}"""


def block_source(model: type[Any], variables: tuple[str, ...], places: dict[str, str]) -> str:
    """Return the text of the function that advances a block through a segment, and of what it needs.

    Parameters
    ----------
    model
        The model: a subclass of `models.ode.OdeNode`.
    variables
        Names of all variables, parameters included.
    places
        The fields of variables, states and inputs: ``variable_places``, ``state_places``, ``input_places``.
    """
    n, where = range(len(model.ode)), {name: k for k, name in enumerate(model.dynamic)}
    tolerance = ABSOLUTE.format(bound=model.absolute_error)
    if "tolerance" in where:
        tolerance = KEEP_TOLERANCE.format(kept=where["tolerance"], wanted=variables.index("gsl_error_tol"))
    substep, substep_function = "", ""
    if model.substep is not None:
        storing = lines(3, [f"states[{where[name]} * WIDTH + j] = jumped[{k}]" for k, name in enumerate(model.jumps)])
        substep = SUBSTEP.format(**places, storing=storing)
        substep_function = 'substep = njit(error_model="numpy", nogil=True, _nrt=False)(model.substep)'
    at_end = "evaluate_point(inputs, variables, states, work, NEW, AT_END)"
    returned = (*model.ode, *model.held)
    return STEP.format(
        **places,
        substep_function=substep_function,
        n_equations=len(n),
        point_places="".join(f"{'point' if k < len(n) else 'states'}[{k} * WIDTH + j], " for k in where.values()),
        time=", x, t" if model.driven else "",
        slopes=lines(2, [f"slopes[{e} * WIDTH + j] = derivatives[{e}]" for e in n]),
        integration_step=where["integration_step"],
        at_end=at_end if model.controls_derivative else "",
        controls_derivative=model.controls_derivative,
        substep=substep,
        storing=lines(1, [f"states[{where[name]} * WIDTH + j] = new[{k}]" for k, name in enumerate(returned)]),
        resolution=variables.index("resolution"),
        tolerance=tolerance,
    )
