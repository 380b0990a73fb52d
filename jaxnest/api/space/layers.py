"""The layer of a collection."""

from __future__ import annotations

from jaxnest import errors
from jaxnest.api.collections.node_collection import NodeCollection
from jaxnest.spatial.layer import Layer


def layer_of(nodes: NodeCollection) -> Layer:
    """Return where nodes are.

    Raises
    ------
    LayerExpected
        If they have no positions.
    """
    if nodes.layer is None:
        raise errors.LayerExpected("Nodes with positions (made with nest.spatial) are expected.")
    return nodes.layer
