"""Defaults of synapse models: what GetDefaults shows and SetDefaults changes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.delays import split
from jaxnest.kernel.settings.clock import Clock
from jaxnest.kernel.tables.model_table import NamedModel
from jaxnest.kernel.tables.values import convert, datum, first_violation
from jaxnest.models.contract.base import Node, Quantity
from jaxnest.models.contract.device import NodeSet
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.histories.modulation import one_node

if TYPE_CHECKING:
    from jaxnest.kernel.kernel import Kernel

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


def synapse_defaults_status(named: NamedModel, clock: Clock, num_connections: int) -> dict[str, Any]:
    """Return what GetDefaults shows."""
    model: type[Synapse] = named.model
    stored = defaults(named)
    if named.process_values:
        stored = stored | named.process_values[max(named.process_values)]
    visible = (k for k, q in (model.parameters | model.state | model.common).items() if q.visible)
    status = {k: stored[k] for k in visible}
    status |= {k: model.pack(k, stored) for k in model.packed}
    status |= {k: stored[k] for k in ("weight", "receptor_type", "weight_recorder")}
    if model.labelled:
        status["synapse_label"] = stored["synapse_label"]
    steps = default_delay(named, clock)
    shift = model.delay_shift
    status |= {
        "delay": clock.to_ms(steps) - stored[shift] if shift else clock.delay_ms(steps),
        "element_type": "synapse",
        "has_delay": model.has_delay,
        "num_connections": num_connections,
        "requires_symmetric": model.requires_symmetric,
        "synapse_model": named.name,
        "synapse_modelid": named.index,
    }
    if model.size is not None:
        status["sizeof"] = model.size
    return dict(sorted(status.items()))


def set_synapse_defaults(kernel: Kernel, named: NamedModel, changes: Mapping[str, Any]) -> None:
    """Change defaults of a synapse model; they apply to connections made from now on.

    Common properties (of `_hom` models, `weight_recorder`) apply to existing connections, too.

    Raises
    ------
    UnaccessedDictionaryEntry, TypeMismatch, BadProperty, BadDelay
    """
    model: type[Synapse] = named.model
    changes = {name: datum(name, value) for name, value in changes.items()}
    refuse(model, changes)
    stored = defaults(named)
    common = {k: q for k, q in model.common.items() if q.visible}
    quantities = {**synapse_quantities(model)} | common | {"weight": WEIGHT}
    special = {"delay", "receptor_type", "weight_recorder", *model.packed}
    special |= {"synapse_label"} if model.labelled else set()
    for key in changes:
        if key not in quantities and key not in special and kernel.attributes.dict_miss_is_error:
            hint = errors.nearest(key, (*quantities, *special))
            raise errors.UnaccessedDictionaryEntry(f"Unaccessed elements in defaults of '{named.name}': {key}.{hint}")
    new = {k: convert(quantities[k], k, v) for k, v in changes.items() if k in quantities}
    for key in (k for k in model.packed if k in changes):
        given, exist = dictionary(key, changes[key]), kernel.connections.number_of(named.index) > 0
        new |= model.unpack(key, given, stored, exist, convert)
    if model.modulator in new:
        _check_node(kernel, model.modulator, new[model.modulator], lambda node: node.collects)
    check_values(named, stored | new, new)
    for key in ("receptor_type", "synapse_label"):
        if key in changes:
            new[key] = integer(key, changes[key])
    if "weight_recorder" in changes:
        new["weight_recorder"] = _recorder(kernel, changes["weight_recorder"])
    if "delay" in changes:
        delay = float(convert(WEIGHT, "delay", changes["delay"]))
        new |= _delay(kernel, model, delay)
    for values in (stored, *named.process_values.values()):
        values |= {k: new[k] for k in model.common_state if k in new}
        values |= model.complete(new, stored | values | new)
    stored.update(new)
    kernel.synapse_models.changed = True
    kernel.connections.values_version += 1


def _delay(kernel: Kernel, model: type[Synapse], ms: float) -> dict[str, Any]:
    """Return what is stored of a default delay."""
    if not model.delay_shift:
        return {"delay_steps": kernel.connections.checked_delay(ms)}
    steps, shift = (a.item() for a in split(kernel.clock, np.asarray(ms)))
    for n in {steps - (shift > 0), steps}:
        kernel.connections.checked_delay(kernel.clock.delay_ms(n))
    return {"delay_steps": steps, model.delay_shift: shift}


def check_values(named: NamedModel, columns: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raise BadProperty if one set of values violates the bounds or relations of the model."""
    model: type[Synapse] = named.model
    declared = {k: np.atleast_1d(columns[k]) for k in (*model.parameters, *model.state, *model.common)}
    declared["weight"] = np.atleast_1d(columns["weight"])
    checked = [k for k in given if k in model.parameters or k in model.state]
    bad, message = first_violation(model, 1, declared, {k: given[k] for k in checked})
    for key, quantity in model.common.items():
        if not bad:
            break
        if key in given and quantity.check is not None and bool(np.any(quantity.check.violated(given[key]))):
            bad, message = 0, f"{quantity.check.message} ({key} = {given[key]}; it has to be {quantity.check.bounds}.)"
    if not bad:
        raise errors.BadProperty(message)


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


def _recorder(kernel: Kernel, value: Any) -> NodeSet:
    nodes = one_node(value)
    _check_node(kernel, "weight_recorder", nodes, lambda model: getattr(model, "records_weights", False))
    return nodes


def _check_node(kernel: Kernel, name: str, nodes: NodeSet, suits: Callable[[type[Node]], bool]) -> None:
    """Raise BadProperty unless the value of a property is one node of the right kind."""
    if len(nodes) != 1:
        raise errors.BadProperty(
            f"Property {name} must be a single element NodeCollection, not one of {len(nodes)} nodes."
        )
    kernel.nodes.check_ids(nodes.ids)
    model = kernel.nodes.model(int(nodes.ids[0]))
    if not suits(model):
        raise errors.BadProperty(
            f"Property {name} must be set to a node of type {name}; node {nodes.ids[0]} is a {model.name}."
        )
