"""Times in tics, as model functions count them."""

from __future__ import annotations

from jaxnest.models.ops import helper

NEVER = 2.0**60
"""Tics from which on a time is infinite; also the first whole number of steps that no simulation reaches."""


@helper
def rounded(ms: float, tics_per_ms: float) -> float:
    """Return a time in tics, a whole number: rounded half up, and at most `NEVER`."""
    tics = ms * tics_per_ms + 0.5
    if -NEVER < tics < NEVER:
        return float(int(tics))
    return -NEVER if tics < 0.0 else NEVER
