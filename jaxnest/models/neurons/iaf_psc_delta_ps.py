"""Leaky integrate-and-fire neuron with delta-shaped synaptic currents and precise spike times."""

from __future__ import annotations

import dataclasses
import math
import sys
from typing import Any

from jaxnest.models.contract import precise
from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.ops import helper
from jaxnest.numerics.nest_math import expm1


@helper
def _advanced(v: Any, s: Any, U: float, dt: float) -> float:
    """Return the potential after a time `dt` without input."""
    decay = expm1(-dt / v.tau_m)
    return -(v.R * (s.I_stim + v.I_e)) * decay + U * decay + U


@helper
def _crossing(v: Any, s: Any, U: float) -> float:
    """Return how long ago the potential `U` crossed the threshold."""
    final = v.R * (s.I_stim + v.I_e)
    return -v.tau_m * math.log((final - U) / (final - v.V_th))


@register
class iaf_psc_delta_ps(precise.PreciseMembrane):
    r"""Leaky integrate-and-fire neuron whose potential jumps at each incoming spike, in continuous time.

    .. math:: \dot V = -\frac{V - E_L}{\tau_m} + \frac{I_e}{C_m} + \sum_k w_k \delta(t - t_k - d_k)

    Spikes are received and emitted at their precise times. Those that arrive during the refractory period are lost.
    Stimulating currents change at multiples of the time step only.

    References
    ----------
    Morrison, Straube, Plesser and Diesmann (2007), Neural Computation 19:47-79. NEST documentation, model
    ``iaf_psc_delta_ps``.
    """

    parameters = {
        "V_min": dataclasses.replace(precise.PreciseMembrane.parameters["V_min"], default=-sys.float_info.max),
    }
    state = {
        "refractory_input": Quantity(False, "", "Refractory spikes are lost", settable=False, advanced=False),
    }
    recordables = {"V_m": lambda v, s: s.V_m + v.E_L}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h = clock.resolution
        return {
            "h": h,
            "decay": expm1(-h / p.tau_m),
            "R": p.tau_m / p.C_m,
            "refractory_steps": clock.to_steps(p.t_ref),
        }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        U, refractory, step, last = s.V_m, s.is_refractory, s.last_step, s.last_offset
        now, t, sent = x.step + 1.0, v.h, -1.0
        if x.first and U >= v.V_th:
            U, refractory, step, last = v.V_reset, 1.0, now, v.h * precise.INSTANTLY
            precise.emit(x, last, 1.0)
        if refractory > 0.0 and now - step == v.refractory_steps:
            precise.end_refractoriness(x, last)
        offset, weight, kind = precise.next_event(x, True)
        if kind == precise.NOTHING and refractory == 0.0:
            U = -v.decay * v.R * (s.I_stim + v.I_e) + v.decay * U + U
            U = v.V_min if U < v.V_min else U
            sent = _crossing(v, s, U) if U >= v.V_th else -1.0
            t = 0.0
        while kind != precise.NOTHING:
            if sent >= 0.0:
                U, refractory, step, last, sent = v.V_reset, 1.0, now, sent, -1.0
                precise.emit(x, last, 1.0)
            if refractory > 0.0:
                if kind == precise.RETURN:
                    refractory = 0.0
                    sent = offset if U >= v.V_th else -1.0
            else:
                U = _advanced(v, s, U, t - offset)
                if U >= v.V_th:
                    sent = offset + _crossing(v, s, U)
                else:
                    U += weight
                    sent = offset if U >= v.V_th else -1.0
            t = offset
            offset, weight, kind = precise.next_event(x, True)
        if sent < 0.0 and refractory == 0.0 and t > 0.0:
            U = _advanced(v, s, U, t)
            sent = _crossing(v, s, U) if U >= v.V_th else -1.0
        if sent >= 0.0:
            U, refractory, step, last = v.V_reset, 1.0, now, sent
            precise.emit(x, last, 1.0)
        return State(V_m=U, is_refractory=refractory, I_stim=x.current, last_step=step, last_offset=last), 0
