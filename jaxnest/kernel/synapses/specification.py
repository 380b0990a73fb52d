"""Synapse specifications of Connect, checked and in the order in which NEST draws their values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.settings import messages
from jaxnest.kernel.settings.messages import VerbosityLevel
from jaxnest.kernel.synapses.defaults import defaults, integer, synapse_quantities
from jaxnest.kernel.tables.model_table import ModelTable, NamedModel
from jaxnest.kernel.tables.values import coerce, datum, is_random
from jaxnest.models.contract.synapse import Synapse

INTEGERS = ("receptor_type", "synapse_label")
CONTACTS = ("pre_synaptic_element", "post_synaptic_element")


@final
@dataclass
class SynapseSpec:
    """One synapse specification.

    Attributes
    ----------
    named
        The synapse model.
    values
        What is given, in drawing order: own parameters and receptor by name, then delay, then weight. Each is a
        number, a one-dimensional array or a random expression.
    first_drawn
        Row of the first random expression among those of all specifications.
    contacts
        Which synaptic elements connections take, by the names of `CONTACTS`.
    """

    named: NamedModel
    values: dict[str, Any] = field(default_factory=dict)
    first_drawn: int = 0
    contacts: dict[str, str] = field(default_factory=dict)

    @property
    def random(self) -> list[str]:
        """Names of the values that are random expressions, in drawing order."""
        return [k for k, v in self.values.items() if is_random(v)]

    @property
    def has_own_values(self) -> bool:
        """True if more than weight and delay is given: only then bounds and relations are checked."""
        return any(k not in ("weight", "delay") for k in self.values)

    @property
    def constant(self) -> bool:
        """True if all values are numbers."""
        return not any(is_random(v) or isinstance(v, np.ndarray) for v in self.values.values())

    def given(self, drawn: np.ndarray, position: np.ndarray) -> dict[str, Any]:
        """Return each given value as a number or as an array along the connections.

        Raises
        ------
        KernelException
            If an array has too few values.
        """
        row = self.first_drawn
        result: dict[str, Any] = {}
        for name, value in self.values.items():
            if is_random(value):
                value = drawn[row]
                row += 1
            elif isinstance(value, np.ndarray):
                if len(position) and position.max() >= len(value):
                    raise errors.KernelException(
                        f"Parameter values exhausted: '{name}' has {len(value)} values for at least "
                        f"{position.max() + 1} connections."
                    )
                value = value[position]
            result[name] = value
        return result

    def columns(self, given: Mapping[str, Any], delay: Any) -> dict[str, Any]:
        """Return one value or array for each column of a connection table, except source and target."""
        model: type[Synapse] = self.named.model
        stored = defaults(self.named)
        quantities = synapse_quantities(model)
        columns = {k: stored[k] for k in (*model.parameters, *model.state)}
        columns |= {k: coerce(quantities[k], k, v) for k, v in given.items() if k in quantities}
        if not model.weight_is_common:
            weight = given.get("weight", stored["weight"])
            if isinstance(weight, np.ndarray):
                columns["weight"] = np.array(weight, np.float64)
                missing = np.isnan(columns["weight"])
                if missing.any():
                    columns["weight"][missing] = stored["weight"]
            else:
                columns["weight"] = stored["weight"] if math.isnan(weight) else float(weight)
        if self.has_own_values:
            columns |= {name: columns[other] for name, other in model.follows.items()}
        if model.labelled:
            columns["synapse_label"] = whole("synapse_label", given.get("synapse_label", stored["synapse_label"]))
        return columns | {
            "receptor": whole("receptor_type", given.get("receptor_type", stored["receptor_type"])),
            "delay": delay,
        }


def whole(key: str, value: Any) -> Any:
    """Return integers for a value that was drawn as a float."""
    return np.asarray(value).astype(np.int64) if isinstance(value, np.ndarray) else value


def parse(
    models: ModelTable, specification: Mapping[str, Any], n_threads: int = 1, misses_are_errors: bool = True
) -> SynapseSpec:
    """Check a synapse specification; unknown parameters are ignored unless `misses_are_errors`.

    Raises
    ------
    UnknownSynapseType, NotImplemented, UnaccessedDictionaryEntry, BadProperty
        If the model is unknown, or a parameter does not belong in Connect, is unknown, or is no number.
    RuntimeError
        If a receptor or label is not an integer.
    """
    specification = dict(specification)
    named = models[specification.pop("synapse_model")]
    model: type[Synapse] = named.model
    contacts = {key: _contact(key, specification.pop(key)) for key in CONTACTS if key in specification}
    if model.delay_shift and "delay" in specification:
        messages.log(
            VerbosityLevel.WARNING,
            f"Connect rounds delays of {named.name} to whole time steps; defaults of the model can be more precise.",
        )
    own = synapse_quantities(model)
    labels = ("synapse_label",) if model.labelled else ()
    known = (*own, *labels, "delay", "receptor_type")
    ignored = ("synapse_modelid", *([] if model.size is None else ["sizeof"]))
    unknown = []
    for key, value in specification.items():
        if value is None:
            raise AttributeError(f"'{key}' in syn_spec has to be a number, an array or a random expression, not None.")
        if key in (*model.common, *model.packed, "weight_recorder") or (key == "weight" and model.weight_is_common):
            raise errors.NotImplemented(
                f'Synapse parameter "{key}" can only be set via SetDefaults() or CopyModel(), '
                f"since all connections of '{named.name}' share it."
            )
        if n_threads > 1 and key in model.single_thread_values:
            raise errors.NotImplemented(
                f"For multi-threading Connect doesn't support the setting of parameter {key} in '{named.name}'. "
                "Use SetDefaults() or CopyModel()."
            )
        if key not in (*known, *ignored):
            datum(key, value)
            unknown.append(key)
    if unknown and misses_are_errors:
        hint = errors.nearest(unknown[0], known)
        raise errors.UnaccessedDictionaryEntry(
            f"Unaccessed elements in syn_spec of '{named.name}': {unknown[0]}.{hint}"
        )
    specification = {k: v for k, v in specification.items() if k in known}
    last = ("delay", "weight")
    order = sorted(k for k in specification if k not in last) + [k for k in last if k in specification]
    return SynapseSpec(named, {k: _value(k, specification[k]) for k in order}, contacts=contacts)


def _contact(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise errors.TypeMismatch(
            f"{key} has to be the name of a synaptic element, not {value!r} ({type(value).__name__})."
        )
    return value


def _value(key: str, value: Any) -> Any:
    if is_random(value):
        if key in INTEGERS and not value.expression.is_integer:
            raise RuntimeError(f"{key} has to be an integer, and this random expression has real values.")
        return value
    if isinstance(value, list | tuple | np.ndarray) and np.ndim(value):
        array = np.asarray(value)
        if array.dtype.kind not in "iuf":
            raise errors.BadProperty(f"'{key}' has to be an array of numbers, not of {array.dtype}.")
        if key in INTEGERS and array.dtype.kind == "f":
            raise RuntimeError(f"{key} has to be an integer in each connection, not a float.")
        return array.ravel()
    if isinstance(value, np.ndarray):
        value = value[()]
    if isinstance(value, bool | np.bool_ | str) or not isinstance(value, int | float | np.number):
        raise errors.BadProperty(
            f"'{key}' in syn_spec has to be a number, an array or a random expression, "
            f"not {value!r} ({type(value).__name__})."
        )
    return integer(key, value) if key in INTEGERS else value.item() if isinstance(value, np.generic) else value
