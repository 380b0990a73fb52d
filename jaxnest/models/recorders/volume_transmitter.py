"""Collects the spikes that modulate plastic synapses."""

from __future__ import annotations

from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.collector import Collector
from jaxnest.models.contract.registry import register
from jaxnest.models.quantities.checks import Check


@register
class volume_transmitter(Collector):
    """Node that collects the spikes of a population of neurons, for the synapses that it modulates.

    All connections of a synapse model of which it is the property ``volume_transmitter`` (set with ``CopyModel`` or
    ``SetDefaults``) take part. They learn of its spikes when a spike of their source reaches them, and otherwise every
    `deliver_interval` times the shortest delay of the network.

    References
    ----------
    Potjans, Morrison and Diesmann (2010), Frontiers in Computational Neuroscience 4, 141.
    """

    parameters = {
        "deliver_interval": Quantity(1, "", "Interval at which synapses are told of the spikes, in shortest delays",
                                     Check(lambda x: x < 1, "The interval of delivery must be at least one shortest "
                                           "delay.", ">= 1")),
    }  # fmt: skip
