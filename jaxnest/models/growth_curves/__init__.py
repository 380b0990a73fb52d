"""The growth curves of synaptic elements."""

from __future__ import annotations

from jaxnest.models.growth_curves.base import MOST_PARAMETERS, GrowthCurve
from jaxnest.models.growth_curves.gaussian import Gaussian
from jaxnest.models.growth_curves.linear import Linear
from jaxnest.models.growth_curves.sigmoid import Sigmoid

__all__ = ["CURVES", "MOST_PARAMETERS", "GrowthCurve", "Linear"]

CURVES: tuple[type[GrowthCurve], ...] = (Gaussian, Linear, Sigmoid)
"""All curves; their places are what synaptic elements note."""
