"""What scripts give of compartments and receptors, and the vectors that it becomes."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.models.compartments.currents import KINDS, TIMES, steady_state

COMPARTMENT = {
    "C_m": 1.0,
    "g_C": 0.01,
    "g_L": 0.1,
    "e_L": -70.0,
    "v_comp": -70.0,
    "gbar_Na": 0.0,
    "e_Na": 50.0,
    "gbar_K": 0.0,
    "e_K": -85.0,
}
"""Parameters of a compartment and their defaults."""
V_COMP = list(COMPARTMENT).index("v_comp")
CHANNELS = ("m_Na", "h_Na", "n_K")
RECEPTOR = ("e_rev", *TIMES, "NMDA_ratio")
"""Parameters of a receptor."""


def listed(name: str) -> Callable[[Any], tuple[Any, ...]]:
    """Return the function that makes a tuple of what a script gives for `name`: a dictionary or several."""

    def convert(given: Any) -> tuple[Any, ...]:
        if isinstance(given, dict):
            return (given,)
        if isinstance(given, list) and given and all(isinstance(entry, dict) for entry in given):
            return tuple(given)
        raise errors.BadProperty(
            f"'{name}' entry could not be identified, provide list of parameter dicts for multiple {name} "
            f"(given: {given!r})."
        )

    return convert


def shown_compartments(parents: Iterable[int]) -> list[dict[str, Any]]:
    """Return compartments as scripts see them."""
    return [{"comp_idx": k, "parent_idx": parent} for k, parent in enumerate(parents)]


def shown_receptors(receptors: Iterable[tuple[int, str]]) -> list[dict[str, Any]]:
    """Return receptors as scripts see them: by compartment, and in each of them by type."""
    rows = [(place, list(KINDS).index(kind), k, kind) for k, (place, kind) in enumerate(receptors)]
    return [{"comp_idx": place, "receptor_idx": k, "receptor_type": kind} for place, _, k, kind in sorted(rows)]


def grow(columns: dict[str, Any], given: Mapping[str, Sequence[Any]]) -> None:
    """Add compartments and receptors to the stored values of nodes.

    Parameters
    ----------
    columns
        The stored values.
    given
        Dictionaries for ``compartments`` and ``receptors`` of each node, if there are none yet, and for the same with
        ``add_``.

    Raises
    ------
    UnknownCompartment
        If there is no such parent, or a root already.
    IndexError
        If an entry is missing that has no default, as in NEST.
    UnaccessedDictionaryEntry, TypeMismatch, BadProperty
        If an entry is unknown or not of its type, or there is no such type of receptor, or there are some already.
    """
    known, result = (), _grown([], [], {})
    for i, present in enumerate(zip(columns["compartments"], columns["receptors"], strict=True)):
        added = {name: values[i] for name, values in given.items()}
        key = (present, *map(id, added.values()))
        if key != known:  # most often all nodes get the same
            known, result = key, _grown(list(present[0]), list(present[1]), added)
        columns["compartments"][i], columns["receptors"][i], new = result
        for name, values in new.items():
            columns[name][i] = np.append(columns[name][i], values) if len(columns[name][i]) else values.copy()


def _grown(
    parents: list[int], places: list[tuple[int, str]], given: Mapping[str, Sequence[Any]]
) -> tuple[tuple[int, ...], tuple[tuple[int, str], ...], dict[str, np.ndarray]]:
    """Return the parents of all compartments, the places and types of all receptors, and the values of new ones."""
    new: dict[str, list[float]] = {name: [] for name in (*COMPARTMENT, *CHANNELS, *RECEPTOR)}
    for entry in _added("compartments", parents, given):
        values = _compartment(entry, parents)
        for name, value in zip((*COMPARTMENT, *CHANNELS), (*values, *steady_state(values[V_COMP])), strict=True):
            new[name].append(value)
    for entry in _added("receptors", places, given):
        for name, value in zip(RECEPTOR, _receptor(entry, places, len(parents)), strict=True):
            new[name].append(value)
    return tuple(parents), tuple(places), {name: np.array(values) for name, values in new.items() if values}


def _added(name: str, present: Sequence[Any], given: Mapping[str, Sequence[Any]]) -> Sequence[Any]:
    """Return the dictionaries of what is to be added."""
    if name in given and present:
        raise errors.BadProperty(f"'{name}' is already defined for this model: use add_{name}, or neuron.{name} += ...")
    return (*given.get(name, ()), *given.get(f"add_{name}", ()))


def _compartment(given: Mapping[str, Any], parents: list[int]) -> list[float]:
    """Return the parameters of a new compartment, and add its parent to those of the others."""
    parent, params = _whole(given, "parent_idx", "compartment"), _params(given)
    if "e_Na" in params and "e_K" not in params:
        raise IndexError("e_Na of a compartment is taken together with e_K only: give both.")
    together = () if "e_Na" in params else ("e_K",)
    values = [_number(params, name, default) for name, default in COMPARTMENT.items()]
    _refuse_others(params, [name for name in COMPARTMENT if name not in together], "compartment_params")
    if parent >= len(parents):
        raise errors.UnknownCompartment(
            f"Compartment {parent} does not exist in tree, but was specified as a parent compartment."
        )
    if parent < 0 and parents:
        raise errors.UnknownCompartment(
            "Compartment 0 , the root, has already been instantiated. Others need a parent_idx from 0 to "
            f"{len(parents) - 1}."
        )
    parents.append(parent)
    _refuse_others(given, ("parent_idx", "params"), "cm_default::add_compartment_")
    return values


def _receptor(given: Mapping[str, Any], places: list[tuple[int, str]], n_compartments: int) -> list[float]:
    """Return the parameters of a new receptor, and add its place and type to those of the others."""
    place = _whole(given, "comp_idx", "receptor")
    kind = _entry(given, "receptor_type", "receptor")
    if not isinstance(kind, str):
        raise _mismatch("receptor_type", "a string", kind)
    if not 0 <= place < n_compartments:
        raise errors.UnknownCompartment(f"Compartment {place} does not exist in tree.")
    if kind not in KINDS:
        raise errors.BadProperty(
            f"'{kind}' is no receptor_type.{errors.nearest(kind, KINDS)} There are: {', '.join(KINDS)}."
        )
    params, names = _params(given), KINDS[kind]
    values = [_number(params, name, default) for name, default in names.items()]
    _refuse_others(params, names, "receptor_params")
    places.append((place, kind))
    _refuse_others(given, ("comp_idx", "receptor_type", "params"), "cm_default::add_receptor_")
    return values if len(values) == len(RECEPTOR) else [*values, *values[1:], 0.0]


def _entry(given: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in given:
        raise IndexError(f"A {what} has no '{name}': {dict(given)!r}.")
    return given[name]


def _whole(given: Mapping[str, Any], name: str, what: str) -> int:
    value = _entry(given, name, what)
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Integral):
        raise _mismatch(name, "an integer", value)
    return int(value)


def _params(given: Mapping[str, Any]) -> Mapping[str, Any]:
    params = given.get("params", {})
    if not isinstance(params, dict):
        raise _mismatch("params", "a dictionary", params)
    return params


def _number(params: Mapping[str, Any], name: str, default: float) -> float:
    value = params.get(name, default)
    if not isinstance(value, numbers.Real | np.bool_):
        raise _mismatch(name, "a number", value)
    return float(value)


def _refuse_others(given: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    others = sorted(map(str, given.keys() - set(known)))
    if others:
        hint = errors.nearest(others[0], known)
        raise errors.UnaccessedDictionaryEntry(
            f"Unaccessed elements in Unread dictionary entries: , in function {where}:  {' '.join(others)}.{hint}"
        )


def _mismatch(name: str, expected: str, value: Any) -> errors.TypeMismatch:
    return errors.TypeMismatch(f"{name} has to be {expected}, not {value!r} ({type(value).__name__}).")
