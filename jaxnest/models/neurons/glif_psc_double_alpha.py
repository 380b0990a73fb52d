"""Generalized leaky integrate-and-fire neuron whose synaptic currents are sums of two alpha functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, Relation, hidden, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families import generalized_leaky as glif
from jaxnest.models.families.adaptive_exponential import different_lengths
from jaxnest.models.functions import propagators

SLOW_TIMES = positive("All slow synaptic time constants must be strictly positive.")
SLOW_AMPLITUDES = positive("All slow synaptic amplitudes must be strictly positive.")


@register
class glif_psc_double_alpha(glif.GeneralizedLeakyNeuron):
    r"""Generalized leaky integrate-and-fire neuron whose synaptic currents are sums of two alpha functions.

    It is ``glif_psc`` with a slow component in addition: its amplitude is amp_slow times that of the fast one. The
    length of tau_syn_fast, tau_syn_slow and amp_slow is the number of receptors 1, 2, ...

    References
    ----------
    Teeter et al. (2018), Nature Communications 9:709. NEST documentation, model ``glif_psc_double_alpha``.
    """

    parameters = {
        **glif.MEMBRANE,
        "g": glif.CONDUCTANCE,
        **glif.CAPACITY,
        **glif.ADAPTATION,
        "tau_syn_fast": Quantity(np.array([2.0]), "ms", "Fast time constants", glif.LIMITS["tau_syn"]),
        "tau_syn_slow": Quantity(np.array([6.0]), "ms", "Slow time constants", SLOW_TIMES),
        "amp_slow": Quantity(np.array([0.3]), "", "Amplitudes relative to the fast component", SLOW_AMPLITUDES),
    }
    state = {
        "V_m": glif.POTENTIAL,
        **glif.ADAPTATION_STATE,
        "I_syn": hidden(doc="Sum of the synaptic currents at the beginning of the step"),
        "y1_fast": hidden(each="tau_syn_fast", doc="Derivatives of the fast currents"),
        "y2_fast": hidden(each="tau_syn_fast", doc="Fast currents"),
        "y1_slow": hidden(each="tau_syn_fast", doc="Derivatives of the slow currents"),
        "y2_slow": hidden(each="tau_syn_fast", doc="Slow currents"),
    }
    relations = (
        Relation(
            different_lengths("tau_syn_fast", "tau_syn_slow", "amp_slow"),
            "tau_syn_fast, tau_syn_slow and amp_slow must have the same size.",
        ),
    )
    receptor_vector = "tau_syn_fast"
    recordables = glif.GeneralizedLeakyNeuron.recordables | {"I_syn": lambda v, s: s.I_syn}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h, tau_m = clock.resolution, p.C_m / p.g
        P33 = math.exp(-h / tau_m)
        variables = glif.calibrate(p, p.g, h) | {
            "P33": P33,
            "P30": 1 / p.C_m * (1 - P33) * tau_m,
            "psc_fast": [1.0 * math.e / tau for tau in p.tau_syn_fast],
            "psc_slow": [1.0 * math.e / tau * amp for tau, amp in zip(p.tau_syn_slow, p.amp_slow, strict=True)],
            "refractory_steps": clock.to_steps(p.t_ref),
        }
        for kind, times in (("fast", p.tau_syn_fast), ("slow", p.tau_syn_slow)):
            both = [propagators.alpha(tau, tau_m, p.C_m, h) for tau in times]
            P11 = [math.exp(-h / tau) for tau in times]
            variables |= {f"P11_{kind}": P11, f"P21_{kind}": [h * P for P in P11]}
            variables |= {f"P31_{kind}": [P for P, _ in both], f"P32_{kind}": [P for _, P in both]}
        return variables

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        asc_sum = ops.accumulate(0.0, v.asc_stable, s.ASCurrents)
        V = s.V_m * v.P33 + (s.I + asc_sum) * v.P30
        V = ops.accumulate_pairs(V, v.P31_fast, s.y1_fast, v.P32_fast, s.y2_fast)
        V = ops.accumulate_pairs(V, v.P31_slow, s.y1_slow, v.P32_slow, s.y2_slow)
        I_syn = ops.where(s.refractory == 0, ops.total(s.y2_fast) + ops.total(s.y2_slow), s.I_syn)
        V, refractory, asc, asc_sum, by_spikes, by_voltage, spike = glif.respond(v, s, s.V_m, V, asc_sum)
        y2_fast = v.P21_fast * s.y1_fast + v.P11_fast * s.y2_fast
        y1_fast = s.y1_fast * v.P11_fast + v.psc_fast * x.spikes
        y2_slow = v.P21_slow * s.y1_slow + v.P11_slow * s.y2_slow
        y1_slow = s.y1_slow * v.P11_slow + v.psc_slow * x.spikes
        return State(
            V_m=V,
            ASCurrents=asc,
            threshold_spike=by_spikes,
            threshold_voltage=by_voltage,
            I_syn=I_syn,
            y1_fast=y1_fast,
            y2_fast=y2_fast,
            y1_slow=y1_slow,
            y2_slow=y2_slow,
            refractory=refractory,
            I=x.current,
            ASCurrents_sum=asc_sum,
        ), spike
