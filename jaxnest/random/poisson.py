"""Poisson variates as libstdc++ draws them; compiled code."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .distributions import lgamma, standard_exponential, standard_normal
from .engines import compiled, drand, refill
from .layout import END, POSITION, WORD_BITS

(
    _MEAN,
    _LIMIT,
    _MODE,
    _LOG_MEAN,
    _LOG_FACTORIAL,
    _ROOT,
    _D,
    _SCALE,
    _INVERSE_CX,
    _C1,
    _C2,
    _C5,
    _C,
) = range(2, 15)
POISSON_SIZE = 16
"""Length of the row of a Poisson distribution."""
POISSON_MEAN = _MEAN
"""Where in its row the mean lies."""

_PI_4 = 0.7853981633974483
_ROOT_PI_2 = 1.2533141373155003
_ALMOST_HALF = (1.0 - 2.0**-52) / 2.0
_TO_UNIT = 2.0**-64
_LARGEST_BELOW_ONE = 1.0 - 2.0**-53
_BITS_64 = np.uint64(64)
_ONE, _FOUR, _EIGHT = np.uint64(1), np.uint64(4), np.uint64(8)
_LIMIT_OF_ONE, _LIMIT_OF_FOUR, _LIMIT_OF_EIGHT = math.exp(-0.35), math.exp(-1.5), math.exp(-5.5)


@compiled
def poisson_set_mean(row: np.ndarray, mean: float) -> None:
    """Set the mean of a Poisson distribution.

    Parameters
    ----------
    row : numpy.ndarray
        Row of the distribution object, `POISSON_SIZE` long.
    mean : float
        The mean.
    """
    row[_MEAN] = mean
    if mean < 12.0:
        row[_LIMIT] = math.exp(-mean)
        return
    m = np.floor(mean)
    d_x = math.sqrt(2.0 * m * math.log(32.0 * m / _PI_4))
    d = np.floor(max(6.0, min(m, d_x)) + 0.5)
    cx = 2.0 * m + d
    inverse_cx = 1.0 / cx
    row[_MODE] = m
    row[_LOG_MEAN] = math.log(mean)
    row[_LOG_FACTORIAL] = lgamma(m + 1.0)
    row[_ROOT] = math.sqrt(m)
    row[_D] = d
    row[_SCALE] = math.sqrt(cx / 2.0)
    row[_INVERSE_CX] = inverse_cx
    row[_C1] = row[_ROOT] * _ROOT_PI_2
    row[_C2] = math.sqrt(_PI_4 * cx) * math.exp(inverse_cx) + row[_C1]
    row[_C5] = row[_C2] + 1.0 + 1.0 + 1.0129030479320018
    row[_C] = 2.0 * cx * math.exp(-d * inverse_cx * (1.0 + d / 2.0)) / d + row[_C5]


@compiled
def _unit(word: Any) -> float:
    return min(np.float64(word) * _TO_UNIT, _LARGEST_BELOW_ONE)


@compiled
def _multiplying_on(stream: np.ndarray, limit: float, product: float, count: int) -> int:
    """Multiply a product by further uniform numbers until it is not above the limit."""
    while product > limit:
        product *= drand(stream)
        count += 1
    return count


@compiled
def _multiplying_four(stream: np.ndarray, limit: float) -> int:
    """Form four products at once and count those above the limit: no branch that is hard to predict."""
    position = stream[POSITION]
    if position + _FOUR > stream[END]:
        return _multiplying_on(stream, limit, drand(stream), 0)
    a = _unit(stream[position])
    b = a * _unit(stream[position + np.uint64(1)])
    c = b * _unit(stream[position + np.uint64(2)])
    d = c * _unit(stream[position + np.uint64(3)])
    count = int(a > limit) + int(b > limit) + int(c > limit)
    stream[POSITION] = position + np.uint64(count + 1)
    return _multiplying_on(stream, limit, d, 3) if d > limit else count


@compiled
def _multiplying_eight(stream: np.ndarray, limit: float) -> int:
    """Form eight products at once, see `_multiplying_four`."""
    position = stream[POSITION]
    if position + _EIGHT > stream[END]:
        return _multiplying_on(stream, limit, drand(stream), 0)
    a = _unit(stream[position])
    b = a * _unit(stream[position + np.uint64(1)])
    c = b * _unit(stream[position + np.uint64(2)])
    d = c * _unit(stream[position + np.uint64(3)])
    e = d * _unit(stream[position + np.uint64(4)])
    f = e * _unit(stream[position + np.uint64(5)])
    g = f * _unit(stream[position + np.uint64(6)])
    h = g * _unit(stream[position + np.uint64(7)])
    count = int(a > limit) + int(b > limit) + int(c > limit) + int(d > limit)
    count += int(e > limit) + int(f > limit) + int(g > limit)
    stream[POSITION] = position + np.uint64(count + 1)
    return _multiplying_on(stream, limit, h, 7) if h > limit else count


@compiled
def _multiplying_one_by_one(stream: np.ndarray, limit: float) -> int:
    """Multiply uniform numbers until the product is not above the limit."""
    position, end = stream[POSITION], stream[END]
    product = 1.0
    count = 0
    while True:
        if position >= end:
            refill(stream)
            position = stream[POSITION]
        u = np.float64(stream[position]) * _TO_UNIT
        position += _ONE
        product *= min(u, _LARGEST_BELOW_ONE)
        if not product > limit:
            break
        count += 1
    stream[POSITION] = position
    return count


@compiled
def _poisson_candidate(stream: np.ndarray, row: np.ndarray, u: float) -> tuple[float, float, bool]:
    """Return the distance of a candidate from the mode, its log weight, and whether it is possible."""
    m, d, inverse_cx = row[_MODE], row[_D], row[_INVERSE_CX]
    if u <= row[_C1]:
        n = standard_normal(stream, row)
        x = np.floor(-abs(n) * row[_ROOT] - 1.0)
        return x, -n * n / 2.0, not x < -m
    if u <= row[_C2]:
        y = 1.0 + abs(standard_normal(stream, row)) * row[_SCALE]
        x = np.ceil(y)
        return x, y * (2.0 - y) * inverse_cx, not x > d
    if u <= row[_C2] + 1.0:
        return -1.0, 0.0, True
    if u <= row[_C2] + 1.0 + 1.0:
        return 0.0, 0.0, True
    if u <= row[_C5]:
        return 1.0, 0.01282051282051282, True
    y = d + standard_exponential(stream) * (2.0 * (2.0 * m + d)) / d
    return np.ceil(y), -d * inverse_cx * (1.0 + y / 2.0), True


@compiled
def _poisson_rejection(stream: np.ndarray, row: np.ndarray) -> int:
    """Draw a Poisson variate of large mean by L. Devroye's rejection method."""
    m = row[_MODE]
    while True:
        u = row[_C] * drand(stream)
        e = standard_exponential(stream)
        x, weight, possible = _poisson_candidate(stream, row, u)
        if not possible:
            continue
        if not weight - e - x * row[_LOG_MEAN] > row[_LOG_FACTORIAL] - lgamma(x + m + 1.0):
            return int(x + m + _ALMOST_HALF)


@compiled
def poisson(stream: np.ndarray, row: np.ndarray) -> int:
    """Draw a Poisson variate.

    Parameters
    ----------
    stream : numpy.ndarray
        The random stream.
    row : numpy.ndarray
        Row of the distribution object, after `poisson_set_mean`.

    Returns
    -------
    int
        The variate.
    """
    if not row[_MEAN] < 12.0:
        return _poisson_rejection(stream, row)
    limit = row[_LIMIT]
    if stream[WORD_BITS] != _BITS_64:
        return _multiplying_on(stream, limit, drand(stream), 0)
    # All methods draw and return the same numbers; which is fastest depends on the mean.
    if _LIMIT_OF_EIGHT < limit < _LIMIT_OF_ONE:
        return _multiplying_four(stream, limit) if limit > _LIMIT_OF_FOUR else _multiplying_eight(stream, limit)
    return _multiplying_one_by_one(stream, limit)
