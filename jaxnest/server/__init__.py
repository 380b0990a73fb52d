"""NEST Server: the functions of ``nest`` over HTTP, and scripts if that is allowed.

``jaxnest-server start`` runs it; `app` is the application for any other WSGI server. It is made when it is asked for,
with the settings that environment variables have then. Packages: ``pip install 'jaxnest[server]'``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from jaxnest import errors

if TYPE_CHECKING:
    from jaxnest.server.application import run_mpi_app, set_mpi_comm
    from jaxnest.server.calls import nestify
    from jaxnest.server.scripts import do_exec

    app: Any

__all__ = ["do_exec", "nestify", "run_mpi_app", "set_mpi_comm"]

_PLACES = {"do_exec": "scripts", "nestify": "calls", "run_mpi_app": "application", "set_mpi_comm": "application"}


def __getattr__(name: str) -> Any:
    if name == "hl_api_server":
        return importlib.import_module(f"{__name__}.{name}")
    if name == "app":
        return importlib.import_module(f"{__name__}.application").default_app()
    if name not in _PLACES:
        raise errors.missing_attribute(f"module '{__name__}'", name, ("app", *__all__))
    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
