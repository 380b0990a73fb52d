"""The state of a node by name, as functions of models return it."""

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import Callable
from types import FunctionType
from typing import Any


def State(**values: Any) -> Any:
    """Return the new state from a function of a model: a value for each name that the function has to return.

    In functions of models this is a named tuple of the model's own, whose names are in the order of its declaration.

    Raises
    ------
    TypeError
        If it is called elsewhere.
    """
    raise TypeError("State(...) is what a function of a model returns; it has a meaning in these functions only.")


@functools.cache
def state_class(model: type[Any]) -> type[Any]:
    """Return the named tuple of the state that functions of a model advance."""
    return _named(tuple(model.dynamic))


@functools.cache
def _named(names: tuple[str, ...]) -> type[Any]:
    return namedtuple("State", names)


def of_model(
    model: type[Any], function: Callable[..., Any], state: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """Return a function of a model in which `State` is the model's own, or what is given as `state`."""
    if not isinstance(function, FunctionType):
        return function
    own = [name for name in function.__code__.co_names if function.__globals__.get(name) is State]
    if not own:
        return function
    known = function.__globals__ | dict.fromkeys(own, state or state_class(model))
    return FunctionType(function.__code__, known, function.__name__, function.__defaults__, function.__closure__)


def finishing(model: type[Any], name: str = "finish") -> Callable[..., Any]:
    """Return the function that completes a time step of a model with equations: it returns `ode` and `held`."""
    return of_model(model, getattr(model, name), _named((*model.ode, *model.held)))
