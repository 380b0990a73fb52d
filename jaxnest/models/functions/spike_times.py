"""Spikes at given times: what the devices that send them have in common."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.models.quantities.quantity import Quantity

FLAGS = ("precise_times", "shift_now_spikes", "allow_offgrid_times")
PARAMETERS = {
    "precise_times": Quantity(False, "", "Keep times that lie between grid points"),
    "shift_now_spikes": Quantity(False, "", "Move spikes at the present time to the next step"),
    "allow_offgrid_times": Quantity(False, "", "Round times up to the end of their step"),
    "spike_times": Quantity(np.empty(0), "ms", "Times of the spikes, in ascending order"),
    "spike_multiplicities": Quantity(
        np.empty(0, np.int64), "", "Numbers of spikes", shown=lambda n: n.copy() if len(n) else np.empty(0)
    ),
}
STATE = {
    "position": Quantity(0.0, "", "Index of the next spike", visible=False),
    "stamps": Quantity(np.empty(0), "", "Ends of the steps of the spikes, in steps", visible=False, advanced=False),
    "offsets": Quantity(np.empty(0), "ms", "How long before these the spikes are", visible=False, advanced=False),
}


def stored_train(
    model: str, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any, lists: tuple[str, ...]
) -> dict[str, Any]:
    """Return `changes` as they are stored: the train rewound if it changed.

    Parameters
    ----------
    model
        Name of the model.
    changes, stored, clock
        As for `Device.regulate`.
    lists
        Names of the parameters that have one element per spike, or none.

    Raises
    ------
    BadProperty
        If times, options or lengths do not fit together.
    """
    result = dict(changes)
    now = {k: changes[k] if k in changes else stored[k] for k in (*FLAGS, "origin")}
    if now["precise_times"] and (now["allow_offgrid_times"] or now["shift_now_spikes"]):
        raise errors.BadProperty(
            "Option precise_times cannot be set to true when either allow_offgrid_times or shift_now_spikes is "
            "set to true."
        )
    if any(k in changes for k in FLAGS) and "spike_times" not in changes and len(stored["spike_times"]):
        raise errors.BadProperty(
            "Options can only be set together with spike times or if no spike times have been set."
        )
    if "spike_times" in changes:
        result |= _train(model, np.asarray(changes["spike_times"], np.float64).ravel(), now, clock)
    n = len(result.get("spike_times", stored["spike_times"]))
    for name in lists:
        if len(np.ravel(changes.get(name, ()))) not in (0, n):
            raise errors.BadProperty(
                f"{name} must have the same number of elements as spike_times or 0 elements to clear the "
                f"property. ({len(np.ravel(changes[name]))} elements for {n} times)"
            )
    if any(k in changes for k in ("spike_times", "origin", *lists)):
        result["position"] = 0.0
    return result


def _train(model: str, times: np.ndarray, settings: Mapping[str, Any], clock: Any) -> dict[str, Any]:
    """Return times, stamps and offsets, refusing what the settings do not allow."""
    if np.any(np.diff(times) < 0):
        i = int(np.argmax(np.diff(times) < 0))
        raise errors.BadProperty(
            f"Spike times must be sorted in non-descending order. ({times[i]} ms is followed by {times[i + 1]} ms)"
        )
    stamps = _stamps(times, settings, clock)
    if stamps is None:
        stamps = np.array([_stamp(model, float(t), settings, clock) for t in times], np.int64)
    ends = clock.to_ms(stamps)
    offsets = np.zeros(len(times))
    if settings["precise_times"]:
        offsets = ends - times
        negligible = np.abs(offsets) < np.finfo(float).eps * np.abs(ends + times) * 2.0
        offsets[negligible | (np.abs(offsets) < np.finfo(float).tiny)] = 0.0
    return {"spike_times": ends - offsets, "stamps": stamps.astype(np.float64), "offsets": offsets}


def _stamps(times: np.ndarray, settings: Mapping[str, Any], clock: Any) -> np.ndarray | None:
    """Return the stamps of times at once, if all are finite, positive and on the grid, and need not be shifted."""
    off_grid = settings["precise_times"] or settings["allow_offgrid_times"] or settings["shift_now_spikes"]
    if off_grid or not ((times > 0.0) & (times < clock.latest)).all():
        return None
    steps, rest = np.divmod((times * float(clock.tics_per_ms) + 0.5).astype(np.int64), clock.tics_per_step)
    return None if rest.any() else steps


def _stamp(model: str, time: float, settings: Mapping[str, Any], clock: Any) -> int:
    if time == 0.0 and not settings["shift_now_spikes"]:
        raise errors.BadProperty(f"{'spike' if model == 'spike_generator' else 'Spike'} time cannot be set to 0.")
    if math.isnan(time) or time < 0:
        raise errors.BadProperty(f"Spike times must be positive numbers, not {time} ms.")
    if settings["precise_times"]:
        return clock.stamp(time)
    if not clock.on_grid(time):
        if not settings["allow_offgrid_times"]:
            raise errors.BadProperty(
                f"{model}: Time point {time} is not representable in current resolution {clock.resolution}."
            )
        return clock.stamp(time)
    step = clock.to_steps(time)
    return step + (settings["shift_now_spikes"] and clock.to_steps(settings["origin"]) + step == clock.now)


def per_spike(values: Any, n: int) -> np.ndarray:
    """Return one value per spike: ones if none are given."""
    return np.asarray(values, np.float64) if len(values) == n and n else np.ones(n)


def variables(p: Any, clock: Any) -> dict[str, Any]:
    """Return what `advance` has to know of the train."""
    start = clock.to_steps(p.origin)
    n = len(p.stamps)
    return {
        "absolute_stamps": np.asarray(p.stamps, np.float64) + start,
        "before": np.asarray(p.offsets, np.float64),
        "multiplicities": per_spike(p.spike_multiplicities, n),
    }


def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
    """Send the spikes of a step one by one."""
    k = int(s.position)
    while k < len(v.absolute_stamps) and v.absolute_stamps[k] <= step:
        k += 1
    if k < len(v.absolute_stamps) and v.absolute_stamps[k] == step + 1:
        again = k + 1 < len(v.absolute_stamps) and v.absolute_stamps[k + 1] == step + 1
        return (k + 1.0,), v.multiplicities[k], v.factors[k], again, 0, v.before[k]
    return (float(k),), 0.0, 1.0, False, 0, 0.0


def most_events(p: Any, clock: Any, steps: int) -> int:
    """Return how many events a target can get in this number of steps."""
    if not len(p.stamps):
        return steps
    return steps * int(np.unique(p.stamps, return_counts=True)[1].max())
