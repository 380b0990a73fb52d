"""Values that change at given times: what generators of steps have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest import errors


def grid_times(model: str, times: Any, offgrid: bool, clock: Any, now: float, messages: tuple[str, str]) -> np.ndarray:
    """Return times as they are stored: on the grid and ascending.

    Parameters
    ----------
    model
        Name of the model.
    times
        Times in ms.
    offgrid
        Whether to round times up to the end of their step.
    clock
        Resolution and conversions of time.
    now
        Time that all have to be later than.
    messages
        What to say if they are not later, and if they are not ascending.

    Raises
    ------
    BadProperty
        If a time is not allowed.
    """
    stored: list[float] = []
    for time in np.asarray(times, np.float64).ravel().tolist():
        if time <= now:
            raise errors.BadProperty(f"{messages[0]} ({time} ms)")
        if not clock.on_grid(time) and not offgrid:
            raise errors.BadProperty(
                f"{model}: Time point {time} is not representable in current resolution {clock.resolution}."
            )
        stored.append(clock.to_ms(clock.to_steps(time) if clock.on_grid(time) else clock.stamp(time)))
        if len(stored) > 1 and stored[-2] >= stored[-1]:
            raise errors.BadProperty(f"{messages[1]} ({stored[-2]} ms is followed by {stored[-1]} ms)")
    return np.array(stored, np.float64)


def check_pair(changes: Mapping[str, Any], times: str, values: str, what: str) -> None:
    """Raise BadProperty unless times and values come together and are equally many."""
    if (times in changes) != (values in changes):
        raise errors.BadProperty(f"{what} times and values must be reset together.")
    if times in changes and len(np.ravel(changes[times])) != len(np.ravel(changes[values])):
        raise errors.BadProperty(
            f"{what} times and values have to be the same size. ({len(np.ravel(changes[times]))} times, "
            f"{len(np.ravel(changes[values]))} values)"
        )
