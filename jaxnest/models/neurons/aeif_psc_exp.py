"""Adaptive exponential integrate-and-fire neuron with exponentially decaying synaptic currents."""

from __future__ import annotations

from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families import adaptive_exponential as aeif


@register
class aeif_psc_exp(aeif.AdaptiveExponentialNeuron):
    r"""Adaptive exponential integrate-and-fire neuron with exponentially decaying synaptic currents.

    .. math::
        C_m \dot V &= -g_L(V - E_L) + g_L \Delta_T e^{(V - V_{th})/\Delta_T} + I_{ex} - I_{in} - w + I_e + I_{stim} \\
        \tau_w \dot w &= a(V - E_L) - w

    A spike is emitted when V_m reaches V_peak, at whatever time within a time step; V_m is then V_reset and w larger
    by b. With Delta_T = 0 the threshold is V_th. An incoming spike raises a current by its weight (pA).

    References
    ----------
    Brette & Gerstner (2005), Journal of Neurophysiology 94:3637-3642. NEST documentation, model ``aeif_psc_exp``.
    """

    parameters = {
        **aeif.POTENTIALS,
        **aeif.membrane(positive("Ensure that C_m > 0")),
        **aeif.SYNAPTIC_TIMES,
        **aeif.ADAPTATION,
    }
    state = {
        "V_m": Quantity(-70.6, "mV", "Membrane potential"),
        "I_syn_ex": Quantity(0.0, "pA", "Excitatory current", aeif.CONDUCTANCE),
        "I_syn_in": Quantity(0.0, "pA", "Inhibitory current", aeif.CONDUCTANCE),
    }
    relations = (
        aeif.reset_below_peak("Ensure that V_reset < V_peak ."),
        aeif.NO_OVERFLOW,
        aeif.PEAK_ABOVE_THRESHOLD,
    )
    ode = ("V_m", "I_syn_ex", "I_syn_in", "w")
    recordables = {
        "V_m": lambda v, s: s.V_m,
        "I_syn_ex": lambda v, s: s.I_syn_ex,
        "I_syn_in": lambda v, s: s.I_syn_in,
        "w": lambda v, s: s.w,
    }
    spike_receptors = {0: ("spikes_ex", "spikes_in")}
    flips_inhibition = True

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        refractory = s.refractory > 0
        V = ops.where(refractory, v.V_reset, ops.minimum(s.V_m, v.V_peak))
        I_spike = ops.where(v.Delta_T == 0, 0.0, v.g_L * v.Delta_T * ops.exp((V - v.V_th) / v.Delta_T))
        I = -v.g_L * (V - v.E_L) + I_spike + s.I_syn_ex - s.I_syn_in - s.w + v.I_e + s.I_stim
        return (
            ops.where(refractory, 0.0, I / v.C_m),
            -s.I_syn_ex / v.tau_syn_ex,
            -s.I_syn_in / v.tau_syn_in,
            (v.a * (V - v.E_L) - s.w) / v.tau_w,
        )

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        refractory = ops.maximum(s.refractory - 1, 0.0)
        return State(
            V_m=s.V_m,
            I_syn_ex=s.I_syn_ex + x.spikes_ex,
            I_syn_in=s.I_syn_in + x.spikes_in,
            w=s.w,
            refractory=refractory,
            I_stim=x.current,
        ), 0
