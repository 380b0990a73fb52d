"""Names of PyNEST where published code finds them: ``nest.lib.hl_api_types``."""

from __future__ import annotations

from jaxnest.api.collections.json_output import serialize_data, to_json
from jaxnest.api.collections.node_collection import NodeCollection
from jaxnest.api.collections.synapse_collection import SynapseCollection
from jaxnest.api.collections.types import CollocatedSynapses, Compartments, Mask, Receptors
from jaxnest.random.creation import create_parameter as CreateParameter
from jaxnest.random.parameter import Parameter

__all__ = [
    "CollocatedSynapses",
    "Compartments",
    "CreateParameter",
    "Mask",
    "NodeCollection",
    "Parameter",
    "Receptors",
    "SynapseCollection",
    "serialize_data",
    "to_json",
]
