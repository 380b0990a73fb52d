"""Two-variable neuron that reproduces spiking and bursting of cortical cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import ArchivingNeuron, Quantity, hidden
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State


@register
class izhikevich(ArchivingNeuron):
    r"""Two-variable neuron that reproduces spiking and bursting of cortical cells.

    .. math::
        \dot V &= 0.04 V^2 + 5 V + 140 - u + I \\
        \dot u &= a (b V - u)

    When V_m reaches V_th it is set to c, and U_m grows by d. An incoming spike changes V_m by its weight (mV). The
    equations are integrated with forward Euler steps; without consistent_integration in the way of the publication,
    which takes two half steps for V_m and treats the weight of spikes as a current.

    References
    ----------
    Izhikevich (2003), IEEE Transactions on Neural Networks 14:1569-1572. NEST documentation, model ``izhikevich``.
    """

    parameters = {
        "V_th": Quantity(30.0, "mV", "Potential at which a spike is emitted"),
        "V_min": Quantity(-1.7976931348623157e308, "mV", "Lower bound of the membrane potential"),
        "I_e": Quantity(0.0, "pA", "Constant input current"),
        "a": Quantity(0.02, "1/ms", "Rate of the recovery variable"),
        "b": Quantity(0.2, "", "Sensitivity of the recovery variable to V_m"),
        "c": Quantity(-65.0, "mV", "Membrane potential after a spike"),
        "d": Quantity(8.0, "mV", "Increment of the recovery variable at a spike"),
        "consistent_integration": Quantity(True, "", "Integrate with plain Euler steps of any resolution"),
    }
    state = {
        "V_m": Quantity(-65.0, "mV", "Membrane potential"),
        "U_m": Quantity(0.2 * -65.0, "mV", "Recovery variable"),
        "I_stim": hidden(doc="Current of the devices"),
    }
    may_be_undefined = True
    recordables = {"V_m": lambda v, s: s.V_m, "U_m": lambda v, s: s.U_m}
    spike_receptors = {0: ("spikes", "spikes")}
    current_receptors = {0: "current"}

    @classmethod
    def remarks(cls, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any) -> Iterator[tuple[str, str]]:
        """Say for which resolution the publication's way of integration is made."""
        name = "consistent_integration"
        if not (changes if name in changes else stored)[name] and clock.resolution != 1.0:
            yield "INFO", "Use 1.0 ms as resolution for consistency."

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return {"h": clock.resolution}

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        slope = 0.04 * s.V_m * s.V_m + 5.0 * s.V_m + 140.0 - s.U_m + s.I_stim + v.I_e
        consistent = v.consistent_integration != 0
        half = s.V_m + v.h * 0.5 * (slope + x.spikes)
        slope_half = 0.04 * half * half + 5.0 * half + 140.0 - s.U_m + s.I_stim + v.I_e + x.spikes
        V = ops.where(consistent, s.V_m + (v.h * slope + x.spikes), half + v.h * 0.5 * slope_half)
        U = s.U_m + v.h * v.a * (v.b * ops.where(consistent, s.V_m, V) - s.U_m)
        V = ops.maximum(V, v.V_min)
        spike = ops.crosses(V, v.V_th)
        return State(V_m=ops.where(spike, v.c, V), U_m=ops.where(spike, U + v.d, U), I_stim=x.current), spike
