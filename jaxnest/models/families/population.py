"""The dynamics of a population of neurons that are described by the times since their last spikes.

Neurons are sorted by the step of their last spike; of each group the expected number of those that have not spiked
since (m) and its variance (v), the membrane potential (u) and the intensity of spikes are kept in rings, beside the
number of spikes of each step (n). `k0` is the place of the oldest group.

References
----------
Schwalger, Deger & Gerstner (2017), PLOS Computational Biology 13:e1005507, figures 11 and 12.
"""

from __future__ import annotations

import functools
import math
import sys
from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import Neuron
from jaxnest.models.contract.state import State
from jaxnest.models.functions import draws

SMALLEST = sys.float_info.min


def _kernel(q_sfa: tuple[float, ...], tau_sfa: tuple[float, ...], k: int, h: float) -> float:
    total = 0.0
    for q, tau in zip(q_sfa, tau_sfa, strict=True):
        total += q * math.exp(-k * h / tau)
    return total


@functools.cache
def history_size(
    q_sfa: tuple[float, ...], tau_sfa: tuple[float, ...], Delta_V: float, tau_m: float, t_ref: float, h: float
) -> int:
    """Return how many steps back spikes have to be remembered."""
    k, shortest = int(20000.0 / h), int(5 * tau_m / h)
    while _kernel(q_sfa, tau_sfa, k, h) / Delta_V < 0.1 and k > shortest:
        k -= 1
    return int(t_ref / h) + 1 if k * h <= t_ref else k


def empty_past(p: Any, h: float, refractory_steps: int) -> dict[str, Any]:
    """Return the state of a population whose neurons have all spiked long ago."""
    q_sfa, tau_sfa = tuple(p.q_sfa.tolist()), tuple(p.tau_sfa.tolist())
    size = p.len_kernel if p.len_kernel >= 1 else history_size(q_sfa, tau_sfa, p.Delta_V, p.tau_m, p.t_ref, h)
    theta = [_kernel(q_sfa, tau_sfa, size - k, h) for k in range(size)]
    past = {name: np.zeros(size) for name in ("n", "m", "v", "u", "intensity")}
    past["n"][-1] = past["m"][-1] = float(p.N)
    return past | {
        "len_kernel": size,
        "k_ref": float(refractory_steps),
        "theta": np.array(theta),
        "theta_tilde": np.array([p.Delta_V * (1.0 - math.exp(-t / p.Delta_V)) / float(p.N) for t in theta]),
        "intensity_free": 0.0,
        "x": 0.0,
        "z": 0.0,
        "k0": 0.0,
        "g": np.zeros(len(tau_sfa)),
        "Q30": np.array([math.exp(-h / tau) for tau in tau_sfa]),
        "Q30K": np.array([q * tau * math.exp(-h * size / tau) for q, tau in zip(q_sfa, tau_sfa, strict=True)]),
        "initialized": 1.0,
    }


@ops.helper
def synapses(v: Any, s: Any, x: Any) -> Any:
    """Return the synaptic currents after a step, and the contribution of all inputs to the membrane potential."""
    total = (v.I_e + s.I_stim) * v.P20 + v.E_L
    A_ex, A_in = x.spikes_ex / v.h, x.spikes_in / v.h
    A_ex *= v.tau_syn_ex / v.C_m
    A_in *= v.tau_syn_in / v.C_m
    y_ex, y_in = s.I_syn_ex / v.C_m, s.I_syn_in / v.C_m
    rest_ex = v.tau_syn_ex * v.P11_ex * (y_ex - A_ex) - v.P22 * (v.tau_syn_ex * y_ex - v.tau_m * A_ex)
    rest_in = v.tau_syn_in * v.P11_in * (y_in - A_in) - v.P22 * (v.tau_syn_in * y_in - v.tau_m * A_in)
    h_ex = v.tau_m * (A_ex + rest_ex / (v.tau_syn_ex - v.tau_m))
    h_in = v.tau_m * (A_in + rest_in / (v.tau_syn_in - v.tau_m))
    total += h_ex + h_in
    y_ex, y_in = A_ex + (y_ex - A_ex) * v.P11_ex, A_in + (y_in - A_in) * v.P11_in
    return y_ex * v.C_m, y_in * v.C_m, total


@ops.helper
def intensity(v: Any, x: float) -> float:
    """Return the intensity of spikes (1/s) of neurons whose potential is `x` above the threshold."""
    return v.lambda_0 * math.exp(x / v.Delta_V)


@ops.helper
def survive(v: Any, s: Any, h_total: float, theta_hat: float) -> Any:
    """Advance all groups by a step; return the sums W, X, Y and Z of the publication."""
    size, k0 = len(s.n), int(s.k0)
    W, X, Y, Z = 0.0, 0.0, 0.0, 0.0
    for k in range(size):
        X += s.m[k]
    for marked in range(size - int(s.k_ref)):
        k = (k0 + marked) % size
        theta = s.theta[marked] + theta_hat
        theta_hat += s.n[k] * s.theta_tilde[marked]
        s.u[k] = (s.u[k] - v.E_L) * v.P22 + h_total
        new = intensity(v, s.u[k] - theta)
        P = 0.0005 * (new + s.intensity[k]) * v.h
        if P > 0.01:
            P = 1.0 - math.exp(-P)
        s.intensity[k] = new
        Y += P * s.v[k]
        Z += s.v[k]
        W += P * s.m[k]
        stay = 1.0 - P
        s.v[k] = stay * stay * s.v[k] + P * s.m[k]
        s.m[k] = stay * s.m[k]
    return W, X, Y, Z


@ops.helper
def draw_spikes(v: Any, x: Any, mean: float) -> float:
    """Draw the number of spikes from a distribution with this mean."""
    if v.BinoRand != 0:
        p = mean / v.N
        if p >= 1.0:
            return v.N
        return 0.0 if p <= 0.0 else float(draws.binomial(x.random, 0, v.N, p))
    if mean > v.N:
        return v.N
    if mean <= SMALLEST:
        return 0.0
    if 1.0 - (mean + 1.0) * math.exp(-mean) > SMALLEST:
        drawn = float(draws.poisson(x.random, 1, mean))
    else:
        drawn = 1.0 if draws.uniform(x.random) < mean else 0.0
    return min(max(drawn, 0.0), v.N)


class PopulationNeuron(Neuron, abstract=True):
    """Base of populations."""

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        I_ex, I_in, h_total = synapses(v, s, x)
        k0 = int(s.k0)
        E_sfa, V_m = v.V_T_star, (s.V_m - v.E_L) * v.P22 + h_total
        for j in range(len(s.g)):
            recent = (1.0 - s.Q30[j]) * s.n[k0] / (v.N * v.h)
            s.g[j] = s.g[j] * s.Q30[j] + recent
            E_sfa += s.Q30K[j] * s.g[j]
        free = intensity(v, V_m - E_sfa)
        P_free = 1 - math.exp(-0.0005 * (s.intensity_free + free) * v.h)
        E_sfa -= s.n[0] * s.theta_tilde[0]
        W, X, Y, Z = survive(v, s, h_total, E_sfa)
        P = (Y + P_free * s.z) / (Z + s.z) if Z + s.z > 0.0 else 0.0
        mean = W + P_free * s.x + P * (v.N - X - s.x)
        spikes = draw_spikes(v, x, mean)
        stay = 1 - P_free
        z_new = stay * stay * s.z + s.x * P_free + s.v[k0]
        x_new = s.x * stay + s.m[k0]
        s.n[k0] = s.m[k0] = spikes
        s.v[k0] = s.intensity[k0] = 0.0
        s.u[k0] = v.V_reset
        return State(
            V_m=V_m,
            I_syn_ex=I_ex,
            I_syn_in=I_in,
            n_events=spikes,
            E_sfa=E_sfa,
            mean=mean,
            I_stim=x.current,
            x=x_new,
            z=z_new,
            intensity_free=free,
            k0=float((k0 + 1) % len(s.n)),
            k_ref=s.k_ref,
            n=s.n,
            m=s.m,
            v=s.v,
            u=s.u,
            intensity=s.intensity,
            theta=s.theta,
            theta_tilde=s.theta_tilde,
            g=s.g,
            Q30=s.Q30,
            Q30K=s.Q30K,
            objects=s.objects,
        ), int(spikes)
