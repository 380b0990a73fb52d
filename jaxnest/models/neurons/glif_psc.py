"""Generalized leaky integrate-and-fire neuron with alpha-shaped synaptic currents."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, hidden
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families import generalized_leaky as glif
from jaxnest.models.functions import propagators


@register
class glif_psc(glif.GeneralizedLeakyNeuron):
    r"""Generalized leaky integrate-and-fire neuron with alpha-shaped synaptic currents.

    .. math:: C_m \dot V = -g (V - E_L) + \sum_j I_j(t) + I_{syn}(t) + I_{stim}

    Three switches choose among the five models of the Allen Institute: spikes raise the threshold and leave a part of
    V_m (spike_dependent_threshold), spikes start currents I_j that decay exponentially (after_spike_currents), and the
    threshold follows V_m (adapting_threshold). The length of tau_syn is the number of receptors 1, 2, ...

    References
    ----------
    Teeter et al. (2018), Nature Communications 9:709. Meffin, Burkitt & Grayden (2004), Journal of Computational
    Neuroscience 16:159-175. NEST documentation, model ``glif_psc``.
    """

    parameters = {
        **glif.MEMBRANE,
        "g": glif.CONDUCTANCE,
        **glif.CAPACITY,
        **glif.ADAPTATION,
        "tau_syn": Quantity(np.array([2.0]), "ms", "Time constants, one per receptor", glif.LIMITS["tau_syn"]),
    }
    state = {
        "V_m": glif.POTENTIAL,
        **glif.ADAPTATION_STATE,
        "y1": hidden(each="tau_syn", doc="Derivatives of the synaptic currents"),
        "y2": hidden(each="tau_syn", doc="Synaptic currents"),
        "I_syn": hidden(doc="Sum of the synaptic currents at the beginning of the step"),
    }
    recordables = glif.GeneralizedLeakyNeuron.recordables | {"I_syn": lambda v, s: s.I_syn}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h, tau_m = clock.resolution, p.C_m / p.g
        P33 = math.exp(-h / tau_m)
        both = [propagators.alpha(tau, tau_m, p.C_m, h) for tau in p.tau_syn]
        P11 = [math.exp(-h / tau) for tau in p.tau_syn]
        return glif.calibrate(p, p.g, h) | {
            "P11": P11,
            "P21": [h * P for P in P11],
            "P31": [P31 for P31, _ in both],
            "P32": [P32 for _, P32 in both],
            "P33": P33,
            "P30": 1 / p.C_m * (1 - P33) * tau_m,
            "psc": [1.0 * math.e / tau for tau in p.tau_syn],
            "refractory_steps": clock.to_steps(p.t_ref),
        }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        asc_sum = ops.accumulate(0.0, v.asc_stable, s.ASCurrents)
        V = s.V_m * v.P33 + (s.I + asc_sum) * v.P30
        V = ops.accumulate_pairs(V, v.P31, s.y1, v.P32, s.y2)
        I_syn = ops.where(s.refractory == 0, ops.total(s.y2), s.I_syn)
        V, refractory, asc, asc_sum, by_spikes, by_voltage, spike = glif.respond(v, s, s.V_m, V, asc_sum)
        y2 = v.P21 * s.y1 + v.P11 * s.y2
        y1 = s.y1 * v.P11 + v.psc * x.spikes
        return State(
            V_m=V,
            ASCurrents=asc,
            threshold_spike=by_spikes,
            threshold_voltage=by_voltage,
            y1=y1,
            y2=y2,
            I_syn=I_syn,
            refractory=refractory,
            I=x.current,
            ASCurrents_sum=asc_sum,
        ), spike
