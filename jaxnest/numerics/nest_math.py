"""The exponential minus one as NEST computes it, on which the last digits of exact integration depend."""

from __future__ import annotations

import math

LIBRARY_EXPM1 = False
"""Whether `expm1` is that of the C library, as in development versions of NEST, or NEST 3.10's own series.

Set it before the first simulation: compiled code keeps the value that it was compiled with.
"""

_LOG_2 = math.log(2.0)
_LARGEST_EXPONENT = 709.782712893384
"""Beyond it `math.exp` raises OverflowError, where C returns infinity."""


def expm1_series(x: float) -> float:
    """Return ``exp(x) - 1`` by the Taylor series that NEST 3.10 sums for small arguments.

    Parameters
    ----------
    x : float
        The exponent.

    Returns
    -------
    float
        The value, rounded as in NEST 3.10.
    """
    if x == 0.0:
        return 0.0
    if x > _LARGEST_EXPONENT:
        return math.inf
    if abs(x) > _LOG_2:
        return math.exp(x) - 1.0
    total = x
    term = x * x / 2.0
    n = 2
    while abs(term) > abs(total) * 2.0**-52:
        total += term
        n += 1
        term *= x / n
    return total


def expm1(x: float) -> float:
    """Return ``exp(x) - 1``, by the series or by the C library as `LIBRARY_EXPM1` says.

    Parameters
    ----------
    x : float
        The exponent.

    Returns
    -------
    float
        The value.
    """
    if LIBRARY_EXPM1:
        return math.expm1(x) if x <= _LARGEST_EXPONENT else math.inf
    return expm1_series(x)
