"""The Runge-Kutta-Fehlberg method and its control of step sizes, for one variable of one neuron; compiled code.

Sums and products come in the order of the GNU Scientific Library, so that every digit is that of NEST. `y` is the
variable, `h` the step, `k1` to `k6` are derivatives.
"""

from __future__ import annotations

import math
from typing import Any

from jaxnest.compile.compiling import njit
from jaxnest.models.functions.rkf45 import (
    ERROR,
    LARGEST_GROWTH,
    SAFETY,
    SMALL,
    SMALLEST_SHRINKAGE,
    SOLUTION,
    STAGES,
    TOO_LARGE,
)

_compiled = njit(error_model="numpy", nogil=True)
_NEGLIGIBLE = 0.99 * (SAFETY / LARGEST_GROWTH) ** 6
"""Below this error the step grows as much as it may."""
SMALLEST_ERROR = 2.2250738585072014e-308


@_compiled
def second(y: Any, h: Any, k1: Any) -> Any:
    """Return where the second derivative is taken; the library multiplies the weight with the step first."""
    return y + STAGES[0][0] * h * k1


@_compiled
def third(y: Any, h: Any, k1: Any, k2: Any) -> Any:
    """Return where the third derivative is taken."""
    return y + h * (STAGES[1][0] * k1 + STAGES[1][1] * k2)


@_compiled
def fourth(y: Any, h: Any, k1: Any, k2: Any, k3: Any) -> Any:
    """Return where the fourth derivative is taken."""
    return y + h * (STAGES[2][0] * k1 + STAGES[2][1] * k2 + STAGES[2][2] * k3)


@_compiled
def fifth(y: Any, h: Any, k1: Any, k2: Any, k3: Any, k4: Any) -> Any:
    """Return where the fifth derivative is taken."""
    return y + h * (STAGES[3][0] * k1 + STAGES[3][1] * k2 + STAGES[3][2] * k3 + STAGES[3][3] * k4)


@_compiled
def sixth(y: Any, h: Any, k1: Any, k2: Any, k3: Any, k4: Any, k5: Any) -> Any:
    """Return where the sixth derivative is taken."""
    w = STAGES[4]
    return y + h * (w[0] * k1 + w[1] * k2 + w[2] * k3 + w[3] * k4 + w[4] * k5)


@_compiled
def solution(y: Any, h: Any, k1: Any, k3: Any, k4: Any, k5: Any, k6: Any) -> Any:
    """Return the variable at the end of the step."""
    w = SOLUTION
    return y + h * (w[0] * k1 + w[2] * k3 + w[3] * k4 + w[4] * k5 + w[5] * k6)


@_compiled
def error(h: Any, k1: Any, k3: Any, k4: Any, k5: Any, k6: Any) -> Any:
    """Return the estimated error of the step."""
    w = ERROR
    return h * (w[0] * k1 + w[2] * k3 + w[3] * k4 + w[4] * k5 + w[5] * k6)


@_compiled
def next_step(worst: float, taken: float, end: float, resolution: float) -> tuple[float, bool]:
    """Return the next step to try, and whether the present one is accepted.

    Parameters
    ----------
    worst
        The largest ratio of an error and its bound.
    taken, end
        The step, and the time within the time step where it ends.
    resolution
        Length of the time step: no longer step can be taken.
    """
    if worst > TOO_LARGE:
        shorter = SAFETY / math.pow(worst, 0.2)
        h = (shorter if shorter >= SMALLEST_SHRINKAGE else SMALLEST_SHRINKAGE) * taken
        if abs(h) < abs(taken) and end + h != end:
            return h, False
        return taken, True
    if worst < _NEGLIGIBLE or (worst < SMALL and taken >= resolution):
        return LARGEST_GROWTH * taken, True
    if worst < SMALL:
        longer = SAFETY / math.pow(worst, 1.0 / 6.0)
        longer = longer if longer < LARGEST_GROWTH else LARGEST_GROWTH
        return (longer if longer > 1.0 else 1.0) * taken, True
    return taken, True
