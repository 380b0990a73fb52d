"""Leaky integrate-and-fire neuron with exponential synaptic currents and precise spike times."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract import precise
from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.ops import helper
from jaxnest.numerics.nest_math import expm1


@helper
def _crossed(v: Any, I_stim: float, current: float, U: float, U_end: float, dt: float) -> float:
    """Return `dt` if the potential is above threshold then, else NaN."""
    return dt if U_end >= v.V_th else math.nan


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
    recordables = {"V_m": lambda v, s: s.V_m + v.E_L}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h = clock.resolution
        return {
            **precise.fixed(p),
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
        I_ex, I_in, U, refractory, step, last = precise.exponential_step(v, s, x, s.last_offset, _crossed)
        return State(
            I_syn_ex=I_ex,
            I_syn_in=I_in,
            V_m=U,
            is_refractory=refractory,
            I_stim=x.current,
            last_step=step,
            last_offset=last,
        ), 0
