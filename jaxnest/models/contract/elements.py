"""Synaptic elements: what a neuron has of each kind of contact that structural plasticity makes and removes.

Each element is a row of words, which compiled code updates where it lies.
"""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Mapping
from typing import Any, ClassVar, final

import numpy as np

from jaxnest import errors
from jaxnest.models.growth_curves import CURVES, MOST_PARAMETERS, Linear

Z, UPDATED, CONNECTED, CURVE, RATE, STEP, TAU_VACANT, CONTINUOUS, PARAMETERS = range(9)
ELEMENT_WORDS = PARAMETERS + MOST_PARAMETERS
"""Number of elements and the time (ms) for which it holds; how many of them are connected; place of the growth curve
among all; growth rate (1/ms); resolution of the simulation (ms); the part of vacant elements that is lost at each
structural update; whether the number counts as continuous; the parameters of the growth curve."""

_NUMBERS = {"growth_rate": RATE, "tau_vacant": TAU_VACANT, "continuous": CONTINUOUS, "z": Z}
_KNOWN = {*_NUMBERS, "growth_curve", "z_connected"}.union(*(curve.parameters for curve in CURVES))


@final
class Elements:
    """All synaptic elements of one neuron.

    Attributes
    ----------
    names
        The elements in alphabetic order.
    words
        One row of `ELEMENT_WORDS` for each of them.
    address
        Where these are in memory.
    """

    CHANGING: ClassVar = ("words",)
    __slots__ = ("address", "names", "words")

    def __init__(self, names: tuple[str, ...] = (), words: np.ndarray | None = None) -> None:
        self.names = names
        words = np.zeros((len(names), ELEMENT_WORDS)) if words is None else words
        self.place(words, words.ctypes.data)

    def place(self, words: np.ndarray, address: int) -> None:
        """Let the words be elsewhere in memory."""
        self.words, self.address = words, address

    def __copy__(self) -> Elements:
        """Return elements that grow apart from these."""
        return Elements(self.names, self.words.copy()) if self.names else self

    def __repr__(self) -> str:
        return repr(self.status())

    def status(self) -> dict[str, dict[str, Any]]:
        """Return what scripts see."""
        return {name: _status(row) for name, row in zip(self.names, self.words.tolist(), strict=True)}

    def row(self, name: str) -> np.ndarray | None:
        """Return the words of an element, or None if there is none of this name."""
        return self.words[self.names.index(name)] if name in self.names else None

    def updated(self, changes: Mapping[str, Any]) -> Elements:
        """Return these elements with changes of some of them; names that there are not are ignored.

        Raises
        ------
        KernelException
            As `elements`.
        """
        result = self.__copy__()
        for row, name in enumerate(self.names):
            if name in changes:
                _set(result.words[row], name, changes[name])
        return result


NO_ELEMENTS = Elements()


def elements(given: Any) -> Elements:
    """Return new elements as a script describes them: a dictionary of dictionaries.

    Raises
    ------
    TypeMismatch
        If a value is of the wrong type.
    IndexError
        If a growth curve is unknown, as in NEST.
    BadProperty
        If a value is out of range.
    """
    if not isinstance(given, dict):
        raise errors.TypeMismatch(f"synaptic_elements has to be a dictionary, not {given!r} ({type(given).__name__}).")
    if not given:
        return NO_ELEMENTS
    result = Elements(tuple(sorted(given)))
    for row, name in zip(result.words, result.names, strict=True):
        row[RATE], row[TAU_VACANT], row[CONTINUOUS], row[CURVE] = 1.0, 0.1, True, -1
        _set_curve(row, Linear.name, name)
        _set(row, name, given[name])
    return result


def changes_of_elements(given: Any) -> dict[str, Any]:
    """Return changes of elements as a script gives them.

    Raises
    ------
    TypeMismatch
        If they are no dictionary.
    """
    if not isinstance(given, dict):
        raise errors.TypeMismatch(
            f"synaptic_elements_param has to be a dictionary, not {given!r} ({type(given).__name__})."
        )
    return given


def vacant(words: np.ndarray) -> np.ndarray:
    """Return how many elements in each row wait for a partner; negative: how many have one and have to lose it."""
    return (np.floor(words[:, Z]) - words[:, CONNECTED]).astype(np.int64)


def connect(words: np.ndarray, numbers: np.ndarray, by: int) -> None:
    """Connect so many elements in each row, one after the other (`by` = 1), or disconnect them (-1).

    Elements that are missing are made.
    """
    for k in range(numbers.max(initial=0)):
        rows = np.flatnonzero(numbers > k)
        connected, z = words[rows, CONNECTED] + by, words[rows, Z]
        whole = np.floor(z)
        words[rows, CONNECTED] = connected
        words[rows, Z] = np.where(connected > whole, connected + (z - whole), z)


def decay_vacant(words: np.ndarray) -> None:
    """Remove a part of the elements that have no partner."""
    words[:, Z] -= np.maximum(vacant(words), 0) * words[:, TAU_VACANT]


def _status(row: list[float]) -> dict[str, Any]:
    curve = CURVES[int(row[CURVE])]
    values = {
        "continuous": bool(row[CONTINUOUS]),
        "growth_curve": curve.name,
        "growth_rate": row[RATE],
        "tau_vacant": row[TAU_VACANT],
        "z": row[Z],
        "z_connected": int(row[CONNECTED]),
    }
    return dict(sorted((values | dict(zip(curve.parameters, row[PARAMETERS:], strict=False))).items()))


def _set(row: np.ndarray, name: str, given: Any) -> None:
    """Change an element; `name` is for errors."""
    if not isinstance(given, dict):
        raise _mismatch(name, "a dictionary", given)
    for key, word in _NUMBERS.items():
        if key in given:
            row[word] = _flag(name, key, given[key]) if word == CONTINUOUS else _number(name, key, given[key])
    if "growth_curve" in given:
        _set_curve(row, given["growth_curve"], name)
    curve = CURVES[int(row[CURVE])]
    for k, key in enumerate(curve.parameters):
        if key in given:
            row[PARAMETERS + k] = _number(name, key, given[key])
    own = dict(zip(curve.parameters, row[PARAMETERS:].tolist(), strict=False))
    problem = curve.refusal(own)
    if problem:
        raise errors.BadProperty(f"{problem} (synaptic element '{name}', growth curve {curve.name}: {own})")
    if row[TAU_VACANT] <= 0.0:
        raise errors.BadProperty(
            "All time constants must be strictly positive. "
            f"(tau_vacant = {row[TAU_VACANT]} of synaptic element '{name}')"
        )
    unknown = [key for key in given if key not in _KNOWN]
    if unknown:
        hint = errors.nearest(unknown[0], _KNOWN)
        warnings.warn(f"Ignored, as by NEST: {', '.join(unknown)} of synaptic element '{name}'.{hint}", stacklevel=2)


def _set_curve(row: np.ndarray, curve: Any, name: str) -> None:
    """Choose the growth curve; one that is new has its default parameters."""
    if not isinstance(curve, str):
        raise _mismatch(f"growth_curve of synaptic element '{name}'", "a string", curve)
    known = [c.name for c in CURVES]
    if curve not in known:
        raise IndexError(
            f"'{curve}' is not a growth curve (synaptic element '{name}').{errors.nearest(curve, known)} "
            f"Growth curves are: {', '.join(known)}."
        )
    place = known.index(curve)
    if row[CURVE] != place:
        row[CURVE] = place
        row[PARAMETERS:] = 0.0
        defaults = list(CURVES[place].parameters.values())
        row[PARAMETERS : PARAMETERS + len(defaults)] = defaults


def _number(name: str, key: str, value: Any) -> float:
    if isinstance(value, str) or not isinstance(value, numbers.Real | np.bool_):
        raise _mismatch(f"{key} of synaptic element '{name}'", "a number", value)
    return float(value)


def _flag(name: str, key: str, value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise _mismatch(f"{key} of synaptic element '{name}'", "True or False", value)
    return bool(value)


def _mismatch(what: str, expected: str, value: Any) -> errors.TypeMismatch:
    return errors.TypeMismatch(f"{what} has to be {expected}, not {value!r} ({type(value).__name__}).")
