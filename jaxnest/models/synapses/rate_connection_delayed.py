"""Connections that carry rates, with a delay."""

from __future__ import annotations

from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.secondary import DELAYED_RATE
from jaxnest.models.contract.synapse import Synapse


@register_synapse()
class rate_connection_delayed(Synapse):
    """Connection that carries the rate of its source, multiplied by the weight, and takes its delay for that.

    References
    ----------
    Hahne, Dahmen, Schuecker, Frommer, Bolten, Helias & Diesmann (2017), Frontiers in Neuroinformatics 11:34.
    """

    carries = DELAYED_RATE
    accepts_devices = True
    size = 32
