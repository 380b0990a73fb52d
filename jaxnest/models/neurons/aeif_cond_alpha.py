"""Adaptive exponential integrate-and-fire neuron with alpha-shaped conductances."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families import adaptive_exponential as aeif


@register
class aeif_cond_alpha(aeif.AdaptiveExponentialNeuron):
    r"""Adaptive exponential integrate-and-fire neuron with alpha-shaped conductances.

    .. math::
        C_m \dot V &= -g_L(V - E_L) + g_L \Delta_T e^{(V - V_{th})/\Delta_T} - g_{ex}(V - E_{ex}) - g_{in}(V - E_{in})
            - w + I_e + I_{stim} \\
        \tau_w \dot w &= a(V - E_L) - w

    A spike is emitted when V_m reaches V_peak, at whatever time within a time step; V_m is then V_reset and w larger
    by b. With Delta_T = 0 the threshold is V_th. An incoming spike starts a conductance with a peak of its weight (nS).

    References
    ----------
    Brette & Gerstner (2005), Journal of Neurophysiology 94:3637-3642. NEST documentation, model ``aeif_cond_alpha``.
    """

    parameters = {
        **aeif.POTENTIALS,
        **aeif.REVERSAL,
        **aeif.membrane(),
        **aeif.SYNAPTIC_TIMES,
        **aeif.ADAPTATION,
    }
    state = {
        "V_m": Quantity(-70.6, "mV", "Membrane potential"),
        "g_ex": Quantity(0.0, "nS", "Excitatory conductance", aeif.CONDUCTANCE),
        "dg_ex": Quantity(0.0, "nS/ms", "Derivative of the excitatory conductance"),
        "g_in": Quantity(0.0, "nS", "Inhibitory conductance", aeif.CONDUCTANCE),
        "dg_in": Quantity(0.0, "nS/ms", "Derivative of the inhibitory conductance"),
    }
    relations = (
        aeif.reset_below_peak("Ensure that: V_reset < V_peak ."),
        aeif.NO_OVERFLOW,
        aeif.PEAK_ABOVE_THRESHOLD,
    )
    ode = ("V_m", "dg_ex", "g_ex", "dg_in", "g_in", "w")
    recordables = {
        "V_m": lambda v, s: s.V_m,
        "g_ex": lambda v, s: s.g_ex,
        "g_in": lambda v, s: s.g_in,
        "w": lambda v, s: s.w,
    }
    spike_receptors = {0: ("spikes_ex", "spikes_in")}
    flips_inhibition = True

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return aeif.AdaptiveExponentialNeuron.calibrate(p, clock) | {
            "g0_ex": 1.0 * math.e / p.tau_syn_ex,
            "g0_in": 1.0 * math.e / p.tau_syn_in,
        }

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        refractory = s.refractory > 0
        V = ops.where(refractory, v.V_reset, ops.minimum(s.V_m, v.V_peak))
        I_ex, I_in = s.g_ex * (V - v.E_ex), s.g_in * (V - v.E_in)
        I_spike = ops.where(v.Delta_T == 0, 0.0, v.g_L * v.Delta_T * ops.exp((V - v.V_th) / v.Delta_T))
        I = -v.g_L * (V - v.E_L) + I_spike - I_ex - I_in - s.w + v.I_e + s.I_stim
        return (
            ops.where(refractory, 0.0, I / v.C_m),
            -s.dg_ex / v.tau_syn_ex,
            s.dg_ex - s.g_ex / v.tau_syn_ex,
            -s.dg_in / v.tau_syn_in,
            s.dg_in - s.g_in / v.tau_syn_in,
            (v.a * (V - v.E_L) - s.w) / v.tau_w,
        )

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        refractory = ops.maximum(s.refractory - 1, 0.0)
        dg_ex, dg_in = s.dg_ex + x.spikes_ex * v.g0_ex, s.dg_in + x.spikes_in * v.g0_in
        return State(
            V_m=s.V_m,
            dg_ex=dg_ex,
            g_ex=s.g_ex,
            dg_in=dg_in,
            g_in=s.g_in,
            w=s.w,
            refractory=refractory,
            I_stim=x.current,
        ), 0
