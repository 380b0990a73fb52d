"""Connections between mean-field neurons."""

from __future__ import annotations

from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.secondary import DIFFUSION
from jaxnest.models.contract.synapse import Synapse


@register_synapse()
class diffusion_connection(Synapse):
    """Connection that adds the rate of its source to mean and variance of the input of a mean-field neuron.

    The rate is multiplied by `drift_factor` for the mean and by `diffusion_factor` for the variance. There is no delay;
    the weight has no meaning.

    References
    ----------
    Hahne, Dahmen, Schuecker, Frommer, Bolten, Helias & Diesmann (2017), Frontiers in Neuroinformatics 11:34.
    """

    carries = DIFFUSION
    has_delay = False
    default_weight = 0.0
    parameters = {
        "drift_factor": Quantity(1.0, "", "Factor of the rate in the mean input"),
        "diffusion_factor": Quantity(1.0, "", "Factor of the rate in the variance of the input"),
    }
    refused = {
        "delay": "diffusion_connection has no delay.",
        "weight": "Please use the parameters drift_factor and diffusion_factor to specify the weights.",
    }
    size = 48
