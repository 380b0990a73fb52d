"""Growth below a calcium concentration, and retraction above it, both of them limited."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import final

from jaxnest.models.growth_curves.base import GrowthCurve


@final
class Sigmoid(GrowthCurve):
    """``dz/dt = growth_rate (2 / (1 + exp((Ca - eps) / psi)) - 1)``, by Euler's method.

    It is zero at `eps`; `psi` is the width of the transition. Source: NEST's documentation of structural plasticity.
    """

    name = "sigmoid"
    parameters = {"eps": 0.7, "psi": 0.1}

    @staticmethod
    def grow(
        t: float, last: float, calcium: float, z: float, tau: float, rate: float, step: float, p: float, q: float
    ) -> float:
        """Return the number of elements at a time."""
        lag = last
        while lag < t - step / 2.0:
            calcium = calcium - (calcium / tau) * step
            z = z + step * rate * (2.0 / (1.0 + math.exp((calcium - p) / q)) - 1.0)
            lag += step
        return 0.0 if z < 0.0 else z

    @classmethod
    def refusal(cls, parameters: Mapping[str, float]) -> str:
        """Return what is wrong with parameters."""
        return "" if parameters["psi"] >= 0 else "psi parameter must be greater than 0."
