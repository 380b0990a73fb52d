"""The dictionaries that scripts see: of nodes and of models, read and written."""

from __future__ import annotations

import contextlib
import functools
import itertools
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.kernel.kernel import Kernel
from jaxnest.kernel.settings import messages
from jaxnest.kernel.settings.attributes import cast
from jaxnest.kernel.settings.messages import VerbosityLevel
from jaxnest.kernel.tables.model_table import NamedModel
from jaxnest.kernel.tables.node_table import Row, Store, fit_vectors, overlay
from jaxnest.kernel.tables.values import (
    PerNode,
    Rows,
    coerce,
    convert,
    datum,
    expanded,
    first_violation,
    is_random,
    quantities_of,
    shown_names,
)
from jaxnest.models.contract.base import Node, Quantity
from jaxnest.models.contract.device import SAMPLING, Device, NodeSet, Recorder, Sampler, Sender, Stimulator
from jaxnest.models.nest.nest_sizes import ELEMENT_SIZES
from jaxnest.recording.recordings import COMMON
from jaxnest.recording.registry import BACKENDS

GENERIC: dict[str, Callable[[Kernel, NamedModel, Store, np.ndarray], list[Any]]] = {
    "element_type": lambda _, named, __, ids: [named.model.element_type] * len(ids),
    "frozen": lambda kernel, _, store, ids: store.frozen[kernel.nodes.rows(ids)].tolist(),
    "global_id": lambda _, __, ___, ids: ids.tolist(),
    "local": lambda _, __, ___, ids: [True] * len(ids),
    "model": lambda _, named, __, ids: [named.name] * len(ids),
    "model_id": lambda _, named, __, ids: [named.index] * len(ids),
    "node_uses_wfr": lambda kernel, named, _, ids: (
        [kernel.attributes.use_wfr and named.model.uses_iterations()] * len(ids)
    ),
    "thread": lambda kernel, _, store, ids: store.virtual_processes[kernel.nodes.rows(ids)].tolist(),
    "thread_local_id": lambda kernel, _, __, ids: _thread_local_ids(kernel, ids).tolist(),
    "vp": lambda kernel, _, store, ids: store.virtual_processes[kernel.nodes.rows(ids)].tolist(),
}
"""Entries of the dictionaries of all nodes, and how they are read for nodes of one model; `frozen` can be set."""

RECORDING = {*COMMON, *(name for backend in BACKENDS.values() for name in backend.properties)}
"""Settable entries that belong to the backend of a recorder."""

_PLAIN = {float, bool}
"""Types of values that the kernel gets as they are."""


# -- reading nodes -------------------------------------------------------------------------------------


def node_status(kernel: Kernel, node_id: int) -> dict[str, Any]:
    """Return everything about one node, with keys in alphabetic order."""
    return {key: value for key, (value,) in all_values(kernel, np.array([node_id])).items()}


def node_values(kernel: Kernel, ids: np.ndarray, key: str) -> list[Any]:
    """Return one entry of the dictionaries of nodes; None for nodes that do not have it.

    Raises
    ------
    KeyError
        If none of the nodes has it.
    """
    found = []
    for named, store, positions in kernel.nodes.groups(ids):
        group = _group_values(kernel, named, store, ids[positions], key)
        if group is not None:
            found.append((positions, {key: group}))
    if not found:
        first = (int(ids[positions[0]]) for _, _, positions in kernel.nodes.groups(ids))
        raise errors.missing_key(key, {name for node_id in first for name in node_status(kernel, node_id)})
    return _merged(found, len(ids))[key]


def has_single(kernel: Kernel, node_id: int, key: str) -> bool:
    """Return whether the dictionary of a node has an entry, which is a single value."""
    ids = np.array([node_id])
    ((named, store, _),) = kernel.nodes.groups(ids)
    values = _group_values(kernel, named, store, ids, key)
    return values is not None and not np.iterable(values[0])


def _group_values(kernel: Kernel, named: NamedModel, store: Store, ids: np.ndarray, key: str) -> list[Any] | None:
    quantity = store.quantities.get(key)
    if key in GENERIC:
        return GENERIC[key](kernel, named, store, ids)
    if quantity is not None and quantity.visible:
        return kernel.nodes.values(store, kernel.nodes.rows(ids), key)
    if issubclass(named.model, Recorder) or key in _group_status(kernel, named, store, ids[:1]):
        return _group_status(kernel, named, store, ids).get(key)
    return None


def all_values(kernel: Kernel, ids: np.ndarray) -> dict[str, list[Any]]:
    """Return all entries of the dictionaries of nodes, each as one value per node (None where there is none)."""
    groups = kernel.nodes.groups(ids)
    found = [(positions, _group_status(kernel, named, store, ids[positions])) for named, store, positions in groups]
    return dict(sorted(_merged(found, len(ids)).items()))


def _group_status(kernel: Kernel, named: NamedModel, store: Store, ids: np.ndarray) -> dict[str, list[Any]]:
    """Return all entries of the dictionaries of nodes of one model."""
    status = kernel.nodes.status(store, kernel.nodes.rows(ids))
    status |= {key: read(kernel, named, store, ids) for key, read in GENERIC.items()}
    if issubclass(named.model, Recorder):
        overlay(status, [kernel.recording.get_status(node_id) for node_id in ids.tolist()])
    return status


def _merged(groups: Sequence[tuple[np.ndarray, dict[str, list[Any]]]], n: int) -> dict[str, list[Any]]:
    """Return the values of groups of nodes, at their positions among `n` nodes."""
    if len(groups) == 1 and len(groups[0][0]) == n:
        return groups[0][1]
    result: dict[str, list[Any]] = {}
    for positions, values in groups:
        for key, group in values.items():
            column = result.setdefault(key, [None] * n)
            for position, value in zip(positions.tolist(), group, strict=True):
                column[position] = value
    return result


def _thread_local_ids(kernel: Kernel, ids: np.ndarray) -> np.ndarray:
    """Return the position of each node on its thread; -1 for nodes created after the last numbering."""
    n_threads, numbered = kernel.n_threads, kernel.nodes.n_numbered
    if n_threads == 1:
        return np.where(ids <= numbered, ids - 1, -1)
    everyone = np.arange(1, len(kernel.nodes) + 1)
    on_all = ~kernel.nodes.has_proxies(everyone)
    threads = np.where(on_all, 0, everyone % n_threads)
    positions = np.empty(len(everyone), np.int64)
    for thread in range(n_threads):
        here = on_all | (threads == thread)
        ranks = np.cumsum(here) - 1
        mine = threads == thread
        positions[mine] = ranks[mine]
    return np.where(ids <= numbered, positions[ids - 1], -1)


# -- writing nodes -------------------------------------------------------------------------------------


def set_nodes(kernel: Kernel, ids: np.ndarray, changes: dict[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    """Set entries of the dictionaries of nodes, in ascending order of the nodes.

    Parameters
    ----------
    kernel
        The kernel.
    ids
        Ascending ids.
    changes
        One dictionary for all nodes (`PerNode` values are distributed along them), or one per node.

    Raises
    ------
    UnaccessedDictionaryEntry, TypeMismatch, BadProperty
        At the first node that refuses a value. Nodes before it keep what they were given.
    AttributeError, TypeError, OverflowError
        For values that are none to the kernel, before any node is set.
    """
    kernel.nodes.check_ids(ids)
    changes = _passed_on(changes) if isinstance(changes, dict) else [_passed_on(change) for change in changes]
    for run, named, store in _runs(kernel, ids):
        if isinstance(changes, dict):
            part = {k: PerNode(v.values[run]) if isinstance(v, PerNode) else v for k, v in changes.items()}
            _set_run(kernel, named, store, ids[run], part)
            continue
        for _, alike in itertools.groupby(range(run.start, run.stop), lambda i: tuple(changes[i])):
            first, *others = alike
            some = slice(first, first + 1 + len(others))
            _set_alike(kernel, named, store, ids[some], changes[some])


def _passed_on(changes: Any) -> Any:
    """Return values as the kernel gets them."""
    if {type(value) for value in changes.values()} <= _PLAIN:
        return changes
    result = {name: datum(name, value) for name, value in changes.items()}
    for name, value in result.items():
        if isinstance(value, PerNode) and isinstance(value.values, list) and not set(map(type, value.values)) <= _PLAIN:
            result[name] = PerNode([datum(name, one) for one in value.values])
    return result


def _set_alike(
    kernel: Kernel, named: NamedModel, store: Store, ids: np.ndarray, changes: Sequence[Mapping[str, Any]]
) -> None:
    """Set one dictionary per node on nodes of one model; all have the same names."""
    if len(ids) > 1 and not any(is_random(value) for change in changes for value in change.values()):
        with contextlib.suppress(Exception):  # then node by node: those before the one that refuses keep their values
            together = {name: PerNode([change[name] for change in changes]) for name in changes[0]}
            _set_run(kernel, named, store, ids, together)
            return
    for i, change in enumerate(changes):
        one = {name: value if is_random(value) else PerNode([value]) for name, value in change.items()}
        _set_run(kernel, named, store, ids[i : i + 1], one)


def _runs(kernel: Kernel, ids: np.ndarray) -> Iterator[tuple[slice, NamedModel, Store]]:
    """Split nodes into stretches of one model, so that random values are drawn node by node."""
    groups = list(kernel.nodes.groups(ids))
    if len(groups) == 1:
        yield slice(0, len(ids)), *groups[0][:2]
        return
    which = np.empty(len(ids), np.int32)
    for index, (_, _, positions) in enumerate(groups):
        which[positions] = index
    borders = [0, *(np.flatnonzero(np.diff(which)) + 1).tolist(), len(ids)]
    for start, stop in zip(borders, borders[1:], strict=False):
        yield slice(start, stop), *groups[which[start]][:2]


def _set_run(kernel: Kernel, named: NamedModel, store: Store, ids: np.ndarray, changes: Mapping[str, Any]) -> None:
    """Set one dictionary on nodes of one model."""
    unknown = _unknown(named, changes)
    if unknown and (named.model.takes_unknown or not kernel.attributes.dict_miss_is_error):
        if kernel.attributes.dict_miss_is_error:
            _warn_of_ignored(_unaccessed(named, unknown, "params, in function NodeManager::set_status"))
        changes = {k: v for k, v in changes.items() if k not in unknown}
    elif unknown:  # as in NEST, the first node takes what it knows before it complains
        known = {k: PerNode(v.values[:1]) if isinstance(v, PerNode) else v for k, v in changes.items()}
        _set_known(kernel, named, store, ids[:1], {k: v for k, v in known.items() if k not in unknown})
        raise _unaccessed(named, unknown, "params, in function NodeManager::set_status")
    _set_known(kernel, named, store, ids, changes)


def _set_known(kernel: Kernel, named: NamedModel, store: Store, ids: np.ndarray, changes: Mapping[str, Any]) -> None:
    if not changes:
        return
    first = {k: _of_node(v, 0) for k, v in changes.items()}
    _remark(kernel, named.model, first, Row(store, kernel.nodes.row(ids.item(0))))
    if issubclass(named.model, Device):
        for i in range(len(ids)):
            _set_device(kernel, named, store, ids[i : i + 1], {k: _of_node(v, i) for k, v in changes.items()})
    elif own := {k: v for k, v in changes.items() if k in store.quantities and k not in RECORDING}:
        rows = kernel.nodes.rows(ids)
        _check_attributes(kernel, named.model, own, Rows(lambda name: store.columns[name][rows]))
        kernel.nodes.set_all(named, store, ids, own, kernel.begin_draws(own.values()))
    if "frozen" in changes:
        flags = [cast("frozen", _of_node(changes["frozen"], i), "bool") for i in range(len(ids))]
        kernel.nodes.freeze(ids, flags)


def _remark(kernel: Kernel, model: type[Node], changes: Mapping[str, Any], stored: Mapping[str, Any]) -> None:
    """Print what a model has to say about changes, once for all nodes."""
    for level, text in model.remarks(changes, stored, kernel.clock):
        messages.log(VerbosityLevel[level], text)


def _check_attributes(kernel: Kernel, model: type[Node], own: Mapping[str, Any], stored: Mapping[str, Any]) -> None:
    """Raise BadProperty if a parameter, changed or `stored`, is smaller than the attribute of the kernel allows."""
    for name, attribute in model.at_least.items():
        value, least = own.get(name, stored[name]), kernel.attributes.get(attribute)
        values = value.values if isinstance(value, PerNode) else value
        if not is_random(value) and np.any(np.asarray(values, np.float64) < least):
            raise errors.BadProperty(f"{name} ≥ {attribute} required: {np.min(values)} < {least} (ms).")


def _set_device(kernel: Kernel, named: NamedModel, store: Store, ids: np.ndarray, changes: dict[str, Any]) -> None:
    """Set one device: times to the grid, declared quantities to the table, the rest to the backend."""
    model: type[Device] = named.model
    node_id = ids.item()
    prefix = f"Setting status of a '{named.name}' with node ID {node_id}: "
    row = kernel.nodes.row(node_id)
    is_recorder = issubclass(model, Recorder)
    if is_recorder and kernel.simulation.prepared:
        raise errors.BadProperty(
            f"{prefix}Recorder parameters cannot be changed while inside a Prepare/Run/Cleanup context."
        )
    if issubclass(model, Sampler) and "frozen" in changes and cast("frozen", changes["frozen"], "bool"):
        raise errors.BadProperty(f"{prefix}multimeter cannot be frozen.")
    connected = not changes.keys().isdisjoint(SAMPLING) and kernel.connections.devices.is_connected(node_id)
    try:
        _refuse_node_values(model, changes)
        typed, refusal = _typed(store.quantities, changes)
        for nodes in (v for v in typed.values() if isinstance(v, NodeSet)):
            kernel.nodes.check_ids(nodes.ids)
        own = model.regulate(typed, Row(store, row), kernel.present_clock, connected)
    except errors.BadProperty as error:
        raise errors.BadProperty(f"{prefix}{error}") from None
    if refusal is not None:
        raise refusal
    computed = {k: own.pop(k) for k in list(own) if not store.quantities[k].settable}
    if own:
        kernel.nodes.set_all(named, store, ids, own, kernel.begin_draws(own.values()))
    if computed:
        kernel.nodes.before_access((model,))
    for name, value in computed.items():
        store.columns[name][row] = value
    if is_recorder:
        try:
            used = kernel.recording.set_status(node_id, changes)
        except errors.BadProperty as error:
            raise errors.BadProperty(f"{prefix}{error}") from None
        unused = [k for k in changes if k in RECORDING - used and k not in store.quantities]
        if unused and kernel.attributes.dict_miss_is_error:
            raise _unaccessed(named, unused, "params, in function NodeManager::set_status")


def _refuse_node_values(model: type[Device], changes: Mapping[str, Any]) -> None:
    """Raise if a property of the model as a whole is to be set for a node."""
    for name in model.defaults_only:
        if name in changes:
            raise errors.BadProperty(
                f"The {name} property can only be set as a model default using SetDefaults or upon CopyModel."
            )


def _typed(
    quantities: Mapping[str, Quantity], changes: Mapping[str, Any]
) -> tuple[dict[str, Any], errors.TypeMismatch | None]:
    """Return the changes of declared quantities as values of their types; random ones stay as they are.

    If one is of a wrong type, only those before it, which NEST checks first, and the error.
    """
    typed: dict[str, Any] = {}
    for name in (k for k in quantities if k in changes):
        try:
            typed[name] = changes[name] if is_random(changes[name]) else convert(quantities[name], name, changes[name])
        except errors.TypeMismatch as error:
            return typed, error
    return typed, None


def _of_node(value: Any, position: int) -> Any:
    return value.values[position] if isinstance(value, PerNode) else value


def _unknown(named: NamedModel, changes: Mapping[str, Any]) -> list[str]:
    """Return the names that cannot be set on nodes of this model."""
    known = _settable(named.model)
    return [name for name in changes if name not in known]


@functools.lru_cache
def _settable(model: type[Node]) -> set[str]:
    """Return the names that can be set on nodes of a model."""
    known = {k for k, q in quantities_of(model).items() if q.settable and (q.visible or q.given_only)}
    return known | {"frozen"} | (RECORDING if issubclass(model, Recorder) else set())


def _unaccessed(named: NamedModel, unknown: Sequence[str], where: str) -> errors.UnaccessedDictionaryEntry:
    quantities = quantities_of(named.model)
    known = [k for k, q in quantities.items() if q.settable and q.visible]
    hints = (errors.nearest(str(name), known) for name in unknown)
    return errors.UnaccessedDictionaryEntry(
        f"Unaccessed elements in {where}: {' '.join(map(str, unknown))} ({named.name}).{''.join(hints)}"
    )


def _warn_of_ignored(error: errors.UnaccessedDictionaryEntry) -> None:
    warnings.warn(f"Ignored, as by NEST: {error}", stacklevel=3)


# -- models --------------------------------------------------------------------------------------------


def defaults_status(kernel: Kernel, named: NamedModel) -> dict[str, Any]:
    """Return the dictionary of defaults of a node model, with keys in alphabetic order."""
    model: type[Node] = named.model
    quantities = quantities_of(model)
    stored = named.defaults
    numbers, others = shown_names(model)
    status = {k: v.item() if isinstance(v := stored[k], np.generic) else v for k in numbers}
    status |= {k: _user_value(k, stored, quantities) for k in others}
    if recordables := model.recordable_names(stored):
        status["recordables"] = recordables
    if model.receptor_types:
        status["receptor_types"] = dict(model.receptor_types)
    status |= model.status(dict(stored))
    status |= kernel.instances.status(named.name, kernel.n_threads)
    status |= {
        "element_type": model.element_type,
        "elementsize": ELEMENT_SIZES.get(named.original, 0),
        "frozen": False,
        "global_id": 0,
        "local": True,
        "model": named.name,
        "model_id": named.index,
        "node_uses_wfr": kernel.attributes.use_wfr and model.uses_iterations(),
        "thread": -1,
        "thread_local_id": -1,
        "type_id": named.original,
        "vp": -1,
    }
    if issubclass(model, Recorder):
        status |= kernel.recording.defaults_status(named)
        for name in model.instance_only:
            status.pop(name, None)
    return dict(sorted(status.items()))


def _user_value(name: str, stored: Mapping[str, Any], quantities: Mapping[str, Any]) -> Any:
    if (members := quantities[name].members) is not None:
        return {entry: _user_value(members[entry], stored, quantities) for entry in sorted(members)}
    value = stored[name]
    reference = quantities[name].relative_to
    if reference:
        value = value + stored[reference]
    if isinstance(value, np.generic):
        value = value.item()
    if (shown := quantities[name].shown) is not None:
        return shown(value)
    return value.copy() if hasattr(value, "copy") else value


def set_defaults(kernel: Kernel, named: NamedModel, changes: Mapping[str, Any]) -> None:
    """Change the defaults of a node model, for nodes that are created from now on.

    Raises
    ------
    UnaccessedDictionaryEntry, TypeMismatch, BadProperty
        If a value is refused. Known entries beside an unknown one are set, as in NEST, which ignores unknown ones of
        devices that could get data from outside or hand them on; a warning says so.
    """
    if not changes:
        return
    prefix = f"Setting status of model '{named.name}': "
    unknown = _unknown(named, changes) + ["frozen"] * ("frozen" in changes)
    model = named.model
    own = {k: v for k, v in changes.items() if k in quantities_of(model) and k not in unknown}
    own = expanded(quantities_of(model), own)
    draw = kernel.begin_draws(own.values())
    own = {k: draw(v, 0, i) if is_random(v) else v for i, (k, v) in enumerate(own.items())}
    kernel.node_models.changed = True
    try:
        if issubclass(model, Device):
            typed, refusal = _typed(quantities_of(model), own)
            own = model.regulate(typed, named.defaults, kernel.present_clock, False)
            if refusal is not None:
                raise refusal
        _remark(kernel, model, changes, named.defaults)
        _check_attributes(kernel, model, own, named.defaults)
        _set_stored(named, own)
        if issubclass(model, Sender):
            kernel.node_models.change(named, model.variant(named.defaults))
        if issubclass(model, Recorder):
            used = kernel.recording.set_defaults(named, {k: v for k, v in changes.items() if k not in own})
            unknown = [k for k in changes if k not in own and k not in used]
    except errors.BadProperty as error:
        raise errors.BadProperty(f"{prefix}{error}") from None
    if unknown and kernel.attributes.dict_miss_is_error:
        error = _unaccessed(named, unknown, "params, in function ModelManager::set_node_defaults_")
        if not issubclass(model, Stimulator | Recorder):
            raise error
        _warn_of_ignored(error)


def _set_stored(named: NamedModel, changes: Mapping[str, Any]) -> None:
    """Write checked values into the defaults of a model."""
    quantities = quantities_of(named.model)

    def read(name: str) -> np.ndarray:
        column = np.empty(1, quantities[name].dtype)
        column[0] = named.defaults[name]
        return column

    columns = Rows(read)
    settable = [k for k in quantities if k in changes and quantities[k].settable]
    given = {k: coerce(quantities[k], k, [changes[k]]) for k in settable}
    named.model.assign(columns, given)
    fit_vectors(named.model, columns)
    bad, message = first_violation(named.model, 1, columns, given)
    if bad == 0:
        raise named.model.refusal(given)(message)
    for name, column in columns.items():
        named.defaults[name] = column[0]
    named.defaults.update({k: v for k, v in changes.items() if not quantities[k].settable})
