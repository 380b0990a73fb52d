"""Leaky integrate-and-fire neuron with exponential synaptic currents whose spikes are never missed."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from jaxnest.models.contract import precise
from jaxnest.models.contract.base import Quantity, Relation, not_negative
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.ops import helper
from jaxnest.numerics.nest_math import expm1


@helper
def _latest(v: Any, I_stim: float, current: float, U: float, U_end: float, dt: float) -> float:
    """Return a time between 0 and `dt` at which the potential is above threshold, or NaN if it never is.

    The neuron had the potential `U` and this synaptic current. Its state space is divided by the states that have
    crossed the threshold at `dt`, those that may have been above it in between, and the others.
    """
    rise, slow, fast = expm1(dt / v.tau_m - dt / v.tau_syn_ex), expm1(dt / v.tau_m), expm1(dt / v.tau_syn_ex)
    I_e = I_stim + v.I_e
    reached = (v.a1 * current * rise + slow * (v.a3 - I_e * v.a2) + v.a3) / v.a4
    line = ((current + I_e) * (v.b1 * slow + v.b2 * fast) + v.b3 * (slow - fast)) / (v.b4 * fast)
    if U < line and U <= reached:
        return math.nan
    if U >= reached:
        return dt
    if U < v.c1 * I_e + v.c2 * current + v.c3 * math.pow(current, v.c4) * math.pow(v.c5 - I_e, v.c6):
        return math.nan
    return (v.a1 / v.tau_m * v.tau_syn_ex) * math.log(v.b1 * current / (v.a2 * I_e - v.a1 * current - v.a4 * U))


@register
class iaf_psc_exp_ps_lossless(precise.PreciseMembrane):
    r"""Leaky integrate-and-fire neuron as ``iaf_psc_exp_ps``, with an exact test for spikes.

    .. math:: \dot V = -\frac{V - E_L}{\tau_m} + \frac{I_{ex} + I_{in} + I_e + I_{stim}}{C_m}

    A potential that is above threshold only between two events is found by comparing the state with the borders
    of the states that lead there. Both synaptic time constants have to be equal.

    References
    ----------
    Krishnan, Porta Mana, Helias, Diesmann and Di Napoli (2018), Frontiers in Neuroinformatics 11:75. NEST
    documentation, model ``iaf_psc_exp_ps_lossless``.
    """

    parameters = {
        "t_ref": dataclasses.replace(
            precise.PreciseMembrane.parameters["t_ref"], check=not_negative("Refractory time must not be negative.")
        ),
        "tau_syn_ex": Quantity(2.0, "ms", "Time constant of the excitatory current", precise.TIME_CONSTANT),
        "tau_syn_in": Quantity(2.0, "ms", "Time constant of the inhibitory current", precise.TIME_CONSTANT),
    }
    relations = (
        Relation(lambda p: p["tau_syn_ex"] != p["tau_syn_in"], "tau_syn_ex == tau_syn_in is required."),
        Relation(lambda p: p["tau_m"] == p["tau_syn_ex"], "Membrane and synapse time constant(s) must differ."),
    )
    state = {
        "I_syn_ex": Quantity(0.0, "pA", "Excitatory synaptic current"),
        "I_syn_in": Quantity(0.0, "pA", "Inhibitory synaptic current"),
        "offset": Quantity(0.0, "ms", "Offset of the last spike", settable=False),
    }
    # `offset` takes the place of `last_offset`
    dynamic = ("I_syn_ex", "I_syn_in", "V_m", "is_refractory", "I_stim", "last_step", "offset")
    recordables = {
        "V_m": lambda v, s: s.V_m + v.E_L,
        "I_syn": lambda v, s: s.I_syn_ex + s.I_syn_in,
        "I_syn_ex": lambda v, s: s.I_syn_ex,
        "I_syn_in": lambda v, s: s.I_syn_in,
    }

    @classmethod
    def status(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {"I_syn": float(values["I_syn_ex"] + values["I_syn_in"])}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h, C_m, tau_m, tau_syn, V_th = clock.resolution, p.C_m, p.tau_m, p.tau_syn_ex, p.V_th
        return {
            **precise.fixed(p),
            "h": h,
            "decay": math.expm1(-h / tau_m),
            "P20": -tau_m / C_m * expm1(-h / tau_m),
            "P21_ex": precise.decaying_current(tau_syn, tau_m, C_m, h),
            "P21_in": precise.decaying_current(p.tau_syn_in, tau_m, C_m, h),
            "decay_ex": math.exp(-h / tau_syn),
            "decay_in": math.exp(-h / p.tau_syn_in),
            "refractory_steps": clock.to_steps(p.t_ref),
            "a1": tau_m * tau_syn,
            "a2": tau_m * (tau_m - tau_syn),
            "a3": C_m * V_th * (tau_m - tau_syn),
            "a4": C_m * (tau_m - tau_syn),
            "b1": -tau_m * tau_m,
            "b2": tau_m * tau_syn,
            "b3": tau_m * C_m * V_th,
            "b4": -C_m * (tau_m - tau_syn),
            "c1": tau_m / C_m,
            "c2": (-tau_m * tau_syn) / (C_m * (tau_m - tau_syn)),
            "c3": (tau_m * tau_m) / (C_m * (tau_m - tau_syn)),
            "c4": tau_syn / tau_m,
            "c5": (C_m * V_th) / tau_m,
            "c6": 1 - (tau_syn / tau_m),
        }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        I_ex, I_in, U, refractory, step, last = precise.exponential_step(v, s, x, s.offset, _latest)
        return State(
            I_syn_ex=I_ex,
            I_syn_in=I_in,
            V_m=U,
            is_refractory=refractory,
            I_stim=x.current,
            last_step=step,
            offset=last,
        ), 0
