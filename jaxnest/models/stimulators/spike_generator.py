"""Spikes at given times."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.models.base import Quantity
from jaxnest.models.device import Stimulator
from jaxnest.models.registry import register

FLAGS = ("precise_times", "shift_now_spikes", "allow_offgrid_times")
TRAIN = ("spike_times", "spike_weights", "spike_multiplicities", "origin")


@register
class spike_generator(Stimulator):
    """Generator of spikes at given times.

    Times have to be on the grid, unless ``allow_offgrid_times`` rounds them up to the end of their step. A time that
    has passed is skipped. `spike_weights` multiply the weights of the connections, `spike_multiplicities` say how
    many spikes there are at a time; both are empty or as long as `spike_times`.

    References
    ----------
    NEST documentation, model ``spike_generator``.
    """

    emits = "spikes"
    window_shift = 1
    parameters = {
        "precise_times": Quantity(False, "", "Keep times that lie between grid points"),
        "shift_now_spikes": Quantity(False, "", "Move spikes at the present time to the next step"),
        "allow_offgrid_times": Quantity(False, "", "Round times up to the end of their step"),
        "spike_times": Quantity(np.empty(0), "ms", "Times of the spikes, in ascending order"),
        "spike_weights": Quantity(np.empty(0), "", "Factors for the weights of the connections"),
        "spike_multiplicities": Quantity(np.empty(0), "", "Numbers of spikes"),
    }
    state = {"position": Quantity(0.0, "", "Index of the next spike", visible=False)}
    dynamic = ("position",)

    @classmethod
    def regulate(
        cls, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any, connected: bool
    ) -> dict[str, Any]:
        """Return `changes` as they are stored: times on the grid, and the train rewound if it changed."""
        result = dict(super().regulate(changes, stored, clock, connected))
        now = {k: result.get(k, stored[k]) for k in stored}
        if now["precise_times"] and (now["allow_offgrid_times"] or now["shift_now_spikes"]):
            raise errors.BadProperty(
                "Option precise_times cannot be set to true when either allow_offgrid_times or shift_now_spikes is "
                "set to true."
            )
        if any(result.get(k, stored[k]) != stored[k] for k in FLAGS):
            if "spike_times" not in changes and len(stored["spike_times"]):
                raise errors.BadProperty(
                    "Options can only be set together with spike times or if no spike times have been set."
                )
        if "spike_times" in changes:
            result["spike_times"] = _on_grid(np.asarray(changes["spike_times"], np.float64).ravel(), now, clock)
        n = len(result.get("spike_times", stored["spike_times"]))
        for name in ("spike_weights", "spike_multiplicities"):
            if len(np.ravel(changes.get(name, ()))) not in (0, n):
                raise errors.BadProperty(
                    f"{name} must have the same number of elements as spike_times, or 0 elements to clear the "
                    f"property. ({len(np.ravel(changes[name]))} elements for {n} times)"
                )
        if any(k in changes for k in TRAIN):
            result["position"] = 0.0
        return result

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        times = np.asarray(p.spike_times, np.float64)
        n = len(times)
        start = clock.to_steps(p.origin)
        return {
            "stamps": np.array([clock.to_steps(t) + start for t in times], np.float64),
            "weights": np.asarray(p.spike_weights) if len(p.spike_weights) == n else np.ones(n),
            "multiplicities": np.asarray(p.spike_multiplicities) if len(p.spike_multiplicities) == n else np.ones(n),
        }

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, random: Any) -> Any:
        position = int(s.position)
        while position < len(v.stamps) and v.stamps[position] <= step:
            position += 1
        if position < len(v.stamps) and v.stamps[position] == step + 1:
            again = position + 1 < len(v.stamps) and v.stamps[position + 1] == step + 1
            return (position + 1.0,), v.multiplicities[position], v.weights[position], again
        return (float(position),), 0.0, 1.0, False


def _on_grid(times: np.ndarray, settings: Mapping[str, Any], clock: Any) -> np.ndarray:
    """Return the times as they are stored, refusing those that the settings do not allow."""
    if np.any(np.diff(times) < 0):
        i = int(np.argmax(np.diff(times) < 0))
        raise errors.BadProperty(
            f"Spike times must be sorted in non-descending order. ({times[i]} ms is followed by {times[i + 1]} ms)"
        )
    return np.array([_valid_time(float(t), settings, clock) for t in times], np.float64)


def _valid_time(time: float, settings: Mapping[str, Any], clock: Any) -> float:
    if time == 0.0 and not settings["shift_now_spikes"]:
        raise errors.BadProperty("spike time cannot be set to 0.")
    if math.isnan(time) or time < 0:
        raise errors.BadProperty(f"Spike times must be positive numbers, not {time} ms.")
    if settings["precise_times"]:
        return time
    if not clock.on_grid(time) and not settings["allow_offgrid_times"]:
        raise errors.BadProperty(
            f"spike_generator: Time point {time} is not representable in resolution {clock.resolution}."
        )
    return clock.to_ms(clock.to_steps(time))
