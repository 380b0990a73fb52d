"""Integrate-and-fire neuron with conductances for spike-frequency adaptation and relative refractoriness."""

from __future__ import annotations

from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.conductance import (
    CURRENT,
    MEMBRANE,
    RESET_BELOW_THRESHOLD,
    SYNAPTIC_TIMES,
    TIME_CONSTANTS,
    ConductanceNeuron,
    with_defaults,
)


@register
class iaf_cond_exp_sfa_rr(ConductanceNeuron):
    r"""Integrate-and-fire neuron with conductances for spike-frequency adaptation and relative refractoriness.

    .. math::
        C_m \dot V = -g_L(V - E_L) - g_{ex}(V - E_{ex}) - g_{in}(V - E_{in}) - g_{sfa}(V - E_{sfa}) - g_{rr}(V - E_{rr})
            + I_e + I_{stim}

    Like ``iaf_cond_exp``; in addition every spike of the neuron raises g_sfa by q_sfa and g_rr by q_rr, which decay
    with tau_sfa (slow) and tau_rr (fast).

    References
    ----------
    Dayan & Abbott (2001), Theoretical Neuroscience, MIT Press, p. 166. Muller, Buesing, Schemmel & Meier (2007),
    Neural Computation 19:2958-3010. NEST documentation, model ``iaf_cond_exp_sfa_rr``.
    """

    parameters = with_defaults(
        {**MEMBRANE, **SYNAPTIC_TIMES, **CURRENT},
        V_th=-57.0,
        V_reset=-70.0,
        t_ref=0.5,
        E_in=-75.0,
        C_m=289.5,
        g_L=28.95,
        tau_syn_ex=1.5,
        tau_syn_in=10.0,
    ) | {
        "E_sfa": Quantity(-70.0, "mV", "Reversal potential of spike-frequency adaptation"),
        "E_rr": Quantity(-70.0, "mV", "Reversal potential of relative refractoriness"),
        "q_sfa": Quantity(14.48, "nS", "Increment of g_sfa at each spike"),
        "q_rr": Quantity(3214.0, "nS", "Increment of g_rr at each spike"),
        "tau_sfa": Quantity(110.0, "ms", "Time constant of spike-frequency adaptation", TIME_CONSTANTS),
        "tau_rr": Quantity(1.97, "ms", "Time constant of relative refractoriness", TIME_CONSTANTS),
    }
    state = {
        "V_m": Quantity(-70.0, "mV", "Membrane potential"),
        "g_ex": Quantity(0.0, "nS", "Excitatory conductance"),
        "g_in": Quantity(0.0, "nS", "Inhibitory conductance"),
        "g_sfa": Quantity(0.0, "nS", "Conductance of spike-frequency adaptation"),
        "g_rr": Quantity(0.0, "nS", "Conductance of relative refractoriness"),
    }
    ode = ("V_m", "g_ex", "g_in", "g_sfa", "g_rr")
    relations = (RESET_BELOW_THRESHOLD,)
    recordables = {
        "V_m": lambda v, s: s.V_m,
        "g_ex": lambda v, s: s.g_ex,
        "g_in": lambda v, s: s.g_in,
        "g_sfa": lambda v, s: s.g_sfa,
        "g_rr": lambda v, s: s.g_rr,
    }

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        refractory = s.refractory > 0
        V = ops.where(refractory, v.V_reset, ops.minimum(s.V_m, v.V_th))
        I_ex, I_in, I_L = s.g_ex * (V - v.E_ex), s.g_in * (V - v.E_in), v.g_L * (V - v.E_L)
        I_sfa, I_rr = s.g_sfa * (V - v.E_sfa), s.g_rr * (V - v.E_rr)
        return (
            ops.where(refractory, 0.0, (-I_L + s.I_stim + v.I_e - I_ex - I_in - I_sfa - I_rr) / v.C_m),
            -s.g_ex / v.tau_syn_ex,
            -s.g_in / v.tau_syn_in,
            -s.g_sfa / v.tau_sfa,
            -s.g_rr / v.tau_rr,
        )

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        active = s.refractory == 0
        spike = active & ops.crosses(s.V_m, v.V_th)
        V_m = ops.where(active, ops.where(spike, v.V_reset, s.V_m), v.V_reset)
        refractory = ops.where(spike, v.refractory_steps, ops.maximum(s.refractory - 1, 0.0))
        g_sfa = ops.where(spike, s.g_sfa + v.q_sfa, s.g_sfa)
        g_rr = ops.where(spike, s.g_rr + v.q_rr, s.g_rr)
        return State(
            V_m=V_m,
            g_ex=s.g_ex + x.spikes_ex,
            g_in=s.g_in + x.spikes_in,
            g_sfa=g_sfa,
            g_rr=g_rr,
            refractory=refractory,
            I_stim=x.current,
        ), spike
