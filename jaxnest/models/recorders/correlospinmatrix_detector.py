"""Covariance matrix of several binary signals."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from jaxnest.models.base import INFINITE_TIME, Check, Quantity
from jaxnest.models.detector import Arrival, Detector, bins
from jaxnest.models.recorders.correlomatrix_detector import CHANNELS
from jaxnest.models.registry import register

LONG_AGO = -(1 << 60)
Pulse = tuple[int, int, int]
"""Beginning, end and channel of a pulse of a binary signal."""


@final
@dataclass
class Signals:
    """What is known of the binary signals: pulses in the order of their ends, and the presumed present states."""

    last_channel: int = 0
    last_stamp: int = LONG_AGO
    maybe_down: bool = False
    """The last event may have been a switch to 0, if no second one follows in the same step."""
    up: list[bool] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    pulses: list[Pulse] = field(default_factory=list)


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
        memory = Signals(up=[False] * n, changed=[0] * n)
        return {"memory": memory, "count_covariance": np.zeros((n, n, size), np.int64)}

    @staticmethod
    def detect(p: Any, clock: Any, min_delay: int, arrivals: Sequence[Arrival]) -> dict[str, Any]:
        width, longest = bins(p, clock)
        counts, m = p.count_covariance.copy(), p.memory
        for channel, stamp, multiplicity, _ in arrivals:
            if _switches_down(m, channel, stamp, multiplicity):
                pulse = (m.changed[m.last_channel], m.last_stamp, m.last_channel)
                _remember(m, pulse, longest + width + min_delay)
                for other in m.pulses:
                    _count(counts, pulse, other, width, longest)
                m.changed[m.last_channel] = m.last_stamp
            m.last_channel, m.last_stamp = channel, stamp
        return {"count_covariance": counts}


def _switches_down(m: Signals, channel: int, stamp: int, multiplicity: int) -> bool:
    """Note an event; return True if it shows that the one before was a switch to 0."""
    down = False
    if multiplicity == 1:
        if channel == m.last_channel and stamp == m.last_stamp:
            m.up[channel], m.changed[channel], m.maybe_down = True, stamp, False
        else:
            down, m.maybe_down = m.maybe_down, True
    elif multiplicity == 2:
        m.up[channel] = True
        down = m.maybe_down
        m.up[m.last_channel] = False
        m.changed[channel], m.maybe_down = stamp, False
    return down


def _remember(m: Signals, pulse: Pulse, longest: int) -> None:
    """Insert a pulse after forgetting those that are too old for all present and future ones."""
    begin = min([pulse[0], *(t for t, up in zip(m.changed, m.up, strict=True) if up)])
    old = 0
    while old < len(m.ends) and begin - m.ends[old] >= longest:
        old += 1
    del m.ends[:old], m.pulses[:old]
    place = bisect_right(m.ends, pulse[1])
    m.ends.insert(place, pulse[1])
    m.pulses.insert(place, pulse)


def _count(counts: np.ndarray, pulse: Pulse, other: Pulse, width: int, longest: int) -> None:
    """Add the overlaps of two pulses for all time differences."""
    on, off, i = pulse
    other_on, other_off, j = other
    zero = longest // width
    overlap = min(off, other_off) - max(on, other_on)
    if overlap > 0:
        counts[i, j, zero] += overlap
        if i != j:
            counts[j, i, zero] += overlap
    low, high = max(other_on - off, -longest), min(other_off - on, longest)
    differences = list(range(int(low / width), 0))
    if i != j:
        differences += range(1, int(high / width) + 1)
    for k in differences:
        overlap = min(off, other_off - k * width) - max(on, other_on - k * width)
        if overlap > 0:
            counts[i, j, zero - k] += overlap
            counts[j, i, zero + k] += overlap
