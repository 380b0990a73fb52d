"""Names of PyNEST where published code finds them: ``nest.server.hl_api_server``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jaxnest import server
from jaxnest.server.application import run_mpi_app, set_mpi_comm
from jaxnest.server.calls import nestify
from jaxnest.server.scripts import do_exec

if TYPE_CHECKING:
    app: Any

__all__ = ["app", "do_exec", "nestify", "run_mpi_app", "set_mpi_comm"]


def __getattr__(name: str) -> Any:
    return getattr(server, name)
