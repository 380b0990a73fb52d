r"""How synapses turn gradients into weights: by gradient descent, or by Adam.

.. math::
    m_t &= \beta_1 m_{t-1} + (1 - \beta_1) g_t, \quad v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2 \\
    W_t &= W_{t-1} - \eta \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \frac{m_t}{\sqrt{v_t} + \epsilon}

Gradients are averaged over batches. As in NEST, the first optimization uses the first learning rate that was set, and
later ones that of the optimization before.

References
----------
Kingma & Ba (2015), Proceedings of the 3rd International Conference on Learning Representations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from jaxnest import errors
from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, Relation, hidden
from jaxnest.models.contract.synapse import Convert, Synapse

TYPES = ("gradient_descent", "adam")
FIRST_ETA = 1e-4


def _common(default: Any, doc: str) -> Quantity:
    return Quantity(default, "", doc, settable=False, visible=False)


PLAIN = {
    "batch_size": _common(1, "Number of updates that make one batch"),
    "eta": _common(FIRST_ETA, "Learning rate"),
    "optimize_each_step": _common(True, "Optimize in each step, not at each spike"),
    "Wmax": _common(100.0, "Maximal weight"),
    "Wmin": _common(-100.0, "Minimal weight"),
}
ADAM = {
    "beta_1": _common(0.9, "Decay of the first moment"),
    "beta_2": _common(0.999, "Decay of the second moment"),
    "epsilon": _common(1e-7, "Small constant for numerical stability"),
}
COMMON = PLAIN | ADAM | {
    "adam": _common(False, "Whether Adam is the optimizer"),
    "first_eta": _common(FIRST_ETA, "The first learning rate that was set"),
    "eta_changes": _common(0, "How often the learning rate was set to another value"),
}  # fmt: skip
"""Common properties of synapses."""

STATE = {
    "batch_gradient": hidden(doc="Sum of the gradients of the present batch"),
    "optimization_step": hidden(1.0, "Number of the present batch"),
    "present_eta": hidden(FIRST_ETA, "Learning rate of the next optimization"),
    "n_optimizations": hidden(doc="Number of optimizations"),
    "m": hidden(doc="Estimate of the first moment"),
    "v": hidden(doc="Estimate of the second moment"),
    "beta_1_power": hidden(1.0, "Power of beta_1"),
    "beta_2_power": hidden(1.0, "Power of beta_2"),
}
"""State of each synapse."""


@ops.helper
def present(s: Any) -> Any:
    """Return the state, in the order of `STATE`."""
    return (
        s.batch_gradient,
        s.optimization_step,
        s.present_eta,
        s.n_optimizations,
        s.m,
        s.v,
        s.beta_1_power,
        s.beta_2_power,
    )


@ops.helper
def optimized(p: Any, moments: Any, weight: float, gradient: float, update: float) -> Any:
    """Return the weight and the state after a gradient.

    The state (`moments`) is in the order of `STATE`; `update` counts intervals or steps.
    """
    G, step, eta, n, m, v, b1, b2 = moments
    if p.eta_changes != 0 and n == 0:
        eta = p.first_eta
    G += gradient
    present = 1.0 + update // p.batch_size
    if step < present:
        G /= p.batch_size
        if p.adam != 0:
            while step < present:
                b1 *= p.beta_1
                b2 *= p.beta_2
                alpha = eta * math.sqrt(1.0 - b2) / (1.0 - b1)
                m = p.beta_1 * m + (1.0 - p.beta_1) * G
                v = p.beta_2 * v + (1.0 - p.beta_2) * G * G
                weight -= alpha * m / (math.sqrt(v) + p.epsilon)
                G = 0.0
                step += 1.0
        else:
            weight -= eta * G
            G = 0.0
        weight = p.Wmin if weight < p.Wmin else p.Wmax if p.Wmax < weight else weight
        eta, n, step = p.eta, n + 1.0, present
    return weight, (G, step, eta, n, m, v, b1, b2)


def unpack(
    value: Mapping[str, Any], stored: Mapping[str, Any], has_connections: bool, convert: Convert
) -> dict[str, Any]:
    """Return the common properties that change if the dictionary of the optimizer is set.

    Raises
    ------
    BadProperty
        If a value is out of bounds.
    BadParameter
        If another optimizer is chosen once there are synapses.
    """
    new: dict[str, Any] = {}
    kind = value.get("type", TYPES[stored["adam"]])
    if kind != TYPES[stored["adam"]]:
        if has_connections:
            raise errors.BadParameter("The optimizer cannot be changed because synapses have been created.")
        if kind not in TYPES:
            raise errors.BadProperty('optimizer from ["gradient_descent", "adam"] required.')
        new = {name: quantity.default for name, quantity in COMMON.items()} | {"adam": kind == "adam"}
    known = PLAIN | (ADAM if kind == "adam" else {})
    before = {**stored, **new}
    new |= {name: convert(known[name], name, entry) for name, entry in value.items() if name in known}
    now = {**stored, **new}
    for is_wrong, message in (
        (now["batch_size"] <= 0, "Optimization batch_size > 0 required."),
        (now["eta"] < 0, "Learning rate eta ≥ 0 required."),
        (now["Wmin"] > now["Wmax"], "Minimal weight Wmin ≤ maximal weight Wmax required."),
        (not 0 <= now["beta_1"] < 1, "For Adam optimizer, beta_1 from interval [0,1) required."),
        (not 0 <= now["beta_2"] < 1, "For Adam optimizer, beta_2 from interval [0,1) required."),
        (now["epsilon"] < 0, "For Adam optimizer, epsilon ≥ 0 required."),
    ):
        if is_wrong:
            raise errors.BadProperty(message)
    if now["eta"] != before["eta"]:
        new["first_eta"] = now["first_eta"] if now["eta_changes"] else now["eta"]
        new["eta_changes"] = now["eta_changes"] + 1
    return new


class OptimizingSynapse(Synapse, abstract=True):
    """Base of synapses with an optimizer: a dictionary of the model, and the moments of each connection."""

    packed = ("optimizer",)
    relations = (
        Relation(lambda p: p["weight"] < p["Wmin"], "Minimal weight Wmin ≤ weight required."),
        Relation(lambda p: p["weight"] > p["Wmax"], "weight ≤ maximal weight Wmax required."),
    )

    @classmethod
    def unpack(
        cls, name: str, value: Mapping[str, Any], stored: Mapping[str, Any], has_connections: bool, convert: Convert
    ) -> dict[str, Any]:
        """Return what changes if the dictionary of the optimizer is set."""
        return unpack(value, stored, has_connections, convert)

    @classmethod
    def pack(cls, name: str, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return the dictionary of the optimizer."""
        shown = {key: stored[key] for key in (PLAIN | ADAM if stored["adam"] else PLAIN)}
        return dict(sorted((shown | {"optimizer": TYPES[stored["adam"]]}).items()))

    @classmethod
    def own_entries(cls, name: str, stored: Mapping[str, Any]) -> dict[str, str]:
        """Return the moments that Adam estimates."""
        return {"m": "m", "v": "v"} if stored["adam"] else {}
