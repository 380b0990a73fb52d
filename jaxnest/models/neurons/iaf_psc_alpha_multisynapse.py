"""Leaky integrate-and-fire neuron with any number of alpha-shaped synaptic currents."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, Relation, hidden, not_negative, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.multisynapse import MultisynapseNeuron
from jaxnest.models.functions import propagators


@register
class iaf_psc_alpha_multisynapse(MultisynapseNeuron):
    r"""Leaky integrate-and-fire neuron with alpha-shaped synaptic currents at receptors 1, 2, ...

    The length of `tau_syn` is the number of receptors; each has a time constant of its own. Positive and negative
    weights may be used at each.

    References
    ----------
    Rotter & Diesmann (1999), Biological Cybernetics 81:381-402. NEST documentation, model
    ``iaf_psc_alpha_multisynapse``.
    """

    parameters = {
        "E_L": Quantity(-70.0, "mV", "Resting membrane potential"),
        "V_reset": Quantity(-70.0, "mV", "Membrane potential after a spike", relative_to="E_L"),
        "V_th": Quantity(-55.0, "mV", "Threshold", relative_to="E_L"),
        "V_min": Quantity(-math.inf, "mV", "Lower bound of the membrane potential", relative_to="E_L"),
        "I_e": Quantity(0.0, "pA", "Constant input current"),
        "C_m": Quantity(250.0, "pF", "Capacitance of the membrane", positive("Capacitance must be strictly positive.")),
        "tau_m": Quantity(
            10.0, "ms", "Membrane time constant", positive("Membrane time constant must be strictly positive.")
        ),
        "t_ref": Quantity(2.0, "ms", "Refractory period", not_negative("Refractory time must not be negative.")),
    }
    state = {
        "V_m": Quantity(-70.0, "mV", "Membrane potential", relative_to="E_L"),
        "refractory": hidden(doc="Steps left of the refractory period"),
        "I_stim": hidden(doc="Current of the devices"),
        "dI_syn": hidden(each="tau_syn"),
        "I_syn": hidden(each="tau_syn"),
    }
    relations = (Relation(lambda p: p["V_reset"] >= p["V_th"], "Reset potential must be smaller than threshold."),)

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h = clock.resolution
        P33 = math.exp(-h / p.tau_m)
        membrane = [propagators.alpha(tau, p.tau_m, p.C_m, h) for tau in p.tau_syn]
        return {
            "P11": [math.exp(-h / tau) for tau in p.tau_syn],
            "P21": [h * math.exp(-h / tau) for tau in p.tau_syn],
            "P31": [P31 for P31, _ in membrane],
            "P32": [P32 for _, P32 in membrane],
            "P33": P33,
            "P30": 1 / p.C_m * (1 - P33) * p.tau_m,
            "psc": [1.0 * math.e / tau for tau in p.tau_syn],
            "refractory_steps": clock.to_steps(p.t_ref),
        }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        active = s.refractory == 0
        V = ops.accumulate_pairs(v.P30 * (s.I_stim + v.I_e) + v.P33 * s.V_m, v.P31, s.dI_syn, v.P32, s.I_syn)
        V = ops.where(active, ops.maximum(V, v.V_min), s.V_m)
        refractory = ops.where(active, 0.0, s.refractory - 1)
        I_syn = v.P21 * s.dI_syn + v.P11 * s.I_syn
        dI_syn = s.dI_syn * v.P11 + v.psc * x.spikes
        spike = ops.crosses(V, v.V_th)
        V = ops.where(spike, v.V_reset, V)
        refractory = ops.where(spike, v.refractory_steps, refractory)
        return State(V_m=V, refractory=refractory, I_stim=x.current, dI_syn=dI_syn, I_syn=I_syn), spike
