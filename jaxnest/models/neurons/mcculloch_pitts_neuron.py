"""Binary neuron with a sharp threshold."""

from __future__ import annotations

from typing import Any

from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families import binary


@register
class mcculloch_pitts_neuron(binary.BinaryNeuron):
    r"""Binary neuron with a sharp threshold.

    .. math:: S = \Theta(h - \theta)

    The state is reconsidered at random times with mean interval tau_m.

    References
    ----------
    McCulloch & Pitts (1943), Bulletin of Mathematical Biophysics 5:115-133. Hertz, Krogh & Palmer (1991), Introduction
    to the Theory of Neural Computation, Addison-Wesley. NEST documentation, model ``mcculloch_pitts_neuron``.
    """

    parameters = {"tau_m": binary.TAU_M, "theta": Quantity(0.0, "mV", "Threshold")}

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        S = s.S
        if binary.is_due(v, s, x):
            S = 1.0 if s.h + x.changes + x.current > v.theta else 0.0
        t_next, spikes = binary.switched(v, s, x, S)
        return State(h=s.h + x.changes, S=S, t_next=t_next), spikes
