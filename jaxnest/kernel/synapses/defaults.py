"""What all synapse models have: stored defaults, and the quantities of single connections."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from jaxnest import errors
from jaxnest.kernel.settings.clock import Clock
from jaxnest.kernel.tables.model_table import NamedModel
from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.device import NodeSet
from jaxnest.models.contract.synapse import Synapse

if TYPE_CHECKING:
    pass

DEFAULT_DELAY = 1.0
"""Delay of all built-in models, in ms."""

WEIGHT = Quantity(1.0, "pA|nS|mV", "Weight of the connection: its unit depends on the target")
READ_ONLY = ("element_type", "has_delay", "num_connections", "requires_symmetric", "sizeof", "synapse_model")


def defaults(named: NamedModel) -> dict[str, Any]:
    """Return the stored defaults of a synapse model, completed by what all synapses have.

    `weight_recorder` has one node or none. The delay is not in it (see `default_delay`).
    """
    stored = named.defaults
    if "receptor_type" not in stored:
        stored.setdefault("weight", named.model.default_weight)
        stored["receptor_type"] = 0
        stored.setdefault("weight_recorder", NodeSet())
        for name, quantity in named.model.common.items():
            stored.setdefault(name, quantity.default)
        if named.model.labelled:
            stored["synapse_label"] = -1
    return stored


def default_delay(named: NamedModel, clock: Clock) -> int:
    """Return the default delay in steps."""
    stored = defaults(named)
    if "delay_steps" not in stored:
        stored["delay_steps"] = clock.to_steps(DEFAULT_DELAY)
    return stored["delay_steps"]


def convert_default_delay(named: NamedModel, old: Clock, new: Clock) -> None:
    """Keep the default delay when the resolution changes: it is kept in steps and rounded up to the new grid."""
    ms = old.to_ms(default_delay(named, old))
    named.defaults["delay_steps"] = max(new.to_steps(ms), 1)


def refuse(model: type[Synapse], changes: Mapping[str, Any]) -> None:
    """Raise BadProperty for values that connections of this model cannot have."""
    for key in model.refused:
        if key in changes:
            raise errors.BadProperty(model.refused[key])


@functools.lru_cache
def synapse_quantities(model: type[Synapse]) -> Mapping[str, Quantity]:
    """Return what belongs to the single connection, beside delay and receptor, and may be set."""
    own = {k: q for k, q in (model.parameters | model.state).items() if q.visible and q.settable}
    if not model.weight_is_common:
        own["weight"] = WEIGHT
    return own


def integer(key: str, value: Any) -> int:
    """Return a receptor or label, which must be an integer."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise RuntimeError(f"{key} has to be an integer, not {value!r} ({type(value).__name__}).")
    if value < 0 and key == "receptor_type":
        raise IndexError(f"{key} cannot be negative, as {value} is.")
    if value < 0:
        raise errors.BadProperty(f"Connection label must not be negative. ({key} = {value})")
    return int(value)


def dictionary(key: str, value: Any) -> dict[str, Any]:
    """Return a value, which must be a dictionary."""
    if not isinstance(value, dict):
        raise errors.TypeMismatch(f"{key} has to be a dictionary, not {value!r} ({type(value).__name__}).")
    return value
