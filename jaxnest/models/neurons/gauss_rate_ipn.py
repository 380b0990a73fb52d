"""Rate neuron with Gaussian gain function and noise on its input."""

from __future__ import annotations

import dataclasses

from jaxnest.models.contract.registry import register
from jaxnest.models.families.rate import NOISE_PARAMETER, InputNoiseNeuron
from jaxnest.models.families.rate_gains import GAUSS, gauss


@register
class gauss_rate_ipn(InputNoiseNeuron, gain=gauss):
    r"""Rate neuron with Gaussian gain function and noise on its input.

    .. math::
        \tau dX &= (-\lambda X + \text{mean} + \phi(h)) dt + \sqrt{\tau} \text{std} dW \\
        \phi(h) &= g e^{-(h - \mu)^2 / 2\sigma^2}

    The input h is the sum of the weighted rates that arrive, if `linear_summation` is set; else the gain function is
    applied to each of them before they are weighted.

    Setting `sigma` or `mu` sets the strength of the noise (`std`) or the drive (`mean`), too.

    References
    ----------
    Hahne, Dahmen, Schuecker, Frommer, Bolten, Helias & Diesmann (2017), Frontiers in Neuroinformatics 11:34.
    """

    parameters = GAUSS | {"sigma": dataclasses.replace(GAUSS["sigma"], check=NOISE_PARAMETER)}
    own_noise = True
    may_be_undefined = True  # 0 / 0, if the width is 0, as it is by default
