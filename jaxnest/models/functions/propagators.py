"""Exact propagators of a leaky membrane with exponential or alpha-shaped synaptic currents.

Computed on the host in NEST's order of operations; the singular case of equal time constants is found
as NEST finds it.

References
----------
Rotter & Diesmann (1999), Biological Cybernetics 81:381-402; NEST documentation, "Integration of
integrate-and-fire models with alpha-shaped and exponential synaptic currents".
"""

from __future__ import annotations

import math
import sys

from jaxnest.numerics.nest_math import expm1


def exponential(tau_syn: float, tau_m: float, C_m: float, h: float) -> float:
    """Effect on V_m after a step `h` of a synaptic current that decays with `tau_syn`."""
    if tau_syn != tau_m:
        gamma = tau_syn * tau_m / (tau_m - tau_syn) / C_m
        propagator = gamma * math.exp(-h * (1 / tau_syn)) * expm1(h * ((tau_m - tau_syn) / (tau_syn * tau_m)))
        if sys.float_info.min <= propagator < math.inf:
            return propagator
    return h * (1 / C_m) * math.exp(-h * (1 / tau_m))


def alpha(tau_syn: float, tau_m: float, C_m: float, h: float) -> tuple[float, float]:
    """Effects on V_m of the derivative and of the amplitude of an alpha-shaped synaptic current (P31, P32)."""
    amplitude = exponential(tau_syn, tau_m, C_m, h)
    if tau_syn != tau_m and h > 1e-7 * tau_m * tau_m / abs(tau_m - tau_syn):
        beta = tau_syn * tau_m / (tau_m - tau_syn)
        rise = expm1(h * ((tau_m - tau_syn) / (tau_syn * tau_m)))
        return beta / C_m * math.exp(-h * (1 / tau_syn)) * (beta * rise - h), amplitude
    return 0.5 * h * h * (1 / C_m) * math.exp(-h * (1 / tau_m)), amplitude
