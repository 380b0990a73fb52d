"""Rate neuron with sigmoid (after Gancarz and Grossberg) gain function and noise on its input."""

from __future__ import annotations

from jaxnest.models.contract.registry import register
from jaxnest.models.families.rate import InputNoiseNeuron
from jaxnest.models.families.rate_gains import G, sigmoid_gg_1998


@register
class sigmoid_rate_gg_1998_ipn(InputNoiseNeuron, gain=sigmoid_gg_1998):
    r"""Rate neuron with sigmoid (after Gancarz and Grossberg) gain function and noise on its input.

    .. math::
        \tau dX &= (-\lambda X + \mu + \phi(h)) dt + \sqrt{\tau} \sigma dW \\
        \phi(h) &= (g h)^4 / (0.1^4 + (g h)^4)

    The input h is the sum of the weighted rates that arrive, if `linear_summation` is set; else the gain function is
    applied to each of them before they are weighted.

    References
    ----------
    Gancarz & Grossberg (1998), Neural Networks 11:1159-1174. Hahne et al. (2017), Frontiers in Neuroinformatics 11:34.
    """

    parameters = G
