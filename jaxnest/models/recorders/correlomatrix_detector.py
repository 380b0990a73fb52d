"""Covariance matrix of several spike trains."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxnest.models.base import Check, Quantity
from jaxnest.models.detector import Arrival, Detector, bins, counting_steps, whole
from jaxnest.models.registry import register

CHANNELS = Quantity(
    1, "", "Number of receptors", Check(lambda x: x < 1, "/N_channels can only be larger than zero.", ">= 1")
)


@register
class correlomatrix_detector(Detector):
    """Detector of the cross-correlations between the spikes at its receptors 0, 1, ...

    ``covariance[i][j][k]`` sums the products of the weights of all pairs of spikes of which that at receptor i is `k`
    bins later than that at receptor j; ``count_covariance`` counts the pairs.

    References
    ----------
    NEST documentation, model ``correlomatrix_detector``.
    """

    odd_bins = True
    parameters = {"N_channels": CHANNELS}
    state = {
        "n_events": Quantity(whole([0]), "", "Spikes at each receptor", settable=False),
        "covariance": Quantity(np.empty((1, 1, 0)), "", "Weighted covariances", settable=False),
        "count_covariance": Quantity(np.empty((1, 1, 0)), "", "Covariances", settable=False),
    }

    @staticmethod
    def receptor_count(stored: Mapping[str, Any]) -> int:
        """Return the number of receptors."""
        return int(stored["N_channels"])

    @staticmethod
    def reset(p: Any, clock: Any) -> dict[str, Any]:
        width, longest = bins(p, clock)
        n, shape = p.N_channels, (p.N_channels, p.N_channels, 1 + longest // width)
        return {
            "memory": ([], []),
            "n_events": np.zeros(n, np.int64),
            "covariance": np.zeros(shape),
            "count_covariance": np.zeros(shape, np.int64),
        }

    @staticmethod
    def detect(p: Any, clock: Any, min_delay: int, arrivals: Sequence[Arrival]) -> dict[str, Any]:
        width, longest = bins(p, clock)
        edge = longest + 0.5 * width + min_delay
        begin, end = counting_steps(p, clock)
        n_events, covariance, counts = p.n_events.copy(), p.covariance.copy(), p.count_covariance.copy()
        stamps, spikes = p.memory
        for receptor, stamp, multiplicity, weight in arrivals:
            place = bisect_right(stamps, stamp)
            stamps.insert(place, stamp)
            spikes.insert(place, (receptor, multiplicity * weight))
            old = 0
            while stamp - stamps[old] >= edge:
                old += 1
            del stamps[:old], spikes[:old]
            if not begin <= stamp <= end:
                continue
            n_events[receptor] += 1
            for other_stamp, (other, other_weight) in zip(stamps, spikes, strict=True):
                i, j = (other, receptor) if stamp < other_stamp else (receptor, other)
                lag = abs(stamp - other_stamp)
                if i <= j:
                    k = -math.floor((0.5 * width - lag) / width)
                else:
                    k = math.floor((0.5 * width + lag) / width)
                if k < covariance.shape[2]:
                    amount = multiplicity * weight * other_weight
                    covariance[i, j, k] += amount
                    counts[i, j, k] += multiplicity
                    if k == 0 and (lag != 0 or other != receptor):
                        covariance[j, i, k] += amount
                        counts[j, i, k] += multiplicity
        return {"n_events": n_events, "covariance": covariance, "count_covariance": counts}
