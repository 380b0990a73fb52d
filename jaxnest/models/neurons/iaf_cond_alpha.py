"""Leaky integrate-and-fire neuron with alpha-shaped conductances."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.ode import OdeNeuron
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.conductance import (
    CURRENT,
    MEMBRANE,
    RESET_BELOW_THRESHOLD,
    SYNAPTIC_TIMES,
    ConductanceNeuron,
)


@register
class iaf_cond_alpha(ConductanceNeuron):
    r"""Leaky integrate-and-fire neuron with alpha-shaped conductances.

    .. math:: C_m \dot V = -g_L(V - E_L) - g_{ex}(V - E_{ex}) - g_{in}(V - E_{in}) + I_e + I_{stim}

    A spike is emitted when V_m reaches V_th at the end of a time step; V_m is then V_reset for t_ref. An incoming
    spike starts a conductance that peaks after the synaptic time constant at its weight (nS): an excitatory one if the
    weight is positive, else an inhibitory one.

    References
    ----------
    Meffin, Burkitt & Grayden (2004), Journal of Computational Neuroscience 16:159-175. Bernander, Douglas, Martin &
    Koch (1991), PNAS 88:11569-11573. Kuhn, Aertsen & Rotter (2004), Journal of Neuroscience 24:2345-2356. NEST
    documentation, model ``iaf_cond_alpha``.
    """

    parameters = {**MEMBRANE, **SYNAPTIC_TIMES, **CURRENT}
    state = {
        "V_m": Quantity(-70.0, "mV", "Membrane potential"),
        "g_ex": Quantity(0.0, "nS", "Excitatory conductance"),
        "dg_ex": Quantity(0.0, "nS/ms", "Derivative of the excitatory conductance"),
        "g_in": Quantity(0.0, "nS", "Inhibitory conductance"),
        "dg_in": Quantity(0.0, "nS/ms", "Derivative of the inhibitory conductance"),
    }
    ode = ("V_m", "dg_ex", "g_ex", "dg_in", "g_in")
    relations = (RESET_BELOW_THRESHOLD,)
    recordables = {
        "V_m": lambda v, s: s.V_m,
        "g_ex": lambda v, s: s.g_ex,
        "g_in": lambda v, s: s.g_in,
        "t_ref_remaining": lambda v, s: v.resolution * s.refractory,
    }

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return OdeNeuron.calibrate(p, clock) | {
            "g0_ex": 1.0 * math.e / p.tau_syn_ex,
            "g0_in": 1.0 * math.e / p.tau_syn_in,
        }

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        refractory = s.refractory > 0
        V = ops.where(refractory, v.V_reset, ops.minimum(s.V_m, v.V_th))
        I_ex, I_in, I_L = s.g_ex * (V - v.E_ex), s.g_in * (V - v.E_in), v.g_L * (V - v.E_L)
        return (
            ops.where(refractory, 0.0, (-I_L - I_ex - I_in + s.I_stim + v.I_e) / v.C_m),
            -s.dg_ex / v.tau_syn_ex,
            s.dg_ex - (s.g_ex / v.tau_syn_ex),
            -s.dg_in / v.tau_syn_in,
            s.dg_in - (s.g_in / v.tau_syn_in),
        )

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        active = s.refractory == 0
        spike = active & ops.crosses(s.V_m, v.V_th)
        V_m = ops.where(active, ops.where(spike, v.V_reset, s.V_m), v.V_reset)
        refractory = ops.where(spike, v.refractory_steps, ops.maximum(s.refractory - 1, 0.0))
        dg_ex, dg_in = s.dg_ex + x.spikes_ex * v.g0_ex, s.dg_in + x.spikes_in * v.g0_in
        return State(
            V_m=V_m, dg_ex=dg_ex, g_ex=s.g_ex, dg_in=dg_in, g_in=s.g_in, refractory=refractory, I_stim=x.current
        ), spike
