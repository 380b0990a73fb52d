"""Scripts of clients, and what they are restricted to."""

from __future__ import annotations

import contextlib
import importlib
import io
import re
import time
import warnings
from types import ModuleType
from typing import Any

import jaxnest as nest
from jaxnest.extras import needed
from jaxnest.server.problems import SCRIPT, Problem, problem_of
from jaxnest.server.settings import Settings

_IMPORT = re.compile(r"^(?=(?:import|from)\b)", re.MULTILINE)
_USUAL = ("ast", "importlib", "inspect", "io", "logging", "os", "sys", "time", "traceback")
"""Modules that scripts without restrictions have in any case."""
_MISSING = object()
_HIDDEN = ("server",)
"""What of `nest` restricted scripts do not get at."""


def do_exec(args: list[Any], kwargs: dict[str, Any], settings: Settings | None = None) -> dict[str, Any]:
    """Run a script.

    Statements that import modules are passed over: scripts have those that the settings say.

    Parameters
    ----------
    args : list
        Not used.
    kwargs : dict
        ``source`` is the script, ``return`` the name of a variable, or a list of names.
    settings : Settings, optional
        What is allowed; by default what environment variables say.

    Returns
    -------
    dict
        What the script has printed (``stdout``), and variables (``data``).

    Raises
    ------
    Problem
        If the script fails.
    """
    del args
    settings = settings or Settings.of_environment()
    source = kwargs.get("source", "")
    if not isinstance(source, str):
        raise Problem(f"TypeError: the source of a script has to be a string, not {source!r}.")
    namespace = settings.namespace()
    run = _restricted if settings.restricts_scripts else _unrestricted
    try:
        printed, variables = run(_IMPORT.sub("#", source), namespace)
        answer = {"stdout": printed} if printed is not None else {}
        if "return" in kwargs:
            answer["data"] = nest.serialize_data(_chosen(variables, kwargs["return"]))
    except (Exception, SystemExit) as error:
        raise problem_of(error) from error
    return answer


def _chosen(variables: dict[str, Any], names: Any) -> Any:
    if isinstance(names, list | tuple):
        return {name: variables.get(name) for name in names}
    return variables.get(names)


def _unrestricted(source: str, namespace: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
    variables = {name: importlib.import_module(name) for name in _USUAL} | namespace
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(compile(source, SCRIPT, "exec"), variables)
    lines = output.getvalue().splitlines()
    return "\n".join(lines) if lines else None, variables


def _restricted(source: str, namespace: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
    restricted = needed("RestrictedPython", "Scripts", "server")
    guards = needed("RestrictedPython.Guards", "Scripts", "server")
    builtins = {**restricted.safe_builtins, **restricted.limited_builtins, **restricted.utility_builtins}
    variables = {
        "__builtins__": builtins | {"max": max, "min": min, "sum": sum, "time": time},
        "_print_": restricted.PrintCollector,
        "_getattr_": _attribute,
        "_getitem_": _item,
        "_getiter_": iter,
        "_unpack_sequence_": guards.guarded_unpack_sequence,
        "_write_": guards.full_write_guard,
        **namespace,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # that what is printed is not read in the script
        code = restricted.compile_restricted(source, SCRIPT, "exec")
    exec(code, variables)
    collector = variables.get("_print")
    return None if collector is None else "".join(collector.txt), variables


def _item(container: Any, index: Any) -> Any:
    """Return an element, of those types of which scripts may."""
    if type(container) not in (list, tuple, dict, nest.NodeCollection):
        raise TypeError(f"Restricted scripts may not index objects of type {type(container).__name__}: {container!r}.")
    return container[index]


def _attribute(thing: Any, name: str) -> Any:
    """Return an attribute, but of modules only what they are for, and no modules of other packages."""
    value = needed("RestrictedPython.Guards", "Scripts", "server").safer_getattr(thing, name, _MISSING)
    if value is _MISSING:
        return getattr(thing, name)
    if not isinstance(thing, ModuleType):
        return value
    package = thing.__name__.partition(".")[0]
    hidden = package == "jaxnest" and (name not in getattr(thing, "__all__", dir(thing)) or name in _HIDDEN)
    foreign = isinstance(value, ModuleType) and value.__name__.partition(".")[0] != package
    if hidden or foreign:
        raise AttributeError(f"Restricted scripts have no access to '{name}' of module '{thing.__name__}'.")
    return value
