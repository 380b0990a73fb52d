"""Gap junctions."""

from __future__ import annotations

from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.secondary import POTENTIAL
from jaxnest.models.contract.synapse import Synapse


@register_synapse()
class gap_junction(Synapse):
    """Gap junction: a current proportional to the difference of two potentials; the weight is its conductance (nS).

    Each gap junction consists of two connections of opposite direction; `make_symmetric` makes both.

    References
    ----------
    Hahne, Helias, Kunkel, Igarashi, Bolten, Frommer & Diesmann (2015), Frontiers in Neuroinformatics 9:22.
    Mancilla, Lewis, Pinto, Rinzel & Connors (2007), Journal of Neuroscience 27:2058-2073.
    """

    carries = POTENTIAL
    has_delay = False
    requires_symmetric = True
    refused = {"delay": "gap_junction connection has no delay"}
    size = 32
