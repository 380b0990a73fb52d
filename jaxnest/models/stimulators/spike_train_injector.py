"""Spikes at given times, sent as a neuron sends its spikes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest.models.contract.device import Sender
from jaxnest.models.contract.registry import register
from jaxnest.models.functions import spike_times


@register
class spike_train_injector(Sender):
    """Node that emits spikes at given times and is connected like a neuron.

    See ``spike_generator`` for the times. Other than that device it can have synapses of several models, which may be
    plastic, and any connection rule can choose it.

    References
    ----------
    NEST documentation, model ``spike_train_injector``.
    """

    element_type = "neuron"
    emits = "spikes"
    has_proxies = True
    window_shift = 1
    timed = True
    precise = "precise_times"
    parameters = spike_times.PARAMETERS
    state = spike_times.STATE
    advance = staticmethod(spike_times.advance)

    @classmethod
    def regulate(
        cls, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any, connected: bool
    ) -> dict[str, Any]:
        """Return `changes` as they are stored: times on the grid, and the train rewound if it changed."""
        result = super().regulate(changes, stored, clock, connected)
        return spike_times.stored_train(cls.name, result, stored, clock, ("spike_multiplicities",))

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return spike_times.variables(p, clock) | {"factors": np.ones(len(p.stamps))}
