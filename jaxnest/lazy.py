"""Modules that are imported when something of them is used for the first time."""

from __future__ import annotations

import importlib
from typing import Any, final


@final
class _Lazy:
    """Stands for a module that has not been imported yet."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, value)
        return value


def lazy(name: str) -> Any:
    """Return what stands for a module: ``jnp = lazy("jax.numpy")``."""
    return _Lazy(name)
