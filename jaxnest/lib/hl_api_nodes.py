"""Names of PyNEST where published code finds them: ``nest.lib.hl_api_nodes``."""

from __future__ import annotations

from jaxnest.api.nodes import Create, GetLocalNodeCollection, GetNodes, PrintNodes

__all__ = [
    "Create",
    "GetLocalNodeCollection",
    "GetNodes",
    "PrintNodes",
]
