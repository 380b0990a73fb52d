"""Adaptive integration of one neuron in scalar code, written out for the equations of a model.

Numba compiles it into the loop over neurons, with all intermediate values in registers. Sums and products come in the
order of the GNU Scientific Library, so that every digit is that of NEST.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jaxnest.models.functions import rkf45

UPDATE = """
import math
import numpy as np
dynamics = njit(error_model="numpy")(model.dynamics)
{finish} = njit(error_model="numpy")(model.{finish})
{substep_function}

@njit(error_model="numpy")
def {function}(v, s, x):
    resolution = v.resolution
    integration_step = s.integration_step if s.integration_step > 0.0 else resolution
    {tolerance}
    {copies}
    V_before = s.{first}
    t, first, spikes = 0.0, 1.0, 0.0
    {k1}
    while True:
        remaining = resolution - t
        h = integration_step
        while True:
            final = h > remaining
            if final:
                h = remaining
            {stages}
            {solution}
            end = resolution if final else t + h
            {slope}
            worst = 2.2250738585072014e-308
            {errors}
            taken = h
            if worst > {too_large!r}:
                factor = {safety!r} / math.pow(worst, 0.2)
                h = (factor if factor >= {smallest!r} else {smallest!r}) * taken
                if abs(h) < abs(taken) and end + h != end:
                    continue
                h = taken
            elif worst < {small!r}:
                factor = {safety!r} / math.pow(worst, 1.0 / 6.0)
                h = max(1.0, min(factor, {largest!r})) * taken
            break
        t, integration_step = end, h
        {accept}
        {substep}
        if t >= resolution:
            break
        {restart}
    ({results}), spike = {finish}(v, State({state}), x, V_before)
    return ({results}integration_step, {kept_tolerance}), spikes + spike
"""


def update_source(model: type[Any], vectors: frozenset[str], function: str = "update", finish: str = "finish") -> str:
    """Return the text of the function `update` of a model with equations.

    Parameters
    ----------
    model
        The model: a subclass of `models.contract.ode.OdeNeuron`.
    vectors
        Names of states that are vectors.
    function
        What it is called in the text.
    finish
        Name of the model's function that completes the time step.
    """
    n = range(len(model.ode))
    has_tolerance = "tolerance" in model.dynamic
    slope = model.controls_derivative
    return UPDATE.format(
        function=function,
        finish=finish,
        substep_function='substep = njit(error_model="numpy")(model.substep)' if model.substep else "",
        tolerance="tolerance = s.tolerance if s.tolerance > 0.0 else v.gsl_error_tol" if has_tolerance else "",
        kept_tolerance="tolerance, " if has_tolerance else "",
        first=model.ode[0],
        copies=lines(1, [f"{name} = s.{name}" for name in (*model.ode, *model.held)]),
        k1=f"{_names('k1_', n)} = {_slope(model, 's', '0.0')}",
        stages=lines(3, [line for stage in range(len(rkf45.STAGES)) for line in _stage(model, stage)]),
        solution=lines(3, [f"y{j} = {model.ode[j]} + h * ({_sum(rkf45.SOLUTION, j)})" for j in n]),
        slope=f"{_names('slope', n)} = {_slope(model, _at(model), 'end')}" if slope else "",
        errors=lines(3, [line for j in n for line in _error(model, j, vectors)]),
        accept=lines(2, [f"{model.ode[j]} = y{j}" for j in n]),
        substep=lines(2, _substep(model)),
        restart=_restart(model),
        results="".join(f"{name}, " for name in (*model.ode, *model.held)),
        state=_state(model),
        safety=rkf45.SAFETY,
        smallest=rkf45.SMALLEST_SHRINKAGE,
        largest=rkf45.LARGEST_GROWTH,
        too_large=rkf45.TOO_LARGE,
        small=rkf45.SMALL,
    )


def lines(indent: int, text: Sequence[str]) -> str:
    """Return lines of text for a place with an indentation that the first one has already."""
    return ("\n" + 4 * indent * " ").join(text)


def _names(prefix: str, n: range) -> str:
    return "".join(f"{prefix}{j}, " for j in n)


def _sum(weights: Sequence[float], j: int) -> str:
    """Return the weighted sum of the derivatives of equation `j`, from left to right."""
    return " + ".join(f"{w!r} * k{i + 1}_{j}" for i, w in enumerate(weights) if w != 0.0)


def _state(model: type[Any], ode: str | None = None) -> str:
    """Return the arguments of a State with other integrated variables."""
    places = {name: ode.format(j) for j, name in enumerate(model.ode)} if ode else {}
    return "".join(f"{places.get(name, name)}, " for name in model.dynamic)


def _stage(model: type[Any], stage: int) -> list[str]:
    weights, n = rkf45.STAGES[stage], range(len(model.ode))
    if stage == 0:  # the library multiplies the weight with the step first
        points = [f"y{j} = {model.ode[j]} + {weights[0]!r} * h * k1_{j}" for j in n]
    else:
        points = [f"y{j} = {model.ode[j]} + h * ({_sum(weights, j)})" for j in n]
    time = f"t + {rkf45.TIMES[stage]!r} * h"
    return [*points, f"{_names(f'k{stage + 2}_', n)} = {_slope(model, _at(model), time)}"]


def _at(model: type[Any]) -> str:
    return f"State({_state(model, 'y{}')})"


def _slope(model: type[Any], state: str, time: str) -> str:
    """Return the text that evaluates the derivatives; only some models have to know input and time."""
    return f"dynamics(v, {state}, x, {time})" if model.driven else f"dynamics(v, {state})"


def _error(model: type[Any], j: int, vectors: frozenset[str]) -> list[str]:
    magnitude = "np.abs" if model.ode[j] in vectors else "abs"
    error = f"{magnitude}(h * ({_sum(rkf45.ERROR, j)}))"
    bound = repr(model.absolute_error)
    if "tolerance" in model.dynamic:
        bound = f"(tolerance * {magnitude}(h * slope{j}) + tolerance)" if model.controls_derivative else "tolerance"
    if model.ode[j] in vectors:
        return [f"for ratio in {error} / {bound}:", "    if ratio > worst:", "        worst = ratio"]
    return [f"ratio = {error} / {bound}", "if ratio > worst:", "    worst = ratio"]


def _substep(model: type[Any]) -> list[str]:
    if model.substep is None:
        return []
    jumps = model.jumps
    news = "".join(f"new_{name}, " for name in jumps)
    return [
        f"({news}), count = substep(v, State({_state(model)}), x, first)",
        "spikes += count",
        "first = 0.0",
        f"jumped = {' or '.join(f'new_{name} != {name}' for name in jumps)}",
        *(f"{name} = new_{name}" for name in jumps),
    ]


def _restart(model: type[Any]) -> str:
    """Return the statements that find the first derivatives of the next step, which may be known already."""
    n = range(len(model.ode))
    evaluate = f"{_names('k1_', n)} = {_slope(model, f'State({_state(model)})', 't')}"
    if not model.controls_derivative:
        return evaluate
    known = f"{_names('k1_', n)} = {_names('slope', n)}"
    if model.substep is None:
        return known
    return lines(2, ["if jumped:", f"    {evaluate}", "else:", f"    {known}"])
