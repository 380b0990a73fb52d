"""Sinusoidal rates: parameters that the generators of such spike trains have in common.

NEST keeps frequencies in rad/ms, phases in rad and rates in 1/ms; what the user reads is computed back from these.
"""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.quantities.quantity import Quantity

RAD_PER_MS = 2.0 * math.pi / 1000.0
PARAMETERS = {
    "individual_spike_trains": Quantity(True, "", "Each target gets a train of its own; a property of the model"),
    "frequency": Quantity(0.0, "Hz", "Frequency of the modulation", shown=lambda f: f * RAD_PER_MS / RAD_PER_MS),
    "phase": Quantity(
        0.0, "deg", "Phase of the modulation", shown=lambda phi: 180.0 / math.pi * (phi * (math.pi / 180.0))
    ),
}


def angles(p: Any) -> dict[str, float]:
    """Return angular frequency (rad/ms) and phase (rad)."""
    return {"omega": p.frequency * RAD_PER_MS, "phi": p.phase * (math.pi / 180.0)}
