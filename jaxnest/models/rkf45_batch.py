"""Adaptive integration of many neurons at once, in JAX.

All neurons of a tile repeat the same attempt at a step, each with a step size of its own, until the last one has
reached the end of the time step. A tile keeps all intermediate values in the cache, and its slowest neuron does not
hold up the whole population. A neuron's results do not depend on its tile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_batching import custom_vmap

from jaxnest.models import rkf45

TILE = 512
"""Neurons that are integrated together on a CPU."""
MOST_UNROLLED = 6
"""With more equations the stages are a loop, which runs slower but halves the time of compilation."""

Values = dict[str, Any]


class Progress(NamedTuple):
    """What changes from one attempt to the next, one entry per neuron."""

    t: Any
    """Time since the beginning of the time step."""
    step: Any
    """The step to try next."""
    values: Values
    """Integrated variables and those that `substep` changes."""
    first: Any
    spikes: Any


def integrate(model: type[Any], v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
    """Advance one neuron by one time step; under `jax.vmap`, many of them tile by tile.

    Parameters
    ----------
    model
        A subclass of `models.ode.OdeNeuron`.
    v, s, x
        Variables, state and inputs, as in its `update`.

    Returns
    -------
    tuple
        The new state in the order of `model.dynamic`, and the number of spikes.
    """

    @custom_vmap
    def advance(v: Any, s: Any, x: Any) -> Any:
        single = jax.tree.map(lambda a: jnp.asarray(a)[None], (s, x))
        return jax.tree.map(lambda a: a[0], _advance(model, v, jax.tree.map(lambda _: None, v), *single))

    @advance.def_vmap
    def _(n: int, batched: Any, v: Any, s: Any, x: Any) -> Any:
        s, x = jax.tree.map(
            lambda a, b: a if b else jnp.broadcast_to(a, (n, *jnp.shape(a))), (s, x), tuple(batched[1:])
        )
        axes = jax.tree.map(lambda b: 0 if b else None, batched[0])
        results = _tiles(model, n, v, axes, s, x)
        return results, jax.tree.map(lambda _: True, results)

    return advance(v, s, x)


def _tiles(model: type[Any], n: int, v: Any, axes: Any, s: Any, x: Any) -> Any:
    """Advance `n` neurons in tiles of equal size, the last one filled up with copies of the last neuron."""
    count = -(-n // TILE) if jax.default_backend() == "cpu" else 1
    if count <= 1:
        return _advance(model, v, axes, s, x)
    size = -(-n // count)

    def cut(a: Any) -> Any:
        padded = jnp.concatenate([a, jnp.repeat(a[-1:], count * size - n, axis=0)]) if count * size > n else a
        return padded.reshape(count, size, *a.shape[1:])

    flat, structure = jax.tree.flatten(v)
    spread = [axis is not None for axis in jax.tree.leaves(axes, is_leaf=lambda a: a is None)]
    varying = [cut(a) for a, is_spread in zip(flat, spread, strict=True) if is_spread]

    def advance(tile: Any) -> Any:
        values, s, x = tile
        remaining = iter(values)
        merged = [next(remaining) if is_spread else a for a, is_spread in zip(flat, spread, strict=True)]
        return _advance(model, jax.tree.unflatten(structure, merged), axes, s, x)

    results = lax.map(advance, (varying, jax.tree.map(cut, s), jax.tree.map(cut, x)))
    return jax.tree.map(lambda a: a.reshape(count * size, *a.shape[2:])[:n], results)


def _advance(model: type[Any], v: Any, axes: Any, s: Any, x: Any) -> Any:
    """Advance one tile by one time step."""
    values: Values = s._asdict()
    resolution = v.resolution
    if "tolerance" in values:
        values["tolerance"] = jnp.where(s.tolerance > 0, s.tolerance, v.gsl_error_tol)
    changing = {*model.ode, *model.jumps}
    constant = {name: a for name, a in values.items() if name not in changing}
    step = jnp.where(s.integration_step > 0, s.integration_step, resolution)
    begin = Progress(0 * step, step, {k: values[k] for k in sorted(changing)}, 1 + 0 * step, 0 * step)
    functions = _functions(model, v, axes, type(s), x, constant)
    end = lax.while_loop(
        lambda p: jnp.any(p.t < resolution), lambda p: _attempt(model, resolution, constant, functions, p), begin
    )
    after = type(s)(**(constant | end.values | {"integration_step": end.step}))
    finish = jax.vmap(model.finish, in_axes=(axes, 0, 0, 0))
    results, spike = finish(v, after, x, values[model.ode[0]])
    kept = (end.step, values["tolerance"]) if "tolerance" in values else (end.step,)
    return (*results, *kept), end.spikes + spike


def _functions(
    model: type[Any], v: Any, axes: Any, state: Any, x: Any, constant: Values
) -> tuple[Callable[[Values], list[Any]], Callable[[Values, Any], Any]]:
    """Return `dynamics` and `substep` of a tile as functions of what changes."""
    derivatives = jax.vmap(model.dynamics, in_axes=(axes, 0))

    def dynamics(values: Values) -> list[Any]:
        return list(derivatives(v, state(**(constant | values))))

    def substep(values: Values, first: Any) -> Any:
        jump = jax.vmap(model.substep, in_axes=(axes, 0, 0, 0))
        return jump(v, state(**(constant | values)), x, first)

    return dynamics, substep


def _attempt(model: type[Any], resolution: Any, constant: Values, functions: Any, p: Progress) -> Progress:
    """Try one step of every neuron, and take it where the error is small enough."""
    dynamics, substep = functions
    y = [p.values[name] for name in model.ode]
    remaining = resolution - p.t
    final = p.step > remaining
    h = jnp.where(final, remaining, p.step)

    def at(points: Sequence[Any]) -> list[Any]:
        return dynamics(p.values | dict(zip(model.ode, points, strict=True)))

    k = (_unrolled if len(y) <= MOST_UNROLLED else _looped)(at, y, h)
    solution = [a + _like(h, a) * b for a, b in zip(y, _combine(rkf45.SOLUTION, k), strict=True)]
    errors = [jnp.abs(_like(h, b) * b) for b in _combine(rkf45.ERROR, k)]
    tolerance = constant.get("tolerance", model.absolute_error)
    if model.controls_derivative:
        bounds = [tolerance * jnp.abs(_like(h, d) * d).T + tolerance for d in at(solution)]
    else:
        bounds = [tolerance] * len(y)
    ratios = [(e.T / b).T for e, b in zip(errors, bounds, strict=True)]
    worst = reduce(jnp.maximum, [r if r.ndim == 1 else jnp.max(r, axis=1, initial=0.0) for r in ratios])
    end = jnp.where(final, resolution, p.t + h)
    proposal, rejected = _control(worst, h, end)
    active = p.t < resolution
    accepted = active & ~rejected
    new = p.values | dict(zip(model.ode, solution, strict=True))
    first, spikes = p.first, p.spikes
    if model.substep is not None:
        jumped, count = substep(new, first)
        new |= dict(zip(model.jumps, jumped, strict=True))
        first, spikes = jnp.where(accepted, 0, first), spikes + jnp.where(accepted, count, 0)
    values = {name: jnp.where(_like(accepted, a), new[name], a) for name, a in p.values.items()}
    return Progress(jnp.where(accepted, end, p.t), jnp.where(active, proposal, p.step), values, first, spikes)


def _control(worst: Any, h: Any, end: Any) -> tuple[Any, Any]:
    """Return the next step, and whether the present one has to be repeated with it."""
    too_large = worst > rkf45.TOO_LARGE
    factor = rkf45.SAFETY * jnp.exp(jnp.log(worst) * jnp.where(too_large, -1.0 / 5.0, -1.0 / 6.0))
    longer = jnp.where(worst < rkf45.SMALL, jnp.clip(factor, 1.0, rkf45.LARGEST_GROWTH), 1.0) * h
    shorter = jnp.maximum(factor, rkf45.SMALLEST_SHRINKAGE) * h
    rejected = too_large & (shorter < h) & (end + shorter != end)
    return jnp.where(rejected, shorter, jnp.where(too_large, h, longer)), rejected


def _unrolled(at: Callable[[Sequence[Any]], list[Any]], y: list[Any], h: Any) -> list[list[Any]]:
    """Return the derivatives at the six points of a step."""
    k = [at(y)]
    for weights in rkf45.STAGES:
        k.append(at([a + _like(h, a) * b for a, b in zip(y, _combine(weights, k), strict=True)]))
    return k


def _looped(at: Callable[[Sequence[Any]], list[Any]], y: list[Any], h: Any) -> list[list[Any]]:
    """Do the same as `_unrolled` with one compiled evaluation of the derivatives."""
    rows = [(*weights, *[0.0] * (5 - len(weights))) for weights in ((), *rkf45.STAGES)]
    table = jnp.array(rows)

    def stage(i: Any, k: list[Any]) -> list[Any]:
        points = [a + _like(h, a) * sum(table[i, m] * rows[m] for m in range(5)) for a, rows in zip(y, k, strict=True)]
        return [lax.dynamic_update_index_in_dim(rows, d, i, 0) for rows, d in zip(k, at(points), strict=True)]

    k = lax.fori_loop(0, 6, stage, [jnp.zeros((6, *a.shape)) for a in y])
    return [[rows[m] for rows in k] for m in range(6)]


def _combine(weights: Sequence[float], k: list[list[Any]]) -> list[Any]:
    """Return the weighted sum of derivatives for each equation."""
    return [sum(w * d for w, d in zip(weights, column, strict=False) if w != 0.0) for column in zip(*k, strict=True)]


def _like(a: Any, b: Any) -> Any:
    """Give one value per neuron the dimensions of `b`, which may have several values per neuron."""
    return a.reshape(a.shape + (1,) * (b.ndim - 1)) if b.ndim > 1 else a
