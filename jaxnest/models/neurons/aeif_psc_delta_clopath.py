"""Adaptive exponential integrate-and-fire neuron for voltage-based plasticity."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, Relation, hidden, not_negative, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families import adaptive_exponential as aeif
from jaxnest.models.histories import voltage_history

POSITIVE = positive("All time constants must be strictly positive.")


@register
class aeif_psc_delta_clopath(aeif.AdaptiveExponentialNeuron):
    r"""Adaptive exponential integrate-and-fire neuron with the averages of its potential that Clopath synapses need.

    .. math::
        C_m \dot V &= -g_L(V - E_L) + g_L \Delta_T e^{(V - V_{th})/\Delta_T} - w + z + I_e + I_{stim} \\
        \tau_w \dot w &= a(V - E_L) - w ,\quad \tau_z \dot z = -z ,\quad
        \tau_{V_{th}} \dot V_{th} = V_{th,rest} - V_{th}

    At a spike V_m is held at V_clamp for t_clamp, and then reset to V_reset, where it stays for t_ref; w grows by b,
    the afterpotential current z is set to I_sp and the threshold V_th to V_th_max. An incoming spike changes V_m by
    its weight (mV), unless the potential is held.

    References
    ----------
    Clopath, Buesing, Vasilaki and Gerstner (2010), Nature Neuroscience 13:344-352. Brette & Gerstner (2005), Journal of
    Neurophysiology 94:3637-3642. NEST documentation, model ``aeif_psc_delta_clopath``.
    """

    parameters = {
        "V_th_max": Quantity(30.4, "mV", "Threshold just after a spike"),
        "V_th_rest": Quantity(-50.4, "mV", "Threshold long after a spike"),
        "tau_V_th": Quantity(50.0, "ms", "Time constant of the threshold", POSITIVE),
        "V_peak": Quantity(33.0, "mV", "Potential at which a spike is detected"),
        "t_ref": Quantity(0.0, "ms", "Refractory period", not_negative("Refractory time cannot be negative.")),
        "E_L": Quantity(-70.6, "mV", "Reversal potential of the leak"),
        "V_reset": Quantity(-60.0, "mV", "Membrane potential after a spike"),
        **aeif.membrane(positive("Ensure that C_m > 0")),
        **aeif.ADAPTATION,
        "I_sp": Quantity(400.0, "pA", "Afterpotential current just after a spike"),
        "tau_z": Quantity(40.0, "ms", "Time constant of the afterpotential current", POSITIVE),
        "tau_u_bar_plus": Quantity(7.0, "ms", "Time constant of u_bar_plus", POSITIVE),
        "tau_u_bar_minus": Quantity(10.0, "ms", "Time constant of u_bar_minus", POSITIVE),
        "tau_u_bar_bar": Quantity(500.0, "ms", "Time constant of u_bar_bar", POSITIVE),
        "V_clamp": Quantity(33.0, "mV", "Potential during a spike"),
        "t_clamp": Quantity(2.0, "ms", "Duration of a spike", not_negative("Ensure that t_clamp >= 0")),
        **voltage_history.PARAMETERS,
    }
    state = {
        "V_m": Quantity(-70.6, "mV", "Membrane potential"),
        "w": Quantity(0.0, "pA", "Adaptation current"),
        "z": hidden(doc="Afterpotential current"),
        "V_th": hidden(-50.4, "Threshold"),
        "u_bar_plus": Quantity(-70.6, "mV", "Fast average of the potential"),
        "u_bar_minus": Quantity(-70.6, "mV", "Slow average of the potential"),
        "u_bar_bar": Quantity(-70.6, "mV", "Average of the slow average"),
        "clamp": hidden(doc="Steps left of a spike"),
    }
    relations = (
        aeif.reset_below_peak("Ensure that V_reset < V_peak ."),
        Relation(
            lambda p: aeif.NO_OVERFLOW.violated({"V_th": p["V_th_rest"], **{k: p[k] for k in ("V_peak", "Delta_T")}}),
            aeif.NO_OVERFLOW.message.replace("V_th", "V_th_rest"),
        ),
        Relation(lambda p: p["V_th_max"] < p["V_th_rest"], "V_th_max >= V_th_rest required."),
        Relation(lambda p: p["V_peak"] < p["V_th_rest"], "V_peak >= V_th_rest required."),
    )
    ode = ("V_m", "w", "z", "V_th", "u_bar_plus", "u_bar_minus", "u_bar_bar")
    held = ("refractory", "I_stim", "clamp")
    jumps = ("V_m", "w", "z", "V_th", "clamp", "refractory")
    filtered_voltages = ("V_m", "u_bar_plus", "u_bar_minus", "u_bar_bar")
    recordables = {
        "V_m": lambda v, s: s.V_m,
        "w": lambda v, s: s.w,
        "z": lambda v, s: s.z,
        "V_th": lambda v, s: s.V_th,
        "u_bar_plus": lambda v, s: s.u_bar_plus,
        "u_bar_minus": lambda v, s: s.u_bar_minus,
        "u_bar_bar": lambda v, s: s.u_bar_bar,
    }
    spike_receptors = {0: ("spikes", "spikes")}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        refractory, clamp = clock.to_steps(p.t_ref), clock.to_steps(p.t_clamp)
        # one more, since the counters are lowered at the end of the same time step
        counters = {"refractory_steps": refractory and refractory + 1, "clamp_steps": clamp and clamp + 1}
        return {"resolution": clock.resolution, "V_spike": p.V_peak, **counters}

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        clamped = s.clamp > 0
        held = clamped | (s.refractory > 0)
        V = ops.where(held, ops.where(clamped, v.V_clamp, v.V_reset), ops.minimum(s.V_m, v.V_peak))
        spike = ops.where(v.Delta_T == 0, 0.0, v.g_L * v.Delta_T * ops.exp((V - s.V_th) / v.Delta_T))
        I = -v.g_L * (V - v.E_L) + spike - s.w + s.z + v.I_e + s.I_stim
        return (
            ops.where(held, 0.0, I / v.C_m),
            ops.where(clamped, 0.0, (v.a * (V - v.E_L) - s.w) / v.tau_w),
            -s.z / v.tau_z,
            -(s.V_th - v.V_th_rest) / v.tau_V_th,
            (-s.u_bar_plus + V) / v.tau_u_bar_plus,
            (-s.u_bar_minus + V) / v.tau_u_bar_minus,
            (-s.u_bar_bar + s.u_bar_minus) / v.tau_u_bar_bar,
        )

    @staticmethod
    def substep(v: Any, s: Any, x: Any, first: Any) -> tuple[tuple[Any, ...], Any]:
        """Add the input, and begin or end a spike."""
        free = (s.refractory == 0) & (s.clamp == 0)
        V = ops.where(free & (first != 0), s.V_m + x.spikes, s.V_m)
        spike = (s.clamp == 0) & ops.crosses(V, ops.where(v.Delta_T == 0, s.V_th, v.V_spike))
        ends = (s.clamp == 1) & ~spike
        refractory = ops.where(ends, v.refractory_steps, s.refractory)
        V = ops.where(spike, v.V_clamp, ops.where(ends, v.V_reset, V))
        V = ops.where(refractory > 0, v.V_reset, V)
        unstable = (s.V_m < -1e3) | (s.w < -1e6) | (s.w > 1e6)
        jumped = (
            ops.where(unstable, math.nan, V),
            ops.where(spike, s.w + v.b, s.w),
            ops.where(spike, v.I_sp, s.z),
            ops.where(spike, v.V_th_max, s.V_th),
            ops.where(spike, v.clamp_steps, ops.where(ends, 0.0, s.clamp)),
            refractory,
        )
        return jumped, spike

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        refractory, clamp = ops.maximum(s.refractory - 1, 0.0), ops.maximum(s.clamp - 1, 0.0)
        return State(
            V_m=s.V_m,
            w=s.w,
            z=s.z,
            V_th=s.V_th,
            u_bar_plus=s.u_bar_plus,
            u_bar_minus=s.u_bar_minus,
            u_bar_bar=s.u_bar_bar,
            refractory=refractory,
            I_stim=x.current,
            clamp=clamp,
        ), 0
