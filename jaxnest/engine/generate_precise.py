"""Compiled loops that advance neurons with precise spike times (see `engine.generate` and `models.precise`)."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from jaxnest.engine.fingerprint import fingerprint
from jaxnest.engine.generate import HEAD, fields, load

NEURONS = (
    HEAD
    + """
from jaxnest.engine import off_grid

Inputs = namedtuple("Inputs", {inputs!r})
update = njit(error_model="numpy")(model.update)
{outputs}

@njit(cache=True, error_model="numpy", nogil=True)
def advance(
    ring, state, samples, scalars, sampled, frozen, places, first_queue, ready, begin, end, returns, emitted, counts,
    clock,
):
    spread, first_lane, first_column, tile = places[0], places[1], places[2], places[4]
    for i in range(state.shape[0]):
        if frozen[i]:
            continue
        v = Variables({variable_places})
        s = State({state_places})
        for lag in range(clock[FROM], clock[TO]):
            step = clock[ORIGIN] + lag
            lane = (step % clock[N_SLOTS]) * clock[N_LANES] + first_lane
            lane += i // tile * (tile * {n_inputs}) + i % tile
            x = Inputs(
                {input_places}ready, begin, end, returns, emitted, counts, first_queue + i, first_column + i, lag,
                step, lag == clock[FROM],
            )
            new, _ = update(v, s, x)
            s = State({new_state})
            {sampling}
            for channel in range({n_inputs}):
                ring[lane + channel * tile] = 0.0
        {storing}
"""
)
QUEUE = (
    "ready", "begin", "end", "returns", "emitted", "counts", "queue", "column", "lag", "step", "first",
)  # fmt: skip
"""What `update` finds beside the inputs."""


@functools.cache
def precise_loop(model: type[Any], variables: tuple[str, ...], outputs: tuple[str, ...]) -> ModuleType:
    """Return the module with the compiled loop ``advance``, which runs neurons of a model through a segment.

    Parameters
    ----------
    variables
        Names of all variables, parameters included.
    outputs
        Recordables that meters sample.
    """
    inputs = model.inputs(0)
    indent = "\n" + 12 * " "
    sampling = ["if sampled[i]:", *(f"    samples[lag, {k}, i] = output_{k}(v, s)" for k in range(len(outputs)))]
    source = NEURONS.format(
        fingerprint=fingerprint(model),
        name=model.name,
        variables=variables,
        state=model.dynamic,
        inputs=inputs + QUEUE,
        n_inputs=len(inputs),
        outputs="\n".join(f"output_{k} = njit(model.recordable({name!r}))" for k, name in enumerate(outputs)),
        variable_places=fields(variables, frozenset(), "scalars[i * spread, {}]", ""),
        state_places=fields(model.dynamic, frozenset(), "state[i, {}]", ""),
        input_places="".join(f"ring[lane + {k} * tile], " for k in range(len(inputs))),
        new_state="".join(f"new[{k}], " for k in range(len(model.dynamic))),
        sampling=indent.join(sampling) if outputs else "",
        storing=("\n" + 8 * " ").join(f"state[i, {k}] = s.{name}" for k, name in enumerate(model.dynamic)) or "pass",
    )
    return load(model.name, source)
