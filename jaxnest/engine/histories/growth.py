"""Growth of synaptic elements, whenever the calcium trace of their neuron changes, before it does."""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.intrinsics import rows
from jaxnest.compile.kinds import F8
from jaxnest.compile.late import float64
from jaxnest.compile.operations import apart
from jaxnest.engine.archive_layout import CALCIUM, CALCIUM_TAU, CALCIUM_TIME, ELEMENTS_AT, N_ELEMENTS
from jaxnest.models.contract.elements import CURVE, ELEMENT_WORDS, PARAMETERS, RATE, STEP, UPDATED, Z
from jaxnest.models.growth_curves import CURVES


def _choice(k: int) -> Any:
    """Return the function that computes a curve whose number is given, of those from number `k` on."""
    curve: Any = njit(error_model="numpy")(CURVES[k].grow)
    others: Any = _choice(k + 1) if k + 1 < len(CURVES) else None

    @njit
    def last(number: int, t: float, trace: np.ndarray, e: np.ndarray) -> float:
        return curve(
            t, trace[CALCIUM_TIME], trace[CALCIUM], e[Z], trace[CALCIUM_TAU], e[RATE], e[STEP], e[PARAMETERS],
            e[PARAMETERS + 1],
        )  # fmt: skip

    @njit
    def choose(number: int, t: float, trace: np.ndarray, e: np.ndarray) -> float:
        return last(number, t, trace, e) if number == k else others(number, t, trace, e)

    return choose if others else last


_curve: Any = _choice(0)


@apart()
def grow(trace: F8, t: float) -> None:
    """Let the elements of a neuron grow until `t`; `trace` is its row in the archive."""
    n = int(trace[N_ELEMENTS])
    elements = rows(int(trace[ELEMENTS_AT]), n * ELEMENT_WORDS, ELEMENT_WORDS, float64)
    for k in range(n):
        elements[k, Z] = _curve(int(elements[k, CURVE]), t, trace, elements[k])
        elements[k, UPDATED] = t
