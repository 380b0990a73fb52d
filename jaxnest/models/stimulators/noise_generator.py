"""Gaussian white noise current."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.models.contract.base import Quantity, hidden, not_negative
from jaxnest.models.contract.device import Stimulator, is_number
from jaxnest.models.contract.registry import register
from jaxnest.models.functions import draws
from jaxnest.models.ops import total


@register
class noise_generator(Stimulator):
    r"""Generator of a Gaussian white noise current, independent for each target.

    The current is constant during intervals of `dt`, with values drawn from

    .. math:: mean + \sqrt{std^2 + std_{mod}^2 \sin(2 \pi \cdot frequency \cdot t + phase)} \cdot N(0, 1)

    The recordable `I` is the mean of the currents of all targets.

    References
    ----------
    NEST documentation, model ``noise_generator``.
    """

    receives_globally = False

    emits = "currents"
    signal_sent = "any"
    window_shift = 2
    default_steps = {"dt": 10}
    parameters = {
        "mean": Quantity(0.0, "pA", "Mean of the current"),
        "std": Quantity(0.0, "pA", "Standard deviation", not_negative("The standard deviation cannot be negative.")),
        "std_mod": Quantity(0.0, "pA", "Modulation of it", not_negative("The standard deviation cannot be negative.")),
        "frequency": Quantity(0.0, "Hz", "Frequency of the modulation"),
        "phase": Quantity(0.0, "deg", "Phase of the modulation"),
        "dt": Quantity(1.0, "ms", "Interval between changes of the current"),
    }
    state = {
        "y_0": Quantity(0.0, "", "First component of the oscillator", settable=False),
        "y_1": Quantity(0.0, "", "Second component of the oscillator", settable=False),
        "I": hidden(doc="Mean current of the targets"),
        "next_step": hidden(doc="Step of the next change"),
    }
    recordables = {"I": lambda v, s: s.I}
    recorded_by_one_thread = True
    distributions = 1
    target_state = {"amplitude": 0.0, "is_new": 1.0}

    @classmethod
    def regulate(
        cls, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any, connected: bool
    ) -> dict[str, Any]:
        """Return `changes` as they are stored; `std_mod` has to be at most `std`."""
        result = super().regulate(changes, stored, clock, connected)
        now = {k: result.get(k, stored[k]) for k in ("std", "std_mod")}
        if is_number(now["std"]) and is_number(now["std_mod"]) and now["std_mod"] > now["std"]:
            raise errors.BadProperty(
                f"The modulation apmlitude must be smaller or equal to the baseline amplitude. "
                f"(std_mod = {now['std_mod']} pA, std = {now['std']} pA)"
            )
        return result

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        omega = 2.0 * math.pi * p.frequency / 1000.0
        return {
            "sine": math.sin(omega * clock.resolution),
            "cosine": math.cos(omega * clock.resolution),
            "interval": clock.to_steps(p.dt),
        }

    @staticmethod
    def restart(p: Any, clock: Any, step: int) -> dict[str, float]:
        omega = 2.0 * math.pi * p.frequency / 1000.0
        phase = p.phase * 2.0 * math.pi / 360.0
        t = clock.to_ms(step)
        return {"y_0": math.cos(omega * t + phase), "y_1": math.sin(omega * t + phase)}

    @staticmethod
    def renew(p: Any, clock: Any, step: int, targets: np.ndarray) -> dict[str, float]:
        """Let all targets get new currents at once if some are new."""
        some_new = targets[:, 1].any()
        targets[:, 1] = 0.0
        return {"next_step": 0.0} if some_new else {}

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        y_0, y_1, next_step, value = s.y_0, s.y_1, s.next_step, 0.0
        if active:
            if v.std_mod != 0.0:
                y_0 = v.cosine * s.y_0 + -v.sine * s.y_1
                y_1 = v.sine * s.y_0 + v.cosine * s.y_1
            value = 1.0
            if step >= next_step:
                value = 2.0
                next_step = float(step + v.interval)
        return (y_0, y_1, 0.0, next_step), value, 1.0, False

    @staticmethod
    def draw(v: Any, s: Any, value: Any, target: Any, context: Any) -> Any:
        if value == 2.0:
            std = math.sqrt(v.std * v.std + s.y_1 * v.std_mod * v.std_mod)
            target[0] = v.mean + std * draws.normal(context, 0)
        return target[0]

    @staticmethod
    def settle(v: Any, s: Any, targets: Any) -> Any:
        return (s.y_0, s.y_1, total(targets[:, 0]) / max(1, len(targets)), s.next_step)
