"""Leaky integrate-and-fire neuron with alpha-shaped synaptic currents and precise spike times."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract import precise
from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.functions import propagators
from jaxnest.models.ops import helper
from jaxnest.numerics.nest_math import expm1

Currents = tuple[float, float, float, float]
"""Derivative and amplitude of the excitatory current, and of the inhibitory one."""


@helper
def _potential(v: Any, I_stim: float, currents: Currents, U: float, dt: float) -> float:
    """Return the potential a time `dt` after it was `U` and the currents were these."""
    dI_ex, I_ex, dI_in, I_in = currents
    decay = expm1(-dt * v.inv_tau_m)
    P30 = -v.tau_m * v.inv_C_m * decay
    P31_ex, P32_ex = precise.alpha_current(v.fixed_tau_syn_ex, v.fixed_tau_m, v.fixed_C_m, dt)
    P31_in, P32_in = precise.alpha_current(v.fixed_tau_syn_in, v.fixed_tau_m, v.fixed_C_m, dt)
    synaptic = P30 * (v.I_e + I_stim) + P31_ex * dI_ex + P32_ex * I_ex + P31_in * dI_in + P32_in * I_in
    return synaptic + U * decay + U


@helper
def _crossing(v: Any, I_stim: float, currents: Currents, U: float, dt: float) -> float:
    """Return when the threshold is crossed between 0 and `dt`."""
    search = precise.search(
        dt, _potential(v, I_stim, currents, U, 0.0) - v.V_th, _potential(v, I_stim, currents, U, dt) - v.V_th
    )
    for _ in range(500):
        root = precise.guess(search)
        distance = _potential(v, I_stim, currents, U, root) - v.V_th
        if abs(distance) < 1e-14:
            return root
        search = precise.narrowed(search, root, distance)
    return math.nan


@register
class iaf_psc_alpha_ps(precise.PreciseMembrane):
    r"""Leaky integrate-and-fire neuron with alpha-shaped synaptic currents, in continuous time.

    .. math:: \dot V = -\frac{V - E_L}{\tau_m} + \frac{I_{ex} + I_{in} + I_e + I_{stim}}{C_m}

    Spikes are received and emitted at their precise times: where the potential has crossed the threshold between two
    events is found by iteration. Stimulating currents change at multiples of the time step only.

    References
    ----------
    Morrison, Straube, Plesser and Diesmann (2007), Neural Computation 19:47-79. NEST documentation, model
    ``iaf_psc_alpha_ps``.
    """

    parameters = {
        "tau_syn_ex": Quantity(2.0, "ms", "Time constant of the excitatory current", precise.TIME_CONSTANT),
        "tau_syn_in": Quantity(2.0, "ms", "Time constant of the inhibitory current", precise.TIME_CONSTANT),
    }
    state = {
        "I_syn_ex": Quantity(0.0, "pA", "Excitatory synaptic current", settable=False),
        "I_syn_in": Quantity(0.0, "pA", "Inhibitory synaptic current", settable=False),
        "dI_syn_ex": Quantity(0.0, "pA/ms", "Derivative of the excitatory current", settable=False),
        "dI_syn_in": Quantity(0.0, "pA/ms", "Derivative of the inhibitory current", settable=False),
    }
    recordables = {
        "V_m": lambda v, s: s.V_m + v.E_L,
        "I_syn_ex": lambda v, s: s.I_syn_ex,
        "I_syn_in": lambda v, s: s.I_syn_in,
    }

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h = clock.resolution
        decay = expm1(-h / p.tau_m)
        P31_ex, P32_ex = propagators.alpha(p.tau_syn_ex, p.tau_m, p.C_m, h)
        P31_in, P32_in = propagators.alpha(p.tau_syn_in, p.tau_m, p.C_m, h)
        return {
            **precise.fixed(p),
            "h": h,
            "inv_tau_m": 1.0 / p.tau_m,
            "inv_C_m": 1.0 / p.C_m,
            "norm_ex": math.e * (1.0 / p.tau_syn_ex),
            "norm_in": math.e * (1.0 / p.tau_syn_in),
            "decay": decay,
            "decay_ex": math.exp(-h / p.tau_syn_ex),
            "decay_in": math.exp(-h / p.tau_syn_in),
            "P30": -p.tau_m / p.C_m * decay,
            "P31_ex": P31_ex,
            "P32_ex": P32_ex,
            "P31_in": P31_in,
            "P32_in": P32_in,
            "refractory_steps": clock.to_steps(p.t_ref),
        }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        U, dI_ex, I_ex, dI_in, I_in = s.V_m, s.dI_syn_ex, s.I_syn_ex, s.dI_syn_in, s.I_syn_in
        refractory, step, last, now, t = s.is_refractory, s.last_step, s.last_offset, x.step + 1.0, v.h
        if x.first and U >= v.V_th:
            U, refractory, step, last = v.V_reset, 1.0, now, v.h * precise.INSTANTLY
            precise.emit(x, last, 1.0)
        if refractory > 0.0 and now - step == v.refractory_steps:
            precise.end_refractoriness(x, last)
        offset, weight, kind = precise.next_event(x, False)
        whole = kind == precise.NOTHING
        while True:
            dt = t - offset if kind != precise.NOTHING else t
            if dt > 0.0:
                before, currents = U, (dI_ex, I_ex, dI_in, I_in)
                if refractory == 0.0:
                    if whole:
                        U = v.P30 * (v.I_e + s.I_stim) + v.P31_ex * dI_ex + v.P32_ex * I_ex + v.P31_in * dI_in \
                            + v.P32_in * I_in + v.decay * U + U  # fmt: skip
                    else:
                        U = _potential(v, s.I_stim, currents, U, dt)
                    U = v.V_min if U < v.V_min else U
                decay_ex = v.decay_ex if whole else math.exp(-dt * (1.0 / v.fixed_tau_syn_ex))
                decay_in = v.decay_in if whole else math.exp(-dt * (1.0 / v.fixed_tau_syn_in))
                I_ex, dI_ex = decay_ex * dt * dI_ex + decay_ex * I_ex, decay_ex * dI_ex
                I_in, dI_in = decay_in * dt * dI_in + decay_in * I_in, decay_in * dI_in
                if U >= v.V_th:
                    last = v.h - (v.h - t + _crossing(v, s.I_stim, currents, before, dt))
                    U, refractory, step = v.V_reset, 1.0, now
                    precise.emit(x, last, 1.0)
            if kind == precise.NOTHING:
                break
            if kind == precise.RETURN:
                refractory = 0.0
            elif weight >= 0.0:
                dI_ex += v.norm_ex * weight
            else:
                dI_in += v.norm_in * weight
            t = offset
            offset, weight, kind = precise.next_event(x, False)
        return State(
            I_syn_ex=I_ex,
            I_syn_in=I_in,
            dI_syn_ex=dI_ex,
            dI_syn_in=dI_in,
            V_m=U,
            is_refractory=refractory,
            I_stim=x.current,
            last_step=step,
            last_offset=last,
        ), 0
