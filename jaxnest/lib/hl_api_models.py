"""Names of PyNEST where published code finds them: ``nest.lib.hl_api_models``."""

from __future__ import annotations

from jaxnest.api.models import ConnectionRules, CopyModel, GetDefaults, Models, SetDefaults

__all__ = [
    "ConnectionRules",
    "CopyModel",
    "GetDefaults",
    "Models",
    "SetDefaults",
]
