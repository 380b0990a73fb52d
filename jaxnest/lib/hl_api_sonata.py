"""Names of PyNEST where published code finds them: ``nest.lib.hl_api_sonata``."""

from __future__ import annotations

from jaxnest.api.sonata.network import SonataNetwork

__all__ = [
    "SonataNetwork",
]
