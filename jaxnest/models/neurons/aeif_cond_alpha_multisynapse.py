"""Adaptive exponential integrate-and-fire neuron with any number of alpha-shaped conductances."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, Relation, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.families import adaptive_exponential as aeif

TIME_CONSTANTS = positive("All synaptic time constants must be strictly positive")


@register
class aeif_cond_alpha_multisynapse(aeif.MultisynapseAdaptiveExponentialNeuron):
    r"""Adaptive exponential integrate-and-fire neuron with any number of alpha-shaped conductances.

    .. math::
        C_m \dot V &= -g_L(V - E_L) + g_L \Delta_T e^{(V - V_{th})/\Delta_T} + \sum_k g_k(E_{rev,k} - V)
            - w + I_e + I_{stim} \\
        \tau_w \dot w &= a(V - E_L) - w

    The length of E_rev and tau_syn is the number of receptors 1, 2, ...; weights are positive at all of them. Otherwise
    like ``aeif_cond_alpha``.

    References
    ----------
    Brette & Gerstner (2005), Journal of Neurophysiology 94:3637-3642. Hanuschkin, Kunkel, Helias, Morrison & Diesmann
    (2010), Frontiers in Neuroinformatics 4:113. NEST documentation, model ``aeif_cond_alpha_multisynapse``.
    """

    refuses_negative = "Synaptic weights for conductance-based multisynapse models must be positive."
    parameters = {
        **aeif.POTENTIALS,
        **aeif.membrane(),
        "E_rev": Quantity(np.array([0.0]), "mV", "Reversal potentials, one per receptor"),
        "tau_syn": Quantity(np.array([2.0]), "ms", "Time constants of the synapses, one per receptor", TIME_CONSTANTS),
        **aeif.ADAPTATION,
    }
    relations = (
        Relation(
            aeif.different_lengths("E_rev", "tau_syn"),
            "If the number of receptor ports is changed, both arrays E_rev and tau_syn must be provided. The reversal "
            "potential, and synaptic time constant arrays must have the same size.",
        ),
    )

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return aeif.AdaptiveExponentialNeuron.calibrate(p, clock) | {"g0": [1.0 * math.e / tau for tau in p.tau_syn]}

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        refractory = s.refractory > 0
        V = ops.where(refractory, v.V_reset, ops.minimum(s.V_m, v.V_peak))
        I_syn = ops.accumulate(0.0, s.g, v.E_rev - V)
        I_spike = ops.where(v.Delta_T == 0, 0.0, v.Delta_T * v.g_L * ops.exp((V - v.V_th) / v.Delta_T))
        I = -v.g_L * (V - v.E_L) + I_spike + I_syn - s.w + v.I_e + s.I_stim
        dV = ops.where(refractory, 0.0, I / v.C_m)
        return dV, (v.a * (V - v.E_L) - s.w) / v.tau_w, -s.dg / v.tau_syn, s.dg - s.g / v.tau_syn
