"""Independent Poisson spike trains, one for each target."""

from __future__ import annotations

from typing import Any

from jaxnest.models.contract.base import Quantity, not_negative
from jaxnest.models.contract.device import Stimulator
from jaxnest.models.contract.registry import register
from jaxnest.models.functions import draws


@register
class poisson_generator(Stimulator):
    """Generator of Poisson spike trains: each target gets a train of its own.

    References
    ----------
    NEST documentation, model ``poisson_generator``.
    """

    emits = "spikes"
    parameters = {"rate": Quantity(0.0, "Hz", "Mean rate", not_negative("The rate cannot be negative."))}
    distributions = 1

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return {"mean": clock.resolution * p.rate * 1e-3}

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        return (), 1.0 * (v.rate > 0.0), 1.0, False

    @staticmethod
    def draw_each(v: Any, s: Any, value: Any, amounts: Any, context: Any) -> None:
        draws.poissons(context, 0, v.mean, amounts)
