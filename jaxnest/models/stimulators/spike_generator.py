"""Spikes at given times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.device import Stimulator
from jaxnest.models.contract.registry import register
from jaxnest.models.functions import spike_times


@register
class spike_generator(Stimulator):
    """Generator of spikes at given times.

    Times have to be on the grid, unless ``allow_offgrid_times`` rounds them up to the end of their step, or
    ``precise_times`` keeps them; targets that know only time steps then get the spike at the end of its step. A time
    that has passed is skipped. `spike_weights` multiply the weights of the connections, `spike_multiplicities` say
    how many spikes there are at a time; both are empty or as long as `spike_times`.

    References
    ----------
    NEST documentation, model ``spike_generator``.
    """

    emits = "spikes"
    signal_sent = "any"
    window_shift = 1
    timed = True
    precise = "precise_times"
    factors = "spike_weights"
    parameters = {
        **spike_times.PARAMETERS,
        "spike_weights": Quantity(np.empty(0), "", "Factors for the weights of the connections"),
    }
    state = spike_times.STATE
    advance = staticmethod(spike_times.advance)
    most_events = staticmethod(spike_times.most_events)

    @classmethod
    def regulate(
        cls, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any, connected: bool
    ) -> dict[str, Any]:
        """Return `changes` as they are stored: times on the grid, and the train rewound if it changed."""
        result = super().regulate(changes, stored, clock, connected)
        return spike_times.stored_train(cls.name, result, stored, clock, ("spike_weights", "spike_multiplicities"))

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return spike_times.variables(p, clock) | {"factors": spike_times.per_spike(p.spike_weights, len(p.stamps))}
