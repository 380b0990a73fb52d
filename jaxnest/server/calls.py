"""Calls of single functions."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

import jaxnest as nest

NODES = ("nodes", "source", "target", "pre", "post")
"""Arguments that are nodes: clients send lists of ids."""
OWN = ("Explain", "compute_backend")
"""What can be called although NEST does not list it."""


def names() -> list[str]:
    """Return all that can be called, or read."""
    return sorted(name for name in dir(nest) if not name.startswith("_"))


def nestify(call_name: str, args: list[Any], kwargs: dict[str, Any]) -> tuple[Callable[..., Any], list[Any], dict]:
    """Return a function, and its arguments with collections in place of lists of node ids.

    Parameters
    ----------
    call_name : str
        Name of the function.
    args, kwargs : list, dict
        Its arguments.

    Returns
    -------
    function, list, dict
    """
    function = _thing(call_name)
    known = list(inspect.signature(function).parameters)
    args = [nest.NodeCollection(arg) if known[i] in NODES else arg for i, arg in enumerate(args)]
    kwargs = {key: nest.NodeCollection(value) if key in NODES else value for key, value in kwargs.items()}
    return function, args, kwargs


def answer(call_name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Call a function, or return an attribute, in a form that can be written as JSON.

    The argument ``inspect`` names a function of Python's module `inspect` that is to be applied to the function
    instead: ``getdoc``, ``getsource``.
    """
    thing = _thing(call_name)
    if not callable(thing):
        return nest.serialize_data(thing)
    if "inspect" in kwargs:
        return nest.serialize_data({"data": getattr(inspect, kwargs["inspect"])(thing)})
    function, args, kwargs = nestify(call_name, args, kwargs)
    return nest.serialize_data(function(*args, **kwargs))


def _thing(name: str) -> Any:
    """Return something of `nest` that clients may use."""
    if name in vars(sys.modules["jaxnest"]) and name not in (*dir(nest), *OWN):
        raise AttributeError(f"module 'nest' has no attribute '{name}'")
    return getattr(nest, name)
