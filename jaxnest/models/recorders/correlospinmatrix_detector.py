"""Covariance matrix of several binary signals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import INFINITE_TIME, Quantity
from jaxnest.models.contract.detector import (
    LONGEST,
    MIN_DELAY,
    MULTIPLICITY,
    OLD_BEGIN,
    OLD_CHANNEL,
    OLD_STAMP,
    RECEPTOR,
    STAMP,
    WIDTH,
    Detector,
    bins,
    nothing_remembered,
    remember,
)
from jaxnest.models.contract.registry import register
from jaxnest.models.quantities.checks import Check
from jaxnest.models.recorders.correlomatrix_detector import CHANNELS

LONG_AGO = -(1 << 60)
LAST_CHANNEL, LAST_STAMP, MAYBE_DOWN, UP = range(4)
"""What is known of the binary signals: the last event, and whether it may have been a switch to 0, if no second one
follows in the same step; then, for each signal, whether it is presumably 1 now; then when each signal changed."""


def _time(name: str) -> Check:
    return Check(lambda t: t < 0, f"/{name} must not be negative.", ">= 0")


@register
class correlospinmatrix_detector(Detector):
    """Detector of the covariances of the binary signals at its receptors 0, 1, ...

    A spike is a switch to 0, two spikes in one step are a switch to 1. ``count_covariance[i][j]`` is a histogram of the
    durations for which both signals are 1, for time differences from -`tau_max` to `tau_max`.

    References
    ----------
    NEST documentation, model ``correlospinmatrix_detector``.
    """

    default_steps = {"delta_tau": 1}
    signal_heard = "binary"
    parameters = {
        "N_channels": CHANNELS,
        "delta_tau": Quantity(0.1, "ms", "Width of a bin", _time("delta_tau")),
        "tau_max": Quantity(1.0, "ms", "Largest time difference", _time("tau_max")),
        "Tstart": Quantity(0.0, "ms", "Beginning of counting", _time("Tstart")),
        "Tstop": Quantity(INFINITE_TIME, "ms", "End of counting", _time("Tstop")),
    }
    counted = ("count_covariance",)
    state = {"count_covariance": Quantity(np.empty((1, 1, 0)), "", "Covariances", settable=False)}

    @staticmethod
    def receptor_count(stored: Mapping[str, Any]) -> int:
        """Return the number of receptors."""
        return int(stored["N_channels"])

    @staticmethod
    def reset(p: Any, clock: Any) -> dict[str, Any]:
        width, longest = bins(p, clock)
        n = p.N_channels
        size = int(1 + 2.0 * longest / width)
        memory = nothing_remembered(signals=(0, LONG_AGO, 0, *[0] * (2 * n)))
        return {"memory": memory, "count_covariance": np.zeros((n, n, size), np.int64)}

    @staticmethod
    def count(
        spikes: Any, weights: Any, limits: Any, ends: Any, recent: Any, amounts: Any, signals: Any, counts: Any
    ) -> None:
        longest = limits[LONGEST] + limits[WIDTH] + limits[MIN_DELAY]
        up = signals[UP : UP + len(counts)]
        changed = signals[UP + len(counts) :]
        for spike in range(len(spikes)):
            channel, stamp, multiplicity = spikes[spike, RECEPTOR], spikes[spike, STAMP], spikes[spike, MULTIPLICITY]
            if switches_down(signals, up, changed, channel, stamp, multiplicity):
                i, off = signals[LAST_CHANNEL], signals[LAST_STAMP]
                on = changed[i]
                forget(ends, recent, up, changed, on, longest)
                remember(ends, recent, amounts, 0, off, i, on, 0.0)
                for old in range(ends[0, 0], ends[0, 1]):
                    other_on, other_off, j = recent[old, OLD_BEGIN], recent[old, OLD_STAMP], recent[old, OLD_CHANNEL]
                    count_overlaps(counts, on, off, i, other_on, other_off, j, limits)
                changed[i] = off
            signals[LAST_CHANNEL], signals[LAST_STAMP] = channel, stamp


@ops.helper
def switches_down(signals: Any, up: Any, changed: Any, channel: int, stamp: int, multiplicity: int) -> bool:
    """Note an event; return True if it shows that the one before was a switch to 0."""
    down = False
    if multiplicity == 1:
        if channel == signals[LAST_CHANNEL] and stamp == signals[LAST_STAMP]:
            up[channel], changed[channel], signals[MAYBE_DOWN] = 1, stamp, 0
        else:
            down = signals[MAYBE_DOWN] != 0
            signals[MAYBE_DOWN] = 1
    elif multiplicity == 2:
        up[channel] = 1
        down = signals[MAYBE_DOWN] != 0
        up[signals[LAST_CHANNEL]] = 0
        changed[channel], signals[MAYBE_DOWN] = stamp, 0
    return down


@ops.helper
def forget(ends: Any, recent: Any, up: Any, changed: Any, begin: int, longest: int) -> None:
    """Forget the pulses that are too old for one with this beginning, and for those that have not ended yet."""
    for channel in range(len(up)):
        if up[channel] and changed[channel] < begin:
            begin = changed[channel]
    while ends[0, 0] < ends[0, 1] and begin - recent[ends[0, 0], OLD_STAMP] >= longest:
        ends[0, 0] += 1


@ops.helper
def count_overlaps(counts: Any, on: int, off: int, i: int, other_on: int, other_off: int, j: int, limits: Any) -> None:
    """Add the overlaps of two pulses for all time differences."""
    width, longest = limits[WIDTH], limits[LONGEST]
    zero = longest // width
    overlap = min(off, other_off) - max(on, other_on)
    if overlap > 0:
        counts[i, j, zero] += overlap
        if i != j:
            counts[j, i, zero] += overlap
    low, high = max(other_on - off, -longest), min(other_off - on, longest)
    for k in range(int(low / width), int(high / width) + 1 if i != j else 0):
        overlap = min(off, other_off - k * width) - max(on, other_on - k * width)
        if k != 0 and overlap > 0:
            counts[i, j, zero - k] += overlap
            counts[j, i, zero + k] += overlap
