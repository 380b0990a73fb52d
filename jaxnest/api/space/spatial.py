"""Masks, and questions about layers: where nodes are, how far from each other, and whom they are connected to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.api.collections.node_collection import NodeCollection
from jaxnest.api.collections.types import Mask
from jaxnest.api.space.layers import layer_of
from jaxnest.api.space.spatial_partners import (
    DumpLayerConnections,
    DumpLayerNodes,
    GetSourceNodes,
    GetSourcePositions,
    GetTargetNodes,
    GetTargetPositions,
)
from jaxnest.api.space.spatial_plots import PlotLayer, PlotProbabilityParameter, PlotSources, PlotTargets
from jaxnest.kernel.kernel import kernel
from jaxnest.spatial.layer import Layer, wrong_dimensions
from jaxnest.spatial.masks import create_region

__all__ = [
    "CreateMask",
    "Displacement",
    "Distance",
    "DumpLayerConnections",
    "DumpLayerNodes",
    "FindCenterElement",
    "FindNearestElement",
    "GetPosition",
    "GetSourceNodes",
    "GetSourcePositions",
    "GetTargetNodes",
    "GetTargetPositions",
    "PlotLayer",
    "PlotProbabilityParameter",
    "PlotSources",
    "PlotTargets",
    "SelectNodesByMask",
]


def CreateMask(masktype: str, specs: dict[str, Any], anchor: Any = None) -> Mask:
    """Make a region of space from which partners are taken.

    Parameters
    ----------
    masktype : str
        In two dimensions ``"circular"`` (``radius``), ``"rectangular"`` (``lower_left``, ``upper_right``),
        ``"doughnut"`` (``inner_radius``, ``outer_radius``), ``"elliptical"`` (``major_axis``, ``minor_axis``) or
        ``"grid"`` (``shape``); in three dimensions ``"spherical"``, ``"box"`` or ``"ellipsoidal"`` (also
        ``polar_axis``).
    specs : dict
        What the mask needs. Rectangles and ellipses may be rotated by an ``azimuth_angle``, in space also by a
        ``polar_angle``, in degrees.
    anchor : list of float, optional
        Where the middle of the mask lies, seen from the node. It consists of integers for grid masks.

    Returns
    -------
    Mask
        The mask.

    Raises
    ------
    UndefinedName
        If there is no such mask.
    BadProperty, TypeMismatch, UnaccessedDictionaryEntry, IndexError
        If an entry of `specs` is wrong, unknown or missing.
    """
    specification = {masktype: specs}
    if anchor is not None:
        specification["anchor"] = anchor
    region = create_region(specification)
    if region is None:
        raise errors.UndefinedName("A mask needs a name.")
    return Mask(region)


def GetPosition(nodes: NodeCollection) -> list[Any]:
    """Return positions of nodes.

    Parameters
    ----------
    nodes : NodeCollection
        Nodes with positions.

    Returns
    -------
    list
        A position for a single node, a list of positions otherwise.
    """
    if not isinstance(nodes, NodeCollection):
        raise TypeError("nodes must be a NodeCollection with spatial extent")
    positions = layer_of(nodes).at(nodes.ids).tolist()
    return positions[0] if len(nodes) == 1 else positions


def _ends(from_arg: Any, to_arg: Any) -> tuple[np.ndarray, np.ndarray, Layer]:
    """Return positions from where and to where, and the layer in which to measure.

    Between nodes NEST measures from `to_arg` to `from_arg`, in the layer of the latter.
    """
    if not isinstance(to_arg, NodeCollection):
        raise TypeError("to_arg must be a NodeCollection")
    if isinstance(from_arg, np.ndarray) and from_arg.ndim == 1:
        from_arg = (from_arg,)
    if len(from_arg) > 1 and len(to_arg) > 1 and len(from_arg) != len(to_arg):
        raise ValueError("to_arg and from_arg must have same size unless one have size 1.")
    layer = layer_of(to_arg)
    end = layer.at(to_arg.ids)
    if isinstance(from_arg, NodeCollection):
        home = layer_of(from_arg)
        return end, home.at(from_arg.ids), home
    points = [[float(x) for x in point] for point in from_arg]
    if any(len(point) != layer.dimensions for point in points):
        raise wrong_dimensions(layer.dimensions)
    # Of several points and one node only the first point counts.
    return np.array(points[: len(to_arg)]), end, layer


def Displacement(from_arg: Any, to_arg: NodeCollection) -> list[list[float]]:
    """Return vectors from points to nodes, or between nodes.

    Parameters
    ----------
    from_arg : NodeCollection or list of positions
        From where. One position serves for all targets. As in NEST, vectors between nodes have the opposite
        direction: they point to the nodes in `from_arg`.
    to_arg : NodeCollection
        To where.

    Returns
    -------
    list of list of float
        The vectors, by the shorter way round if edges are joined.

    Raises
    ------
    ValueError
        If there are neither equally many nor one.
    """
    start, end, layer = _ends(from_arg, to_arg)
    return layer.displacement(start, end).tolist()


def Distance(from_arg: Any, to_arg: NodeCollection) -> list[float]:
    """Return distances from nodes or points to nodes.

    Parameters
    ----------
    from_arg : NodeCollection or list of positions
        From where. One position serves for all targets.
    to_arg : NodeCollection
        To where.

    Returns
    -------
    list of float
        The distances.

    Raises
    ------
    ValueError
        If there are neither equally many nor one.
    """
    start, end, layer = _ends(from_arg, to_arg)
    return layer.distance(start, end).tolist()


def FindNearestElement(layer: NodeCollection, locations: Any, find_all: bool = False) -> Any:
    """Return the nodes nearest to points.

    Parameters
    ----------
    layer : NodeCollection
        Nodes with positions.
    locations : list of float, or list of positions
        The point or points.
    find_all : bool
        Return all nodes that are equally near, not only the first.

    Returns
    -------
    NodeCollection or list
        For each point a node, or a list of nodes; without the outer list for a single point.
    """
    if not isinstance(layer, NodeCollection):
        raise TypeError("layer must be a NodeCollection")
    if not layer:
        raise ValueError("layer cannot be empty")
    if not hasattr(locations, "__iter__"):
        raise TypeError("locations must be coordinate array or list of coordinate arrays")
    layer_of(layer)  # says what is wrong if nodes have no positions
    points: Sequence[Any] = (locations,) if np.ndim(locations[0]) == 0 else locations
    result = []
    for point in points:
        distances = np.array(Distance([point], layer))
        if not find_all:
            result.append(layer[int(np.argmin(distances))])
            continue
        # The first of the nearest ones may be a hair's breadth farther away than the last.
        nearest, least = [0], distances[0]
        for i in range(1, len(layer)):
            if distances[i] < least:
                nearest, least = [i], distances[i]
            elif abs(distances[i] - least) <= 1e-14 * least:
                nearest.append(i)
        result.append([layer[i] for i in nearest])
    return result[0] if len(result) == 1 else result


def FindCenterElement(layer: NodeCollection) -> NodeCollection:
    """Return the node nearest to the center of the layer.

    Parameters
    ----------
    layer : NodeCollection
        Nodes with positions.
    """
    if not isinstance(layer, NodeCollection):
        raise TypeError("layer must be a NodeCollection")
    if layer.layer is None:
        raise TypeError("layer must be a NodeCollection with positions")
    return FindNearestElement(layer, layer.layer.center)


def SelectNodesByMask(layer: NodeCollection, anchor: Any, mask_obj: Mask) -> NodeCollection:
    """Return the nodes inside a mask.

    Parameters
    ----------
    layer : NodeCollection
        Nodes with positions.
    anchor : list of float
        Where the mask is put.
    mask_obj : Mask
        The mask.

    Raises
    ------
    BadProperty, TypeMismatch
        If mask, anchor and layer do not fit together.
    """
    if not isinstance(layer, NodeCollection):
        raise TypeError("layer must be a NodeCollection.")
    if not isinstance(mask_obj, Mask):
        raise AttributeError(f"mask_obj has to be a mask made with CreateMask, not {mask_obj!r}.")
    if len(anchor) not in (2, 3):
        raise errors.BadProperty("Center must be 2- or 3-dimensional.")
    where = layer_of(layer)
    if len(anchor) != where.dimensions:
        raise errors.TypeMismatch(f"The anchor has {len(anchor)} dimensions, the layer {where.dimensions}.")
    region = mask_obj.region.compatible_with(where, False)
    ids = kernel.pools.tree(where, layer.ids).inside(region, np.array(anchor, np.float64))
    return NodeCollection(np.sort(ids))
