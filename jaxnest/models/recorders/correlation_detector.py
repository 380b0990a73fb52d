"""Cross-correlation of two spike trains."""

from __future__ import annotations

import math
from bisect import insort
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.models.base import Quantity
from jaxnest.models.detector import Arrival, Detector, Values, bins, counting_steps, whole
from jaxnest.models.registry import register


@register
class correlation_detector(Detector):
    """Detector of the cross-correlation between the spikes at its receptors 0 and 1.

    ``histogram`` sums the products of the weights of all pairs of spikes whose time difference is at most `tau_max`,
    in bins of `delta_tau`; ``count_histogram`` counts the pairs.

    References
    ----------
    NEST documentation, model ``correlation_detector``.
    """

    state = {
        "n_events": Quantity(whole([0, 0]), "", "Spikes at each receptor; setting zeros starts anew"),
        "histogram": Quantity(np.empty(0), "", "Weighted cross-correlation", settable=False),
        "histogram_correction": Quantity(np.empty(0), "", "Rounding errors of the sums", settable=False),
        "count_histogram": Quantity(np.empty(0), "", "Cross-correlation", settable=False),
    }
    spike_receptors = {0: ("first", "first"), 1: ("second", "second")}

    @staticmethod
    def receptor_count(stored: Mapping[str, Any]) -> int:
        """Return the number of receptors."""
        return 2

    @classmethod
    def regulate(
        cls, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any, connected: bool
    ) -> dict[str, Any]:
        """Return `changes` as they are stored; ``n_events`` can be set to zeros."""
        result = dict(super().regulate(changes, stored, clock, connected))
        if "n_events" in changes:
            if list(changes["n_events"]) != [0, 0]:
                raise errors.BadProperty("/n_events can only be set to [0 0].")
            now = {k: result.get(k, stored[k]) for k in stored}
            result |= cls.reset(Values(now), clock) | {"memory": None}
        return result

    @staticmethod
    def reset(p: Any, clock: Any) -> dict[str, Any]:
        width, longest = bins(p, clock)
        n = 1 + 2 * longest // width
        return {
            "memory": (deque(), deque()),
            "n_events": whole([0, 0]),
            "histogram": np.zeros(n),
            "histogram_correction": np.zeros(n),
            "count_histogram": np.zeros(n, np.int64),
        }

    @staticmethod
    def detect(p: Any, clock: Any, min_delay: int, arrivals: Sequence[Arrival]) -> dict[str, Any]:
        width, longest = bins(p, clock)
        edge = longest + 0.5 * width
        begin, end = counting_steps(p, clock)
        n_events, histogram, correction = p.n_events.copy(), p.histogram.copy(), p.histogram_correction.copy()
        counts = p.count_histogram.copy()
        for receptor, stamp, multiplicity, weight in arrivals:
            others = p.memory[1 - receptor]
            # the window is closed on one side only
            while others and (stamp - others[0][0]) - 0.5 * (1 - receptor) >= edge:
                others.popleft()
            if begin <= stamp <= end:
                n_events[receptor] += 1
                for other, other_weight in others:
                    k = math.floor((edge + (2 * receptor - 1) * (stamp - other)) / width)
                    y = multiplicity * weight * other_weight - correction[k]  # Kahan summation
                    t = histogram[k] + y
                    correction[k] = (t - histogram[k]) - y
                    histogram[k] = t
                    counts[k] += multiplicity
            insort(p.memory[receptor], (stamp, multiplicity * weight), key=lambda spike: spike[0])
        return {
            "n_events": n_events,
            "histogram": histogram,
            "histogram_correction": correction,
            "count_histogram": counts,
        }
