"""The equations of a model in the adaptive integration of a block of neurons (see `integrators.blocks`)."""

from __future__ import annotations

from typing import Any

from jaxnest.compile.compiling import njit
from jaxnest.compile.intrinsics import block_loader, block_storer
from jaxnest.engine.functions.vector_ops import with_vector_operations
from jaxnest.engine.layout import FROM, N_LANES, N_SLOTS, ORIGIN, TO, WIDTH
from jaxnest.engine.neurons.block import Block, disjoint, lean, sample
from jaxnest.engine.neurons.integrators import blocks
from jaxnest.engine.neurons.integrators.blocks import (
    ACCEPTED,
    AT_END,
    BEFORE,
    BOUNDS,
    FIRST,
    MOMENT,
    N_TABLES,
    NEW,
    POINT,
    SLOPES,
    SPIKES,
    TABLES,
    TIME,
)
from jaxnest.models.contract.state import finishing


def integration_rows(model: type[Any]) -> int:
    """Return how many rows a block needs: its inputs, and what integration works with."""
    return len(model.inputs(0)) + TABLES + N_TABLES * len(model.ode)


def equations_block(block: Block) -> Any:
    """Return the function that advances a block through a segment."""
    model = block.model
    n_inputs, n_work = len(block.inputs), TABLES + N_TABLES * len(model.ode)
    rows = {name: k for k, name in enumerate(model.dynamic)}
    integration_step, resolution_row = rows["integration_step"], block.variables.index("resolution")
    attempt, complete, jump = _attempt(block), _complete(block), _jump(block)
    set_bounds = _bounds(block)

    @lean
    def fetch(ring: Any, inputs: Any, lane: int, j: int) -> None:
        for k in range(j, n_inputs * WIDTH, WIDTH):
            inputs[k] = ring[lane + k]
            ring[lane + k] = 0.0

    @lean
    def advance_block(
        ring: Any, raster: Any, samples: Any, sampled: Any, variables: Any, states: Any, room: Any, lags: Any,
        recorders: Any, block: int, places: Any, clock: Any,
    ) -> None:  # fmt: skip
        inputs, work = room[: n_inputs * WIDTH], room[n_inputs * WIDTH : (n_inputs + n_work) * WIDTH]
        resolution, first_lane = variables[resolution_row * WIDTH], places[0] + block * n_inputs * WIDTH
        set_bounds(states, variables, work)
        n, column, sampling = min(WIDTH, places[3] - block * WIDTH), places[1] + block * WIDTH, places[2]
        for j in range(WIDTH):
            blocks.begin(states, work, resolution, integration_step, j)
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
                jump(inputs, variables, states, work, j)
                if work[TIME * WIDTH + j] >= resolution:
                    raster[lags[j], column + j] = complete(inputs, variables, states, work, j)
                    if sampling and sampled[block * WIDTH + j]:
                        sample(samples, lags[j], block * WIDTH, j, states, variables, recorders)
                    lags[j] += 1
                    if lags[j] == clock[TO]:
                        moving -= 1
                        continue
                    blocks.begin(states, work, resolution, integration_step, j)
                    lane = ((clock[ORIGIN] + lags[j]) % clock[N_SLOTS]) * clock[N_LANES] + first_lane
                    fetch(ring, inputs, lane, j)

    return advance_block


def _attempt(block: Block) -> Any:
    """Return the function that lets all neurons of a block try a step."""
    model, n = block.model, len(block.model.ode)
    step_row, equations, relative = model.dynamic.index("integration_step"), (0,) * n, model.controls_derivative
    load_variables, load_inputs, state = block.load_variables, block.load_inputs, block.state
    at_point = block_loader(None, tuple(range(n)), WIDTH)
    silent = block.silent
    others = tuple(None if name in silent else k for k, name in enumerate(model.dynamic) if k >= n)
    at_rest = block_loader(None, others, WIDTH)
    store_slopes = block_storer(tuple(range(n)), WIDTH)
    dynamics = njit(error_model="numpy", inline="always")(with_vector_operations(model.dynamics))

    def driven(inputs: Any, variables: Any, states: Any, point: Any, times: Any, slopes: Any) -> None:
        for j in range(WIDTH):
            v, x, s = (
                load_variables(variables, j),
                load_inputs(inputs, j),
                state(*(at_point(point, j) + at_rest(states, j))),
            )
            store_slopes(slopes, j, dynamics(v, s, x, times[j]))

    def autonomous(inputs: Any, variables: Any, states: Any, point: Any, times: Any, slopes: Any) -> None:
        for j in range(WIDTH):
            v, s = load_variables(variables, j), state(*(at_point(point, j) + at_rest(states, j)))
            store_slopes(slopes, j, dynamics(v, s))

    evaluate = disjoint(driven if model.driven else autonomous)

    @lean
    def evaluate_point(inputs: Any, variables: Any, states: Any, work: Any, place: int, k: int) -> None:
        first, times = (TABLES + place * n) * WIDTH, work[MOMENT * WIDTH : (MOMENT + 1) * WIDTH]
        to = (TABLES + (SLOPES + k) * n) * WIDTH
        evaluate(inputs, variables, states, work[first : first + n * WIDTH], times, work[to : to + n * WIDTH])

    @lean
    def attempt(inputs: Any, variables: Any, states: Any, work: Any, resolution: float) -> None:
        blocks.start(states, work, resolution, equations, step_row)
        evaluate_point(inputs, variables, states, work, POINT, 0)
        for stage in range(1, AT_END):
            blocks.go_to_point(states, work, equations, stage)
            evaluate_point(inputs, variables, states, work, POINT, stage)
        blocks.solve(states, work, equations)
        if relative:
            evaluate_point(inputs, variables, states, work, NEW, AT_END)
        blocks.measure(work, equations, relative)
        blocks.settle(states, work, resolution, equations, step_row)

    return attempt


def _complete(block: Block) -> Any:
    """Return the function that completes a time step of one neuron and returns how many spikes there were."""
    model = block.model
    load_variables, load_state, load_inputs = block.load_variables, block.load_state, block.load_inputs
    store = block.storer((*model.ode, *model.held))
    finish = njit(error_model="numpy", inline="always")(with_vector_operations(finishing(model)))

    @lean
    def complete(inputs: Any, variables: Any, states: Any, work: Any, j: int) -> Any:
        v, s, x = load_variables(variables, j), load_state(states, j), load_inputs(inputs, j)
        new, spike = finish(v, s, x, work[BEFORE * WIDTH + j])
        store(states, j, new)
        return work[SPIKES * WIDTH + j] + spike

    return complete


def _jump(block: Block) -> Any:
    """Return the function that does what follows each step of the integrator."""
    model = block.model

    def nothing(inputs: Any, variables: Any, states: Any, work: Any, j: int) -> None:
        pass

    if model.substep is None:
        return lean(nothing)
    load_variables, load_state, load_inputs = block.load_variables, block.load_state, block.load_inputs
    store, substep = block.storer(tuple(model.jumps)), lean(model.substep)

    @lean
    def jump(inputs: Any, variables: Any, states: Any, work: Any, j: int) -> None:
        v, s, x = load_variables(variables, j), load_state(states, j), load_inputs(inputs, j)
        jumped, count = substep(v, s, x, work[FIRST * WIDTH + j])
        work[SPIKES * WIDTH + j] += count
        work[FIRST * WIDTH + j] = 0.0
        store(states, j, jumped)

    return jump


def _bounds(block: Block) -> Any:
    """Return the function that writes down the bounds of errors."""
    model, n = block.model, len(block.model.ode)
    bound, first = model.absolute_error, (TABLES + BOUNDS * n) * WIDTH

    @lean
    def absolute(states: Any, variables: Any, work: Any) -> None:
        for j in range(n * WIDTH):
            work[first + j] = bound

    if "tolerance" not in model.dynamic:
        return absolute
    kept, wanted, equations = model.dynamic.index("tolerance"), block.variables.index("gsl_error_tol"), (0,) * n

    @lean
    def kept_tolerance(states: Any, variables: Any, work: Any) -> None:
        blocks.keep_tolerance(states, variables, kept, wanted)
        blocks.set_bounds(work, equations, states[kept * WIDTH : (kept + 1) * WIDTH])

    return kept_tolerance
