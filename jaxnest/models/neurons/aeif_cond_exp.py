"""Adaptive exponential integrate-and-fire neuron with exponentially decaying conductances."""

from __future__ import annotations

from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families import adaptive_exponential as aeif


@register
class aeif_cond_exp(aeif.AdaptiveExponentialNeuron):
    r"""Adaptive exponential integrate-and-fire neuron with exponentially decaying conductances.

    .. math::
        C_m \dot V &= -g_L(V - E_L) + g_L \Delta_T e^{(V - V_{th})/\Delta_T} - g_{ex}(V - E_{ex}) - g_{in}(V - E_{in})
            - w + I_e + I_{stim} \\
        \tau_w \dot w &= a(V - E_L) - w

    A spike is emitted when V_m reaches V_peak, at whatever time within a time step; V_m is then V_reset and w larger
    by b. With Delta_T = 0 the threshold is V_th. An incoming spike raises a conductance by its weight (nS).

    References
    ----------
    Brette & Gerstner (2005), Journal of Neurophysiology 94:3637-3642. NEST documentation, model ``aeif_cond_exp``.
    """

    parameters = {
        **aeif.POTENTIALS,
        **aeif.REVERSAL,
        **aeif.membrane(positive("Ensure that C_m >0")),
        **aeif.SYNAPTIC_TIMES,
        **aeif.ADAPTATION,
    }
    state = {
        "V_m": Quantity(-70.6, "mV", "Membrane potential"),
        "g_ex": Quantity(0.0, "nS", "Excitatory conductance", aeif.CONDUCTANCE),
        "g_in": Quantity(0.0, "nS", "Inhibitory conductance", aeif.CONDUCTANCE),
    }
    relations = (
        aeif.PEAK_ABOVE_THRESHOLD,
        aeif.NO_OVERFLOW,
        aeif.reset_below_peak("Ensure that: V_reset < V_peak ."),
    )
    ode = ("V_m", "g_ex", "g_in", "w")
    recordables = {
        "V_m": lambda v, s: s.V_m,
        "g_ex": lambda v, s: s.g_ex,
        "g_in": lambda v, s: s.g_in,
        "w": lambda v, s: s.w,
    }
    spike_receptors = {0: ("spikes_ex", "spikes_in")}
    flips_inhibition = True

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        refractory = s.refractory > 0
        V = ops.where(refractory, v.V_reset, ops.minimum(s.V_m, v.V_peak))
        I_ex, I_in = s.g_ex * (V - v.E_ex), s.g_in * (V - v.E_in)
        I_spike = ops.where(v.Delta_T == 0, 0.0, v.g_L * v.Delta_T * ops.exp((V - v.V_th) / v.Delta_T))
        I = -v.g_L * (V - v.E_L) + I_spike - I_ex - I_in - s.w + v.I_e + s.I_stim
        dw = (v.a * (V - v.E_L) - s.w) / v.tau_w
        return ops.where(refractory, 0.0, I / v.C_m), -s.g_ex / v.tau_syn_ex, -s.g_in / v.tau_syn_in, dw

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        refractory = ops.maximum(s.refractory - 1, 0.0)
        return State(
            V_m=s.V_m,
            g_ex=s.g_ex + x.spikes_ex,
            g_in=s.g_in + x.spikes_in,
            w=s.w,
            refractory=refractory,
            I_stim=x.current,
        ), 0
