"""Error function and Dawson's integral as the GNU Scientific Library rounds them."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.compile.compiling import njit
from jaxnest.numerics import chebyshev as tables

SQRT_PI = 1.77245385090551602729816748334
SQRT_EPSILON = 1.4901161193847656e-08
SMALL = 10.0 * 2.4607833005759251e-03
"""Squares below it: a series is used."""
HIGH_TERMS = (-0.001829764677455021, 0.02629651521057465, -0.01621575378835404, 0.00125993961762116, 0.00556964649138,
              -0.0045563339802, 0.0009461589032, 0.0013200243174, -0.00142906, 0.00048204)  # fmt: skip
"""Taylor coefficients 5 to 14 of -log(erfc(sqrt(pi) y)) / 2, as many digits as the library has."""
NUMERATOR = (2.97886562639399288862, 7.409740605964741794425, 6.1602098531096305440906, 5.019049726784267463450058,
             1.275366644729965952479585264, 0.5641895835477550741253201704)  # fmt: skip
DENOMINATOR = (3.3690752069827527677, 9.608965327192787870698, 17.08144074746600431571095, 12.0489519278551290360340491,
               9.396034016235054150430579648, 2.260528520767326969591866945, 1.0)  # fmt: skip
"""Rational approximation 5725 of erfc(x) exp(x^2) of Hart et al. (1968), Computer Approximations, Wiley."""


@njit(cache=True, error_model="numpy", nogil=True)
def series(coefficients: Any, t: float) -> float:
    """Return the sum of a Chebyshev series."""
    d, dd = 0.0, 0.0
    y2 = 2.0 * ((2.0 * t - -1.0 - 1.0) / (1.0 - -1.0))
    for k in range(len(coefficients) - 1, 0, -1):
        d, dd = y2 * d - dd + coefficients[k], d
    return (2.0 * t - -1.0 - 1.0) / (1.0 - -1.0) * d - dd + 0.5 * coefficients[0]


@njit(cache=True, error_model="numpy", nogil=True)
def log_erfc(x: float) -> float:
    """Return the logarithm of the complementary error function, for `x` >= 0."""
    if x * x < SMALL:
        y = x / SQRT_PI
        total = HIGH_TERMS[9]
        for k in range(8, -1, -1):
            total = HIGH_TERMS[k] + y * total
        c3, c4 = (4.0 - math.pi) / 3.0, 2.0 * (1.0 - math.pi / 3.0)
        return -2.0 * (y * (1.0 + y * (1.0 + y * (c3 + y * (c4 + y * total)))))
    if x > 8.0:
        numerator, denominator = NUMERATOR[5], DENOMINATOR[6]
        for k in range(4, -1, -1):
            numerator = x * numerator + NUMERATOR[k]
        for k in range(5, -1, -1):
            denominator = x * denominator + DENOMINATOR[k]
        return math.log(numerator / denominator) - x * x
    if x <= 1.0:
        return math.log(series(tables.ERFC_BELOW_1, 2.0 * x - 1.0))
    if x <= 5.0:
        return math.log(math.exp(-x * x) * series(tables.ERFC_BELOW_5, 0.5 * (x - 3.0)))
    return math.log(math.exp(-x * x) / x * series(tables.ERFC_BELOW_10, (2.0 * x - 15.0) / 5.0))


@njit(cache=True, error_model="numpy", nogil=True)
def dawson(x: float) -> float:
    """Return Dawson's integral, for `x` >= 0."""
    if x < 1.225 * SQRT_EPSILON:
        return x
    if x < 1.0:
        return x * (0.75 + series(tables.DAWSON_BELOW_1, 2.0 * x * x - 1.0))
    if x < 4.0:
        return x * (0.25 + series(tables.DAWSON_BELOW_4, 0.125 * x * x - 1.0))
    if x < 1.0 / (math.sqrt(2.0) * SQRT_EPSILON):
        return (0.5 + series(tables.DAWSON_ABOVE_4, 32.0 / (x * x) - 1.0)) / x
    return 0.5 / x


@njit(cache=True, error_model="numpy", nogil=True)
def erfcx(x: float) -> float:
    """Return exp(x^2) erfc(x) by way of the logarithm, for `x` >= 0."""
    return math.exp(x * x + log_erfc(x))
