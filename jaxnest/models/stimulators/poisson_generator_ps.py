"""Poisson spike trains with dead time and precise spike times."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest.models.contract.base import Quantity, Relation, not_negative
from jaxnest.models.contract.device import Stimulator, window_steps
from jaxnest.models.contract.registry import register
from jaxnest.models.functions import draws
from jaxnest.models.functions.tics import NEVER
from jaxnest.models.ops import helper
from jaxnest.models.stimulators.ppd_sup_generator import interval

NEVER_DRAWN = -1.0


@helper
def split(v: Any, time: float) -> tuple[float, float]:
    """Split a time (ms) into the end of its step (in steps) and how long before that it is (ms)."""
    if time * v.tics_per_ms >= NEVER:
        return NEVER, 0.0
    tics = int(time * v.tics_per_ms)
    tics -= tics % int(v.step_tics)
    if tics * v.steps_per_tic * v.step < time:
        tics += int(v.step_tics)
    return tics / v.step_tics, tics * v.tic - time


@register
class poisson_generator_ps(Stimulator):
    """Generator of Poisson spike trains with dead time whose spikes are not bound to the grid of time steps.

    Each target gets a train of its own. Targets that know only time steps get a spike at the end of its step.

    References
    ----------
    NEST documentation, model ``poisson_generator_ps``.
    """

    emits = "spikes"
    off_grid = True
    own_window = True
    timed = True
    parameters = {
        "dead_time": Quantity(0.0, "ms", "Dead time", not_negative("The dead time cannot be negative.")),
        "rate": Quantity(0.0, "Hz", "Mean rate", not_negative("The rate cannot be negative.")),
    }
    relations = (
        Relation(
            lambda p: interval(p["rate"]) < p["dead_time"], "The inverse rate cannot be smaller than the dead time."
        ),
    )
    state = {"generation": Quantity(0.0, "", "Counts changes of the rate", visible=False)}
    target_state = {"generation": NEVER_DRAWN, "stamp": 0.0, "offset": 0.0, "intervals": 0.0}
    counts_draws = "intervals"

    @classmethod
    def regulate(
        cls, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any, connected: bool
    ) -> dict[str, Any]:
        """Return `changes` as they are stored; a new rate lets all trains start anew."""
        result = dict(super().regulate(changes, stored, clock, connected))
        if "rate" in changes:
            result["generation"] = stored["generation"] + 1.0
        return result

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return {
            "mean_interval": 1000.0 / p.rate - p.dead_time if p.rate > 0.0 else math.inf,
            "step": clock.ms_per_step,
            "steps_per_tic": 1.0 / float(clock.tics_per_step),
            "step_tics": clock.tics_per_step,
            "tics_per_ms": clock.tics_per_ms,
            "tic": clock.ms_per_tic,
            **window_steps(p, clock),
        }

    @staticmethod
    def renew(p: Any, clock: Any, step: int, targets: np.ndarray) -> dict[str, float]:
        drawn = targets[:, 0] == p.generation
        if drawn.any() and targets[drawn, 1].min() < clock.to_steps(p.origin) + clock.to_steps(p.start):
            targets[:, 0] = NEVER_DRAWN
        return {}

    @staticmethod
    def most_events(p: Any, clock: Any, steps: int) -> int:
        mean = p.rate / 1000.0 * steps * clock.resolution
        return int(mean + 20.0 * math.sqrt(mean)) + 100  # more will not happen before the sun burns out

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        begin, end = max(float(context.begin), v.first), min(float(context.end), v.last)
        sends = step == context.begin and v.rate > 0.0 and begin < end
        return (s.generation,), 1.0 if sends else 0.0, 1.0, False

    @staticmethod
    def draw(v: Any, s: Any, value: Any, target: Any, context: Any) -> Any:
        if target[0] != s.generation:
            if v.dead_time > 0.0 and draws.uniform(context) < v.dead_time * v.rate / 1000.0:
                first = draws.uniform(context) * v.dead_time
            else:
                first = v.mean_interval * draws.exponential(context) + v.dead_time
            stamp, offset = split(v, first)
            target[0], target[1], target[2] = s.generation, max(float(context.begin), v.first) + stamp, offset
            target[3] += 1.0
            return 0, 0, 0.0, True
        if target[1] > min(float(context.end), v.last):
            return 0, 0, 0.0, False
        stamp, offset = target[1], target[2]
        target[3] += 1.0
        later = -offset + v.mean_interval * draws.exponential(context) + v.dead_time
        if later < 0.0:
            target[2] = -later
        else:
            steps, rest = split(v, later)
            target[1], target[2] = stamp + steps, rest
        return 1, int(stamp) - 1 - context.begin, offset, True
