r"""Stationary firing rate of integrate-and-fire neurons with noisy input.

The rate needs the integral of :math:`e^{x^2}(1 + \mathrm{erf}(x))` between two bounds of any sign, which Dawson's
integral and the scaled complementary error function express without large numbers. The functions here serve the
array operations; compiled loops have their own, which round as the GNU Scientific Library does.

References
----------
Siegert (1951), Physical Review 81:617. Fourcaud & Brunel (2002), Neural Computation 14:2057-2110. Rybicki (1989),
Computers in Physics 3:85.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jaxnest.lazy import lazy
from jaxnest.models import ops

jnp = lazy("jax.numpy")

SHIFT = 2.0652531522312172 / 2.0
"""Shift of threshold and reset by colored noise, for time constants of synapse and membrane that are equal."""
NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)
STEP = 0.2
ODD = np.arange(-41, 42, 2)


def erfcx(x: Any) -> Any:
    """Return exp(x^2) erfc(x) for `x` >= 0."""
    near = jnp.minimum(x, 5.0)
    fraction = jnp.maximum(x, 5.0)
    for k in range(14, 0, -1):
        fraction = jnp.maximum(x, 5.0) + 0.5 * k / fraction
    return jnp.where(x < 5.0, jnp.exp(near * near) * ops.erfc(near), 1.0 / (math.sqrt(math.pi) * fraction))


def erfcx_integral(a: Any, b: Any) -> Any:
    """Return the integral of exp(x^2) erfc(x) from `a` to `b`, both not negative: Gauss-Legendre, in log(1 + x)."""
    low, high = jnp.log1p(a), jnp.log1p(b)
    center, half = 0.5 * (low + high), 0.5 * (high - low)
    x = jnp.expm1(center + half * NODES)
    return half * jnp.sum(WEIGHTS * (1.0 + x) * erfcx(x))


def dawson(x: Any) -> Any:
    """Return Dawson's integral for `x` >= 0: a sum of Gaussians, exact up to the last digits."""
    nearest = 2.0 * jnp.round(0.5 * x / STEP)
    terms = jnp.exp(-((x - (nearest + ODD) * STEP) ** 2)) / (nearest + ODD)
    return jnp.sum(terms) / math.sqrt(math.pi)


@ops.helper
def siegert(v: Any, mean: Any, variance: Any) -> Any:
    """Return the rate (spikes per second) for mean (mV) and variance (mV^2) of the input."""
    sigma = ops.sqrt(variance)
    silent = (v.theta - mean) > 6.0 * sigma
    width = ops.where(silent, 1.0, sigma)
    shift = SHIFT * ops.sqrt(v.tau_syn / v.tau_m)
    threshold = ops.where(silent, 0.0, (v.theta - mean) / width + shift)
    reset = ops.where(silent, 0.0, (v.V_reset - mean) / width + shift)
    low = ops.where(reset > 0.0, reset, ops.where(threshold < 0.0, -threshold, threshold))
    integral = erfcx_integral(low, ops.where(reset > 0.0, threshold, -reset))
    peak = dawson(ops.maximum(threshold, 0.0))
    decay = ops.exp(-threshold * threshold)
    difference = ops.exp(ops.where(reset > 0.0, reset * reset - threshold * threshold, 0.0))
    both_above = 2.0 * peak - 2.0 * difference * dawson(ops.maximum(reset, 0.0)) - decay * integral
    between = 2.0 * peak + decay * integral
    whole = ops.where(reset > 0.0, both_above, between)
    scale = v.tau_m * math.sqrt(math.pi)
    below = 1e3 * 1.0 / (v.t_ref + scale * integral)
    rate = 1e3 * decay / (decay * v.t_ref + scale * whole)
    return ops.where(silent, 0.0, ops.where((reset <= 0.0) & (threshold < 0.0), below, rate))
