"""Connections from astrocytes to neurons."""

from __future__ import annotations

from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.secondary import SLOW_INWARD_CURRENT
from jaxnest.models.contract.synapse import Synapse


@register_synapse()
class sic_connection(Synapse):
    """Connection that carries the slow inward current that an astrocyte causes in a neuron, multiplied by the weight.

    References
    ----------
    Nadkarni & Jung (2003), Physical Review Letters 91:268101.
    NEST documentation, model ``sic_connection``.
    """

    carries = SLOW_INWARD_CURRENT
    size = 32
