"""Generalized integrate-and-fire neuron with exponential conductances."""

from __future__ import annotations

from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families import spike_response as gif


@register
class gif_cond_exp(gif.SpikeResponseConductanceNeuron):
    r"""Generalized integrate-and-fire neuron with exponential conductances.

    .. math::
        C_m \dot V &= -g_L (V - E_L) - g_{ex}(V - E_{ex}) - g_{in}(V - E_{in}) - \sum_k \eta(t - t_k) + I_e + I_{stim}
        \\
        \lambda(t) &= \lambda_0 e^{(V - V_T(t)) / \Delta_V}, \quad V_T(t) = V_T^* + \sum_k \gamma(t - t_k)

    Spikes are drawn with the intensity lambda. Each starts a current eta and raises the threshold by gamma, which are
    sums of decaying exponentials (tau_stc, q_stc and tau_sfa, q_sfa).

    References
    ----------
    Mensi et al. (2012), Journal of Neurophysiology 107:1756-1775. Pozzorini et al. (2015), PLOS Computational Biology
    11:e1004275. NEST documentation, model ``gif_cond_exp``.
    """

    parameters = {
        **gif.MEMBRANE,
        **gif.SYNAPTIC_TIMES,
        "E_ex": Quantity(0.0, "mV", "Reversal potential of excitatory synapses"),
        "E_in": Quantity(-85.0, "mV", "Reversal potential of inhibitory synapses"),
        "gsl_error_tol": gif.ERROR_TOLERANCE,
        **gif.KERNELS,
    }
    state = {
        "V_m": gif.V_M,
        "g_ex": Quantity(0.0, "nS", "Excitatory conductance"),
        "g_in": Quantity(0.0, "nS", "Inhibitory conductance"),
    }
    ode = ("V_m", "g_ex", "g_in")
    recordables = gif.SpikeResponseConductanceNeuron.recordables | {
        "g_ex": lambda v, s: s.g_ex,
        "g_in": lambda v, s: s.g_in,
    }
    spike_receptors = {0: ("spikes_ex", "spikes_in")}
    flips_inhibition = True

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        refractory = s.refractory > 0
        V = ops.where(refractory, v.V_reset, s.V_m)
        I_ex, I_in, I_L = s.g_ex * (V - v.E_ex), s.g_in * (V - v.E_in), v.g_L * (V - v.E_L)
        I = -I_L + s.I_stim + v.I_e - I_ex - I_in - ops.total(s.stc_elements)
        return ops.where(refractory, 0.0, I / v.C_m), -s.g_ex / v.tau_syn_ex, -s.g_in / v.tau_syn_in

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        g_ex, g_in = s.g_ex + x.spikes_ex, s.g_in + x.spikes_in
        V, E_sfa, I_stc, sfa, stc, refractory, spike = gif.respond(v, s, x)
        return State(
            V_m=V,
            g_ex=g_ex,
            g_in=g_in,
            E_sfa=E_sfa,
            I_stc=I_stc,
            sfa_elements=sfa,
            stc_elements=stc,
            refractory=refractory,
            I_stim=x.current,
        ), spike
