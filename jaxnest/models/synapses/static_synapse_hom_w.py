"""Synapses of one constant weight for all connections of the model."""

from __future__ import annotations

from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse


@register_synapse(hpc=8, lbl=32)
class static_synapse_hom_w(Synapse):
    """Synapse whose weight is the same for all connections of the model.

    The weight is set with ``SetDefaults`` or ``CopyModel``; a weight in ``Connect`` is refused.

    References
    ----------
    NEST documentation, model ``static_synapse_hom_w``.
    """

    weight_is_common = True
    accepts_devices = True
    size = 24
