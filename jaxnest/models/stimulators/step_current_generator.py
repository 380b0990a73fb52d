"""Piecewise constant current."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.models.contract.base import Quantity, hidden
from jaxnest.models.contract.device import Stimulator
from jaxnest.models.contract.registry import register
from jaxnest.models.functions.piecewise import check_pair, grid_times

MESSAGES = (
    "Amplitude can only be changed at strictly positive times (t > 0).",
    "Amplitude times must be strictly increasing.",
)


@register
class step_current_generator(Stimulator):
    """Generator of a current that changes at given times.

    A value given for time t reaches the targets t plus their delay. Times must be positive, ascending and on the grid,
    unless ``allow_offgrid_times`` rounds them up to the end of their step.

    References
    ----------
    NEST documentation, model ``step_current_generator``.
    """

    receives_globally = False

    emits = "currents"
    window_shift = 2
    parameters = {
        "allow_offgrid_times": Quantity(False, "", "Round times up to the end of their step"),
        "amplitude_times": Quantity(np.empty(0), "ms", "Times at which the current changes"),
        "amplitude_values": Quantity(np.empty(0), "pA", "Current from these times on"),
    }
    state = {
        "position": Quantity(0.0, "", "Index of the next value", visible=False),
        "amplitude": Quantity(0.0, "pA", "Present value", visible=False),
        "I": hidden(doc="Current that is sent"),
    }
    recordables = {"I": lambda v, s: s.I}

    @classmethod
    def regulate(
        cls, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any, connected: bool
    ) -> dict[str, Any]:
        """Return `changes` as they are stored: times on the grid, and the sequence started anew if it changed."""
        result = dict(super().regulate(changes, stored, clock, connected))
        offgrid = result.get("allow_offgrid_times", stored["allow_offgrid_times"])
        free = "amplitude_times" in changes or not len(stored["amplitude_times"])
        if offgrid != stored["allow_offgrid_times"] and not free:
            raise errors.BadProperty(
                "Option can only be set together with amplitude times or if no amplitude times have been set."
            )
        check_pair(changes, "amplitude_times", "amplitude_values", "Amplitude")
        if "amplitude_times" in changes:
            result["amplitude_times"] = grid_times(cls.name, changes["amplitude_times"], offgrid, clock, 0.0, MESSAGES)
            result |= {"position": 0.0}
        return result

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return {"steps": np.array([clock.to_steps(t) for t in p.amplitude_times], np.float64)}

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        position, amplitude = int(s.position), s.amplitude
        while position < len(v.steps) and v.steps[position] <= step:
            position += 1
        if position < len(v.steps) and v.steps[position] == step + 1:
            amplitude = v.amplitude_values[position]
            position += 1
        current = amplitude if active else 0.0
        return (float(position), amplitude, current), current, 1.0, False
