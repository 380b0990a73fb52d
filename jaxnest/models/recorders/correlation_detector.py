"""Cross-correlation of two spike trains."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.detector import (
    BEGIN,
    END,
    LONGEST,
    MULTIPLICITY,
    OLD_STAMP,
    RECEPTOR,
    STAMP,
    WIDTH,
    Detector,
    Values,
    bins,
    nothing_remembered,
    remember,
    whole,
)
from jaxnest.models.contract.registry import register


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
    counted = ("n_events", "histogram", "histogram_correction", "count_histogram")
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
            "memory": nothing_remembered(queues=2),
            "n_events": whole([0, 0]),
            "histogram": np.zeros(n),
            "histogram_correction": np.zeros(n),
            "count_histogram": np.zeros(n, np.int64),
        }

    @staticmethod
    def count(
        spikes: Any, weights: Any, limits: Any, ends: Any, recent: Any, amounts: Any, signals: Any,
        n_events: Any, histogram: Any, correction: Any, counts: Any,
    ) -> None:  # fmt: skip
        width = limits[WIDTH]
        edge = limits[LONGEST] + 0.5 * width
        for spike in range(len(spikes)):
            receptor, stamp, multiplicity = spikes[spike, RECEPTOR], spikes[spike, STAMP], spikes[spike, MULTIPLICITY]
            weight, other = weights[spike], 1 - receptor
            # the window is closed on one side only
            while (
                ends[other, 0] < ends[other, 1]
                and (stamp - recent[ends[other, 0], OLD_STAMP]) - 0.5 * (1 - receptor) >= edge
            ):
                ends[other, 0] += 1
            if limits[BEGIN] <= stamp <= limits[END]:
                n_events[receptor] += 1
                for old in range(ends[other, 0], ends[other, 1]):
                    k = math.floor((edge + (2 * receptor - 1) * (stamp - recent[old, OLD_STAMP])) / width)
                    y = multiplicity * weight * amounts[old] - correction[k]  # Kahan summation
                    t = histogram[k] + y
                    correction[k] = (t - histogram[k]) - y
                    histogram[k] = t
                    counts[k] += multiplicity
            remember(ends, recent, amounts, receptor, stamp, receptor, stamp, multiplicity * weight)
