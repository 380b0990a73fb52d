"""What synapses with spike-timing dependent plasticity have in common."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract.base import Quantity, Relation, hidden, not_negative
from jaxnest.models.ops import helper

LAST_SPIKE = {"t_last": hidden(0.0, "Time of the last spike of the source")}
PRE_TRACE = {"Kplus": Quantity(0.0, "", "Trace of the source's spikes", not_negative("Kplus must be non-negative."))}


def sign(x: Any) -> Any:
    """Return 1 for numbers that are not negative, -1 for those that are, and 0 for what is no number."""
    return 1 * (x >= 0) - 1 * (x < 0)


SAME_SIGN = (Relation(lambda p: sign(p["weight"]) != sign(p["Wmax"]), "Weight and Wmax must have same sign."),)
MULTIPLICATIVE = {
    "tau_plus": Quantity(20.0, "ms", "Time constant of the potentiation trace"),
    "lambda": Quantity(0.01, "", "Step size"),
    "alpha": Quantity(1.0, "", "Asymmetry: scales depression as lambda * alpha"),
    "mu_plus": Quantity(1.0, "", "Weight dependence exponent of potentiation"),
    "mu_minus": Quantity(1.0, "", "Weight dependence exponent of depression"),
    "Wmax": Quantity(100.0, "", "Maximum allowed weight"),
}


@helper
def powered(x: float, exponent: float) -> float:
    """Return a power; the C library takes a third of the time of a synapse for it, and has the same number for 1."""
    return x if exponent == 1.0 else math.pow(x, exponent)


@helper
def potentiated(p: Any, weight: float, trace: float) -> float:
    """Return the weight after a spike of the target, which found this trace of the source's spikes."""
    relative = weight / p.Wmax + p.lambda_ * powered(1.0 - weight / p.Wmax, p.mu_plus) * trace
    return relative * p.Wmax if relative < 1.0 else p.Wmax


@helper
def depressed(p: Any, weight: float, trace: float) -> float:
    """Return the weight after a spike of the source, which found this trace of the target's spikes."""
    relative = weight / p.Wmax - p.alpha * p.lambda_ * powered(weight / p.Wmax, p.mu_minus) * trace
    return relative * p.Wmax if relative > 0.0 else 0.0
