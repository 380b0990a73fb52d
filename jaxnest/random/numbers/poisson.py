"""Poisson variates as libstdc++ draws them; compiled code."""

from __future__ import annotations

import math

import numpy as np

from jaxnest.compile.intrinsics import reinterpreted
from jaxnest.compile.kinds import F8, U8
from jaxnest.compile.operations import apart
from jaxnest.random.numbers.distributions import lgamma, standard_exponential, standard_normal
from jaxnest.random.numbers.engines import compiled, drand
from jaxnest.random.numbers.layout import (
    COUNTED_LIMIT,
    COUNTS,
    END,
    LAST_LIMIT,
    OUTPUT,
    POSITION,
    SAME_LIMIT,
    UNITS,
    WORD_BITS,
)

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

_PI_4 = 0.7853981633974483
_ROOT_PI_2 = 1.2533141373155003
_ALMOST_HALF = (1.0 - 2.0**-52) / 2.0
_TO_UNIT = 2.0**-64
_LARGEST_BELOW_ONE = 1.0 - 2.0**-53
_BITS_64 = np.uint64(64)
_ONE = np.uint64(1)
_LEVELS = 8
_UNCOUNTED = np.uint64(_LEVELS)
_WORTH_COUNTING = np.uint64(8)
_SMALLEST_COUNTED_LIMIT = math.exp(-5.0)
_TO_COUNTS = np.uint64(COUNTS - OUTPUT)


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
    if row[_MEAN] != mean or mean == 0.0:  # a distribution object without a past has the mean 0, but no limit
        _prepare(row, mean)


@apart()
def _prepare(row: F8, mean: float) -> None:
    """Compute what draws with a new mean need."""
    row[_MEAN] = mean
    if not mean >= 12.0:
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
def multiplying(stream: np.ndarray, limit: float) -> int:
    """Multiply uniform numbers until the product is not above the limit."""
    product = drand(stream)
    count = 0
    while product > limit:
        product *= drand(stream)
        count += 1
    return count


@compiled
def _count(stream: np.ndarray, limit: float) -> None:
    """Find the variate that is drawn from each output of the block on, many outputs at a time.

    The products are those that `multiplying` forms. Where `_LEVELS` factors are not enough, and past the end
    of the block, the count is `_LEVELS`.
    """
    values = reinterpreted(stream, np.float64)
    first, n = np.int64(stream[POSITION]), np.int64(stream[END]) - np.int64(stream[POSITION])
    units, counts = values[UNITS : UNITS + n + _LEVELS], stream[COUNTS + first - OUTPUT : COUNTS + first - OUTPUT + n]
    words = stream[first : first + n]
    for i in range(n):
        units[i] = min(np.float64(words[i]) * _TO_UNIT, _LARGEST_BELOW_ONE)
    for i in range(n, n + _LEVELS):
        units[i] = 1.0
    for i in range(n):
        a = units[i]
        b = a * units[i + 1]
        c = b * units[i + 2]
        d = c * units[i + 3]
        e = d * units[i + 4]
        f = e * units[i + 5]
        g = f * units[i + 6]
        h = g * units[i + 7]
        low = np.uint64(a > limit) + np.uint64(b > limit) + np.uint64(c > limit) + np.uint64(d > limit)
        high = np.uint64(e > limit) + np.uint64(f > limit) + np.uint64(g > limit) + np.uint64(h > limit)
        counts[i] = low + high
    stream[COUNTS + first - OUTPUT + n] = _UNCOUNTED


@apart()
def _uncounted(stream: U8, limit: float) -> int:
    """Draw a variate for which no count is ready; after several in a row with one limit, count the block."""
    bits = reinterpreted(stream, np.float64)
    if bits[LAST_LIMIT] != limit:
        bits[LAST_LIMIT] = limit
        stream[SAME_LIMIT] = np.uint64(0)
    elif stream[SAME_LIMIT] < _WORTH_COUNTING or limit < _SMALLEST_COUNTED_LIMIT:
        stream[SAME_LIMIT] += _ONE
    elif stream[WORD_BITS] == _BITS_64 and bits[COUNTED_LIMIT] != limit and stream[POSITION] < stream[END]:
        _count(stream, limit)
        bits[COUNTED_LIMIT] = limit
    return multiplying(stream, limit)


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


@apart()
def _poisson_rejection(stream: U8, row: F8) -> int:
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
    return _poisson_rejection(stream, row) if row[_MEAN] >= 12.0 else counted(stream, row[_LIMIT])


@compiled
def counted(stream: np.ndarray, limit: float) -> int:
    """Return what `multiplying` returns, which may be ready."""
    if reinterpreted(stream, np.float64)[COUNTED_LIMIT] == limit:
        position = stream[POSITION]
        count = stream[position + _TO_COUNTS]
        if count < _UNCOUNTED:
            stream[POSITION] = position + count + _ONE
            return int(np.int64(count))
    return _uncounted(stream, limit)


@compiled
def poissons(stream: np.ndarray, row: np.ndarray, out: np.ndarray) -> None:
    """Draw as many Poisson variates as an array has places; the same as `poisson` draws one by one, but faster.

    Parameters
    ----------
    stream : numpy.ndarray
        The random stream.
    row : numpy.ndarray
        Row of the distribution object, after `poisson_set_mean`.
    out : numpy.ndarray
        Floating-point numbers, one-dimensional: the variates.
    """
    limit, k, n = row[_LIMIT], 0, len(out)
    counted = reinterpreted(stream, np.float64)
    while k < n:
        if not row[_MEAN] >= 12.0 and counted[COUNTED_LIMIT] == limit:
            position = stream[POSITION]
            while k < n:
                count = stream[position + _TO_COUNTS]
                if count >= _UNCOUNTED:
                    break
                out[k] = np.float64(np.int64(count))
                position += count + _ONE
                k += 1
            stream[POSITION] = position
            if k == n:
                return
        out[k] = poisson(stream, row)
        k += 1
