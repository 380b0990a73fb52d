"""Adaptive integration of one neuron; compiled code, made from the declaration of a model.

Variables and derivatives are tuples, so that all intermediate values stay in registers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.late import overload, short_vectors, types
from jaxnest.compile.values.tuples import combined, folded, mapped, picked, replaced
from jaxnest.engine.neurons.integrators import method
from jaxnest.models.contract.state import finishing, state_class
from jaxnest.models.functions.rkf45 import TIMES

_compiled = njit(error_model="numpy", nogil=True)
_lean = njit(error_model="numpy", nogil=True, _nrt=False)  # without reference counts, for what makes no arrays

_to_second, _to_third, _to_fourth = mapped(method.second, 3), mapped(method.third, 4), mapped(method.fourth, 5)
_to_fifth, _to_sixth, _to_end = mapped(method.fifth, 6), mapped(method.sixth, 7), mapped(method.solution, 7)
_error = njit(error_model="numpy", inline="always")(method.error.py_func)  # part of one expression of arrays


def _larger(worst: Any, ratio: Any) -> Any:
    raise NotImplementedError("only for compiled code")


@overload(_larger)
def _larger_of_two(worst, ratio):
    if isinstance(ratio, short_vectors.ShortVector):
        largest = short_vectors.largest
        return lambda worst, ratio: largest(worst, ratio)
    if isinstance(ratio, types.Array):

        def of_vector(worst, ratio):
            for one in ratio:
                if one > worst:
                    worst = one
            return worst

        return of_vector
    return lambda worst, ratio: ratio if ratio > worst else worst


def _magnitude(x: Any) -> Any:
    raise NotImplementedError("only for compiled code")


@overload(_magnitude, inline="always")
def _magnitude_of(x):
    if isinstance(x, short_vectors.ShortVector):
        magnitudes = short_vectors.magnitudes
        return lambda x: magnitudes(x)
    return lambda x: np.abs(x)


@_compiled
def _absolute(worst: float, h: float, k1: Any, k3: Any, k4: Any, k5: Any, k6: Any, bound: float) -> float:
    return _larger(worst, _magnitude(_error(h, k1, k3, k4, k5, k6)) / bound)


@_compiled
def _relative(
    worst: float, h: float, k1: Any, k3: Any, k4: Any, k5: Any, k6: Any, tolerance: float, last: Any
) -> float:
    bound = tolerance * _magnitude(h * last) + tolerance
    return _larger(worst, _magnitude(_error(h, k1, k3, k4, k5, k6)) / bound)


@_compiled
def _differs(found: bool, new: float, old: float) -> bool:
    return found or new != old


_worst, _worst_relative, _any_differs = folded(_absolute, 7), folded(_relative, 8), folded(_differs, 2)


def single_update(model: type[Any], vectors: frozenset[str], finish: str = "finish") -> Any:
    """Return the function `update` of a model with equations.

    Parameters
    ----------
    model
        The model: a subclass of `models.contract.ode.OdeNode`.
    vectors
        Names of states that are vectors.
    finish
        Name of the model's function that completes the time step.
    """
    state, n, m = state_class(model), len(model.ode), len(model.ode) + len(model.held)
    compiled = _lean if vectors.isdisjoint(model.ode) else _compiled
    slope, allowed = _slope(model, compiled), _bound(model)
    attempt, jump, complete = _attempt(model, slope, compiled), _jump(model), _compiled(finishing(model, finish))
    results, relative = _results(model), model.controls_derivative

    @_compiled
    def update(v: Any, s: Any, x: Any) -> Any:
        resolution, tolerance, tail = v.resolution, allowed(v, s), s[m:]
        step = s.integration_step if s.integration_step > 0.0 else resolution
        y, held = s[:n], s[n:m]
        time, first, spikes = 0.0, 1.0, 0.0
        k1 = slope(v, state(*(y + held + tail)), x, time)
        while True:
            rest = held + tail
            y, time, step, last = attempt(v, x, y, rest, k1, time, step, resolution, tolerance)
            changed, values, count = jump(v, state(*(y + rest)), x, first)
            spikes += count
            first = 0.0
            y, held = values[:n], values[n:]
            if time >= resolution:
                break
            if relative and not changed:
                k1 = last
            else:
                k1 = slope(v, state(*(y + held + tail)), x, time)
        new, spike = complete(v, state(*(y + held + tail)), x, s[0])
        return results(new, step, tolerance), spikes + spike

    return update


def _slope(model: type[Any], compiled: Any) -> Any:
    """Return the function that evaluates the derivatives; only some models have to know input and time."""
    dynamics = compiled(model.dynamics)

    def driven(v: Any, s: Any, x: Any, time: float) -> Any:
        return dynamics(v, s, x, time)

    def autonomous(v: Any, s: Any, x: Any, time: float) -> Any:
        return dynamics(v, s)

    return compiled(driven if model.driven else autonomous)


def _bound(model: type[Any]) -> Any:
    """Return the function that finds the bound of errors."""
    bound = model.absolute_error

    def wanted(v: Any, s: Any) -> float:
        return s.tolerance if s.tolerance > 0.0 else v.gsl_error_tol

    def fixed(v: Any, s: Any) -> float:
        return bound

    return _compiled(wanted if "tolerance" in model.dynamic else fixed)


def _attempt(model: type[Any], slope: Any, compiled: Any) -> Any:
    """Return the function that tries steps until one is accepted.

    It returns the variables and the time at its end, the next step, and the derivatives at the end, if errors are
    compared with these.
    """
    state, relative = state_class(model), model.controls_derivative

    def compared(
        v: Any, s: Any, x: Any, end: float, h: float, tolerance: float, k1: Any, k3: Any, k4: Any, k5: Any, k6: Any
    ) -> Any:
        last = slope(v, s, x, end)
        return _worst_relative(method.SMALLEST_ERROR, h, k1, k3, k4, k5, k6, tolerance, last), last

    def bounded(
        v: Any, s: Any, x: Any, end: float, h: float, tolerance: float, k1: Any, k3: Any, k4: Any, k5: Any, k6: Any
    ) -> Any:
        return _worst(method.SMALLEST_ERROR, h, k1, k3, k4, k5, k6, tolerance), k1

    measure = compiled(compared if relative else bounded)

    @compiled
    def attempt(
        v: Any, x: Any, y: Any, rest: Any, k1: Any, time: float, h: float, resolution: float, tolerance: float
    ) -> Any:
        remaining = resolution - time
        while True:
            final = h > remaining
            h = remaining if final else h
            k2 = slope(v, state(*(_to_second(y, h, k1) + rest)), x, time + TIMES[0] * h)
            k3 = slope(v, state(*(_to_third(y, h, k1, k2) + rest)), x, time + TIMES[1] * h)
            k4 = slope(v, state(*(_to_fourth(y, h, k1, k2, k3) + rest)), x, time + TIMES[2] * h)
            k5 = slope(v, state(*(_to_fifth(y, h, k1, k2, k3, k4) + rest)), x, time + TIMES[3] * h)
            k6 = slope(v, state(*(_to_sixth(y, h, k1, k2, k3, k4, k5) + rest)), x, time + TIMES[4] * h)
            new = _to_end(y, h, k1, k3, k4, k5, k6)
            end = resolution if final else time + h
            worst, last = measure(v, state(*(new + rest)), x, end, h, tolerance, k1, k3, k4, k5, k6)
            h, accepted = method.next_step(worst, h, end, resolution)
            if accepted:
                return new, end, h, last

    return attempt


def _jump(model: type[Any]) -> Any:
    """Return the function that does what follows each step of the integrator.

    It returns whether something changed, the variables, and the number of spikes.
    """
    m = len(model.ode) + len(model.held)

    def nothing(v: Any, s: Any, x: Any, first: float) -> Any:
        return False, s[:m], 0.0

    if model.substep is None:
        return _compiled(nothing)
    places = tuple(model.dynamic.index(name) for name in model.jumps)
    substep, put, chosen = _compiled(model.substep), replaced(places), picked(places)

    def jump(v: Any, s: Any, x: Any, first: float) -> Any:
        new, count = substep(v, s, x, first)
        values = s[:m]
        return _any_differs(False, new, chosen(values)), put(values, new), count

    return _compiled(jump)


def _results(model: type[Any]) -> Any:
    """Return the function that makes the new state of what a model returns, and of what belongs to integration."""
    whole = combined(state_class(model), range(len(model.dynamic)))

    def with_step(new: Any, step: float, tolerance: float) -> Any:
        return whole(new, (step,))

    def with_tolerance(new: Any, step: float, tolerance: float) -> Any:
        return whole(new, (step, tolerance))

    return _compiled(with_tolerance if "tolerance" in model.dynamic else with_step)
