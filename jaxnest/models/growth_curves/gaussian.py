"""Growth in a range of calcium concentrations, and retraction below and above it."""

from __future__ import annotations

import math
from typing import final

from jaxnest.models.growth_curves.base import GrowthCurve

_SQRT_LOG_TWO = math.sqrt(math.log(2.0))


@final
class Gaussian(GrowthCurve):
    """``dz/dt = growth_rate (2 exp(-((Ca - xi) / zeta)^2) - 1)``, by Euler's method [1]_.

    `xi` is halfway between the zeros `eta` and `eps`, and ``zeta = (eta - eps) / (2 sqrt(log 2))``.

    References
    ----------
    .. [1] Butz M, van Ooyen A (2013). A simple rule for dendritic spine and axonal bouton formation can account for
       cortical reorganization after focal retinal lesions. PLoS Comput Biol 9(10):e1003259.
    """

    name = "gaussian"
    parameters = {"eps": 0.7, "eta": 0.1}

    @staticmethod
    def grow(
        t: float, last: float, calcium: float, z: float, tau: float, rate: float, step: float, p: float, q: float
    ) -> float:
        """Return the number of elements at a time."""
        slope = 2.0 * _SQRT_LOG_TWO / (q - p)
        middle = (q + p) * 0.5
        inverse_tau = 1.0 / tau
        lag = last
        while lag < t - step * 0.5:
            calcium = calcium - (calcium * inverse_tau) * step
            x = (calcium - middle) * slope
            z += step * rate * (2.0 * math.exp(-(x * x)) - 1.0)
            lag += step
        return 0.0 if z < 0.0 else z
