"""Models: their defaults, copies and names."""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.api.collections import units
from jaxnest.api.collections.json_output import to_json
from jaxnest.api.collections.node_collection import plain, shown
from jaxnest.api.deprecation import deprecated
from jaxnest.kernel import status
from jaxnest.kernel.connect.synapse_status import (
    set_synapse_defaults,
    synapse_defaults_status,
)
from jaxnest.kernel.kernel import kernel
from jaxnest.kernel.kernel_status import kernel_status
from jaxnest.kernel.settings.attribute_table import MAX_SYNAPSE_MODELS
from jaxnest.kernel.tables.model_table import NamedModel
from jaxnest.kernel.tables.values import datum, is_random, quantities_of
from jaxnest.models.contract.device import NodeSet
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.nest import nest_names
from jaxnest.recording.registry import BACKENDS

__all__ = ["ConnectionRules", "CopyModel", "GetDefaults", "Models", "SetDefaults"]


@deprecated("nest.node_models or nest.synapse_models")
def Models(mtype: str = "all", sel: str | None = None) -> tuple[str, ...]:
    """Return names of models.

    Parameters
    ----------
    mtype : {"all", "nodes", "synapses"}
        Which models.
    sel : str, optional
        Only names that contain this text.

    Returns
    -------
    tuple of str
        Names in alphabetic order.
    """
    if mtype not in ("all", "nodes", "synapses"):
        raise ValueError("mtype has to be one of 'all', 'nodes', or 'synapses'")
    names: list[str] = []
    if mtype in ("all", "nodes"):
        names += kernel_status.get("node_models")
    if mtype in ("all", "synapses"):
        names += kernel_status.get("synapse_models")
    return tuple(sorted(name for name in names if sel is None or sel in name))


@deprecated("nest.connection_rules")
def ConnectionRules() -> tuple[str, ...]:
    """Return the names of all connection rules, in alphabetic order."""
    return tuple(sorted(kernel_status.get("connection_rules")))


def SetDefaults(model: str, params: Any, val: Any = None) -> None:
    """Set defaults of a model, for nodes or connections that are made from now on.

    Parameters
    ----------
    model : str
        Name of a node or synapse model.
    params : dict or str
        Names and values, or one name.
    val : optional
        The value, if `params` is a name.

    Raises
    ------
    UnknownComponent
        If there is no such model.
    ValueError
        If a value is random, or a list where a single value is expected.
    UnaccessedDictionaryEntry, TypeMismatch, BadProperty
        If a property is refused.
    """
    if val is None:
        if not isinstance(params, dict):
            raise TypeError("params must be dictionary unless val is given.")
        if not params:
            return
    elif isinstance(params, str):
        params = {params: val}
    else:
        raise TypeError("If val is given, params must be string giving the parameter name.")
    named = None if model in BACKENDS else _component(model)
    for key, value in params.items():
        several = np.iterable(value) and not isinstance(value, str)
        if is_random(value) or (several and not np.iterable(_defaults(model)[key])):
            raise ValueError("SetDefaults() accepts only explicit, single parameter values.")
    if named is not None:
        _set_defaults(named, _plain(named, params))


def _set_defaults(named: NamedModel, params: dict[str, Any]) -> None:
    if issubclass(named.model, Synapse):
        set_synapse_defaults(kernel.connections, named, params)
    else:
        status.set_defaults(kernel, named, params)


def _plain(named: NamedModel, params: dict[str, Any]) -> dict[str, Any]:
    """Return parameters of a model in terms that the kernel knows."""
    quantities = quantities_of(named.model)

    def unit(key: str) -> str:
        if issubclass(named.model, Synapse):
            return units.of_synapse(named.model, key)
        return quantities[key].unit if key in quantities else ""

    return {key: datum(key, value) for key, value in plain(units.strip_all(params, unit)).items()}


def GetDefaults(model: str, keys: Any = None, output: str = "") -> Any:
    """Return defaults of a model.

    Parameters
    ----------
    model : str
        Name of a node or synapse model, or of a recording backend.
    keys : str or list of str, optional
        One name, or several.
    output : {"json"}, optional
        Return a string instead.

    Returns
    -------
    dict, scalar or list
        All defaults, the value of one name, or a list of values.

    Raises
    ------
    UnknownComponent
        If there is no such model.
    KeyError
        If the model has no such property.
    """
    result: Any = _defaults(model)
    if keys is not None:
        several = np.iterable(keys) and not isinstance(keys, str)
        wanted = list(keys) if several else [keys]
        for key in wanted:
            if key not in result:
                raise errors.missing_key(key, result)
        result = [result[key] for key in wanted] if several else result[keys]
    return to_json(result) if output == "json" else result


def _defaults(model: str) -> dict[str, Any]:
    if model in BACKENDS:
        return {"element_type": "recording_backend"}
    named = _component(model)
    if issubclass(named.model, Synapse):
        result = synapse_defaults_status(kernel.connections, named)
    else:
        result = status.defaults_status(kernel, named)
    return {k: shown(v) if isinstance(v, NodeSet) else v for k, v in result.items()}


def _component(model: str) -> NamedModel:
    """Return a model by name."""
    if not isinstance(model, str):
        raise AttributeError(f"The name of a model has to be a string; '{type(model).__name__}' has no 'encode'.")
    for table, known in (
        (kernel.node_models, nest_names.NODE_MODELS),
        (kernel.synapse_models, nest_names.SYNAPSE_MODELS),
    ):
        if model in table or model in known:
            return table[model]
    names = [named.name for table in (kernel.node_models, kernel.synapse_models) for named in table]
    raise errors.UnknownComponent(f"{model} is not a known component.{errors.nearest(model, names)}")


def CopyModel(existing: str, new: str, params: Any = None) -> None:
    """Make a new model as a copy of another one.

    Parameters
    ----------
    existing : str
        Name of the model to copy.
    new : str
        Name of the copy.
    params : dict, optional
        Defaults of the copy that differ from those of the original.

    Raises
    ------
    UnknownModelName
        If there is no model to copy.
    NewModelNameExists
        If the name is taken.
    TypeError
        If the name is not a string.
    UnaccessedDictionaryEntry, TypeMismatch, BadProperty
        If a property is refused. The copy exists nevertheless.
    """
    if not isinstance(new, str):
        raise TypeError(f"The name of a new model must be a str, not {new!r}.")
    if new in kernel.node_models or new in kernel.synapse_models:
        raise errors.NewModelNameExists(f"Model {new} is the name of an existing model and cannot be re-used.")
    is_synapse = existing in kernel.synapse_models or existing in nest_names.SYNAPSE_MODELS
    table = kernel.synapse_models if is_synapse else kernel.node_models
    if is_synapse and len(table) >= MAX_SYNAPSE_MODELS:
        raise errors.KernelException(f"Synapse model count exceeded: there can be {MAX_SYNAPSE_MODELS} at most.")
    params = None if params is None else _plain(table[existing], params)
    named = table.copy(existing, new)
    if not is_synapse:
        kernel.recording.copy_settings(table[existing], named)
    if params is not None:
        _set_defaults(named, params)
