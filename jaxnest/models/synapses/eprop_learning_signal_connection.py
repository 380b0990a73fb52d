"""Connections that carry learning signals, for neurons whose synapses learn with each event."""

from __future__ import annotations

from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.secondary import LEARNING_SIGNAL
from jaxnest.models.contract.synapse import Synapse


@register_synapse()
class eprop_learning_signal_connection(Synapse):
    """Connection that carries the error signal of a readout neuron to a neuron that learns, multiplied by the weight.

    As in NEST it takes one step, whatever the delay.

    References
    ----------
    Korcsak-Gorzo, Espinoza Valverde, Stapmanns, Plesser, Dahmen, Bolten, van Albada & Diesmann (2025),
    arXiv:2511.21674. NEST documentation, model ``eprop_learning_signal_connection``.
    """

    carries = LEARNING_SIGNAL
    size = 32
