"""Neuron that repeats every spike that it gets."""

from __future__ import annotations

from typing import Any

from jaxnest.models.contract.base import ArchivingNeuron, Quantity, positive
from jaxnest.models.contract.registry import register


@register
class parrot_neuron(ArchivingNeuron):
    """Neuron that repeats every incoming spike, whatever its weight.

    Spikes at receptor 0 are repeated with their multiplicity, spikes at receptor 1 are ignored.

    References
    ----------
    NEST documentation, model ``parrot_neuron``.
    """

    parameters = {
        "flush_event_send_interval": Quantity(
            float("inf"),
            "ms",
            "Interval between flush events of e-prop synapses",
            positive("flush_event_send_interval > 0 required."),
        ),
    }
    signal_sent = signal_heard = "any"
    spike_receptors = {0: ("spikes", "spikes"), 1: ("ignored", "ignored")}
    ignores_weight = True

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        return (), x.spikes
