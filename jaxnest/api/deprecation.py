"""Warnings of functions that NEST calls deprecated, each once per session."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

__all__ = ["deprecated", "show_deprecation_warning"]

ISSUED: dict[str, bool] = {}
"""The functions that are deprecated, and whether the warning has been shown."""


def show_deprecation_warning(
    func_name: str, alt_func_name: str | None = None, text: str | None = None, stacklevel: int = 2
) -> None:
    """Warn of a deprecated function, unless that has been done.

    Parameters
    ----------
    func_name : str
        Name of the function; nothing happens if it is not deprecated.
    alt_func_name : str, optional
        What to use instead.
    text : str, optional
        Another text.
    stacklevel : int, optional
        Whose line the warning names: 2 is the caller.
    """
    if ISSUED.get(func_name, True):
        return
    ISSUED[func_name] = True
    if text is None:
        text = f"{func_name} is deprecated, as in NEST: use {alt_func_name}."
    warnings.warn(text, stacklevel=stacklevel + 1)


def deprecated(alt_func_name: str, text: str | None = None) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Mark a function as deprecated.

    Parameters
    ----------
    alt_func_name : str
        What to use instead.
    text : str, optional
        Text of the warning, instead of the usual one.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        ISSUED[function.__name__] = False

        @functools.wraps(function)
        def warned(*args: P.args, **kwargs: P.kwargs) -> T:
            show_deprecation_warning(function.__name__, alt_func_name, text, stacklevel=2)
            return function(*args, **kwargs)

        return warned

    return decorate
