"""Names of PyNEST where published code finds them: ``nest.lib.hl_api_simulation``."""

from __future__ import annotations

from jaxnest.api.simulation import (
    Cleanup,
    DisableStructuralPlasticity,
    EnableStructuralPlasticity,
    GetKernelStatus,
    Install,
    Prepare,
    ResetKernel,
    Run,
    RunManager,
    SetKernelStatus,
    Simulate,
)

__all__ = [
    "Cleanup",
    "DisableStructuralPlasticity",
    "EnableStructuralPlasticity",
    "GetKernelStatus",
    "Install",
    "Prepare",
    "ResetKernel",
    "Run",
    "RunManager",
    "SetKernelStatus",
    "Simulate",
]
