"""Rate neuron with threshold-linear gain function and noise on its output."""

from __future__ import annotations

from jaxnest.models.contract.registry import register
from jaxnest.models.families.rate import OutputNoiseNeuron
from jaxnest.models.families.rate_gains import THRESHOLD_LINEAR, threshold_linear


@register
class threshold_lin_rate_opn(OutputNoiseNeuron, gain=threshold_linear):
    r"""Rate neuron with threshold-linear gain function and noise on its output.

    .. math::
        \tau \dot X &= -X + \mu + \phi(h) \\
        \phi(h) &= \min(\max(g (h - \theta), 0), \alpha)

    The neuron sends :math:`X + \sqrt{\tau}\sigma\xi`, with :math:`\xi` white noise. The input h is the sum of the
    weighted rates that arrive, if `linear_summation` is set; else the gain function is applied to each of them before
    they are weighted.

    References
    ----------
    Hahne, Dahmen, Schuecker, Frommer, Bolten, Helias & Diesmann (2017), Frontiers in Neuroinformatics 11:34.
    """

    parameters = THRESHOLD_LINEAR
