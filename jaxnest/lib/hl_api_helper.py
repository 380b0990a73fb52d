"""Small functions of PyNEST that published code imports: ``nest.lib.hl_api_helper``."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, final

from jaxnest.api.deprecation import ISSUED, deprecated, show_deprecation_warning
from jaxnest.api.info import help as model_help
from jaxnest.kernel.settings import messages
from jaxnest.kernel.settings.messages import VerbosityLevel

__all__ = [
    "SuppressedDeprecationWarning",
    "broadcast",
    "deprecated",
    "get_parameters",
    "get_parameters_hierarchical_addressing",
    "get_wrapped_text",
    "is_iterable",
    "load_help",
    "model_deprecation_warning",
    "restructure_data",
    "show_deprecation_warning",
    "show_help_with_pager",
    "stringify_path",
]


def get_wrapped_text(text: str, width: int = 80) -> str:
    """Return a text with each of its lines wrapped, and without superfluous spaces."""
    return "\n".join(textwrap.fill(" ".join(line.split()), width=width) for line in text.split("\n"))


def stringify_path(filepath: Any) -> Any:
    """Return the string of a path-like object; anything else is returned as it is."""
    return os.fspath(filepath) if isinstance(filepath, os.PathLike) else filepath


def is_iterable(seq: Any) -> bool:
    """Return whether an object can be iterated."""
    try:
        iter(seq)
    except TypeError:
        return False
    return True


def broadcast(item: Any, length: int, allowed_types: Any, name: str = "item") -> Any:
    """Return a sequence of a length: one value is repeated.

    Raises
    ------
    TypeError
        If `item` is a sequence of another length.
    """
    if isinstance(item, allowed_types):
        return length * (item,)
    if len(item) == 1:
        return length * item
    if len(item) != length:
        raise TypeError(f"'{name}' must be one value, or a list of 1 or {length} of them, but it has {len(item)}.")
    return item


def load_help(obj: str) -> str:
    """Return what is known about a model.

    Raises
    ------
    FileNotFoundError
        If there is no such model.
    """
    text = model_help(obj, return_text=True)
    if text is None:
        raise FileNotFoundError(f"Sorry, there is no help for '{obj}'.")
    return text


def show_help_with_pager(obj: str) -> None:
    """Show what is known about a model."""
    import pydoc

    pydoc.pager(load_help(obj))


def model_deprecation_warning(model: str) -> None:
    """Warn of a model that is going to be removed; there is none."""
    show_deprecation_warning(model, text=f"The model {model} is deprecated.")


def restructure_data(result: Sequence[Any], keys: Any) -> Any:
    """Return entries of a list of dictionaries by key; None stands for what one of several does not have.

    Parameters
    ----------
    result : list of dict, or list of list
        The dictionaries; or, with several keys, the values for these keys.
    keys : str, list of str, or None
        One key, several, or all.
    """
    if isinstance(keys, str):
        if len(result) == 1:
            return result[0][keys]
        known = any(keys in entries for entries in result)
        return [entries.get(keys) for entries in result] if known else []
    if keys is None:
        if len(result) == 1:
            return dict(result[0])
        everything = sorted({key for entries in result for key in entries})
        return {key: [entries.get(key) for entries in result] for key in everything}
    columns = {key: [values[i] for values in result] for i, key in enumerate(keys)}
    return columns if len(result) != 1 else {key: column[0] for key, column in columns.items()}


def get_parameters(nc: Any, param: Any) -> Any:
    """Return one property of nodes, or a dictionary of several."""
    return nc.get(param)


def get_parameters_hierarchical_addressing(nc: Any, params: Sequence[Any]) -> Any:
    """Return entries of a property that is a dictionary."""
    return nc.get(params[0], params[-1])


@final
class SuppressedDeprecationWarning:
    """A context without the warnings of certain functions.

    Parameters
    ----------
    no_dep_funcs : str or list of str
        Names of the functions.
    """

    def __init__(self, no_dep_funcs: str | Iterable[str]) -> None:
        self._names = (no_dep_funcs,) if isinstance(no_dep_funcs, str) else tuple(no_dep_funcs)
        self._before: dict[str, bool] = {}
        self._verbosity = messages.verbosity()

    def __enter__(self) -> None:
        for name in self._names:
            self._before[name] = ISSUED[name]
            ISSUED[name] = True
        if self._names and self._verbosity <= VerbosityLevel.DEPRECATED:
            messages.set_verbosity(VerbosityLevel.WARNING)

    def __exit__(self, *_: object) -> None:
        messages.set_verbosity(self._verbosity)
        ISSUED.update(self._before)
