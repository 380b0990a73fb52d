"""Leaky integrator with exponential synaptic currents and a threshold that adapts to spikes and to the potential."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, hidden
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.conductance import with_defaults
from jaxnest.models.families.multi_timescale import MEMBRANE, TIME_CONSTANT, MultiTimescaleNeuron, times_differ


def voltage_kernels(p: Any, tau: float, e: float, h: float) -> tuple[float, float]:
    """Return the effects of a synaptic current of time constant `tau` on the voltage part of the threshold."""
    c, beta, taum, tauV = p.C_m, p.beta, p.tau_m, p.tau_v
    em, eV = math.exp(-h / taum), math.exp(-h / tauV)
    slope = (beta * tau * taum * tauV * (eV * (-tau + taum) + em * (tau - tauV) + e * (-taum + tauV))) / (
        c * (tau - taum) * (tau - tauV) * (taum - tauV)
    )
    membrane, synapse = math.pow(taum - tauV, 2), math.pow(tau - tauV, 2)
    decay = h * (tau - tauV) * (taum - tauV) + tau * taum * tauV - math.pow(tauV, 3)
    level = (
        beta * tau * taum * tauV * ((em * taum * synapse - e * tau * membrane) * tauV - eV * (tau - taum) * decay)
    ) / (c * (tau - taum) * synapse * membrane)
    return slope, level


@register
class amat2_psc_exp(MultiTimescaleNeuron):
    r"""Leaky integrator with exponential synaptic currents and a threshold that adapts to spikes and to the potential.

    .. math::
        \Theta(t) = \omega + \sum_k H_1(t - t_k) + H_2(t - t_k)
            + \beta \int K(t - t') \frac{dV}{dt'} dt', \quad K(s) = s e^{-s/\tau_v}

    A spike is emitted when V_m is at or above the threshold and t_ref has passed since the last one. V_m is not reset:
    each spike raises the threshold by alpha_1 and alpha_2, which decay with tau_1 and tau_2.

    References
    ----------
    Kobayashi, Tsubo & Shinomoto (2009), Frontiers in Computational Neuroscience 3:9. Yamauchi, Kim & Shinomoto (2011),
    Frontiers in Computational Neuroscience 5:42. NEST documentation, model ``amat2_psc_exp``.
    """

    parameters = {
        **with_defaults(MEMBRANE, tau_m=10.0, C_m=200.0, alpha_1=10.0, alpha_2=0.0, omega=-65.0),
        "beta": Quantity(0.0, "1/ms", "Strength of the effect of V_m on the threshold"),
        "tau_v": Quantity(5.0, "ms", "Time constant of this effect", TIME_CONSTANT),
    }
    state = {
        "V_th_v": Quantity(0.0, "mV", "Part of the threshold that follows V_m"),
        "V_th_dv": hidden(doc="Its derivative"),
    }
    relations = (
        times_differ(
            "tau_m must differ from tau_syn_ex, tau_syn_in and tau_v. See note in documentation.",
            "tau_m",
            "tau_syn_ex",
            "tau_syn_in",
            "tau_v",
        ),
        times_differ(
            "tau_v must differ from tau_syn_ex, tau_syn_in and tau_m. See note in documentation.",
            "tau_v",
            "tau_syn_ex",
            "tau_syn_in",
        ),
    )
    recordables = {
        "V_m": lambda v, s: s.V_m + v.E_L,
        "V_th": lambda v, s: v.E_L + v.omega + s.V_th_alpha_1 + s.V_th_alpha_2 + s.V_th_v,
        "V_th_v": lambda v, s: s.V_th_v,
        "I_syn_ex": lambda v, s: s.I_ex,
        "I_syn_in": lambda v, s: s.I_in,
    }

    @classmethod
    def status(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Return the threshold."""
        fixed = values["E_L"] + values["omega"]
        return {"V_th": fixed + values["V_th_alpha_1"] + values["V_th_alpha_2"] + values["V_th_v"]}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h, c, taum, tauV = clock.resolution, p.C_m, p.tau_m, p.tau_v
        tauE, tauI = p.tau_syn_ex, p.tau_syn_in
        eE, eI, em, eV = (math.exp(-h / tau) for tau in (tauE, tauI, taum, tauV))
        P61, P71 = voltage_kernels(p, tauE, eE, h)
        P62, P72 = voltage_kernels(p, tauI, eI, h)
        square = math.pow(taum - tauV, 2)
        after = eV * (h * (taum - tauV) + taum * tauV)
        return MultiTimescaleNeuron.calibrate(p, clock) | {
            "P11": eE,
            "P22": eI,
            "P33": em,
            "P44": math.exp(-h / p.tau_1),
            "P55": math.exp(-h / p.tau_2),
            "P66": eV,
            "P30": (taum - em * taum) / c,
            "P31": ((eE - em) * tauE * taum) / (c * (tauE - taum)),
            "P32": ((eI - em) * tauI * taum) / (c * (tauI - taum)),
            "P60": (p.beta * (em - eV) * taum * tauV) / (c * (taum - tauV)),
            "P61": P61,
            "P62": P62,
            "P63": (p.beta * (-em + eV) * tauV) / (taum - tauV),
            "P70": (p.beta * taum * tauV * (em * taum * tauV - after)) / (c * square),
            "P71": P71,
            "P72": P72,
            "P73": (p.beta * tauV * (-(em * taum * tauV) + after)) / square,
            "P76": eV * h,
        }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        I, I_ex, I_in = v.I_e + s.I_stim, s.I_ex, s.I_in
        V_th_v = I * v.P70 + I_ex * v.P71 + I_in * v.P72 + s.V_m * v.P73 + s.V_th_dv * v.P76 + s.V_th_v * v.P66
        V_th_dv = I * v.P60 + I_ex * v.P61 + I_in * v.P62 + s.V_m * v.P63 + s.V_th_dv * v.P66
        V = I * v.P30 + I_ex * v.P31 + I_in * v.P32 + s.V_m * v.P33
        fast, slow = s.V_th_alpha_1 * v.P44, s.V_th_alpha_2 * v.P55
        I_ex, I_in = I_ex * v.P11 + x.spikes_ex, I_in * v.P22 + x.spikes_in
        active = s.refractory == 0
        spike = active & ops.crosses(V, v.omega + slow + fast + V_th_v)
        refractory = ops.where(active, ops.where(spike, v.refractory_steps, 0.0), s.refractory - 1)
        fast, slow = ops.where(spike, fast + v.alpha_1, fast), ops.where(spike, slow + v.alpha_2, slow)
        return State(
            V_th_v=V_th_v,
            V_th_dv=V_th_dv,
            V_m=V,
            V_th_alpha_1=fast,
            V_th_alpha_2=slow,
            refractory=refractory,
            I_stim=x.current,
            I_ex=I_ex,
            I_in=I_in,
        ), spike
