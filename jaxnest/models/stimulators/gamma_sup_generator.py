"""Superposition of gamma spike trains."""

from __future__ import annotations

from typing import Any

from jaxnest.models.contract.base import Quantity, not_negative
from jaxnest.models.contract.device import Stimulator
from jaxnest.models.contract.registry import register
from jaxnest.models.functions import draws
from jaxnest.models.ops import helper
from jaxnest.models.quantities.checks import Check


@helper
def transitions(context: Any, n: float, p: float) -> float:
    """Draw how many of `n` components make a transition of probability `p`; object 0 is Poisson, 1 binomial."""
    if n <= 0.0:
        return 0.0
    if (n >= 100.0 and p <= 0.01) or (n >= 500.0 and p * n <= 0.1):
        return min(float(draws.poisson(context, 0, p * n)), n)
    return float(draws.binomial(context, 1, n, p))


@register
class gamma_sup_generator(Stimulator):
    """Generator of the superposition of independent gamma spike trains, one superposition for each target.

    A component passes through ``gamma_shape`` states and spikes when it leaves the last one. The generator counts how
    many of the ``n_proc`` components are in each state.

    References
    ----------
    Deger, Helias, Boucsein & Rotter (2012), J Comput Neurosci 32:443-463. NEST documentation, model
    ``gamma_sup_generator``.
    """

    emits = "spikes"
    parameters = {
        "gamma_shape": Quantity(
            1,
            "",
            "Shape of the gamma distribution",
            Check(lambda x: x < 1, "The shape must be larger or equal 1", ">= 1"),
        ),
        "rate": Quantity(0.0, "Hz", "Rate of one component", not_negative("The rate must be larger than 0.")),
        "n_proc": Quantity(
            1,
            "",
            "Number of components",
            Check(lambda x: x < 1, "The number of component processes cannot be smaller than one", ">= 1"),
        ),
    }
    target_distributions = 2

    @classmethod
    def new_target(cls, p: Any, clock: Any) -> list[float]:
        """Return the number of states, the components in each, and room for the transitions of each."""
        each = p.n_proc // p.gamma_shape
        occupied = [float(each)] * p.gamma_shape
        occupied[-1] += p.n_proc - each * p.gamma_shape
        return [float(p.gamma_shape), *occupied, *([0.0] * p.gamma_shape)]

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return {"transition": p.rate * p.gamma_shape * clock.resolution / 1000.0}

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        return (), 1.0 if v.rate > 0.0 else 0.0, 1.0, False

    @staticmethod
    def draw(v: Any, s: Any, value: Any, target: Any, context: Any) -> Any:
        n = int(target[0])
        for i in range(n):
            target[1 + n + i] = transitions(context, target[1 + i], v.transition)
        for i in range(n):
            moving = target[1 + n + i]
            target[1 + i] -= moving
            target[1 + (i + 1) % n] += moving
        return target[2 * n]
