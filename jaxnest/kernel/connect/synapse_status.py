"""Defaults of synapse models: what GetDefaults shows and SetDefaults changes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.connection_query import left_out_by
from jaxnest.kernel.connect.connections import Connections
from jaxnest.kernel.synapses.defaults import (
    WEIGHT,
    default_delay,
    defaults,
    dictionary,
    integer,
    refuse,
    synapse_quantities,
)
from jaxnest.kernel.synapses.delays import split
from jaxnest.kernel.tables.model_table import NamedModel
from jaxnest.kernel.tables.node_table import NodeTable
from jaxnest.kernel.tables.values import convert, first_violation
from jaxnest.models.contract.base import Node, Quantity
from jaxnest.models.contract.collector import one_node
from jaxnest.models.contract.device import NodeSet, Recorder
from jaxnest.models.contract.synapse import Synapse


def synapse_defaults_status(connections: Connections, named: NamedModel) -> dict[str, Any]:
    """Return what GetDefaults shows."""
    model: type[Synapse] = named.model
    clock = connections.network.clock
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
        "num_connections": connections.number_of(named.index),
        "requires_symmetric": model.requires_symmetric,
        "synapse_model": named.name,
        "synapse_modelid": named.index,
    }
    if model.size is not None:
        status["sizeof"] = model.size
    return dict(sorted(status.items()))


def set_synapse_defaults(connections: Connections, named: NamedModel, changes: Mapping[str, Any]) -> None:
    """Change defaults of a synapse model; they apply to connections made from now on.

    Common properties (of `_hom` models, `weight_recorder`) apply to existing connections, too.

    Raises
    ------
    UnaccessedDictionaryEntry, TypeMismatch, BadProperty, BadDelay
    """
    model: type[Synapse] = named.model
    network = connections.network
    connections.patterns.forget()
    refuse(model, changes)
    stored = defaults(named)
    quantities, special = _settable(model)
    own = {**model.parameters, **model.state}
    new = {k: convert(quantities[k], k, v) for k, v in changes.items() if k in quantities}
    for key in (k for k in model.packed if k in changes):
        given, exist = dictionary(key, changes[key]), connections.number_of(named.index) > 0
        new |= model.unpack(key, given, stored, exist, convert)
    if model.modulator in new:
        _check_node(network.nodes, model.modulator, new[model.modulator], lambda node: node.collects)
    new |= {name: (stored | new)[other] for name, other in model.follows.items()}
    for key in ("receptor_type", "synapse_label"):
        if key in changes:
            new[key] = integer(key, changes[key])
    if "weight_recorder" in changes:
        new["weight_recorder"] = _recorder(network.nodes, changes["weight_recorder"])
    delay = float(convert(WEIGHT, "delay", changes["delay"])) if "delay" in changes else None
    shared = {k: v for k, v in new.items() if k in model.common or k in ("receptor_type", "weight_recorder")}
    shared |= {k: new[k] for k in ("weight",) if k in new and model.weight_is_common}
    if shared:
        _take_defaults(connections, named, shared, shared, shared)
    if delay is not None:
        new |= _delay(connections, model, delay)
    _take_defaults(connections, named, {k: v for k, v in new.items() if k not in shared}, new, own)
    for key in changes:
        if key not in quantities and key not in special and network.attributes.dict_miss_is_error:
            hint = errors.nearest(key, (*quantities, *special))
            raise errors.UnaccessedDictionaryEntry(f"Unaccessed elements in defaults of '{named.name}': {key}.{hint}")


def _take_defaults(
    connections: Connections, named: NamedModel, taken: dict[str, Any], new: dict[str, Any], checked: Iterable[str]
) -> None:
    """Store defaults, and raise what is wrong then with some of them, as NEST does: those that are refused stay."""
    model, stored = named.model, defaults(named)
    merged = stored | taken
    problem: errors.BadProperty | None = None
    try:
        check_values(named, merged, {k: merged[k] for k in checked if k in merged})
    except errors.BadProperty as error:
        problem = error
    left_out = left_out_by(model, merged) if problem else ()
    kept = {k: v for k, v in taken.items() if k not in left_out}
    for values in (stored, *named.process_values.values()):
        values |= {k: kept[k] for k in model.common_state if k in kept}
        values |= model.complete(new, stored | values | new)
    stored.update(kept)
    connections.network.synapse_models.changed = True
    connections.values_version += 1
    connections.defaults_version += 1
    if problem is not None:
        raise problem


@functools.cache
def _settable(model: type[Synapse]) -> tuple[dict[str, Quantity], set[str]]:
    """Return the quantities that can be set, and the names of what else can be."""
    common = {k: q for k, q in model.common.items() if q.visible}
    special = {"delay", "receptor_type", "weight_recorder", *model.packed}
    special |= {"synapse_label"} if model.labelled else set()
    return {**synapse_quantities(model)} | common | {"weight": WEIGHT}, special


def _delay(connections: Connections, model: type[Synapse], ms: float) -> dict[str, Any]:
    """Return what is stored of a default delay."""
    if not model.delay_shift:
        return {"delay_steps": connections.checked_delay(ms)}
    steps, shift = (a.item() for a in split(connections.network.clock, np.asarray(ms)))
    for n in {steps - (shift > 0), steps}:
        connections.checked_delay(connections.network.clock.delay_ms(n))
    return {"delay_steps": steps, model.delay_shift: shift}


def check_values(named: NamedModel, columns: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raise BadProperty if one set of values violates the bounds or relations of the model."""
    model: type[Synapse] = named.model
    if not model.relations and not any(k in model.parameters or k in model.state or k in model.common for k in given):
        return
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


def _recorder(nodes: NodeTable, value: Any) -> NodeSet:
    recorder = one_node(value)
    _check_node(nodes, "weight_recorder", recorder, lambda m: issubclass(m, Recorder) and m.records_weights)
    return recorder


def _check_node(table: NodeTable, name: str, nodes: NodeSet, suits: Callable[[type[Node]], bool]) -> None:
    """Raise BadProperty unless the value of a property is one node of the right kind."""
    if len(nodes) != 1:
        raise errors.BadProperty(
            f"Property {name} must be a single element NodeCollection, not one of {len(nodes)} nodes."
        )
    table.check_ids(nodes.ids)
    model = table.model(int(nodes.ids[0]))
    if not suits(model):
        raise errors.BadProperty(
            f"Property {name} must be set to a node of type {name}; node {nodes.ids[0]} is a {model.name}."
        )
