"""Functions of their input that rate neurons apply, and the parameters of these.

Each is written for one number `h`, with the variables of the neuron in `v`. Some models also know how strongly the
present rate scales excitatory and inhibitory input (multiplicative coupling).
"""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity

G = {"g": Quantity(1.0, "", "Gain factor")}
LINEAR = G | {
    "g_ex": Quantity(1.0, "", "Linear factor of multiplicative coupling of excitatory input"),
    "g_in": Quantity(1.0, "", "Linear factor of multiplicative coupling of inhibitory input"),
    "theta_ex": Quantity(0.0, "", "Shift of multiplicative coupling of excitatory input"),
    "theta_in": Quantity(0.0, "", "Shift of multiplicative coupling of inhibitory input"),
}
TANH = G | {"theta": Quantity(0.0, "", "Threshold")}
SIGMOID = G | {"beta": Quantity(1.0, "", "Slope"), "theta": Quantity(0.0, "", "Threshold")}
THRESHOLD_LINEAR = TANH | {"alpha": Quantity(math.inf, "", "Largest value")}
GAUSS = G | {
    "mu": Quantity(0.0, "", "Input of the strongest response"),
    "sigma": Quantity(0.0, "", "Width of the tuning to the input"),
}


@ops.helper
def linear(v: Any, h: Any) -> Any:
    """Return the input times the gain."""
    return v.g * h


@ops.helper
def linear_coupling_ex(v: Any, rate: Any) -> Any:
    """Return the factor of excitatory input."""
    return v.g_ex * (v.theta_ex - rate)


@ops.helper
def linear_coupling_in(v: Any, rate: Any) -> Any:
    """Return the factor of inhibitory input."""
    return v.g_in * (v.theta_in + rate)


@ops.helper
def no_coupling(v: Any, rate: Any) -> Any:
    """Return the factor of input that the rate does not scale."""
    return 1.0


@ops.helper
def tanh(v: Any, h: Any) -> Any:
    """Return the hyperbolic tangent of the input above threshold."""
    return ops.tanh(v.g * (h - v.theta))


@ops.helper
def sigmoid(v: Any, h: Any) -> Any:
    """Return the logistic function of the input."""
    return v.g / (1.0 + ops.exp(-v.beta * (h - v.theta)))


@ops.helper
def sigmoid_gg_1998(v: Any, h: Any) -> Any:
    """Return the sigmoid function of Gancarz and Grossberg (1998)."""
    fourth = ops.power(v.g * h, 4.0)
    return fourth / (ops.power(0.1, 4.0) + fourth)


@ops.helper
def threshold_linear(v: Any, h: Any) -> Any:
    """Return the input above threshold, up to a largest value."""
    return ops.minimum(ops.maximum(v.g * (h - v.theta), 0.0), v.alpha)


@ops.helper
def gauss(v: Any, h: Any) -> Any:
    """Return the Gaussian tuning to the input."""
    distance = h - v.mu
    return v.g * ops.exp(-(distance * distance) / (2.0 * (v.sigma * v.sigma)))
