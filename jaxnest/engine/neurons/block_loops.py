"""Loops that advance neurons in blocks, side by side; compiled code, made from the declaration of a model.

Where `update` consists of sums, products and choices, the compiler turns the loop over the neurons of a block into
vector instructions. States of a block lie next to each other, in places that are known when the loop is compiled:
otherwise it could not tell that they do not overlap. Products and sums are not fused, so that results are those of the
loop over single neurons to the last bit.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.intrinsics import array
from jaxnest.compile.late import float64, int32
from jaxnest.compile.operations import Operation
from jaxnest.engine.functions import scalar_ops, special_functions  # noqa: F401 - `models.ops` in compiled code
from jaxnest.engine.functions.fingerprints import fingerprint
from jaxnest.engine.functions.vector_ops import with_vector_operations
from jaxnest.engine.layout import FROM, N_LANES, N_SLOTS, ORIGIN, TO, WIDTH
from jaxnest.engine.neurons.block import ROW_BYTES, Block, copy_row, lean, sample
from jaxnest.engine.neurons.integrators.equations import equations_block, integration_rows
from jaxnest.models.contract.ode import OdeNode
from jaxnest.models.contract.state import of_model

KINDS = {
    "ring": "F8", "raster": "I4x2", "state": "F8", "samples": "F8x3", "values": "F8", "differing": "I8",
    "sampled": "I8", "places": "I8", "recorders": "I8", "work": "F8", "lags": "I8", "clock": "I8",
}  # fmt: skip
"""The arguments of the loop. `places` has first lane, first column, whether something is sampled, and the number of
neurons; `work` has room for the variables of a block, and for what integration needs."""


@functools.cache
def block_loop(model: type[Any], variables: tuple[str, ...], silent: frozenset[str]) -> Operation:
    """Return the operation that runs blocks of neurons through a segment.

    Parameters
    ----------
    variables
        Names of all variables, parameters included.
    silent
        Channels and states that are 0 all the time.
    """
    key = f"{model.__module__}.{variables}.{sorted(silent)}"
    return Operation(
        functools.partial(_advancing, model, variables, silent), KINDS, model.name, fingerprint(model, key)
    )


def _advancing(model: type[Any], variables: tuple[str, ...], silent: frozenset[str]) -> Any:
    block = Block(model, variables, silent)
    if issubclass(model, OdeNode):
        advance_block = equations_block(block)
    else:
        advance_block = _steps_block(block)
    n_variables, n_states = len(variables), len(model.dynamic)

    def advance(
        ring: Any, raster: Any, state: Any, samples: Any, values: Any, differing: Any, sampled: Any, places: Any,
        recorders: Any, work: Any, lags: Any, clock: Any,
    ) -> None:  # fmt: skip
        variables = work[: n_variables * WIDTH]
        for k in range(n_variables * WIDTH):
            variables[k] = values[k]
        for block in range((places[3] + WIDTH - 1) // WIDTH):
            for d in range(len(differing)):
                first = (n_variables + block * len(differing) + d) * WIDTH
                # a constant length would be unrolled into moves of single numbers
                copy_row(variables.ctypes.data + ROW_BYTES * differing[d], values.ctypes.data + 8 * first, len(lags))
            states = state[block * n_states * WIDTH : (block + 1) * n_states * WIDTH]
            advance_block(
                ring, raster, samples, sampled, variables, states, work[n_variables * WIDTH :], lags, recorders, block,
                places, clock,
            )  # fmt: skip

    return lean(advance)


def work_rows(model: type[Any], variables: tuple[str, ...]) -> int:
    """Return how many rows a loop needs to work with."""
    more = 0
    if issubclass(model, OdeNode):
        more = integration_rows(model)
    return len(variables) + more


def _steps_block(block: Block) -> Any:
    """Return the function that advances all neurons of a block step by step."""
    model, n_inputs = block.model, len(block.inputs)
    n_variables, n_states = len(block.variables), len(model.dynamic)
    load_variables, load_state, load_inputs = block.load_variables, block.load_state, block.load_inputs
    store, clear, zeros = block.storer(model.dynamic), block.clear_inputs, (0.0,) * n_inputs
    update = njit(error_model="numpy", inline="always")(with_vector_operations(of_model(model, model.update)))

    @lean
    def step(ring_place: int, raster_place: int, variables_place: int, states_place: int) -> None:
        inputs, spikes = array(ring_place, n_inputs * WIDTH, float64), array(raster_place, WIDTH, int32)
        variables = array(variables_place, n_variables * WIDTH, float64)
        states = array(states_place, n_states * WIDTH, float64)
        for j in range(WIDTH):
            v, s, x = load_variables(variables, j), load_state(states, j), load_inputs(inputs, j)
            new, spike = update(v, s, x)
            store(states, j, new)
            clear(inputs, j, zeros)
            spikes[j] = spike

    def advance_block(
        ring: Any, raster: Any, samples: Any, sampled: Any, variables: Any, states: Any, work: Any, lags: Any,
        recorders: Any, block: int, places: Any, clock: Any,
    ) -> None:  # fmt: skip
        n, column, first_lane = places[3], places[1] + block * WIDTH, places[0] + block * n_inputs * WIDTH
        slot = (clock[ORIGIN] + clock[FROM]) % clock[N_SLOTS]
        for lag in range(clock[FROM], clock[TO]):
            ring_place = ring.ctypes.data + 8 * (slot * clock[N_LANES] + first_lane)
            raster_place = raster.ctypes.data + 4 * (lag * raster.shape[1] + column)
            step(ring_place, raster_place, variables.ctypes.data, states.ctypes.data)
            slot = slot + 1 if slot + 1 < clock[N_SLOTS] else 0
            for j in range(n - block * WIDTH, WIDTH):
                raster[lag, column + j] = 0
            if places[2]:
                for j in range(WIDTH):
                    if block * WIDTH + j < n and sampled[block * WIDTH + j]:
                        sample(samples, lag, block * WIDTH, j, states, variables, recorders)

    return njit(error_model="numpy", inline="always")(advance_block)  # a call takes as long as a step


def zeros(n: int) -> np.ndarray:
    """Return room for `n` rows of a block."""
    return np.zeros(n * WIDTH)
