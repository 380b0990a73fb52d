"""Channels and receptors of compartments: what each adds to the diagonal of the matrix and to the right-hand side.

References
----------
Wybo, Jordan, Ellenberger, Marti Mengual, Nevian & Senn (2021), eLife 10:e60936. Mainen, Joerges, Huguenard &
Sejnowski (1995), Neuron 15:1427-1439 (channels).
"""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops

KINDS: dict[str, dict[str, float]] = {
    "AMPA": {"e_AMPA": 0.0, "tau_r_AMPA": 0.2, "tau_d_AMPA": 3.0},
    "GABA": {"e_GABA": -80.0, "tau_r_GABA": 0.2, "tau_d_GABA": 10.0},
    "NMDA": {"e_NMDA": 0.0, "tau_r_NMDA": 0.2, "tau_d_NMDA": 43.0},
    "AMPA_NMDA": {
        "e_AMPA_NMDA": 0.0,
        "tau_r_AMPA": 0.2,
        "tau_d_AMPA": 3.0,
        "tau_r_NMDA": 0.2,
        "tau_d_NMDA": 43.0,
        "NMDA_ratio": 2.0,
    },
}
"""Types of receptors in the order in which the currents of a compartment are added; their parameters and defaults."""
NMDA, AMPA_NMDA = 2, 3
"""Places of those that depend on the potential."""
TIMES = ("tau_r", "tau_d", "tau_r_NMDA", "tau_d_NMDA")
"""Rise and decay times; a receptor with one conductance uses the first two, whatever its type."""
FASTER = 1.0 / 3.21
"""Time constants of channels at the temperature of the model, as part of those that were measured."""
NO_CHANNEL = 1e-9
"""Channels with smaller conductances stay as they are."""


@ops.helper
def sodium_activation(V: float) -> Any:
    """Return the steady state of m, and its time constant (ms)."""
    above = V + 35.013
    if abs(above) > 1e-5:
        grown = math.exp(0.111111111111111 * above)
        part = 1.0 / (grown - 1.0)
        alpha = 0.182 * above * grown * part
        time = 1.0 / (alpha + 0.124 * above * part)
    else:
        alpha = 1.638
        time = 1.0 / (alpha + 1.116)
    return alpha * time, FASTER * time


@ops.helper
def sodium_inactivation(V: float) -> Any:
    """Return the steady state of h, and its time constant (ms)."""
    above_50, above_75 = V + 50.013, V + 75.013
    alpha, beta = 0.12, 0.0455
    if abs(above_50) > 1e-5:
        alpha = 0.024 * above_50 / (1.0 - math.exp(-0.2 * above_50))
    if abs(above_75) > 1e-9:
        beta = -0.0091 * above_75 / (1.0 - math.exp(0.2 * above_75))
    return 1.0 / (1.0 + math.exp((V + 65.0) / 6.2)), FASTER / (alpha + beta)


@ops.helper
def potassium_activation(V: float) -> Any:
    """Return the steady state of n, and its time constant (ms)."""
    above = V - 25.0
    alpha, beta = 0.18, 0.018
    if abs(above) > 1e-5:
        grown = math.exp(0.111111111111111 * above)
        part = 1.0 / (grown - 1.0)
        alpha, beta = 0.02 * above * grown * part, 0.002 * above * part
    time = 1.0 / (alpha + beta)
    return alpha * time, FASTER * time


def steady_state(V: float) -> tuple[float, float, float]:
    """Return m, h and n of channels at a constant potential, undefined ones as NaN."""
    try:
        return sodium_activation(V)[0], sodium_inactivation(V)[0], potassium_activation(V)[0]
    except (ArithmeticError, ValueError):
        return math.nan, math.nan, math.nan


@ops.helper
def relaxed(x: float, steady: float, time: float, h: float) -> float:
    """Return what becomes of an activation in a step of `h` ms."""
    left = math.exp(-h / time)
    return x * left + (1.0 - left) * steady


@ops.helper
def channels(v: Any, s: Any, i: int) -> Any:
    """Advance the channels of a compartment and return their contributions."""
    V, g, f = s.v_comp[i], 0.0, 0.0
    if v.gbar_Na[i] > NO_CHANNEL:
        steady, time = sodium_activation(V)
        steady_h, time_h = sodium_inactivation(V)
        s.m_Na[i] = relaxed(s.m_Na[i], steady, time, v.h)
        s.h_Na[i] = relaxed(s.h_Na[i], steady_h, time_h, v.h)
        g_Na = v.gbar_Na[i] * math.pow(s.m_Na[i], 3.0) * s.h_Na[i]
        g += g_Na / 2.0
        f += g_Na * (v.e_Na[i] - V / 2.0)
    if v.gbar_K[i] > NO_CHANNEL:
        steady, time = potassium_activation(V)
        s.n_K[i] = relaxed(s.n_K[i], steady, time, v.h)
        g_K = v.gbar_K[i] * s.n_K[i]
        g += g_K / 2.0
        f += g_K * (v.e_K[i] - V / 2.0)
    return g, f


@ops.helper
def receptor(v: Any, s: Any, r: int, V: float, spikes: float) -> Any:
    """Advance a receptor of a compartment with potential V and return its contributions."""
    jump = spikes * v.g_norm[r]
    s.g_r[r] = s.g_r[r] * v.decay_r[r] - jump
    s.g_d[r] = s.g_d[r] * v.decay_d[r] + jump
    conductance, kind = s.g_r[r] + s.g_d[r], v.kind[r]
    current, slope = conductance * (v.e_rev[r] - V), -conductance
    if kind >= NMDA:
        unblocked = math.exp(-0.1 * V)
        divisor = 1.0 + 0.3 * unblocked
        open_, steeper = 1.0 / divisor, 0.03 * unblocked / (divisor * divisor)
        if kind == NMDA:
            current = conductance * open_ * (v.e_rev[r] - V)
            slope = conductance * (steeper * (v.e_rev[r] - V) - open_)
        else:
            jump = spikes * v.g_norm_NMDA[r]
            s.g_r_NMDA[r] = s.g_r_NMDA[r] * v.decay_r_NMDA[r] - jump
            s.g_d_NMDA[r] = s.g_d_NMDA[r] * v.decay_d_NMDA[r] + jump
            slow = v.NMDA_ratio[r] * (s.g_r_NMDA[r] + s.g_d_NMDA[r])
            current = (conductance + slow * open_) * (v.e_rev[r] - V)
            slope = -conductance + slow * (steeper * (v.e_rev[r] - V) - open_)
    g = -slope / 2.0
    return g, current + g * V


def decay(tau: float, h: float) -> float:
    """Return the part of a conductance that is left after a step."""
    return math.exp(-h / tau) if tau else 0.0


def peak(tau_r: float, tau_d: float) -> float:
    """Return the inverse of the largest difference of both exponentials; undefined if they are equal."""
    try:
        time = (tau_r * tau_d) / (tau_d - tau_r) * math.log(tau_d / tau_r)
        return 1.0 / (-math.exp(-time / tau_r) + math.exp(-time / tau_d))
    except (ArithmeticError, ValueError):
        return math.nan
