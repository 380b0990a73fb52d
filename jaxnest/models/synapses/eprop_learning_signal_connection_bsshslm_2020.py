"""Connections that carry learning signals."""

from __future__ import annotations

from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.secondary import LEARNING_SIGNAL
from jaxnest.models.contract.synapse import Synapse


@register_synapse()
class eprop_learning_signal_connection_bsshslm_2020(Synapse):
    """Connection that carries the error signal of a readout neuron to a neuron that learns, multiplied by the weight.

    As in NEST it takes one step, whatever the delay.

    References
    ----------
    Bellec, Scherr, Subramoney, Hajek, Salaj, Legenstein & Maass (2020), Nature Communications 11:3625. NEST
    documentation, model ``eprop_learning_signal_connection_bsshslm_2020``.
    """

    carries = LEARNING_SIGNAL
    size = 32
