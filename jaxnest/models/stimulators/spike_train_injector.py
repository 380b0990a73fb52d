"""Spikes at given times, sent as a neuron sends its spikes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    parameters = spike_times.PARAMETERS
    state = spike_times.STATE

    @classmethod
    def regulate(
        cls, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any, connected: bool
    ) -> dict[str, Any]:
        """Return `changes` as they are stored: times on the grid, and the train rewound if it changed."""
        result = super().regulate(changes, stored, clock, connected)
        return spike_times.stored_train(cls.name, result, stored, clock, ("spike_multiplicities",))

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return spike_times.variables(p, clock)

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        k = int(s.position)
        while k < len(v.absolute_stamps) and v.absolute_stamps[k] <= step:
            k += 1
        spikes = 0.0
        while k < len(v.absolute_stamps) and v.absolute_stamps[k] == step + 1:
            spikes += v.multiplicities[k]
            k += 1
        return (float(k),), spikes, 1.0, False, 0, 0.0
