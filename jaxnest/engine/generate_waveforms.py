"""Compiled loops for neurons that send or get numbers (see `models.secondary` and `engine.generate`)."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from jaxnest.engine.fingerprint import fingerprint
from jaxnest.engine.generate import HEAD, fields, load, split
from jaxnest.engine.generate_neurons import STATE_VECTOR, VECTOR, input_names
from jaxnest.engine.integrators.scalar import update_source
from jaxnest.models.secondary import Kind

WAVEFORMS = (
    HEAD
    + """

Inputs = namedtuple("Inputs", {inputs!r})
{update}
{functions}

@njit(cache=True, error_model="numpy", nogil=True)
def advance(
    ring, raster, state, state_vectors, samples, scalars, vectors, vector_start, state_start, sampled, frozen, places,
    noise, signals, first_row, clock,
):
    spread, first_lane, first_column, receptors, tile = places[0], places[1], places[2], places[3], places[4]
    channels, padded = receptors + {n_inputs}, places[5]
    for i in range(state.shape[0]):
        if frozen[i]:
            continue
        v = Variables({variables_at})
        s = State({state_at})
        for lag in range(clock[MIN_DELAY]):
            {forgetting}
        for lag in range(clock[FROM], clock[TO]):
            lane = ((clock[ORIGIN] + lag) % clock[N_SLOTS]) * clock[N_LANES] + first_lane
            lane += i // tile * (tile * channels) + i % tile
            x = Inputs({inputs_at})
            new, spike = update(v, s, x)
            before, s = s, State({new_state})
            raster[lag, first_column + i] = spike
            {sending}
            {sampling}
            for channel in range(channels):
                ring[lane + channel * tile] = 0.0
        {holding}
        {storing}


@njit(cache=True, error_model="numpy", nogil=True)
def iterate(
    ring, state, state_vectors, scalars, vectors, vector_start, state_start, places, noise, signals, first_row, last,
    tolerance, clock,
):
    spread, first_lane, receptors, tile = places[0], places[1], places[3], places[4]
    channels, padded = receptors + {n_inputs}, places[5]
    exceeded = False
    for i in range(state.shape[0]):
        v = Variables({variables_at})
        s = State({state_at})
        for lag in range(clock[FROM]):
            {clearing}
        for lag in range(clock[FROM], clock[MIN_DELAY]):
            lane = ((clock[ORIGIN] + lag) % clock[N_SLOTS]) * clock[N_LANES] + first_lane
            lane += i // tile * (tile * channels) + i % tile
            x = Inputs({inputs_at})
            new, spike = {iteration}(v, s, x)
            before, s = s, State({new_state})
            {exchanging}
            {comparing}
        {keeping}
    return exceeded
"""
)


@functools.cache
def waveform_loop(
    model: type[Any],
    variables: tuple[str, ...],
    vectors: frozenset[str],
    outputs: tuple[str, ...],
    kinds: tuple[Kind, ...],
) -> ModuleType:
    """Return the module with ``advance``, which runs neurons through a segment, and ``iterate``, which tries it.

    Parameters
    ----------
    variables, vectors, outputs
        As for `engine.generate_neurons.neuron_loop`.
    kinds
        What the neurons send, of all that they could.
    """
    once = [k for k, kind in enumerate(kinds) if not kind.iterated]
    iterated = [k for k, kind in enumerate(kinds) if kind.iterated]
    scalars, vector_states = split(model.dynamic, vectors)
    inputs = model.inputs(0)
    inputs_at = [f"ring[lane + (receptors + {k}) * tile]" for k in range(len(inputs))]
    if model.receptor_vector is not None:
        inputs_at.insert(0, "ring[lane : lane + receptors * tile : tile].copy()")
    keeps = [k for k in once if not model.signals[kinds[k]].keeps]
    source = WAVEFORMS.format(
        fingerprint=fingerprint(model),
        name=model.name,
        variables=variables,
        state=model.dynamic,
        inputs=input_names(model),
        update=_updates(model, vectors),
        iteration="iteration" if _differs(model) else "update",
        functions=_functions(model, kinds, outputs),
        variables_at=fields(variables, vectors, "scalars[i * spread, {}]", VECTOR),
        state_at=fields(model.dynamic, vectors, "state[i, {}]", STATE_VECTOR),
        inputs_at="".join(f"{place}, " for place in [*inputs_at, *["noise[lag, i]"] * model.noise]),
        new_state="".join(f"new[{k}], " for k in range(len(model.dynamic))),
        n_inputs=len(inputs),
        forgetting=_lines(3, [line for k in (*keeps, *iterated) for line in _write(k, kinds[k], "0.0")]),
        sending=_lines(3, [line for k in once for line in _send(k, kinds[k])]),
        sampling=_lines(
            3, ["if sampled[i]:", *(f"    samples[lag, {k}, i] = output_{k}(v, s)" for k in range(len(outputs)))]
        )
        if outputs
        else "pass",
        holding=_lines(2, [line for k in iterated for line in _hold(k, kinds[k])]),
        storing=_lines(
            2,
            [f"state[i, {k}] = s.{name}" for k, name in enumerate(scalars)]
            + [f"{STATE_VECTOR.format(k)} = s.{name}" for k, name in enumerate(vector_states)],
        ),
        clearing=_lines(3, [line for k in iterated for line in _write(k, kinds[k], "0.0")]),
        exchanging=_lines(3, [line for k in iterated for line in _send(k, kinds[k])]),
        comparing=_lines(3, _compare(model)),
        keeping=_lines(2, [f"state[i, {scalars.index(name)}] = s.{name}" for name in model.not_restored]),
    )
    return load(f"{model.name}_waveforms", source)


def _differs(model: type[Any]) -> bool:
    """Return whether a step on trial differs from a step."""
    return getattr(model, "finish_iteration", None) is not None


def _lines(indent: int, lines: list[str]) -> str:
    return ("\n" + 4 * indent * " ").join(lines) or "pass"


def _updates(model: type[Any], vectors: frozenset[str]) -> str:
    """Return the text that defines ``update`` and, if it is another one, ``iteration``."""
    if not hasattr(model, "dynamics"):
        return "update = njit(model.update)"
    text = update_source(model, vectors)
    if _differs(model):
        text += update_source(model, vectors, "iteration", "finish_iteration")
    return text


def _functions(model: type[Any], kinds: tuple[Kind, ...], outputs: tuple[str, ...]) -> str:
    lines = [f"output_{k} = njit(model.recordable({name!r}))" for k, name in enumerate(outputs)]
    own = list(model.signals)
    for k, kind in enumerate(kinds):
        signal = f"list(model.signals.values())[{own.index(kind)}]"
        lines.append(f"values_{k} = njit(error_model='numpy')({signal}.values)")
        if kind.iterated:
            lines.append(f"held_{k} = njit(error_model='numpy')({signal}.held)")
    return "\n".join(lines)


def _places(k: int, kind: Kind) -> list[str]:
    return [f"signals[first_row[{k}] + {c} * padded + i, lag]" for c in range(kind.components)]


def _write(k: int, kind: Kind, value: str) -> list[str]:
    return [f"{place} = {value}" for place in _places(k, kind)]


def _send(k: int, kind: Kind) -> list[str]:
    return [
        f"sent = values_{k}(v, before, s, x)",
        *(f"{place} = sent[{c}]" for c, place in enumerate(_places(k, kind))),
    ]


def _hold(k: int, kind: Kind) -> list[str]:
    places = [f"    {place} = sent[{c}]" for c, place in enumerate(_places(k, kind))]
    return [f"sent = held_{k}(v, s)", "for lag in range(clock[FROM], clock[TO]):", *places]


def _compare(model: type[Any]) -> list[str]:
    """Return the statements that look for convergence."""
    if not model.compared:
        return []
    return [
        f"if abs(s.{model.compared} - last[i, lag]) > tolerance:",
        "    exceeded = True",
        f"last[i, lag] = s.{model.compared}",
    ]
