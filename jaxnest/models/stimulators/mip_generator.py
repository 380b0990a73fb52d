"""Correlated spike trains from a common Poisson process."""

from __future__ import annotations

from typing import Any

from jaxnest.models.contract.base import Quantity, not_negative
from jaxnest.models.contract.device import Stimulator
from jaxnest.models.contract.registry import register
from jaxnest.models.functions import draws
from jaxnest.models.quantities.checks import within


@register
class mip_generator(Stimulator):
    """Generator of correlated spike trains: each target gets a random choice of the spikes of one Poisson process.

    As in NEST, whether the generator is active is decided once for all steps of min_delay.

    References
    ----------
    Kuhn, Aertsen & Rotter (2003), Neural Computation 15:67-101. NEST documentation, model ``mip_generator``.
    """

    emits = "spikes"
    slicewise = True
    shared_stream = True
    parameters = {
        "rate": Quantity(0.0, "Hz", "Rate of the common process", not_negative("Rate must be non-negative.")),
        "p_copy": Quantity(
            1.0, "", "Probability that a target gets a spike", within(0.0, 1.0, "Copy probability must be in [0, 1].")
        ),
    }
    distributions = 1

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return {"mean": clock.resolution * p.rate * 1e-3}

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        parents = draws.shared_poisson(context, 0, v.mean) if active and v.rate > 0.0 else 0
        return (), parents, 1.0, False

    @staticmethod
    def draw(v: Any, s: Any, value: Any, target: Any, context: Any) -> Any:
        copies = 0
        for _ in range(value):
            if draws.uniform(context) < v.p_copy:
                copies += 1
        return copies
