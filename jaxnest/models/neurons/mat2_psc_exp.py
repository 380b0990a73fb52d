"""Leaky integrator with exponential synaptic currents and an adaptive threshold of two time constants."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.multi_timescale import MEMBRANE, MultiTimescaleNeuron, times_differ


@register
class mat2_psc_exp(MultiTimescaleNeuron):
    r"""Leaky integrator with exponential synaptic currents and an adaptive threshold of two time constants.

    .. math::
        \Theta(t) = \omega + \sum_k H_1(t - t_k) + H_2(t - t_k), \quad H_j(t) = \alpha_j e^{-t/\tau_j}

    A spike is emitted when V_m is at or above the threshold and t_ref has passed since the last one. V_m is not reset:
    each spike raises the threshold instead.

    References
    ----------
    Kobayashi, Tsubo & Shinomoto (2009), Frontiers in Computational Neuroscience 3:9. Rotter & Diesmann (1999),
    Biological Cybernetics 81:381-402. NEST documentation, model ``mat2_psc_exp``.
    """

    parameters = MEMBRANE
    relations = (
        times_differ(
            "Membrane and synapse time constant(s) must differ.See note in documentation.",
            "tau_m",
            "tau_syn_ex",
            "tau_syn_in",
        ),
    )
    recordables = {
        "V_m": lambda v, s: s.V_m + v.E_L,
        "V_th": lambda v, s: v.E_L + v.omega + s.V_th_alpha_1 + s.V_th_alpha_2,
    }

    @classmethod
    def status(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Return the threshold."""
        return {"V_th": values["E_L"] + values["omega"] + values["V_th_alpha_1"] + values["V_th_alpha_2"]}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h, rate = clock.resolution, 1.0 / p.tau_m
        P11_ex, P11_in = math.exp(-h / p.tau_syn_ex), math.exp(-h / p.tau_syn_in)
        P22_expm1 = math.expm1(-h / p.tau_m)
        scale_ex = -p.tau_m / (p.C_m * (1.0 - p.tau_m / p.tau_syn_ex))
        scale_in = -p.tau_m / (p.C_m * (1.0 - p.tau_m / p.tau_syn_in))
        return MultiTimescaleNeuron.calibrate(p, clock) | {
            "P11_ex": P11_ex,
            "P11_in": P11_in,
            "P22_expm1": P22_expm1,
            "P21_ex": scale_ex * P11_ex * math.expm1(h * (1.0 / p.tau_syn_ex - rate)),
            "P21_in": scale_in * P11_in * math.expm1(h * (1.0 / p.tau_syn_in - rate)),
            "P20": -p.tau_m / p.C_m * P22_expm1,
            "P11_th": math.exp(-h / p.tau_1),
            "P22_th": math.exp(-h / p.tau_2),
        }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        V = s.V_m * v.P22_expm1 + s.V_m + s.I_ex * v.P21_ex + s.I_in * v.P21_in + (v.I_e + s.I_stim) * v.P20
        fast, slow = s.V_th_alpha_1 * v.P11_th, s.V_th_alpha_2 * v.P22_th
        I_ex = s.I_ex * v.P11_ex + x.spikes_ex
        I_in = s.I_in * v.P11_in + x.spikes_in
        active = s.refractory == 0
        spike = active & ops.crosses(V, v.omega + slow + fast)
        refractory = ops.where(active, ops.where(spike, v.refractory_steps, 0.0), s.refractory - 1)
        fast, slow = ops.where(spike, fast + v.alpha_1, fast), ops.where(spike, slow + v.alpha_2, slow)
        return State(
            V_m=V, V_th_alpha_1=fast, V_th_alpha_2=slow, refractory=refractory, I_stim=x.current, I_ex=I_ex, I_in=I_in
        ), spike
