"""Binomial variates as libstdc++ draws them; compiled code."""

from __future__ import annotations

import math

import numpy as np

from jaxnest.random.numbers.distributions import lgamma, standard_exponential, standard_normal
from jaxnest.random.numbers.engines import compiled, drand

(
    _TRIALS,
    _P,
    _EASY,
    _D1,
    _D2,
    _S1,
    _S2,
    _C,
    _A1,
    _A12,
    _A123,
    _SUM,
    _LOG_FACTORIALS,
    _LOG_ODDS,
    _WAIT,
    _NP,
) = range(2, 18)
BINOMIAL_SIZE = 18
"""Length of the row of a binomial distribution."""

_PI_4 = 0.7853981633974483
_ROOT_PI_2 = 1.2533141373155003
_ALMOST_HALF = (1.0 - 2.0**-52) / 2.0


@compiled
def binomial_set(row: np.ndarray, trials: int, p: float) -> None:
    """Set the parameters of a binomial distribution.

    Parameters
    ----------
    row : numpy.ndarray
        Row of the distribution object, `BINOMIAL_SIZE` long. A saved normal variate in it stays.
    trials : int
        Number of trials.
    p : float
        Probability of success of one trial.
    """
    t = np.float64(trials)
    smaller_p = p if p <= 0.5 else 1.0 - p
    row[_TRIALS], row[_P] = t, p
    row[_EASY] = 0.0 if t * smaller_p >= 8.0 else 1.0
    if row[_EASY] != 0.0:
        row[_WAIT] = -math.log(1.0 - smaller_p)
        return
    np_ = np.floor(t * smaller_p)
    pa = np_ / t
    q = 1.0 - pa
    d1 = np.floor(max(1.0, math.sqrt(np_ * q * math.log(32.0 * np_ / (81.0 * _PI_4 * q)))) + 0.5)
    d2 = np.floor(max(1.0, math.sqrt(np_ * q * math.log(32.0 * t * q / (_PI_4 * pa)))) + 0.5)
    s1 = math.sqrt(np_ * q) * (1.0 + d1 / (4.0 * np_))
    s2 = math.sqrt(np_ * q) * (1.0 + d2 / (4.0 * t * q))
    s1_squared, s2_squared = s1 * s1, s2 * s2
    row[_NP], row[_D1], row[_D2], row[_S1], row[_S2] = np_, d1, d2, s1, s2
    row[_C] = 2.0 * d1 / np_
    row[_A1] = math.exp(row[_C]) * s1 * _ROOT_PI_2
    row[_A12] = row[_A1] + s2 * _ROOT_PI_2
    right_tail = math.exp(d1 / (t * q)) * 2.0 * s1_squared / d1 * math.exp(-d1 * d1 / (2.0 * s1_squared))
    row[_A123] = row[_A12] + right_tail
    row[_SUM] = row[_A123] + 2.0 * s2_squared / d2 * math.exp(-d2 * d2 / (2.0 * s2_squared))
    row[_LOG_FACTORIALS] = lgamma(np_ + 1.0) + lgamma(t - np_ + 1.0)
    row[_LOG_ODDS] = math.log(pa / q)
    row[_WAIT] = -math.log(1.0 - (smaller_p - pa) / q)


@compiled
def _successes_by_waiting(stream: np.ndarray, trials: int, q: float) -> int:
    successes = 0
    waited = 0.0
    while True:
        if trials == successes:
            return successes
        waited += standard_exponential(stream) / (trials - successes)
        if not waited <= q:
            return successes
        successes += 1


@compiled
def _candidate(stream: np.ndarray, row: np.ndarray, u: float) -> tuple[float, float, bool]:
    """Return the distance of a candidate from the mode, its log weight, and whether it is possible."""
    d1, d2, s1, s2 = row[_D1], row[_D2], row[_S1], row[_S2]
    if u <= row[_A1]:
        n = standard_normal(stream, row)
        y = s1 * abs(n)
        if y >= d1:
            return 0.0, 0.0, False
        return np.floor(y), -standard_exponential(stream) - n * n / 2.0 + row[_C], True
    if u <= row[_A12]:
        n = standard_normal(stream, row)
        y = s2 * abs(n)
        if y >= d2:
            return 0.0, 0.0, False
        return np.floor(-y), -standard_exponential(stream) - n * n / 2.0, True
    e1 = standard_exponential(stream)
    e2 = standard_exponential(stream)
    if u <= row[_A123]:
        y = d1 + 2.0 * (s1 * s1) * e1 / d1
        return np.floor(y), -e2 + d1 * (1.0 / (row[_TRIALS] - row[_NP]) - y / (2.0 * (s1 * s1))), True
    y = d2 + 2.0 * (s2 * s2) * e1 / d2
    return np.floor(-y), -e2 - d2 * y / (2.0 * (s2 * s2)), True


@compiled
def _successes_by_rejection(stream: np.ndarray, row: np.ndarray) -> int:
    t, np_ = row[_TRIALS], row[_NP]
    while True:
        x, weight, possible = _candidate(stream, row, row[_SUM] * drand(stream))
        if not possible or x < -np_ or x > t - np_:
            continue
        log_factorials = lgamma(np_ + x + 1.0) + lgamma(t - (np_ + x) + 1.0)
        if not weight > row[_LOG_FACTORIALS] - log_factorials + x * row[_LOG_ODDS]:
            break
    successes = int(x + (np_ + _ALMOST_HALF))
    return successes + _successes_by_waiting(stream, int(t) - successes, row[_WAIT])


@compiled
def binomial(stream: np.ndarray, row: np.ndarray) -> int:
    """Draw a binomial variate.

    Parameters
    ----------
    stream : numpy.ndarray
        The random stream.
    row : numpy.ndarray
        Row of the distribution object, after `binomial_set`.

    Returns
    -------
    int
        Number of successes.
    """
    trials = int(row[_TRIALS])
    if row[_EASY] != 0.0:
        successes = _successes_by_waiting(stream, trials, row[_WAIT])
    else:
        successes = _successes_by_rejection(stream, row)
    return trials - successes if row[_P] > 0.5 else successes
