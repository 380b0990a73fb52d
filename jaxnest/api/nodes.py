"""Creating and finding nodes."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.api.collections import node_ids
from jaxnest.api.collections.node_collection import NodeCollection
from jaxnest.api.deprecation import deprecated
from jaxnest.kernel import placing, status
from jaxnest.kernel.kernel import kernel
from jaxnest.spatial.places import free, grid

__all__ = ["Create", "GetLocalNodeCollection", "GetNodes", "PrintNodes"]


def Create(model: str, n: Any = 1, params: Any = None, positions: Any = None) -> NodeCollection:
    """Create nodes.

    Parameters
    ----------
    model : str
        Name of the model.
    n : int, optional
        Number of nodes. A dictionary here is taken as `params`.
    params : dict or list of dict, optional
        Names and values of properties, or one dictionary per node; see `NodeCollection.set`.
    positions : object, optional
        Positions of the nodes, made with ``nest.spatial.grid`` or ``nest.spatial.free``.

    Returns
    -------
    NodeCollection
        The new nodes.

    Raises
    ------
    UnknownModelName
        If there is no such model.
    BadParameterValue, BadProperty, TypeError
        If `n` is 0, negative, or no integer.
    UnaccessedDictionaryEntry, TypeMismatch, BadProperty
        If a property is refused. All nodes have been created nevertheless.
    """
    if isinstance(n, dict):
        if params is not None or positions is not None:
            raise ValueError("A parameter dictionary may be the second argument only if there is no third one.")
        params, n = n, 1
    if int(n) != n:
        raise TypeError("n must have an integer value")
    n = int(n)
    if n >= 1 << 63:
        raise OverflowError(f"{n} nodes are more than can be counted with 64 bits.")
    many = isinstance(params, list | tuple)
    if many and len(params) != n:
        raise TypeError("list of params must have one dictionary per node")
    if not (params is None or isinstance(params, dict) or (many and all(isinstance(p, dict) for p in params))):
        raise TypeError("params must be either a dict of parameters or a list or tuple of dicts")
    if not isinstance(model, str):
        raise AttributeError(f"The name of a model has to be a string; '{type(model).__name__}' has no 'encode'.")
    started = time.perf_counter()
    if positions is not None:
        layer = placing.create(kernel, model, n, _arrangement(positions, n))
        nodes = NodeCollection(node_ids.from_range(layer.first_id, layer.first_id + len(layer) - 1, layer))
        nodes.set(params or {})
        _count_time(started)
        return nodes
    if n == 0:
        raise errors.BadParameterValue("At least one node has to be created (n = 0).")
    if n < 0:
        raise errors.BadProperty(f"The number of nodes cannot be negative (n = {n}).")
    nodes = NodeCollection(node_ids.from_range(*kernel.create(model, n)))
    if params:
        nodes.set(params)
    _count_time(started)
    return nodes


def _arrangement(positions: Any, n: int) -> dict[str, Any]:
    """Return what `positions` says, as the kernel wants it."""
    if not isinstance(positions, grid | free):
        raise TypeError("`positions` must be either a nest.spatial.free or a nest.spatial.grid object")
    arrangement: dict[str, Any] = {"edge_wrap": positions.edge_wrap}
    if isinstance(positions, grid):
        if n > 1:
            raise ValueError("Cannot specify number of nodes with grid positions")
        arrangement["shape"] = positions.shape
        if positions.center is not None:
            arrangement["center"] = [float(x) for x in positions.center]
    else:
        arrangement["positions"] = positions.pos
    if positions.extent is not None:
        arrangement["extent"] = [float(x) for x in positions.extent]
    return arrangement


def _count_time(started: float) -> None:
    timers = kernel.timers
    timers["time_construction_create"] = timers.get("time_construction_create", 0.0) + time.perf_counter() - started


def PrintNodes() -> None:
    """Print ids and models of all nodes."""
    width = math.floor(math.log10(max(len(kernel.nodes), 1))) + 1
    lines = []
    for model, first, last in kernel.instances.ranges:
        ids = f"{first:>{width}}" + (f" .. {last:>{width}}" if last != first else "")
        lines.append(f"{ids:<{4 + 2 * width}} {model}")
    print("\n".join(lines))


def GetNodes(properties: dict[str, Any] = {}, local_only: bool = False) -> NodeCollection:  # noqa: B006
    """Return all nodes with certain properties.

    Parameters
    ----------
    properties : dict, optional
        Names and values that the nodes have to have, exactly and with the same type.
    local_only : bool, optional
        Only nodes of this process; there is one process.

    Returns
    -------
    NodeCollection
        The nodes, in ascending order of their ids.
    """
    ids = np.arange(1, len(kernel.nodes) + 1, dtype=np.int64)
    for key, wanted in properties.items():
        if not len(ids):
            break
        try:
            values = status.node_values(kernel, ids, key)
        except KeyError:
            return NodeCollection()
        ids = ids[[_matches(value, wanted) for value in values]]
    return NodeCollection(node_ids.from_ids(ids))


def _matches(value: Any, wanted: Any) -> bool:
    plain = wanted.item() if isinstance(wanted, np.generic) else wanted
    if isinstance(value, np.ndarray):
        return isinstance(plain, np.ndarray | list | tuple) and np.array_equal(value, plain)
    return type(value) is type(plain) and value == plain


@deprecated(
    "",
    "GetLocalNodeCollection is deprecated, as in NEST: what it returns is unsafe with several processes.",
)
def GetLocalNodeCollection(nc: NodeCollection) -> NodeCollection:
    """Return the nodes of a collection that are on this process, which are all.

    Parameters
    ----------
    nc : NodeCollection
        The collection.

    Returns
    -------
    NodeCollection
        The same nodes.
    """
    if not isinstance(nc, NodeCollection):
        raise TypeError("GetLocalNodeCollection requires a NodeCollection in order to run")
    return nc[[True] * len(nc)] if nc else nc
