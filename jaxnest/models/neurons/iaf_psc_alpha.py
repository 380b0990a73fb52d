"""Leaky integrate-and-fire neuron with alpha-shaped synaptic currents."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import ArchivingNeuron, Quantity, Relation, hidden, not_negative, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.functions import propagators
from jaxnest.numerics.nest_math import expm1


@register
class iaf_psc_alpha(ArchivingNeuron):
    r"""Leaky integrate-and-fire neuron with alpha-shaped synaptic currents.

    .. math:: C_m \dot V = -\frac{C_m}{\tau_m}(V - E_L) + I_{syn}(t) + I_e

    The subthreshold equation is integrated exactly. A spike is emitted when V_m reaches V_th at the end
    of a step; V_m is then V_reset and stays where it is for t_ref. An incoming spike of weight w
    starts a current of amplitude w after tau_syn.

    References
    ----------
    Rotter & Diesmann (1999), Biological Cybernetics 81:381-402. Diesmann, Gewaltig, Rotter & Aertsen
    (2001), Neurocomputing 38-40:565-571. NEST documentation, model ``iaf_psc_alpha``.
    """

    parameters = {
        "E_L": Quantity(-70.0, "mV", "Resting membrane potential"),
        "V_reset": Quantity(-70.0, "mV", "Membrane potential after a spike", relative_to="E_L"),
        "V_th": Quantity(-55.0, "mV", "Threshold", relative_to="E_L"),
        "V_min": Quantity(-math.inf, "mV", "Lower bound of the membrane potential", relative_to="E_L"),
        "I_e": Quantity(0.0, "pA", "Constant input current"),
        "C_m": Quantity(250.0, "pF", "Capacitance of the membrane", positive("Capacitance must be > 0.")),
        "tau_m": Quantity(10.0, "ms", "Membrane time constant", positive("Membrane time constant must be > 0.")),
        "tau_syn_ex": Quantity(
            2.0, "ms", "Rise time of excitatory currents", positive("All synaptic time constants must be > 0.")
        ),
        "tau_syn_in": Quantity(
            2.0, "ms", "Rise time of inhibitory currents", positive("All synaptic time constants must be > 0.")
        ),
        "t_ref": Quantity(2.0, "ms", "Refractory period", not_negative("The refractory time t_ref can't be negative.")),
    }
    state = {
        "V_m": Quantity(-70.0, "mV", "Membrane potential", relative_to="E_L"),
        "refractory": hidden(doc="Steps left of the refractory period"),
        "I_stim": hidden(doc="Current of the devices"),
        "dI_ex": hidden(),
        "I_ex": hidden(),
        "dI_in": hidden(),
        "I_in": hidden(),
    }
    relations = (Relation(lambda p: p["V_reset"] >= p["V_th"], "Reset potential must be smaller than threshold."),)
    recordables = {
        "V_m": lambda v, s: s.V_m + v.E_L,
        "I_syn_ex": lambda v, s: s.I_ex,
        "I_syn_in": lambda v, s: s.I_in,
    }
    spike_receptors = {0: ("spikes_ex", "spikes_in")}
    current_receptors = {0: "current"}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h = clock.resolution
        P31_ex, P32_ex = propagators.alpha(p.tau_syn_ex, p.tau_m, p.C_m, h)
        P31_in, P32_in = propagators.alpha(p.tau_syn_in, p.tau_m, p.C_m, h)
        P11_ex, P11_in = math.exp(-h / p.tau_syn_ex), math.exp(-h / p.tau_syn_in)
        return {
            "P11_ex": P11_ex,
            "P11_in": P11_in,
            "P21_ex": h * P11_ex,
            "P21_in": h * P11_in,
            "P31_ex": P31_ex,
            "P32_ex": P32_ex,
            "P31_in": P31_in,
            "P32_in": P32_in,
            "P30": -p.tau_m / p.C_m * expm1(-h / p.tau_m),
            "decay": expm1(-h / p.tau_m),
            "psc_ex": 1.0 * math.e / p.tau_syn_ex,
            "psc_in": 1.0 * math.e / p.tau_syn_in,
            "refractory_steps": clock.to_steps(p.t_ref),
        }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        V = (
            v.P30 * (s.I_stim + v.I_e)
            + v.P31_ex * s.dI_ex
            + v.P32_ex * s.I_ex
            + v.P31_in * s.dI_in
            + v.P32_in * s.I_in
            + v.decay * s.V_m
            + s.V_m
        )
        active = s.refractory == 0
        V = ops.where(active, ops.maximum(V, v.V_min), s.V_m)
        refractory = ops.where(active, 0.0, s.refractory - 1)
        I_ex = v.P21_ex * s.dI_ex + v.P11_ex * s.I_ex
        dI_ex = s.dI_ex * v.P11_ex + v.psc_ex * x.spikes_ex
        I_in = v.P21_in * s.dI_in + v.P11_in * s.I_in
        dI_in = s.dI_in * v.P11_in + v.psc_in * x.spikes_in
        spike = ops.crosses(V, v.V_th)
        V = ops.where(spike, v.V_reset, V)
        refractory = ops.where(spike, v.refractory_steps, refractory)
        return State(
            V_m=V, refractory=refractory, I_stim=x.current, dI_ex=dI_ex, I_ex=I_ex, dI_in=dI_in, I_in=I_in
        ), spike
