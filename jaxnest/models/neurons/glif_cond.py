"""Generalized leaky integrate-and-fire neuron with alpha-shaped conductances."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, Relation
from jaxnest.models.contract.ode import OdeNeuron
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families import generalized_leaky as glif
from jaxnest.models.families.adaptive_exponential import different_lengths

THRESHOLDS = ("threshold_spike", "threshold_voltage")
"""They can be set, but not be read."""


@register
class glif_cond(glif.GeneralizedLeakyNeuron, OdeNeuron):
    r"""Generalized leaky integrate-and-fire neuron with alpha-shaped conductances.

    .. math:: C_m \dot V = -g_m (V - E_L) - \sum_k g_k(t)(V - E_{rev,k}) + \sum_j I_j(t) + I_{stim}

    Three switches choose among the five models of the Allen Institute: spikes raise the threshold and leave a part of
    V_m (spike_dependent_threshold), spikes start currents I_j that decay exponentially (after_spike_currents), and the
    threshold follows V_m (adapting_threshold). The length of tau_syn and E_rev is the number of receptors 1, 2, ...

    References
    ----------
    Teeter et al. (2018), Nature Communications 9:709. Meffin, Burkitt & Grayden (2004), Journal of Computational
    Neuroscience 16:159-175. NEST documentation, model ``glif_cond``.
    """

    parameters = {
        **glif.MEMBRANE,
        "g_m": glif.CONDUCTANCE,
        **glif.CAPACITY,
        **glif.ADAPTATION,
        "tau_syn": Quantity(np.array([0.2, 2.0]), "ms", "Time constants, one per receptor", glif.LIMITS["tau_syn"]),
        "E_rev": Quantity(np.array([0.0, -85.0]), "mV", "Reversal potentials, one per receptor"),
    }
    state = {
        "V_m": glif.POTENTIAL,
        **glif.ADAPTATION_STATE,
        **{k: dataclasses.replace(glif.ADAPTATION_STATE[k], visible=False, given_only=True) for k in THRESHOLDS},
        "dg": Quantity(np.zeros(1), "nS/ms", "Derivatives of the conductances", settable=False),
        "g": Quantity(np.zeros(1), "nS", "Conductances", settable=False),
    }
    relations = (
        Relation(
            different_lengths("E_rev", "tau_syn"),
            "The reversal potential and synaptic time constant arrays, i.e., E_rev and tau_syn, must have the same "
            "size.",
        ),
    )
    numbered = {"g_": lambda v, s: s.g}
    ode = ("V_m", "dg", "g")
    held = ("refractory", "ASCurrents", "ASCurrents_sum", "threshold_spike", "threshold_voltage", "I")

    @classmethod
    def begin_run(cls, p: Any, clock: Any) -> dict[str, Any]:
        """Fit the conductances to the receptors; NEST has one before parameters are set."""
        n = len(p.tau_syn)
        return {"dg": np.append(p.dg, np.zeros(n))[:n], "g": np.append(p.g, np.zeros(n))[:n]}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        shared = OdeNeuron.calibrate(p, clock) | glif.calibrate(p, p.g_m, clock.resolution)
        return shared | {"g0": [1.0 * math.e / tau for tau in p.tau_syn]}

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        refractory = s.refractory > 0
        V = ops.where(refractory, v.V_reset, s.V_m)
        I_syn = ops.accumulate(0.0, s.g, V + v.E_L - v.E_rev)
        dV = ops.where(refractory, 0.0, (-(v.g_m * V) - I_syn + s.I + s.ASCurrents_sum) / v.C_m)
        return dV, -s.dg / v.tau_syn, s.dg - s.g / v.tau_syn

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        asc_sum = ops.accumulate(0.0, v.asc_stable, s.ASCurrents)
        V, refractory, asc, asc_sum, by_spikes, by_voltage, spike = glif.respond(v, s, V_before, s.V_m, asc_sum)
        dg = s.dg + x.spikes * v.g0
        return State(
            V_m=V,
            dg=dg,
            g=s.g,
            refractory=refractory,
            ASCurrents=asc,
            ASCurrents_sum=asc_sum,
            threshold_spike=by_spikes,
            threshold_voltage=by_voltage,
            I=x.current,
        ), spike
