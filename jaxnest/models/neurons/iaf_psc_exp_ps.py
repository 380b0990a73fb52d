"""Leaky integrate-and-fire neuron with exponential synaptic currents and precise spike times."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import precise
from jaxnest.models.base import Quantity
from jaxnest.models.nest_math import expm1
from jaxnest.models.registry import register


@register
class iaf_psc_exp_ps(precise.PreciseMembrane):
    r"""Leaky integrate-and-fire neuron with exponentially decaying synaptic currents, in continuous time.

    .. math:: \dot V = -\frac{V - E_L}{\tau_m} + \frac{I_{ex} + I_{in} + I_e + I_{stim}}{C_m}

    Spikes are received and emitted at their precise times: where the potential has crossed the threshold between two
    events is found by iteration. Stimulating currents change at multiples of the time step only.

    References
    ----------
    Hanuschkin, Kunkel, Helias, Morrison and Diesmann (2010), Frontiers in Neuroinformatics 4:113. NEST documentation,
    model ``iaf_psc_exp_ps``.
    """

    parameters = {
        "tau_syn_ex": Quantity(2.0, "ms", "Time constant of the excitatory current", precise.TIME_CONSTANT),
        "tau_syn_in": Quantity(2.0, "ms", "Time constant of the inhibitory current", precise.TIME_CONSTANT),
    }
    state = {
        "I_syn_ex": Quantity(0.0, "pA", "Excitatory synaptic current"),
        "I_syn_in": Quantity(0.0, "pA", "Inhibitory synaptic current"),
    }
    dynamic = ("V_m", "I_syn_ex", "I_syn_in", "is_refractory", "I_stim", "last_step", "last_offset")
    recordables = {"V_m": lambda v, s: s.V_m + v.E_L}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h = clock.resolution
        return {
            "h": h,
            "decay": math.expm1(-h / p.tau_m),
            "P20": -p.tau_m / p.C_m * expm1(-h / p.tau_m),
            "P21_ex": precise.decaying_current(p.tau_syn_ex, p.tau_m, p.C_m, h),
            "P21_in": precise.decaying_current(p.tau_syn_in, p.tau_m, p.C_m, h),
            "decay_ex": math.exp(-h / p.tau_syn_ex),
            "decay_in": math.exp(-h / p.tau_syn_in),
            "refractory_steps": clock.to_steps(p.t_ref),
        }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        U, I_ex, I_in = s.V_m, s.I_syn_ex, s.I_syn_in
        refractory, step, last, now, t = s.is_refractory, s.last_step, s.last_offset, x.step + 1.0, v.h
        if x.first and U >= v.V_th:
            U, refractory, step, last = v.V_reset, 1.0, now, v.h * precise.INSTANTLY
            precise.emit(x, last, 1.0)
        if refractory > 0.0 and now - step == v.refractory_steps:
            precise.end_refractoriness(x, last)
        offset, weight, kind = precise.next_event(x, False)
        if kind == precise.NOTHING:
            before, before_ex, before_in = U, I_ex, I_in
            if refractory == 0.0:
                U = v.P20 * (v.I_e + s.I_stim) + v.P21_ex * I_ex + v.P21_in * I_in + v.decay * U + U
                U = v.V_min if U < v.V_min else U
            I_ex, I_in, t = I_ex * v.decay_ex, I_in * v.decay_in, 0.0
            if U >= v.V_th:
                last = v.h - precise.exponential_crossing(v, s.I_stim, before_ex, before_in, before, v.h)
                U, refractory, step = v.V_reset, 1.0, now
                precise.emit(x, last, 1.0)
        while True:
            dt = t - offset if kind != precise.NOTHING else t
            if dt > 0.0:
                before, before_ex, before_in = U, I_ex, I_in
                if refractory == 0.0:
                    U = precise.exponential_potential(v, s.I_stim, I_ex, I_in, U, dt)
                I_ex, I_in = I_ex * math.exp(-dt / v.tau_syn_ex), I_in * math.exp(-dt / v.tau_syn_in)
                if U >= v.V_th:
                    last = v.h - (v.h - t + precise.exponential_crossing(v, s.I_stim, before_ex, before_in, before, dt))
                    U, refractory, step = v.V_reset, 1.0, now
                    precise.emit(x, last, 1.0)
            if kind == precise.NOTHING:
                break
            if kind == precise.RETURN:
                refractory = 0.0
            elif weight >= 0.0:
                I_ex += weight
            else:
                I_in += weight
            t = offset
            offset, weight, kind = precise.next_event(x, False)
        return (U, I_ex, I_in, refractory, x.current, step, last), 0
