"""Piecewise constant rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.models.contract.base import Quantity, hidden
from jaxnest.models.contract.device import Stimulator
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.secondary import DELAYED_RATE, Signal
from jaxnest.models.functions.piecewise import check_pair, grid_times

MESSAGES = (
    "Amplitude can only be changed at strictly positive times (t > 0).",
    "step_rate_generator: amplitude times must be at strictly increasing time steps.",
)


@register
class step_rate_generator(Stimulator):
    """Generator of a rate that changes at given times, for rate neurons.

    References
    ----------
    NEST documentation, model ``step_rate_generator``.
    """

    receives_globally = False

    emits = "rates"
    signals = {DELAYED_RATE: Signal(sampled="rate")}
    window_shift = 2
    parameters = {
        "amplitude_times": Quantity(np.empty(0), "ms", "Times at which the rate changes"),
        "amplitude_values": Quantity(np.empty(0), "", "Rate from these times on"),
        "allow_offgrid_times": Quantity(False, "", "Round times up to the end of their step"),
    }
    state = {
        "position": Quantity(0.0, "", "Index of the next value", visible=False),
        "amplitude": hidden(doc="Present value"),
        "present_rate": hidden(doc="Rate that is sent"),
    }
    recordables = {"rate": lambda v, s: s.present_rate}

    @classmethod
    def regulate(
        cls, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any, connected: bool
    ) -> dict[str, Any]:
        """Return `changes` as they are stored: times on the grid, and the sequence started anew if it changed."""
        result = dict(super().regulate(changes, stored, clock, connected))
        check_pair(changes, "amplitude_times", "amplitude_values", "Amplitude")
        if "allow_offgrid_times" in changes and "amplitude_times" not in changes and len(stored["amplitude_times"]):
            raise errors.BadProperty(
                "allow_offgrid_times can only be changed before amplitude_times have been set, or together with "
                "amplitude_times and amplitude_values."
            )
        if "amplitude_times" in changes:
            offgrid = result.get("allow_offgrid_times", stored["allow_offgrid_times"])
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
        rate = amplitude if active else 0.0
        return (float(position), amplitude, rate), rate, 1.0, False
