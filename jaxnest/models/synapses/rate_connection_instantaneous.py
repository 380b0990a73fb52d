"""Connections that carry rates without delay."""

from __future__ import annotations

from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.secondary import INSTANTANEOUS_RATE
from jaxnest.models.contract.synapse import Synapse


@register_synapse()
class rate_connection_instantaneous(Synapse):
    """Connection that carries the rate of its source, multiplied by the weight, without delay.

    The rates of all neurons are then found by iteration (kernel attributes ``use_wfr``, ``wfr_tol`` and others).
    Without iteration they are one time step late.

    References
    ----------
    Hahne, Dahmen, Schuecker, Frommer, Bolten, Helias & Diesmann (2017), Frontiers in Neuroinformatics 11:34.
    """

    carries = INSTANTANEOUS_RATE
    has_delay = False
    refused = {"delay": "rate_connection_instantaneous has no delay. Please use rate_connection_delayed."}
    size = 32
