"""Processes: there is one."""

from __future__ import annotations

from typing import NoReturn

from jaxnest.kernel.kernel import kernel
from jaxnest.kernel.kernel_status import kernel_status

__all__ = ["GetLocalVPs", "NumProcesses", "Rank", "SetAcceptableLatency", "SetMaxBuffered", "SyncProcesses"]


def Rank() -> int:
    """Return the rank of this process."""
    return kernel_status.get("mpi_rank")


def NumProcesses() -> int:
    """Return the number of processes."""
    return kernel_status.get("num_processes")


def SyncProcesses() -> None:
    """Wait until all processes are here."""


def GetLocalVPs() -> range:
    """Return the virtual processes of this process."""
    return range(Rank(), kernel.n_threads, NumProcesses())


def SetAcceptableLatency(port_name: str, latency: float) -> NoReturn:
    """Set the latency of a MUSIC port: an error, as with NEST without MUSIC."""
    raise NotImplementedError("SetAcceptableLatency: there is no MUSIC in this build.")


def SetMaxBuffered(port_name: str, size: int) -> NoReturn:
    """Set the buffer size of a MUSIC port: an error, as with NEST without MUSIC."""
    raise NotImplementedError("SetMaxBuffered: there is no MUSIC in this build.")
