"""Synapses of constant weight."""

from __future__ import annotations

from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse


@register_synapse(hpc=16, lbl=40)
class static_synapse(Synapse):
    """Synapse of constant weight.

    References
    ----------
    NEST documentation, model ``static_synapse``.
    """

    accepts_devices = True
