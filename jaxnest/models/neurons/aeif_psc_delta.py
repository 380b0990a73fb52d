"""Adaptive exponential integrate-and-fire neuron that jumps at every incoming spike."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, hidden, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families import adaptive_exponential as aeif


@register
class aeif_psc_delta(aeif.AdaptiveExponentialNeuron):
    r"""Adaptive exponential integrate-and-fire neuron that jumps at every incoming spike.

    .. math::
        C_m \dot V &= -g_L(V - E_L) + g_L \Delta_T e^{(V - V_{th})/\Delta_T} - w + I_e + I_{stim} \\
        \tau_w \dot w &= a(V - E_L) - w

    A spike is emitted when V_m reaches V_peak, at whatever time within a time step; V_m is then V_reset and w larger
    by b. With Delta_T = 0 the threshold is V_th. An incoming spike changes V_m by its weight (mV), after the first
    step of the integrator within the time step. Those that come during the refractory period are lost or, with
    refractory_input, take effect at its end, diminished by the decay of the membrane until then.

    References
    ----------
    Brette & Gerstner (2005), Journal of Neurophysiology 94:3637-3642. NEST documentation, model ``aeif_psc_delta``.
    """

    parameters = {
        **aeif.POTENTIALS,
        **aeif.membrane(positive("Ensure that C_m > 0")),
        **aeif.ADAPTATION,
        "tau_w": dataclasses.replace(aeif.ADAPTATION["tau_w"], check=positive("tau_w must be strictly positive.")),
        "refractory_input": Quantity(False, "", "Keep input that comes during the refractory period"),
    }
    state = {
        "V_m": Quantity(-70.6, "mV", "Membrane potential"),
        "refractory_spikes": hidden(doc="Input kept during the refractory period"),
    }
    relations = (
        aeif.reset_below_peak("Ensure that V_reset < V_peak ."),
        aeif.NO_OVERFLOW,
        aeif.PEAK_ABOVE_THRESHOLD,
    )
    ode = ("V_m", "w")
    held = ("refractory", "I_stim", "refractory_spikes")
    jumps = ("V_m", "w", "refractory", "refractory_spikes")
    recordables = {"V_m": lambda v, s: s.V_m, "w": lambda v, s: s.w}
    spike_receptors = {0: ("spikes", "spikes")}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return aeif.AdaptiveExponentialNeuron.calibrate(p, clock) | {
            "tau_m": p.C_m / p.g_L if p.g_L else math.inf,
            "inverse_Delta_T": 1.0 / p.Delta_T if p.Delta_T else 0.0,
            "inverse_C_m": 1.0 / p.C_m,
            "inverse_tau_w": 1.0 / p.tau_w,
        }

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        refractory = s.refractory > 0
        V = ops.where(refractory, v.V_reset, ops.minimum(s.V_m, v.V_peak))
        spike = v.g_L * v.Delta_T * ops.exp((V - v.V_th) * v.inverse_Delta_T)
        I = -v.g_L * (V - v.E_L) + ops.where(v.Delta_T == 0, 0.0, spike) - s.w + v.I_e + s.I_stim
        return ops.where(refractory, 0.0, I * v.inverse_C_m), (v.a * (V - v.E_L) - s.w) * v.inverse_tau_w

    @staticmethod
    def substep(v: Any, s: Any, x: Any, first: Any) -> tuple[tuple[Any, ...], Any]:
        """Add the input, clamp V_m, or reset it and raise the adaptation at a spike."""
        active = s.refractory == 0
        arriving = ops.where(first != 0, x.spikes, 0.0)
        released = ops.where(v.refractory_input != 0, s.refractory_spikes, 0.0)
        decayed = arriving * ops.exp(-s.refractory * v.resolution / v.tau_m)
        kept = s.refractory_spikes + ops.where(v.refractory_input != 0, decayed, 0.0)
        V_m = ops.where(active, s.V_m + arriving + released, v.V_reset)
        spike = active & ops.crosses(V_m, v.V_spike)
        unstable = (s.V_m < -1e3) | (s.w < -1e6) | (s.w > 1e6)
        V_m = ops.where(unstable, math.nan, ops.where(spike, v.V_reset, V_m))
        w = ops.where(spike, s.w + v.b, s.w)
        refractory = ops.where(spike, v.refractory_steps, s.refractory)
        return (V_m, w, refractory, ops.where(active, s.refractory_spikes - released, kept)), spike

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        return State(
            V_m=s.V_m,
            w=s.w,
            refractory=ops.maximum(s.refractory - 1, 0.0),
            I_stim=x.current,
            refractory_spikes=s.refractory_spikes,
        ), 0
