"""Node that sends the sigmoid (after Gancarz and Grossberg) gain function of its input."""

from __future__ import annotations

from jaxnest.models.contract.registry import register
from jaxnest.models.families.rate import RateTransformer
from jaxnest.models.families.rate_gains import G, sigmoid_gg_1998


@register
class rate_transformer_sigmoid_gg_1998(RateTransformer, gain=sigmoid_gg_1998):
    r"""Node that sends the sigmoid (after Gancarz and Grossberg) gain function of its input.

    .. math::
        X &= \phi(h) \\
        \phi(h) &= (g h)^4 / (0.1^4 + (g h)^4)

    The rate is sent one time step later. The input h is the sum of the weighted rates that arrive, if
    `linear_summation` is set; else the gain function is applied to each of them before they are weighted.

    References
    ----------
    Gancarz & Grossberg (1998), Neural Networks 11:1159-1174. Hahne et al. (2017), Frontiers in Neuroinformatics 11:34.
    """

    parameters = G
