"""Compiled loops around the functions of a model, from its declaration.

Numba compiles functions with a fixed number of arguments; a model's variables and state are named tuples. The loop
that fills those tuples from columns is therefore written out as a small Python file per model, below the user's cache
folder, where numba can keep its compiled form between processes.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import inspect
import os
import pathlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any



def cache_folder() -> pathlib.Path:
    """Return the folder for compiled programs (``JAXNEST_CACHE_DIR``, else below ``~/.cache``)."""
    base = os.environ.get("JAXNEST_CACHE_DIR") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "jaxnest"
    )
    return pathlib.Path(base)


def load(name: str, source: str) -> ModuleType:
    """Import generated source text from the cache folder, writing it there first if it is new."""
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    module_name = f"jaxnest_generated_{name}_{digest}"
    if module_name in sys.modules:
        return sys.modules[module_name]
    path = cache_folder() / "kernels" / f"{module_name}.py"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(source)
        temporary.replace(path)
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    return module


def fingerprint(model: type[Any]) -> str:
    """Return a hash of everything that a generated loop inlines: the model's file and the engine's own."""
    from jaxnest.engine import events, ffi, layout, scalar_ops

    files = [inspect.getsourcefile(m) for m in (model, scalar_ops, ffi, events, layout)]
    text = b"".join(pathlib.Path(f).read_bytes() for f in files if f)
    return hashlib.sha256(text).hexdigest()


def split(names: tuple[str, ...], vectors: frozenset[str]) -> tuple[list[str], list[str]]:
    """Split names into scalars and vectors, keeping their order."""
    return [n for n in names if n not in vectors], [n for n in names if n in vectors]


def _fields(names: tuple[str, ...], vectors: frozenset[str], scalar: str, vector: str) -> str:
    """Return the arguments of a named tuple: the place of each name in its scalar or vector columns."""
    scalars, vector_names = split(names, vectors)
    places = (
        vector.format(vector_names.index(n)) if n in vectors else scalar.format(scalars.index(n)) for n in names
    )
    return "".join(f"{place}, " for place in places)


HEAD = """
from collections import namedtuple
import numba
from numba import njit
from jaxnest.engine import ffi, scalar_ops
from jaxnest.engine.events import post
from jaxnest.engine.layout import FROM, MIN_DELAY, N_LANES, N_SLOTS, ORIGIN, TO
from jaxnest.models.registry import NODE_MODELS

FINGERPRINT = {fingerprint!r}
model = NODE_MODELS[{name!r}]
Variables = namedtuple("Variables", {variables!r})
State = namedtuple("State", {state!r})
"""

NEURONS = (
    HEAD
    + """
Inputs = namedtuple("Inputs", {inputs!r})
update = njit(model.update)
{outputs}

@njit(cache=True, error_model="numpy")
def advance(
    scalars, vectors, spread, state, state_vectors, ring, raster, samples, sampled, frozen,
    first_lane, first_column, receptors, clock,
):
    n = state.shape[0]
    n_columns = raster.shape[1]
    for i in range(n):
        if frozen[i]:
            raster[:, first_column + i] = 0
            continue
        v = Variables({variable_places})
        s = State({state_places})
        for lag in range(clock[FROM], clock[TO]):
            lane = ((clock[ORIGIN] + lag) % clock[N_SLOTS]) * clock[N_LANES] + first_lane + i
            x = Inputs({input_places})
            new, spike = update(v, s, x)
            s = State({new_state})
            raster[lag, first_column + i] = spike
            {sampling}
            for channel in range(receptors + {n_scalar_inputs}):
                ring[lane + channel * n] = 0.0
        {storing}
"""
)


@functools.cache
def neuron_loop(
    model: type[Any], variables: tuple[str, ...], vectors: frozenset[str], outputs: tuple[str, ...]
) -> Callable[..., None]:
    """Return the compiled loop that advances neurons of a model through a segment, node by node.

    Parameters
    ----------
    variables
        Names of all variables, parameters included.
    vectors
        Which of the variables and states are vectors.
    outputs
        Recordables that meters sample.
    """
    scalars, vector_states = split(model.dynamic, vectors)
    scalar_inputs = model.inputs(0)
    input_places = [f"ring[lane + (receptors + {k}) * n]" for k in range(len(scalar_inputs))]
    if model.receptor_vector is not None:
        input_places.insert(0, "ring[lane : lane + receptors * n : n].copy()")
    indent = "\n" + 12 * " "
    source = NEURONS.format(
        fingerprint=fingerprint(model),
        name=model.name,
        variables=variables,
        state=model.dynamic,
        inputs=input_names(model),
        outputs="\n".join(f"output_{k} = njit(model.recordable({name!r}))" for k, name in enumerate(outputs)),
        variable_places=_fields(variables, vectors, "scalars[i * spread, {}]", "vectors[i * spread, {}]"),
        state_places=_fields(model.dynamic, vectors, "state[i, {}]", "state_vectors[i, {}]"),
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
            + [f"state_vectors[i, {k}] = s.{name}" for k, name in enumerate(vector_states)]
        ),
    )
    return load(model.name, source).advance


def input_names(model: type[Any]) -> tuple[str, ...]:
    """Return the fields of the inputs that `update` gets: the vector of receptors is one field, ``spikes``."""
    return (("spikes",) if model.receptor_vector is not None else ()) + model.inputs(0)


STIMULATORS = (
    HEAD
    + """
Random = namedtuple("Random", ["stream", "objects"])
advance = njit(model.advance)
{draw}
{outputs}

@njit(cache=True, error_model="numpy")
def send(
    ring, events, counters, stream, state, target_state, objects, samples,
    scalars, vectors, vector_start, windows, node_ids, start, lane_positive, lane_negative, flags, weight, delay,
    rows, clock,
):
    n_samples_words = samples.shape[1] * samples.shape[2]
    for i in range(rows[0], rows[1]):
        v = Variables({variable_places})
        s = State({state_places})
        random = Random(stream, objects[i])
        for lag in range(clock[FROM], clock[TO]):
            step = clock[ORIGIN] + lag
            active = windows[i, 0] < step + {shift} and step + {shift} <= windows[i, 1]
            again = True
            while again:
                new, value, factor, again = advance(v, s, step, active, random)
                s = State({new_state})
                if active and value != 0:
                    for c in range(start[i], start[i + 1]):
                        {amount}
                        if amount != 0:
                            post(
                                ring, events, counters, clock, node_ids[i], step, amount, factor * weight[c],
                                lane_positive[c], lane_negative[c], flags[c], delay[c],
                            )
                    {settle}
            if n_samples_words > 0:
                {sampling}
        {storing}


@numba.cfunc(ffi.HANDLER, cache=True)
def handler(frame):
    if ffi.is_query(frame):
        return 0
    node_ids = ffi.int64(frame, 12)
    n = len(node_ids)
    clock = ffi.int64(frame, 20)
    connections = len(ffi.float64(frame, 17))
    send(
        ffi.float64(frame, 0), ffi.int64(frame, 1), ffi.int64(frame, 2), ffi.uint64(frame, 3),
        ffi.float64(frame, 4).reshape((n, -1)),
        ffi.float64(frame, 5).reshape((connections, {n_target_state})),
        ffi.float64(frame, 6).reshape((n, {n_objects}, {object_size})),
        ffi.float64(frame, 7).reshape((clock[MIN_DELAY], {n_outputs}, n)),
        ffi.float64(frame, 8).reshape((n, -1)), ffi.float64(frame, 9), ffi.int64(frame, 10).reshape((n, -1)),
        ffi.int64(frame, 11).reshape((n, 2)), node_ids, ffi.int64(frame, 13), ffi.int32(frame, 14),
        ffi.int32(frame, 15), ffi.int64(frame, 16), ffi.float64(frame, 17), ffi.int32(frame, 18),
        ffi.int64(frame, 19), clock,
    )
    return 0
"""
)


@functools.cache
def stimulator_loop(
    model: type[Any], variables: tuple[str, ...], vectors: frozenset[str], outputs: tuple[str, ...], object_size: int
) -> ModuleType:
    """Return the module with the compiled loop ``send`` over devices of a model, and its XLA ``handler``."""
    per_target, settles = model.draw is not None, model.settle is not None
    source = STIMULATORS.format(
        fingerprint=fingerprint(model),
        name=model.name,
        variables=variables,
        state=model.dynamic,
        draw=("draw = njit(model.draw)\n" if per_target else "") + ("settle = njit(model.settle)" if settles else ""),
        settle="s = State(*settle(v, s, target_state[start[i] : start[i + 1]]))" if settles else "",
        outputs="\n".join(f"output_{k} = njit(model.recordable({name!r}))" for k, name in enumerate(outputs)),
        variable_places=_fields(
            variables, vectors, "scalars[i, {}]", "vectors[vector_start[i, {0}] : vector_start[i, {0} + 1]]"
        ),
        state_places=_fields(model.dynamic, frozenset(), "state[i, {}]", ""),
        new_state="".join(f"new[{k}], " for k in range(len(model.dynamic))),
        shift=model.window_shift,
        amount="amount = draw(v, s, value, target_state[c], random)" if per_target else "amount = value",
        sampling=("\n" + 16 * " ").join(f"samples[lag, {k}, i] = output_{k}(v, s)" for k in range(len(outputs)))
        or "pass",
        storing=("\n" + 8 * " ").join(f"state[i, {k}] = s.{name}" for k, name in enumerate(model.dynamic)) or "pass",
        n_target_state=len(model.target_state),
        n_objects=model.distributions,
        object_size=object_size,
        n_outputs=len(outputs),
    )
    return load(model.name, source)
