"""Names of PyNEST where published code finds them: ``nest.lib.hl_api_connection_helpers``."""

from __future__ import annotations

from jaxnest.api.collections.node_collection import NodeCollection
from jaxnest.api.collections.types import CollocatedSynapses, Mask
from jaxnest.random.parameter import Parameter

__all__ = [
    "CollocatedSynapses",
    "Mask",
    "NodeCollection",
    "Parameter",
]
