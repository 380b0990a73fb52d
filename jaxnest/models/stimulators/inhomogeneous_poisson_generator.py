"""Poisson spike trains with a piecewise constant rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.models.contract.base import Quantity, hidden
from jaxnest.models.contract.device import Stimulator
from jaxnest.models.contract.registry import register
from jaxnest.models.functions import draws
from jaxnest.models.functions.piecewise import check_pair, grid_times

MESSAGES = ("Time points must lie strictly in the future.", "Rate times must be strictly increasing.")


@register
class inhomogeneous_poisson_generator(Stimulator):
    """Generator of Poisson spike trains whose rate changes at given times; each target gets a train of its own.

    Times must lie in the future, ascending and on the grid, unless ``allow_offgrid_times`` rounds them up to the end
    of their step. The rate is zero before the first of them.

    References
    ----------
    NEST documentation, model ``inhomogeneous_poisson_generator``.
    """

    emits = "spikes"
    parameters = {
        "rate_times": Quantity(np.empty(0), "ms", "Times at which the rate changes"),
        "rate_values": Quantity(np.empty(0), "Hz", "Rate from these times on"),
        "allow_offgrid_times": Quantity(False, "", "Round times up to the end of their step"),
    }
    state = {
        "position": Quantity(0.0, "", "Index of the next rate", visible=False),
        "present_rate": hidden(doc="Rate in 1/ms"),
    }
    distributions = 1

    @classmethod
    def regulate(
        cls, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any, connected: bool
    ) -> dict[str, Any]:
        """Return `changes` as they are stored: times on the grid, and the sequence started anew if it changed."""
        result = dict(super().regulate(changes, stored, clock, connected))
        offgrid = result.get("allow_offgrid_times", stored["allow_offgrid_times"])
        if offgrid != stored["allow_offgrid_times"] and "rate_times" not in changes and len(stored["rate_times"]):
            raise errors.BadProperty(
                "Option can only be set together with rate times or if no rate times have been set."
            )
        check_pair(changes, "rate_times", "rate_values", "Rate")
        if "rate_times" in changes:
            now = clock.to_ms(clock.now)
            result["rate_times"] = grid_times(cls.name, changes["rate_times"], offgrid, clock, now, MESSAGES)
            result |= {"position": 0.0}
        return result

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        steps = np.array([clock.to_steps(t) for t in p.rate_times], np.float64)
        return {"steps": steps, "h": clock.resolution}

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        position, rate = int(s.position), s.present_rate
        while position < len(v.steps) and v.steps[position] <= step:
            position += 1
        if position < len(v.steps) and v.steps[position] == step + 1:
            rate = v.rate_values[position] / 1000.0
            position += 1
        return (float(position), rate), rate if rate > 0.0 else 0.0, 1.0, False

    @staticmethod
    def draw(v: Any, s: Any, value: Any, target: Any, context: Any) -> Any:
        return draws.poisson(context, 0, value * v.h)
