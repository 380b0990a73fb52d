"""Growth that falls with the calcium concentration in a straight line."""

from __future__ import annotations

import math
from typing import final

from jaxnest.models.growth_curves.base import GrowthCurve


@final
class Linear(GrowthCurve):
    """``dz/dt = growth_rate (1 - Ca / eps)``, integrated exactly [1]_.

    References
    ----------
    .. [1] Butz M, van Ooyen A (2013). A simple rule for dendritic spine and axonal bouton formation can account for
       cortical reorganization after focal retinal lesions. PLoS Comput Biol 9(10):e1003259.
    """

    name = "linear"
    parameters = {"eps": 0.7}

    @staticmethod
    def grow(
        t: float, last: float, calcium: float, z: float, tau: float, rate: float, step: float, p: float, q: float
    ) -> float:
        """Return the number of elements at a time."""
        decayed = calcium * math.exp((last - t) / tau)
        z = rate * tau * (decayed - calcium) / p + rate * (t - last) + z
        return 0.0 if z < 0.0 else z
