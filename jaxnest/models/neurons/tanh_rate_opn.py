"""Rate neuron with hyperbolic tangent gain function and noise on its output."""

from __future__ import annotations

from jaxnest.models.contract.registry import register
from jaxnest.models.families.rate import OutputNoiseNeuron
from jaxnest.models.families.rate_gains import TANH, tanh


@register
class tanh_rate_opn(OutputNoiseNeuron, gain=tanh):
    r"""Rate neuron with hyperbolic tangent gain function and noise on its output.

    .. math::
        \tau \dot X &= -X + \mu + \phi(h) \\
        \phi(h) &= \tanh(g (h - \theta))

    The neuron sends :math:`X + \sqrt{\tau}\sigma\xi`, with :math:`\xi` white noise. The input h is the sum of the
    weighted rates that arrive, if `linear_summation` is set; else the gain function is applied to each of them before
    they are weighted.

    References
    ----------
    Hahne, Dahmen, Schuecker, Frommer, Bolten, Helias & Diesmann (2017), Frontiers in Neuroinformatics 11:34.
    """

    parameters = TANH
