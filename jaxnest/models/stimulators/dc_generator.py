"""Constant current."""

from __future__ import annotations

from typing import Any

from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.device import Stimulator
from jaxnest.models.contract.registry import register
from jaxnest.models.ops import where


@register
class dc_generator(Stimulator):
    """Generator of a constant current.

    References
    ----------
    NEST documentation, model ``dc_generator``.
    """

    receives_globally = False

    emits = "currents"
    window_shift = 2
    parameters = {"amplitude": Quantity(0.0, "pA", "Current")}
    state = {"I": Quantity(0.0, "pA", "Current that is sent", settable=False, visible=False)}
    recordables = {"I": lambda v, s: s.I}

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        current = where(active, v.amplitude, 0.0)
        return (current,), current, 1.0, False
