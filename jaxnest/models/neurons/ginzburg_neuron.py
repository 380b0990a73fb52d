"""Binary neuron with a sigmoidal gain function."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families import binary
from jaxnest.models.functions import draws


@register
class ginzburg_neuron(binary.BinaryNeuron):
    r"""Binary neuron with a sigmoidal gain function.

    .. math:: P(S = 1) = c_1 h + \frac{c_2}{2} (1 + \tanh(c_3 (h - \theta)))

    The state is reconsidered at random times with mean interval tau_m.

    References
    ----------
    Ginzburg & Sompolinsky (1994), Physical Review E 50:3171-3191. Hertz, Krogh & Palmer (1991), Introduction to the
    Theory of Neural Computation, Addison-Wesley. NEST documentation, model ``ginzburg_neuron``.
    """

    parameters = {
        "tau_m": binary.TAU_M,
        "theta": Quantity(0.0, "mV", "Threshold"),
        "c_1": Quantity(0.0, "1/mV", "Slope of the linear part"),
        "c_2": Quantity(1.0, "", "Height of the sigmoid"),
        "c_3": Quantity(1.0, "1/mV", "Slope of the sigmoid"),
    }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        S = s.S
        if binary.is_due(v, s, x):
            h = s.h + x.changes + x.current
            probability = v.c_1 * h + v.c_2 * 0.5 * (1.0 + math.tanh(v.c_3 * (h - v.theta)))
            S = 1.0 if draws.uniform(x.random) < probability else 0.0
        t_next, spikes = binary.switched(v, s, x, S)
        return State(h=s.h + x.changes, S=S, t_next=t_next), spikes
