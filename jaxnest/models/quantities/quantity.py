"""What a model declares of each of its parameters and state variables."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from jaxnest.models.quantities import unit_names
from jaxnest.models.quantities.checks import Check


@final
@dataclass(frozen=True)
class Quantity:
    """One parameter or state variable.

    Parameters
    ----------
    default
        Its type fixes the type of the column: float, int, bool, str, or a NumPy array for a
        parameter that is a vector in each node.
    unit
        As NEST's documentation writes it: ``mV``, ``pA``, ``ms``, ``nS``, ``Hz``...; empty if there is none.
    doc
        One line of meaning.
    check
        The bound, if there is one.
    relative_to
        Name of the parameter whose value is subtracted before storing (``E_L``). NEST keeps such
        potentials relative, so that changing ``E_L`` alone leaves them where they are.
    settable, visible
        Whether the value may be set, and whether it is in the status dictionary.
    each
        A vector variable of this many values per node: the name of the vector parameter that sets
        its length.
    convert
        Turns what the user gives into the stored value, for values that are no numbers, flags, texts
        or arrays.
    """

    default: Any
    unit: str = ""
    doc: str = ""
    check: Check | None = None
    relative_to: str | None = None
    settable: bool = True
    visible: bool = True
    each: str | None = None
    convert: Callable[[Any], Any] | None = None
    shown: Callable[[Any], Any] | None = None
    """What the user reads, if NEST rounds because it stores the value in another unit."""
    given_only: bool = False
    """An invisible value that may be set nevertheless."""
    members: Mapping[str, str] | None = None
    """Entries of a dictionary, and the names of the (invisible) quantities that hold them."""
    advanced: bool = True
    """Of a state variable: the functions of the model get it and return what it becomes. Else it is none of theirs: the
    kernel or the host looks after it."""

    def __post_init__(self) -> None:
        """Refuse what is no unit: values with units would be taken for plain numbers."""
        unit_names.alternatives(self.unit)

    @functools.cached_property
    def is_vector(self) -> bool:
        """True if every node has an array of its own."""
        return isinstance(self.default, np.ndarray) or self.each is not None

    @functools.cached_property
    def dtype(self) -> Any:
        """Column type of the values."""
        if self.is_vector or not isinstance(self.default, bool | int | float):
            return object
        if isinstance(self.default, bool):
            return np.bool_
        return np.int64 if isinstance(self.default, int) else np.float64


def hidden(default: Any = 0.0, doc: str = "", each: str | None = None, *, advanced: bool = True) -> Quantity:
    """A state variable that is no part of the status dictionary."""
    return Quantity(default, "", doc, settable=False, visible=False, each=each, advanced=advanced)
