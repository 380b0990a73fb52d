"""Names of PyNEST where published code finds them: ``nest.lib.hl_api_info``."""

from __future__ import annotations

from jaxnest.api.info import GetStatus, SetStatus, VerbosityLevel, get_verbosity, help, message, set_verbosity

__all__ = [
    "GetStatus",
    "SetStatus",
    "VerbosityLevel",
    "get_verbosity",
    "help",
    "message",
    "set_verbosity",
]
