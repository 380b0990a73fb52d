"""Names of PyNEST where published code finds them: ``nest.spatial_distributions.hl_api_spatial_distributions``."""

from __future__ import annotations

from . import exponential, gabor, gamma, gaussian, gaussian2D

__all__ = [
    "exponential",
    "gabor",
    "gamma",
    "gaussian",
    "gaussian2D",
]
