"""Adaptive integration in JAX, written for one neuron; `jax.vmap` makes it advance a tile of them.

All neurons of a tile then repeat the same attempt at a step, each with a step size of its own, until the last one has
reached the end of the time step. A neuron's results do not depend on the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, NamedTuple

from jaxnest.lazy import lazy
from jaxnest.models.functions import rkf45

flow = lazy("jaxnest.compile.tracing.flow")
jnp = lazy("jax.numpy")
lax = lazy("jax.lax")
Values = dict[str, Any]


class Progress(NamedTuple):
    """What changes from one attempt at a step to the next."""

    t: Any
    """Time since the beginning of the time step."""
    step: Any
    """The step to try next."""
    values: Values
    """Integrated variables and those that `substep` changes."""
    first: Any
    spikes: Any


def integrate(model: type[Any], v: Any, s: Any, x: Any, finish: Callable[..., Any]) -> tuple[tuple[Any, ...], Any]:
    """Advance a neuron by one time step.

    Parameters
    ----------
    model
        A subclass of `models.contract.ode.OdeNeuron`.
    v, s, x
        Variables, state and inputs, as in its `update`.
    finish
        What completes the time step (see `contract.state.finishing`).

    Returns
    -------
    tuple
        The new state in the order of `model.dynamic`, and the number of spikes.
    """
    values: Values = s._asdict()
    if "tolerance" in values:
        values["tolerance"] = jnp.where(s.tolerance > 0, s.tolerance, v.gsl_error_tol)
    changing = sorted({*model.ode, *model.jumps})
    constant = {name: a for name, a in values.items() if name not in changing}

    def state(changed: Values) -> Any:
        return type(s)(**(constant | changed))

    def attempt(p: Progress) -> Progress:
        return _attempt(model, v, x, state, p)

    step = jnp.where(s.integration_step > 0, s.integration_step, v.resolution)
    begin = Progress(0.0 * step, step, {k: values[k] for k in changing}, 1.0 + 0.0 * step, 0.0 * step)
    end = lax.while_loop(lambda p: p.t < v.resolution, attempt, begin)
    results, spike = flow.traceable(finish)(v, state(end.values), x, values[model.ode[0]])
    kept = (end.step, values["tolerance"]) if "tolerance" in values else (end.step,)
    return (*results, *kept), end.spikes + spike


def _attempt(model: type[Any], v: Any, x: Any, state: Callable[[Values], Any], p: Progress) -> Progress:
    """Try one step, and take it if the error is small enough."""
    y, dynamics = [p.values[name] for name in model.ode], flow.traceable(model.dynamics)
    remaining = v.resolution - p.t
    final = p.step > remaining
    h = jnp.where(final, remaining, p.step)

    def at(points: Sequence[Any], part: Any) -> tuple[Any, ...]:
        s = state(p.values | dict(zip(model.ode, points, strict=True)))
        return dynamics(v, s, x, p.t + part * h) if model.driven else dynamics(v, s)

    k = (_looped if model.loops_stages else _unrolled)(at, y, h)
    solution = [a + h * b for a, b in zip(y, _combine(rkf45.SOLUTION, k), strict=True)]
    errors = [jnp.abs(h * b) for b in _combine(rkf45.ERROR, k)]
    end = jnp.where(final, v.resolution, p.t + h)
    step, rejected = _control(_ratio(model, errors, h, at(solution, 1.0), state(p.values)), h, end)
    new = p.values | dict(zip(model.ode, solution, strict=True))
    first, spikes = p.first, p.spikes
    if model.substep is not None:
        jumped, count = flow.traceable(model.substep)(v, state(new), x, first)
        new |= dict(zip(model.jumps, jumped, strict=True))
        first, spikes = jnp.where(rejected, first, 0.0), spikes + jnp.where(rejected, 0.0, count)
    values = {name: jnp.where(rejected, a, new[name]) for name, a in p.values.items()}
    return Progress(jnp.where(rejected, p.t, end), step, values, first, spikes)


def _ratio(model: type[Any], errors: list[Any], h: Any, slopes: Sequence[Any], s: Any) -> Any:
    """Return the largest ratio of an error and its bound."""
    tolerance = s.tolerance if "tolerance" in model.dynamic else model.absolute_error
    bounds = [tolerance * jnp.abs(h * d) + tolerance if model.controls_derivative else tolerance for d in slopes]
    ratios = [jnp.max(e / b, initial=0.0) for e, b in zip(errors, bounds, strict=True)]
    return reduce(jnp.fmax, ratios, 0.0)  # as in the library, an undefined error does not count


def _control(worst: Any, h: Any, end: Any) -> tuple[Any, Any]:
    """Return the next step, and whether the present one has to be repeated with it."""
    too_large = worst > rkf45.TOO_LARGE
    factor = rkf45.SAFETY * jnp.exp(jnp.log(worst) * jnp.where(too_large, -1.0 / 5.0, -1.0 / 6.0))
    longer = jnp.where(worst < rkf45.SMALL, jnp.clip(factor, 1.0, rkf45.LARGEST_GROWTH), 1.0) * h
    shorter = jnp.maximum(factor, rkf45.SMALLEST_SHRINKAGE) * h
    rejected = too_large & (shorter < h) & (end + shorter != end)
    return jnp.where(rejected, shorter, jnp.where(too_large, h, longer)), rejected


def _unrolled(at: Callable[[Sequence[Any], Any], Sequence[Any]], y: list[Any], h: Any) -> list[Sequence[Any]]:
    """Return the derivatives at the six points of a step."""
    k = [at(y, 0.0)]
    for weights, part in zip(rkf45.STAGES, rkf45.TIMES, strict=True):
        k.append(at([a + h * b for a, b in zip(y, _combine(weights, k), strict=True)], part))
    return k


def _looped(at: Callable[[Sequence[Any], Any], Sequence[Any]], y: list[Any], h: Any) -> list[Sequence[Any]]:
    """Do the same as `_unrolled` with one compiled evaluation of the derivatives."""
    if not any(jnp.ndim(a) for a in y):
        return _stacked(at, y, h)
    table = jnp.array([(*weights, *[0.0] * (5 - len(weights))) for weights in ((), *rkf45.STAGES)])
    parts, n = jnp.array([0.0, *rkf45.TIMES]), range(len(rkf45.STAGES))

    def stage(i: Any, k: list[list[Any]]) -> list[list[Any]]:
        points = [a + h * sum(table[i, m] * k[m][j] for m in n) for j, a in enumerate(y)]
        slopes = at(points, parts[i])
        return [[jnp.where(i == m, d, old) for d, old in zip(slopes, k[m], strict=True)] for m in range(6)]

    return lax.fori_loop(0, 6, stage, [[0.0 * a for a in y] for _ in range(6)])


def _stacked(at: Callable[[Sequence[Any], Any], Sequence[Any]], y: list[Any], h: Any) -> list[Sequence[Any]]:
    """Do the same as `_looped` for scalar variables, in one array, which compiles faster."""
    table = jnp.array([(*weights, *[0.0] * (6 - len(weights))) for weights in ((), *rkf45.STAGES)])
    parts, start = jnp.array([0.0, *rkf45.TIMES]), jnp.stack(y)

    def stage(i: Any, k: Any) -> Any:
        points = start + h * jnp.sum(table[i][:, None] * k, axis=0)
        return k.at[i].set(jnp.stack(at(list(points), parts[i])))

    k = lax.fori_loop(0, 6, stage, 0.0 * jnp.broadcast_to(start, (6, len(y))))
    return [list(row) for row in k]


def _combine(weights: Sequence[float], k: Sequence[Sequence[Any]]) -> list[Any]:
    """Return the weighted sum of derivatives for each equation."""
    return [sum(w * d for w, d in zip(weights, column, strict=False) if w != 0.0) for column in zip(*k, strict=True)]
