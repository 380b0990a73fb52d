"""Leaky integrate-and-fire neuron with any number of exponential synaptic currents."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, Relation, hidden, not_negative, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.multisynapse import MultisynapseNeuron
from jaxnest.models.functions import propagators


@register
class iaf_psc_exp_multisynapse(MultisynapseNeuron):
    r"""Leaky integrate-and-fire neuron with exponential synaptic currents at receptors 1, 2, ...

    The length of `tau_syn` is the number of receptors; each has a time constant of its own. Positive and negative
    weights may be used at each.

    References
    ----------
    Rotter & Diesmann (1999), Biological Cybernetics 81:381-402. NEST documentation, model
    ``iaf_psc_exp_multisynapse``.
    """

    parameters = {
        "E_L": Quantity(-70.0, "mV", "Resting membrane potential"),
        "V_reset": Quantity(-70.0, "mV", "Membrane potential after a spike", relative_to="E_L"),
        "V_th": Quantity(-55.0, "mV", "Threshold", relative_to="E_L"),
        "I_e": Quantity(0.0, "pA", "Constant input current"),
        "C_m": Quantity(250.0, "pF", "Capacitance of the membrane", positive("Capacitance must be > 0.")),
        "tau_m": Quantity(
            10.0, "ms", "Membrane time constant", positive("Membrane time constant must be strictly positive.")
        ),
        "t_ref": Quantity(2.0, "ms", "Refractory period", not_negative("Refractory time must not be negative.")),
    }
    state = {
        "V_m": Quantity(-70.0, "mV", "Membrane potential", relative_to="E_L"),
        "refractory": hidden(doc="Steps left of the refractory period"),
        "I_stim": hidden(doc="Current of the devices"),
        "I_syn": hidden(each="tau_syn"),
    }
    relations = (
        Relation(
            lambda p: np.array([np.any(np.asarray(t) == m) for t, m in zip(p["tau_syn"], p["tau_m"], strict=True)]),
            "Membrane and synapse time constant(s) must differ. See note in documentation.",
        ),
        Relation(lambda p: p["V_reset"] >= p["V_th"], "Reset potential must be smaller than threshold."),
    )

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h = clock.resolution
        P22 = math.exp(-h / p.tau_m)
        return {
            "P11": [math.exp(-h / tau) for tau in p.tau_syn],
            "P21": [propagators.exponential(tau, p.tau_m, p.C_m, h) for tau in p.tau_syn],
            "P22": P22,
            "P20": p.tau_m / p.C_m * (1.0 - P22),
            "refractory_steps": clock.to_steps(p.t_ref),
        }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        active = s.refractory == 0
        V = ops.accumulate(s.V_m * v.P22 + (v.I_e + s.I_stim) * v.P20, v.P21, s.I_syn)
        V = ops.where(active, V, s.V_m)
        refractory = ops.where(active, 0.0, s.refractory - 1)
        I_syn = s.I_syn * v.P11 + x.spikes
        spike = ops.crosses(V, v.V_th)
        V = ops.where(spike, v.V_reset, V)
        refractory = ops.where(spike, v.refractory_steps, refractory)
        return State(V_m=V, refractory=refractory, I_stim=x.current, I_syn=I_syn), spike
