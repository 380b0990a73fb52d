"""Covariance matrix of several spike trains."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.detector import (
    BEGIN,
    END,
    LONGEST,
    MIN_DELAY,
    MULTIPLICITY,
    OLD_CHANNEL,
    OLD_STAMP,
    RECEPTOR,
    STAMP,
    WIDTH,
    Detector,
    bins,
    nothing_remembered,
    remember,
    whole,
)
from jaxnest.models.contract.registry import register
from jaxnest.models.quantities.checks import Check

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

    counted = ("n_events", "covariance", "count_covariance")

    @staticmethod
    def receptor_count(stored: Mapping[str, Any]) -> int:
        """Return the number of receptors."""
        return int(stored["N_channels"])

    @staticmethod
    def reset(p: Any, clock: Any) -> dict[str, Any]:
        width, longest = bins(p, clock)
        n, shape = p.N_channels, (p.N_channels, p.N_channels, 1 + longest // width)
        return {
            "memory": nothing_remembered(),
            "n_events": np.zeros(n, np.int64),
            "covariance": np.zeros(shape),
            "count_covariance": np.zeros(shape, np.int64),
        }

    @staticmethod
    def count(
        spikes: Any, weights: Any, limits: Any, ends: Any, recent: Any, amounts: Any, signals: Any,
        n_events: Any, covariance: Any, counts: Any,
    ) -> None:  # fmt: skip
        width = limits[WIDTH]
        edge = limits[LONGEST] + 0.5 * width + limits[MIN_DELAY]
        for spike in range(len(spikes)):
            receptor, stamp, multiplicity = spikes[spike, RECEPTOR], spikes[spike, STAMP], spikes[spike, MULTIPLICITY]
            weight = weights[spike]
            remember(ends, recent, amounts, 0, stamp, receptor, stamp, multiplicity * weight)
            while stamp - recent[ends[0, 0], OLD_STAMP] >= edge:
                ends[0, 0] += 1
            if stamp < limits[BEGIN] or stamp > limits[END]:
                continue
            n_events[receptor] += 1
            for old in range(ends[0, 0], ends[0, 1]):
                other, lag = recent[old, OLD_CHANNEL], abs(stamp - recent[old, OLD_STAMP])
                i, j = (other, receptor) if stamp < recent[old, OLD_STAMP] else (receptor, other)
                if i <= j:
                    k = -math.floor((0.5 * width - lag) / width)
                else:
                    k = math.floor((0.5 * width + lag) / width)
                if k < covariance.shape[2]:
                    amount = multiplicity * weight * amounts[old]
                    covariance[i, j, k] += amount
                    counts[i, j, k] += multiplicity
                    if k == 0 and (lag != 0 or other != receptor):
                        covariance[j, i, k] += amount
                        counts[j, i, k] += multiplicity
