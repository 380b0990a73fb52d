"""Neuron that repeats every spike that it gets, at its precise time."""

from __future__ import annotations

from typing import Any

from jaxnest.models.contract import precise
from jaxnest.models.contract.registry import register


@register
class parrot_neuron_ps(precise.PreciseNeuron):
    """Neuron that repeats every incoming spike at its precise time, whatever its weight.

    Spikes at receptor 0 are repeated with their multiplicity, spikes at receptor 1 are ignored.

    References
    ----------
    NEST documentation, model ``parrot_neuron_ps``.
    """

    spike_receptors = {0: ("spikes", "spikes"), 1: ("ignored", "ignored")}
    ignores_weight = True

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        offset, multiplicity, kind = precise.next_event(x, False)
        while kind != precise.NOTHING:
            precise.emit(x, offset, multiplicity)
            offset, multiplicity, kind = precise.next_event(x, False)
        return (), 0
