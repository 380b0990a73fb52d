"""Packages that only some functions need."""

from __future__ import annotations

import importlib
from typing import Any


def needed(module: str, purpose: str, extra: str = "plot") -> Any:
    """Import a module that may be missing.

    Parameters
    ----------
    module
        Its name.
    purpose
        What needs it, in the plural.
    extra
        The extra of this package that brings it.

    Raises
    ------
    ModuleNotFoundError
        If it is: the message says how to install it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        text = f"{purpose} need {package}, which is not installed: pip install 'jaxnest[{extra}]'"
        raise ModuleNotFoundError(text, name=package) from None
