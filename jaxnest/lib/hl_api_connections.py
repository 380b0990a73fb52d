"""Names of PyNEST where published code finds them: ``nest.lib.hl_api_connections``."""

from __future__ import annotations

from jaxnest.api.connections import Connect, Disconnect, GetConnections, TripartiteConnect

__all__ = [
    "Connect",
    "Disconnect",
    "GetConnections",
    "TripartiteConnect",
]
