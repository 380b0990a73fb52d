"""Generalized integrate-and-fire neuron with exponential synaptic currents."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import hidden
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families import spike_response as gif
from jaxnest.models.functions import propagators
from jaxnest.numerics.nest_math import expm1


@register
class gif_psc_exp(gif.SpikeResponseNeuron):
    r"""Generalized integrate-and-fire neuron with exponential synaptic currents.

    .. math::
        C_m \dot V &= -g_L (V - E_L) - \sum_k \eta(t - t_k) + I_{syn}(t) + I_e + I_{stim} \\
        \lambda(t) &= \lambda_0 e^{(V - V_T(t)) / \Delta_V}, \quad V_T(t) = V_T^* + \sum_k \gamma(t - t_k)

    Spikes are drawn with the intensity lambda. Each starts a current eta and raises the threshold by gamma, which are
    sums of decaying exponentials (tau_stc, q_stc and tau_sfa, q_sfa).

    References
    ----------
    Mensi et al. (2012), Journal of Neurophysiology 107:1756-1775. Pozzorini et al. (2015), PLOS Computational Biology
    11:e1004275. NEST documentation, model ``gif_psc_exp``.
    """

    parameters = {**gif.MEMBRANE, **gif.SYNAPTIC_TIMES, **gif.KERNELS}
    state = {
        "V_m": gif.V_M,
        "refractory": hidden(doc="Steps left of the refractory period"),
        "I_stim": hidden(doc="Current of the devices"),
        "I_ex": hidden(),
        "I_in": hidden(),
    }
    recordables = {
        "V_m": lambda v, s: s.V_m,
        "E_sfa": lambda v, s: s.E_sfa,
        "I_stc": lambda v, s: s.I_stc,
        "I_syn_ex": lambda v, s: s.I_ex,
        "I_syn_in": lambda v, s: s.I_in,
    }
    spike_receptors = {0: ("spikes_ex", "spikes_in")}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h, tau_m = clock.resolution, p.C_m / p.g_L
        return gif.SpikeResponseNeuron.calibrate(p, clock) | {
            "P11_ex": math.exp(-h / p.tau_syn_ex),
            "P11_in": math.exp(-h / p.tau_syn_in),
            "P21_ex": propagators.exponential(p.tau_syn_ex, tau_m, p.C_m, h),
            "P21_in": propagators.exponential(p.tau_syn_in, tau_m, p.C_m, h),
            "P33": math.exp(-h / tau_m),
            "P30": -1 / p.C_m * expm1(-h / tau_m) * tau_m,
            "P31": -expm1(-h / tau_m),
        }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        I_stc, level = ops.total(s.stc_elements), gif.threshold(v, s)
        sfa, stc = v.P_sfa * s.sfa_elements, v.P_stc * s.stc_elements
        I_ex = s.I_ex * v.P11_ex + x.spikes_ex
        I_in = s.I_in * v.P11_in + x.spikes_in
        V, refractory, spike = v.V_reset, s.refractory - 1.0, False
        if s.refractory == 0:
            V = v.P30 * (s.I_stim + v.I_e - I_stc) + v.P33 * s.V_m + v.P31 * v.E_L + I_ex * v.P21_ex + I_in * v.P21_in
            spike = gif.fires(v, x, V, level)
            refractory = v.refractory_steps if spike else 0.0
            if spike:
                sfa, stc = sfa + v.q_sfa, stc + v.q_stc
        return State(
            V_m=V,
            refractory=refractory,
            I_stim=x.current,
            I_ex=I_ex,
            I_in=I_in,
            E_sfa=level,
            I_stc=I_stc,
            sfa_elements=sfa,
            stc_elements=stc,
        ), spike
