"""Receptors that connections have of their own (`Node.own_receptor`), and the weights that their targets know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.kernel.tables.node_table import NodeTable


def first_late(nodes: NodeTable, target: np.ndarray, receptor: Any) -> tuple[int, str] | None:
    """Return the first connection that needs a receptor of its own when its target cannot get more, and what to say."""
    mine = _mine(nodes, target, receptor)
    if not len(mine):
        return None
    begun = _begun(nodes, target[mine])
    if not begun.any():
        return None
    row = int(mine[np.argmax(begun)])
    name = nodes.model(int(target[row])).name
    return row, f"Connections to this receptor of {name} can only be made before the first call to nest.Simulate()."


def number(nodes: NodeTable, models: Sequence[Any], columns: Sequence[dict[str, Any]], counts: Sequence[int]) -> None:
    """Give connections their own receptors, in the order of their pairs, and tell their targets the weights.

    Parameters
    ----------
    models, columns, counts
        For each specification the (named) synapse model, the values of the connections, and how many are made.
    """
    parts = []
    for i, (named, values, n) in enumerate(zip(models, columns, counts, strict=True)):
        mine = _mine(nodes, values["target"][:n], np.broadcast_to(values["receptor"], len(values["target"]))[:n])
        if len(mine):
            values["receptor"] = np.array(np.broadcast_to(values["receptor"], len(values["target"])), np.int64)
            weight = np.broadcast_to(_known_weight(named, values), len(values["target"]))[mine]
            parts.append(np.stack([mine, np.full(len(mine), i), values["target"][mine], weight]))
    if not parts:
        return
    table = np.concatenate(parts, axis=1)
    row, spec, target = (column.astype(np.int64) for column in table[:3])
    order = np.lexsort((spec, row, target))
    ids, first, sizes = np.unique(target[order], return_index=True, return_counts=True)
    before = nodes.lengthen_receptors(ids, np.split(table[3][order], first[1:]))
    receptor = np.repeat(before, sizes) + 1 + np.arange(len(order)) - np.repeat(first, sizes)
    for i, k, port in zip(spec[order].tolist(), row[order].tolist(), receptor.tolist(), strict=True):
        columns[i]["receptor"][k] = port


def _known_weight(named: Any, values: dict[str, Any]) -> Any:
    """Return the weights that targets know before there is a spike: zero if it decides."""
    if named.model.send is not None:
        return 0.0
    return named.defaults["weight"] if named.model.weight_is_common else values["weight"]


def reweigh(nodes: NodeTable, target: np.ndarray, receptor: np.ndarray, before: np.ndarray, weight: Any) -> None:
    """Tell targets new weights of connections that have receptors of their own.

    Raises
    ------
    KernelException
        If a target has been simulated already.
    """
    mine = _mine(nodes, target, receptor, beyond=True)
    mine = mine[np.broadcast_to(weight, len(target))[mine] != before[mine]]
    if not len(mine):
        return
    if _begun(nodes, target[mine]).any():
        raise errors.KernelException(f"{nodes.model(int(target[mine[0]])).name} requires constant weights.")
    values = np.broadcast_to(np.asarray(weight, np.float64), len(target))[mine]
    for node, port, value in zip(target[mine].tolist(), receptor[mine].tolist(), values.tolist(), strict=True):
        nodes.set_receptor(node, port - 1, value)


def _mine(nodes: NodeTable, target: np.ndarray, receptor: Any, *, beyond: bool = False) -> np.ndarray:
    """Return which connections are at such receptors, or (`beyond`) have got theirs."""
    models = [store for model, store in nodes.stores.items() if model.own_receptor]
    if not models:
        return np.empty(0, np.int64)
    own = np.zeros(len(nodes) + 1, np.int64)
    for store in models:
        own[store.node_ids] = store.model.own_receptor
    wanted = own[target]
    return np.flatnonzero((wanted > 0) & ((receptor >= wanted) if beyond else (receptor == wanted)))


def _begun(nodes: NodeTable, target: np.ndarray) -> np.ndarray:
    nodes.before_access(nodes.stores)
    begun = np.zeros(len(target), np.bool_)
    for named, store, positions in nodes.groups(target):
        rows = nodes.rows(target[positions])
        begun[positions] = named.model.has_begun({name: column[rows] for name, column in store.columns.items()})
    return begun
