"""Names of PyNEST where published code finds them: ``nest.lib.hl_api_parallel_computing``."""

from __future__ import annotations

from jaxnest.api.parallel import GetLocalVPs, NumProcesses, Rank, SetAcceptableLatency, SetMaxBuffered, SyncProcesses

__all__ = [
    "GetLocalVPs",
    "NumProcesses",
    "Rank",
    "SetAcceptableLatency",
    "SetMaxBuffered",
    "SyncProcesses",
]
