"""Sinusoidal current."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract.base import Quantity, hidden
from jaxnest.models.contract.device import Stimulator
from jaxnest.models.contract.registry import register
from jaxnest.models.ops import where


@register
class ac_generator(Stimulator):
    r"""Generator of a sinusoidal current.

    .. math:: I(t) = offset + amplitude \cdot \sin(2 \pi \cdot frequency \cdot t + phase)

    References
    ----------
    Rotter & Diesmann (1999), Biological Cybernetics 81:381-402. NEST documentation, model ``ac_generator``.
    """

    receives_globally = False

    emits = "currents"
    window_shift = 2
    parameters = {
        "offset": Quantity(0.0, "pA", "Constant part of the current"),
        "phase": Quantity(0.0, "deg", "Phase of the sine"),
        "amplitude": Quantity(0.0, "pA", "Amplitude of the sine"),
        "frequency": Quantity(0.0, "Hz", "Frequency of the sine"),
    }
    state = {
        "y_0": Quantity(0.0, "pA", "First component of the oscillator", settable=False),
        "y_1": Quantity(0.0, "pA", "Second component of the oscillator", settable=False),
        "I": hidden(doc="Current that is sent"),
    }
    recordables = {"I": lambda v, s: s.I}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        omega = 2.0 * math.pi * p.frequency / 1000.0
        return {"sine": math.sin(omega * clock.resolution), "cosine": math.cos(omega * clock.resolution)}

    @staticmethod
    def restart(p: Any, clock: Any, step: int) -> dict[str, float]:
        omega = 2.0 * math.pi * p.frequency / 1000.0
        phase = p.phase * 2.0 * math.pi / 360.0
        t = clock.to_ms(step)
        return {"y_0": p.amplitude * math.cos(omega * t + phase), "y_1": p.amplitude * math.sin(omega * t + phase)}

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        y_0 = v.cosine * s.y_0 + -v.sine * s.y_1
        y_1 = v.sine * s.y_0 + v.cosine * s.y_1
        current = where(active, y_1 + v.offset, 0.0)
        return (y_0, y_1, current), current, 1.0, False
