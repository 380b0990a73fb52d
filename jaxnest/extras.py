"""Packages that only some functions need."""

from __future__ import annotations

import importlib
from typing import Any


def needed(module: str, purpose: str) -> Any:
    """Import a module that may be missing.

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
        text = f"{purpose} need {package}, which is not installed: pip install 'jaxnest[plot]'"
        raise ModuleNotFoundError(text, name=package) from None
