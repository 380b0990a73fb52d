"""Meaning of `models.ops` in code compiled by numba: the scalar operations of the C library."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from jaxnest.compile.late import external, overload, register_jitable, short_vectors, types
from jaxnest.models import ops
from jaxnest.models.functions import draws
from jaxnest.numerics.nest_math import expm1_series
from jaxnest.random.numbers.binomial import binomial, binomial_set
from jaxnest.random.numbers.distributions import gamma, gamma_set, standard_exponential, standard_normal
from jaxnest.random.numbers.engines import drand
from jaxnest.random.numbers.keyed import keyed_poissons
from jaxnest.random.numbers.layout import ENGINE, KEYED
from jaxnest.random.numbers.poisson import poisson, poisson_set_mean, poissons

for _operation, _function in (
    (ops.exp, math.exp),
    (ops.log, math.log),
    (ops.sqrt, math.sqrt),
    (ops.tanh, math.tanh),
    (ops.expm1, register_jitable(expm1_series)),
    (ops.erfc, external("erfc", 1)),
    (ops.power, math.pow),
):

    def _overload(function: Callable[..., float]) -> Callable[..., Any]:
        if function is math.pow:
            return lambda x, y: lambda x, y: math.pow(x, y)
        return lambda x: lambda x: function(x)

    overload(_operation, strict=False)(_overload(_function))


for _helper in ops.HELPERS:
    register_jitable(_helper)


_fmod = external("fmod", 2)


@overload(ops.fmod, strict=False)
def _remainder(x: Any, y: Any) -> Any:
    return lambda x, y: _fmod(x, y)


@overload(ops.where, strict=False)
def _where(condition: Any, a: Any, b: Any) -> Any:
    vectors = types.Array | short_vectors.ShortVector
    if isinstance(a, vectors) or isinstance(b, vectors):
        return lambda condition, a, b: a if condition else b
    return lambda condition, a, b: float(a) if condition else float(b)


@overload(ops.maximum, strict=False)
def _maximum(a: Any, b: Any) -> Any:
    return lambda a, b: b if a < b else a


@overload(ops.minimum, strict=False)
def _minimum(a: Any, b: Any) -> Any:
    return lambda a, b: b if b < a else a


@overload(ops.element, strict=False)
def _element(a: Any, i: Any) -> Any:
    return lambda a, i: a[min(int(i), len(a) - 1)]


@overload(ops.total, strict=False)
def _total(a: Any) -> Any:
    if isinstance(a, short_vectors.ShortVector):
        add = short_vectors.total
        return lambda a: add(0.0, a)

    def total(a: Any) -> float:
        result = 0.0
        for i in range(len(a)):
            result += a[i]
        return result

    return total


@overload(ops.accumulate, strict=False)
def _accumulate(start: Any, a: Any, b: Any) -> Any:
    if isinstance(a, short_vectors.ShortVector):
        add = short_vectors.accumulated
        return lambda start, a, b: add(start, a, b)

    def accumulate(start: float, a: Any, b: Any) -> float:
        result = start
        for i in range(len(a)):
            result += a[i] * b[i]
        return result

    return accumulate


@overload(ops.accumulate_pairs, strict=False)
def _accumulate_pairs(start: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    if isinstance(a, short_vectors.ShortVector):
        add = short_vectors.accumulated_pairs
        return lambda start, a, b, c, d: add(start, a, b, c, d)

    def accumulate_pairs(start: float, a: Any, b: Any, c: Any, d: Any) -> float:
        result = start
        for i in range(len(a)):
            result += a[i] * b[i] + c[i] * d[i]
        return result

    return accumulate_pairs


def _uniform(context: Any) -> float:
    return drand(context.stream)


def _normal(context: Any, k: int) -> float:
    return standard_normal(context.stream, context.objects[k])


def _exponential(context: Any) -> float:
    return standard_exponential(context.stream)


def _gamma(context: Any, k: int, shape: float) -> float:
    row = context.objects[k]
    gamma_set(row, shape, 1.0)
    return gamma(context.stream, row)


def _binomial(context: Any, k: int, trials: float, p: float) -> int:
    row = context.objects[k]
    binomial_set(row, int(trials), p)
    return binomial(context.stream, row)


def _shared_poisson(context: Any, k: int, mean: float) -> int:
    row = context.objects[k]
    poisson_set_mean(row, mean)
    return poisson(context.stream if context.stream[ENGINE] == KEYED else context.shared_stream, row)


def _poisson(context: Any, k: int, mean: float) -> int:
    row = context.objects[k]
    poisson_set_mean(row, mean)
    return poisson(context.stream, row)


def _poissons(context: Any, k: int, mean: float, out: np.ndarray) -> None:
    if context.stream[ENGINE] == KEYED:
        keyed_poissons(context.stream, mean, context.node, context.step, context.identity, out)
        return
    row = context.objects[k]
    poisson_set_mean(row, mean)
    poissons(context.stream, row, out)


DRAWS: dict[Any, Callable[..., Any]] = {
    draws.uniform: _uniform,
    draws.normal: _normal,
    draws.exponential: _exponential,
    draws.gamma: _gamma,
    draws.binomial: _binomial,
    draws.shared_poisson: _shared_poisson,
    draws.poisson: _poisson,
    draws.poissons: _poissons,
}
"""What random draws of models are, in compiled code and in traced code."""


def _returning(meaning: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *_: meaning


for _operation, _function in DRAWS.items():
    overload(_operation, strict=False)(_returning(_function))
