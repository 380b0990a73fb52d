"""Synapses that transmit spikes at random."""

from __future__ import annotations

from typing import Any

from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.functions import draws
from jaxnest.models.quantities.checks import within


@register_synapse(hpc=24, lbl=48)
class bernoulli_synapse(Synapse):
    """Synapse of constant weight that transmits each spike with a certain probability.

    References
    ----------
    Lefort, Tomm, Sarria and Petersen (2009), Neuron 61, 301.
    """

    parameters = {
        "p_transmit": Quantity(1.0, "", "Probability of transmission",
                               within(0.0, 1.0, "Spike transmission probability must be in [0, 1].")),
    }  # fmt: skip
    size = 40

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        return (), s.weight, draws.uniform(x) < p.p_transmit
