"""Whom nodes with positions are connected to."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from jaxnest.api.collections.node_collection import NodeCollection
from jaxnest.api.connections import GetConnections
from jaxnest.api.space.layers import layer_of
from jaxnest.kernel.kernel import kernel

__all__ = [
    "DumpLayerConnections",
    "DumpLayerNodes",
    "GetSourceNodes",
    "GetSourcePositions",
    "GetTargetNodes",
    "GetTargetPositions",
]


def _require_nodes(**arguments: Any) -> None:
    for name, nodes in arguments.items():
        if not isinstance(nodes, NodeCollection):
            raise TypeError(f"{name} must be a NodeCollection.")


def _partners(
    sources: NodeCollection, targets: NodeCollection, synapse_model: str | None, of_sources: bool
) -> list[np.ndarray]:
    """Return, for each source (or target), the ids of its partners in the order of GetConnections."""
    connections = GetConnections(sources, targets, synapse_model=synapse_model)
    source = np.fromiter(connections.sources(), np.int64)
    target = np.fromiter(connections.targets(), np.int64)
    nodes, owner, partner = (sources, source, target) if of_sources else (targets, target, source)
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], nodes.ids, side="left")
    ends = np.searchsorted(owner[order], nodes.ids, side="right")
    return [partner[order[a:b]] for a, b in zip(starts, ends, strict=True)]


def GetTargetNodes(
    sources: NodeCollection, tgt_layer: NodeCollection, syn_model: str | None = None
) -> tuple[NodeCollection, ...]:
    """Return the targets of nodes.

    Parameters
    ----------
    sources : NodeCollection
        The nodes.
    tgt_layer : NodeCollection
        Where targets are searched.
    syn_model : str, optional
        Only connections of this synapse model.

    Returns
    -------
    tuple of NodeCollection
        The targets of each node, each of them once.
    """
    _require_nodes(sources=sources, tgt_layer=tgt_layer)
    return tuple(NodeCollection(np.unique(ids)) for ids in _partners(sources, tgt_layer, syn_model, True))


def GetSourceNodes(
    src_layer: NodeCollection, targets: NodeCollection, syn_model: str | None = None
) -> tuple[NodeCollection, ...]:
    """Return the sources of nodes.

    Parameters
    ----------
    src_layer : NodeCollection
        Where sources are searched.
    targets : NodeCollection
        The nodes.
    syn_model : str, optional
        Only connections of this synapse model.

    Returns
    -------
    tuple of NodeCollection
        The sources of each node, each of them once.
    """
    _require_nodes(src_layer=src_layer, targets=targets)
    return tuple(NodeCollection(np.unique(ids)) for ids in _partners(src_layer, targets, syn_model, False))


def GetTargetPositions(
    sources: NodeCollection, tgt_layer: NodeCollection, syn_model: str | None = None
) -> list[list[list[float]]]:
    """Return the positions of the targets of nodes.

    Parameters
    ----------
    sources : NodeCollection
        The nodes.
    tgt_layer : NodeCollection
        Where targets are searched.
    syn_model : str, optional
        Only connections of this synapse model.

    Returns
    -------
    list of list of positions
        For each node one position for each connection.
    """
    _require_nodes(sources=sources, tgt_layer=tgt_layer)
    layer = layer_of(tgt_layer)
    return [layer.at(ids).tolist() for ids in _partners(sources, tgt_layer, syn_model, True)]


def GetSourcePositions(
    src_layer: NodeCollection, targets: NodeCollection, syn_model: str | None = None
) -> list[list[list[float]]]:
    """Return the positions of the sources of nodes.

    Parameters
    ----------
    src_layer : NodeCollection
        Where sources are searched.
    targets : NodeCollection
        The nodes.
    syn_model : str, optional
        Only connections of this synapse model.

    Returns
    -------
    list of list of positions
        For each node one position for each connection.
    """
    _require_nodes(src_layer=src_layer, targets=targets)
    layer = layer_of(src_layer)
    return [layer.at(ids).tolist() for ids in _partners(src_layer, targets, syn_model, False)]


def DumpLayerNodes(layer: NodeCollection, outname: str | os.PathLike[str]) -> None:
    """Write ids and positions of all nodes of a layer to a file.

    Parameters
    ----------
    layer : NodeCollection
        Nodes with positions. All nodes of their layer are written.
    outname : str
        Name of the file.
    """
    if not isinstance(layer, NodeCollection):
        raise TypeError("layer must be a NodeCollection")
    where = layer_of(layer)
    with open(outname, "w") as file:
        for node_id, position in enumerate(where.positions.tolist(), where.first_id):
            print(node_id, *(f"{x:g}" for x in position), file=file)


def DumpLayerConnections(
    source_layer: NodeCollection,
    target_layer: NodeCollection,
    synapse_model: str,
    outname: str | os.PathLike[str],
) -> None:
    """Write the connections between two layers to a file.

    Each line has the ids of source and target, weight, delay in ms, and the vector from source to target.

    Parameters
    ----------
    source_layer, target_layer : NodeCollection
        Nodes with positions. All nodes of the target's layer are taken.
    synapse_model : str
        Only connections of this synapse model.
    outname : str
        Name of the file.
    """
    for name, nodes in (("source_layer", source_layer), ("target_layer", target_layer)):
        if not isinstance(nodes, NodeCollection):
            raise TypeError(f"{name} must be a NodeCollection")
    sources, targets = layer_of(source_layer), layer_of(target_layer)
    all_targets = NodeCollection(np.arange(targets.first_id, targets.first_id + len(targets)))
    connections = GetConnections(source_layer, all_targets, synapse_model=synapse_model)
    kernel.pools.list(sources, source_layer.ids)  # as NEST does, which decides how the next Connect orders them
    with open(outname, "w") as file:
        if not len(connections):
            return
        columns = connections.get(["source", "target", "weight", "delay"])
        ends, start, weight, delay = (np.atleast_1d(columns[k]) for k in ("target", "source", "weight", "delay"))
        vectors = targets.displacement(sources.at(start), targets.at(ends)).tolist()
        for row in zip(start.tolist(), ends.tolist(), weight.tolist(), delay.tolist(), vectors, strict=True):
            print(row[0], row[1], *(f"{x:g}" for x in (*row[2:4], *row[4])), file=file)
