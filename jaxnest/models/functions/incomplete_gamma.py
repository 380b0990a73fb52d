"""The upper incomplete gamma function, for compiled and for ordinary code."""

from __future__ import annotations

import math

from jaxnest.models.ops import helper

EPSILON = 2.0**-53
TINY = 1e-300


def gamma(a: float) -> float:
    """Return the complete gamma function of an order, infinity where no number is large enough."""
    try:
        return math.gamma(a)
    except OverflowError:
        return math.inf


@helper
def upper_gamma(a: float, x: float, complete: float) -> float:
    r"""Return :math:`\Gamma(a, x) = \int_x^\infty t^{a-1} e^{-t} dt` for a >= 1, x >= 0.

    Parameters
    ----------
    a, x : float
        Order and lower limit.
    complete : float
        The complete gamma function of the order.

    Returns
    -------
    float
        The value, to about 1e-15 relative.

    References
    ----------
    Press et al. (2007), Numerical Recipes, 3rd edition, section 6.2.
    """
    scale = math.exp(-x + a * math.log(x)) if x > 0.0 else 0.0
    if x < a + 1.0:
        term = 1.0 / a
        total = term
        n = a
        while abs(term) > abs(total) * EPSILON:
            n += 1.0
            term *= x / n
            total += term
        return complete - total * scale
    b = x + 1.0 - a
    c = 1.0 / TINY
    d = 1.0 / b
    fraction = d
    for i in range(1, 10000):
        factor = -i * (i - a)
        b += 2.0
        d = factor * d + b
        d = TINY if abs(d) < TINY else d
        c = b + factor / c
        c = TINY if abs(c) < TINY else c
        d = 1.0 / d
        fraction *= d * c
        if abs(d * c - 1.0) <= 2.0 * EPSILON:
            break
    return scale * fraction
