"""Loops that advance neurons with precise spike times (see `models.contract.precise`); compiled code."""

from __future__ import annotations

import functools
from collections import namedtuple
from typing import Any

from jaxnest.compile.compiling import njit
from jaxnest.compile.intrinsics import loader, number_loader, storer
from jaxnest.compile.operations import Operation
from jaxnest.engine.functions import scalar_ops  # noqa: F401 - the meaning of `models.ops` and `contract.precise`
from jaxnest.engine.functions.fingerprints import fingerprint
from jaxnest.engine.functions.recorders import NOTE_WORDS, STATE, STATE_STEP, VARIABLE_STEP, VARIABLES, record_all
from jaxnest.engine.layout import FROM, N_LANES, N_SLOTS, ORIGIN, TO
from jaxnest.engine.network.growing_loops import all_rows
from jaxnest.engine.precise import off_grid
from jaxnest.models.contract.state import of_model, state_class

KINDS = {
    "ring": "F8", "state": "F8x2", "samples": "F8x3", "scalars": "F8x2", "sampled": "I8", "frozen": "I8",
    "places": "I8", "recorders": "I8", "first_queue": "int", "ready": "I8", "begin": "I8", "end": "I8",
    "returns": "F8x2", "emitted": "I8", "clock": "I8",
}  # fmt: skip
"""The arguments of the loop."""

QUEUE = ("ready", "begin", "end", "returns", "emitted", "queue", "column", "lag", "step", "first")
"""What `update` finds beside the inputs."""


@functools.cache
def precise_loop(model: type[Any], variables: tuple[str, ...]) -> Operation:
    """Return the operation that runs neurons of a model through a segment; `variables` includes parameters."""
    key = fingerprint(model, f"{model.__module__}.{variables}")
    return Operation(functools.partial(_advancing, model, variables), KINDS, model.name, key)


def _advancing(model: type[Any], variables: tuple[str, ...]) -> Any:
    inputs, state_kind = model.inputs(0), state_class(model)
    n_inputs = len(inputs)
    load_variables, load_inputs = loader(namedtuple("Variables", variables)), number_loader(n_inputs)
    load_state, store_state = loader(state_kind), storer(state_kind)
    inputs_kind = namedtuple("Inputs", inputs + QUEUE)
    update = njit(error_model="numpy", nogil=True)(of_model(model, model.update))

    def advance(
        ring: Any, state: Any, samples: Any, scalars: Any, sampled: Any, frozen: Any, places: Any, recorders: Any,
        first_queue: int, ready: Any, begin: Any, end: Any, returns: Any, emitted: Any, clock: Any,
    ) -> None:  # fmt: skip
        spread, first_lane, first_column, tile = places[0], places[1], places[2], places[4]
        note = recorders[len(recorders) - NOTE_WORDS :]
        events = all_rows(ready, off_grid.EVENT_WORDS)
        for i in range(state.shape[0]):
            if frozen[i]:
                continue
            variables_at = scalars.ctypes.data + 8 * scalars.shape[1] * spread * i
            state_at = state.ctypes.data + 8 * state.shape[1] * i
            v, s = load_variables(variables_at, 8, 0, 0), load_state(state_at, 8, 0, 0)
            for lag in range(clock[FROM], clock[TO]):
                step = clock[ORIGIN] + lag
                lane = (step % clock[N_SLOTS]) * clock[N_LANES] + first_lane
                lane += i // tile * (tile * n_inputs) + i % tile
                queue = (events, begin, end, returns, emitted, first_queue + i, first_column + i, lag, step)
                x = inputs_kind(*(load_inputs(ring.ctypes.data + 8 * lane, 8 * tile) + queue), lag == clock[FROM])
                new, _ = update(v, s, x)
                s = state_kind(*new)
                if sampled[i]:
                    store_state(state_at, 8, s)
                    note[VARIABLES], note[VARIABLE_STEP], note[STATE], note[STATE_STEP] = variables_at, 8, state_at, 8
                    out = samples.ctypes.data + 8 * (lag * samples.shape[1] * samples.shape[2] + i)
                    record_all(recorders, out, 8 * samples.shape[2])
                for channel in range(n_inputs):
                    ring[lane + channel * tile] = 0.0
            store_state(state_at, 8, s)

    return njit(error_model="numpy", nogil=True)(advance)
