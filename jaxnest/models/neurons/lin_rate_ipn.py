"""Rate neuron with linear gain function and noise on its input."""

from __future__ import annotations

from jaxnest.models.contract.registry import register
from jaxnest.models.families.rate import InputNoiseNeuron
from jaxnest.models.families.rate_gains import LINEAR, linear, linear_coupling_ex, linear_coupling_in


@register
class lin_rate_ipn(InputNoiseNeuron, gain=linear, couplings=(linear_coupling_ex, linear_coupling_in)):
    r"""Rate neuron with linear gain function and noise on its input.

    .. math::
        \tau dX &= (-\lambda X + \mu + \phi(h)) dt + \sqrt{\tau} \sigma dW \\
        \phi(h) &= g h

    The input h is the sum of the weighted rates that arrive, if `linear_summation` is set; else the gain function is
    applied to each of them before they are weighted.

    With multiplicative coupling, excitatory input is scaled by :math:`g_{ex}(\theta_{ex} - X)` and inhibitory input by
    :math:`g_{in}(\theta_{in} + X)`.

    References
    ----------
    Hahne, Dahmen, Schuecker, Frommer, Bolten, Helias & Diesmann (2017), Frontiers in Neuroinformatics 11:34.
    """

    parameters = LINEAR
