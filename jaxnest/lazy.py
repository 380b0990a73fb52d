"""Modules that are imported when something of them is used for the first time."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any, final

import numpy as np


@contextlib.contextmanager
def undrawn() -> Iterator[None]:
    """Leave NumPy's random numbers to the script, where something is imported that draws some, as JAX does."""
    state = np.random.get_state()  # noqa: NPY002 - what scripts use
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002


@final
class _Lazy:
    """Stands for a module that has not been imported yet."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        with undrawn():
            value = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, value)
        return value


def lazy(name: str) -> Any:
    """Return what stands for a module: ``jnp = lazy("jax.numpy")``."""
    return _Lazy(name)
