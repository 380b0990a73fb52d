"""Node that sends the hyperbolic tangent gain function of its input."""

from __future__ import annotations

from jaxnest.models.contract.registry import register
from jaxnest.models.families.rate import RateTransformer
from jaxnest.models.families.rate_gains import TANH, tanh


@register
class rate_transformer_tanh(RateTransformer, gain=tanh):
    r"""Node that sends the hyperbolic tangent gain function of its input.

    .. math::
        X &= \phi(h) \\
        \phi(h) &= \tanh(g (h - \theta))

    The rate is sent one time step later. The input h is the sum of the weighted rates that arrive, if
    `linear_summation` is set; else the gain function is applied to each of them before they are weighted.

    References
    ----------
    Hahne, Dahmen, Schuecker, Frommer, Bolten, Helias & Diesmann (2017), Frontiers in Neuroinformatics 11:34.
    """

    parameters = TANH
