"""The stored settings of the kernel, and the types of all settings."""

from __future__ import annotations

import copy
import numbers
import os
from collections.abc import Callable
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.settings.attribute_table import ATTRIBUTES, BACKEND_VARIABLE
from jaxnest.kernel.settings.messages import VerbosityLevel


@final
class Attributes:
    """Values of the stored kernel attributes, which are attributes of this object (``attributes.rng_seed``)."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self.version = 0
        """Changes with every change of an attribute."""
        self.chose_rng_type = False
        """Whether the user has said how random numbers are drawn; else it follows from what computes."""
        self.reset()

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(name) from None

    def reset(self) -> None:
        """Give all attributes their defaults, except those that outlive ResetKernel."""
        self.version += 1
        for name, attribute in ATTRIBUTES.items():
            if attribute.stored and not (attribute.survives_reset and name in self._values):
                self._values[name] = copy.copy(attribute.default)
        self._values["compute_backend"] = os.environ.get(BACKEND_VARIABLE, ATTRIBUTES["compute_backend"].default)
        self.chose_rng_type = False
        self.follow_backend()

    def follow_backend(self) -> bool:
        """Let random numbers depend on keys with array operations, unless the user chose; return if they change."""
        rng_type = "jax" if self.compute_backend == "jax" else ATTRIBUTES["rng_type"].default
        if self.chose_rng_type or rng_type == self.rng_type:
            return False
        self.store("rng_type", rng_type)
        return True

    def get(self, name: str) -> Any:
        """Return a copy of the value of one attribute."""
        value = self._values[name]
        return copy.copy(value) if isinstance(value, dict | list) else value

    def store(self, name: str, value: Any) -> None:
        """Change one attribute."""
        self._values[name] = value
        self.version += 1


_ACCEPTED: dict[str, tuple[type, ...]] = {
    "bool": (bool, np.bool_),
    "int": (int, np.integer),
    "float": (int, float, np.integer, np.floating, np.bool_),
    "str": (str,),
    "dict": (dict,),
    "VerbosityLevel": (VerbosityLevel,),
}
_TYPES: dict[str, Callable[[Any], Any]] = {"bool": bool, "int": int, "float": float, "str": str, "dict": dict}
_CPP = {"bool": "bool", "int": "long", "float": "double", "str": "std::string", "dict": "Dictionary",
        "VerbosityLevel": "nest::VerbosityLevel"}  # fmt: skip


def cast(name: str, value: Any, kind: str) -> Any:
    """Return `value` as the type of its attribute, refusing what NEST refuses.

    Raises
    ------
    TypeMismatch
        If the value is of another type. Integers do for floats, but not the other way round.
    """
    wrong_flag = isinstance(value, bool) and kind == "int"
    if isinstance(value, _ACCEPTED[kind]) and not wrong_flag:
        return _TYPES.get(kind, lambda x: x)(value)
    plain = value.item() if isinstance(value, np.generic) else value
    found = _CPP.get(type(plain).__name__, type(value).__name__)
    raise errors.TypeMismatch(f"Expected datatype: Failed to cast '{name}' from {found} to type {_CPP[kind]}.")


def cast_count(name: str, value: Any) -> int:
    """Return a number of threads as an integer, with the errors of NEST.

    Raises
    ------
    RuntimeError
        If the value is no integer.
    IndexError
        If it is negative.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise RuntimeError(f"{name} has to be an integer, not {value!r} ({type(value).__name__}).")
    if value < 0:
        raise IndexError(f"{name} cannot be negative, but {value} was given.")
    return int(value)
