"""Random variates as libstdc++ draws them; compiled code.

A distribution object is a row of float64. It starts with a flag and a value: normal variates come in pairs, and the
second one of a pair waits there. The flag and the value survive a change of parameters. Kernels keep the rows of many
distribution objects in one two-dimensional array; an object without a past is a row of zeros.
"""

from __future__ import annotations

import math

import numpy as np

from jaxnest.compile.late import external
from jaxnest.random.numbers.engines import compiled, drand, ulrand
from jaxnest.random.numbers.layout import ENGINE, KEYED

SAVED_FLAG, SAVED_VALUE = range(2)
NORMAL_SIZE = 2
"""Length of the row of a normal or lognormal distribution."""

_GAMMA_ALPHA, _GAMMA_BETA, _GAMMA_A1, _GAMMA_A2 = range(2, 6)
GAMMA_SIZE = 6
"""Length of the row of a gamma distribution."""

# math.lgamma is not the function of the C library, neither in Python nor in numba.
lgamma = external("lgamma", 1)
tgamma = external("tgamma", 1)


@compiled
def standard_normal(stream: np.ndarray, saved: np.ndarray) -> float:
    """Draw a normal variate of mean 0 and standard deviation 1 by the polar method.

    The keyed engine saves no variate: each depends on nothing but its own key, and takes two numbers.

    Parameters
    ----------
    stream : numpy.ndarray
        The random stream.
    saved : numpy.ndarray
        Row of the distribution object, of any kind.

    Returns
    -------
    float
        The variate.
    """
    if stream[ENGINE] == np.uint64(KEYED):
        radius = math.sqrt(-2.0 * math.log(1.0 - drand(stream)))
        return radius * math.cos(2.0 * math.pi * drand(stream))
    if saved[SAVED_FLAG] != 0.0:
        saved[SAVED_FLAG] = 0.0
        return saved[SAVED_VALUE]
    while True:
        x = 2.0 * drand(stream) - 1.0
        y = 2.0 * drand(stream) - 1.0
        square = x * x + y * y
        if not (square > 1.0 or square == 0.0):
            break
    factor = math.sqrt(-2.0 * math.log(square) / square)
    saved[SAVED_FLAG] = 1.0
    saved[SAVED_VALUE] = x * factor
    return y * factor


@compiled
def normal(stream: np.ndarray, saved: np.ndarray, mean: float, std: float) -> float:
    """Draw a normal variate.

    Parameters
    ----------
    stream : numpy.ndarray
        The random stream.
    saved : numpy.ndarray
        Row of the distribution object, of any kind.
    mean, std : float
        Mean and standard deviation.

    Returns
    -------
    float
        The variate.
    """
    return standard_normal(stream, saved) * std + mean


@compiled
def lognormal(stream: np.ndarray, saved: np.ndarray, mean: float, std: float) -> float:
    """Draw a lognormal variate.

    Parameters
    ----------
    stream : numpy.ndarray
        The random stream.
    saved : numpy.ndarray
        Row of the distribution object, of any kind.
    mean, std : float
        Mean and standard deviation of the logarithm.

    Returns
    -------
    float
        The variate.
    """
    return math.exp(std * standard_normal(stream, saved) + mean)


@compiled
def standard_exponential(stream: np.ndarray) -> float:
    """Draw an exponential variate of mean 1.

    Parameters
    ----------
    stream : numpy.ndarray
        The random stream.

    Returns
    -------
    float
        The variate.
    """
    return -math.log(1.0 - drand(stream))


@compiled
def exponential(stream: np.ndarray, rate: float) -> float:
    """Draw an exponential variate of mean ``1 / rate``.

    Parameters
    ----------
    stream : numpy.ndarray
        The random stream.
    rate : float
        Events per unit of time.

    Returns
    -------
    float
        The variate.
    """
    return -math.log(1.0 - drand(stream)) / rate


@compiled
def gamma_set(row: np.ndarray, alpha: float, beta: float) -> None:
    """Set the parameters of a gamma distribution.

    Parameters
    ----------
    row : numpy.ndarray
        Row of the distribution object, `GAMMA_SIZE` long.
    alpha, beta : float
        Shape and scale.
    """
    row[_GAMMA_ALPHA] = alpha
    row[_GAMMA_BETA] = beta
    row[_GAMMA_A1] = (alpha + 1.0 if alpha < 1.0 else alpha) - 1.0 / 3.0
    row[_GAMMA_A2] = 1.0 / math.sqrt(9.0 * row[_GAMMA_A1])


@compiled
def gamma(stream: np.ndarray, row: np.ndarray) -> float:
    """Draw a gamma variate.

    Parameters
    ----------
    stream : numpy.ndarray
        The random stream.
    row : numpy.ndarray
        Row of the distribution object.

    Returns
    -------
    float
        The variate.
    """
    a1 = row[_GAMMA_A1]
    while True:
        n = standard_normal(stream, row)
        v = 1.0 + row[_GAMMA_A2] * n
        if not v > 0.0:
            continue
        v = v * v * v
        u = drand(stream)
        if not (u > 1.0 - 0.0331 * n * n * n * n and math.log(u) > 0.5 * n * n + a1 * (1.0 - v + math.log(v))):
            break
    if not row[_GAMMA_ALPHA] < 1.0:
        return a1 * v * row[_GAMMA_BETA]
    u = drand(stream)
    while u == 0.0:
        u = drand(stream)
    return math.pow(u, 1.0 / row[_GAMMA_ALPHA]) * a1 * v * row[_GAMMA_BETA]


@compiled
def discrete_set(cumulative: np.ndarray, weights: np.ndarray) -> None:
    """Turn weights into what `discrete` draws from.

    Parameters
    ----------
    cumulative : numpy.ndarray
        Row to fill, as long as `weights`.
    weights : numpy.ndarray
        Weights, not all of them zero.
    """
    total = 0.0
    for weight in weights:
        total += weight
    reached = 0.0
    for i in range(weights.size):
        reached += weights[i] / total
        cumulative[i] = reached
    if weights.size:
        cumulative[-1] = 1.0


@compiled
def discrete(stream: np.ndarray, cumulative: np.ndarray) -> int:
    """Draw an index; nothing is drawn if there is only one.

    Parameters
    ----------
    stream : numpy.ndarray
        The random stream.
    cumulative : numpy.ndarray
        Row made by `discrete_set`.

    Returns
    -------
    int
        The index.
    """
    if cumulative.size < 2:
        return 0
    u = drand(stream)
    low, high = 0, cumulative.size
    while low < high:
        middle = (low + high) // 2
        if cumulative[middle] < u:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def sample_in_order(stream: np.ndarray, population: int, out: np.ndarray) -> None:
    """Draw a sample without replacement, in ascending order.

    Parameters
    ----------
    stream : numpy.ndarray
        The random stream.
    population : int
        How many elements there are to choose from.
    out : numpy.ndarray
        Filled with the indices of the chosen elements; its length, at most `population`, is that of the sample.
    """
    left, missing, element, filled = population, out.size, 0, 0
    while missing > 0 and left >= 2:
        # One integer decides on two elements.
        both = ulrand(stream, left * (left - 1))
        for threshold in (both // (left - 1), both % (left - 1)):
            left -= 1
            if missing > 0 and threshold < missing:
                out[filled] = element
                filled += 1
                missing -= 1
            element += 1
    if missing > 0 and ulrand(stream, left) < missing:
        out[filled] = element
