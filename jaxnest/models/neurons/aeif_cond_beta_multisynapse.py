"""Adaptive exponential integrate-and-fire neuron with any number of beta-shaped conductances."""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, Relation, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.families import adaptive_exponential as aeif
from jaxnest.models.families.conductance import beta_normalization

TIME_CONSTANTS = positive("All synaptic time constants must be strictly positive")


def _rises_slower(p: Any) -> Any:
    pairs = zip(p["tau_rise"], p["tau_decay"], strict=True)
    return np.array([len(rise) == len(decay) and bool(np.any(decay < rise)) for rise, decay in pairs])


@register
class aeif_cond_beta_multisynapse(aeif.MultisynapseAdaptiveExponentialNeuron):
    r"""Adaptive exponential integrate-and-fire neuron with any number of beta-shaped conductances.

    .. math::
        C_m \dot V &= -g_L(V - E_L) + g_L \Delta_T e^{(V - V_{th})/\Delta_T} + \sum_k g_k(E_{rev,k} - V)
            - w + I_e + I_{stim} \\
        \tau_w \dot w &= a(V - E_L) - w

    Conductances rise with tau_rise and decay with tau_decay; the peak is the weight of the incoming spike (nS). The
    length of E_rev, tau_rise and tau_decay is the number of receptors 1, 2, ...; weights are positive at all of them.

    References
    ----------
    Brette & Gerstner (2005), Journal of Neurophysiology 94:3637-3642. Roth & van Rossum (2009), in: De Schutter (ed.),
    Computational Modeling Methods for Neuroscientists, MIT Press. NEST documentation, model
    ``aeif_cond_beta_multisynapse``.
    """

    refuses_negative = "Synaptic weights for conductance-based multisynapse models must be positive."
    parameters = {
        **aeif.POTENTIALS,
        **aeif.membrane(),
        "E_rev": Quantity(np.array([0.0]), "mV", "Reversal potentials, one per receptor"),
        "tau_rise": Quantity(np.array([2.0]), "ms", "Rise times of the synapses, one per receptor", TIME_CONSTANTS),
        "tau_decay": Quantity(np.array([20.0]), "ms", "Decay times of the synapses, one per receptor", TIME_CONSTANTS),
        **aeif.ADAPTATION,
    }
    relations = (
        Relation(
            aeif.different_lengths("E_rev", "tau_rise", "tau_decay"),
            "If the number of receptor ports is changed, all three arrays E_rev, tau_rise and tau_decay must be "
            "provided. The reversal potential, synaptic rise time and synaptic decay time arrays must have the same "
            "size.",
        ),
        Relation(_rises_slower, "Synaptic rise time must be smaller than or equal to decay time."),
    )

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return aeif.AdaptiveExponentialNeuron.calibrate(p, clock) | {
            "g0": [beta_normalization(rise, decay) for rise, decay in zip(p.tau_rise, p.tau_decay, strict=True)]
        }

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        refractory = s.refractory > 0
        V = ops.where(refractory, v.V_reset, ops.minimum(s.V_m, v.V_peak))
        I_syn = ops.accumulate(0.0, s.g, v.E_rev - V)
        I_spike = ops.where(v.Delta_T == 0, 0.0, v.Delta_T * v.g_L * ops.exp((V - v.V_th) / v.Delta_T))
        I = -v.g_L * (V - v.E_L) + I_spike + I_syn - s.w + v.I_e + s.I_stim
        dV = ops.where(refractory, 0.0, I / v.C_m)
        return dV, (v.a * (V - v.E_L) - s.w) / v.tau_w, -s.dg / v.tau_rise, s.dg - s.g / v.tau_decay
