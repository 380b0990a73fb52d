"""Rate neuron with threshold-linear gain function and noise on its input."""

from __future__ import annotations

from jaxnest.models.contract.registry import register
from jaxnest.models.families.rate import InputNoiseNeuron
from jaxnest.models.families.rate_gains import THRESHOLD_LINEAR, threshold_linear


@register
class threshold_lin_rate_ipn(InputNoiseNeuron, gain=threshold_linear):
    r"""Rate neuron with threshold-linear gain function and noise on its input.

    .. math::
        \tau dX &= (-\lambda X + \mu + \phi(h)) dt + \sqrt{\tau} \sigma dW \\
        \phi(h) &= \min(\max(g (h - \theta), 0), \alpha)

    The input h is the sum of the weighted rates that arrive, if `linear_summation` is set; else the gain function is
    applied to each of them before they are weighted.

    References
    ----------
    Hahne, Dahmen, Schuecker, Frommer, Bolten, Helias & Diesmann (2017), Frontiers in Neuroinformatics 11:34.
    """

    parameters = THRESHOLD_LINEAR
