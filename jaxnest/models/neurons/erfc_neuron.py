"""Binary neuron whose gain function is the complementary error function."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families import binary
from jaxnest.models.functions import draws


@register
class erfc_neuron(binary.BinaryNeuron):
    r"""Binary neuron whose gain function is the complementary error function.

    .. math:: P(S = 1) = \frac{1}{2} \mathrm{erfc}\left(-\frac{h - \theta}{\sqrt{2} \sigma}\right)

    This is a sharp threshold with Gaussian noise. The state is reconsidered at random times with mean interval tau_m.

    References
    ----------
    Ginzburg & Sompolinsky (1994), Physical Review E 50:3171-3191. McCulloch & Pitts (1943), Bulletin of Mathematical
    Biophysics 5:115-133. NEST documentation, model ``erfc_neuron``.
    """

    parameters = {
        "tau_m": binary.TAU_M,
        "theta": Quantity(0.0, "mV", "Threshold"),
        "sigma": Quantity(1.0, "mV", "Width of the threshold region"),
    }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        S = s.S
        if binary.is_due(v, s, x):
            h = s.h + x.changes + x.current
            probability = 0.5 * ops.erfc(-(h - v.theta) / (math.sqrt(2.0) * v.sigma))
            S = 1.0 if draws.uniform(x.random) < probability else 0.0
        t_next, spikes = binary.switched(v, s, x, S)
        return State(h=s.h + x.changes, S=S, t_next=t_next), spikes
