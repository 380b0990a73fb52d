"""Which nodes of the network have positions."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING, Any, final

import numpy as np

from jaxnest import errors
from jaxnest.random.expressions.geometry import connection_geometry, node_geometry
from jaxnest.spatial.layer import Layer, free_layer, grid_layer
from jaxnest.spatial.places import RandomPositions

if TYPE_CHECKING:
    from jaxnest.kernel.kernel import Kernel


@final
class Layers:
    """All layers of the network, by node id."""

    def __init__(self) -> None:
        self._layers: list[Layer] = []

    def add(self, layer: Layer) -> None:
        """Add the layer of the latest nodes."""
        self._layers.append(layer)

    def of(self, node_id: int) -> Layer | None:
        """Return the layer of a node, or None."""
        i = bisect.bisect_right(self._layers, node_id, key=lambda layer: layer.first_id) - 1
        if i < 0 or node_id >= self._layers[i].first_id + len(self._layers[i]):
            return None
        return self._layers[i]

    def node_geometry(self, ids: np.ndarray) -> np.ndarray:
        """Return what spatial expressions need to know of each node."""
        layers = [self.of(i) for i in (ids[[0, -1]] if len(ids) else ids).tolist()]
        if layers and layers[0] is not None and layers[0] is layers[-1]:
            return node_geometry(layers[0].at(ids))
        rows = [node_geometry(np.zeros((0, 0)))]
        for node_id in ids.tolist():
            layer = self.of(node_id)
            rows.append(node_geometry(np.zeros((1, 0)) if layer is None else layer.at(np.array([node_id]))))
        return np.concatenate(rows)

    def distances(self, sources: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Return distances from sources to targets, measured in the layers of the targets; NaN without positions."""
        result = np.full(len(sources), np.nan)
        number_of_source, number_of_target = self._numbers(sources), self._numbers(targets)
        for number in np.unique(number_of_target[number_of_target >= 0]).tolist():
            layer = self._layers[number]
            for other in np.unique(number_of_source[number_of_source >= 0]).tolist():
                if self._layers[other].dimensions != layer.dimensions:
                    continue
                rows = np.flatnonzero((number_of_target == number) & (number_of_source == other))
                result[rows] = layer.distance(self._layers[other].at(sources[rows]), layer.at(targets[rows]))
        return result

    def _numbers(self, ids: np.ndarray) -> np.ndarray:
        """Return which layer each node belongs to, or -1."""
        if not self._layers:
            return np.full(len(ids), -1)
        firsts = np.array([layer.first_id for layer in self._layers])
        ends = firsts + [len(layer) for layer in self._layers]
        number = np.searchsorted(firsts, ids, side="right") - 1
        return np.where((number >= 0) & (ids < ends[number]), number, -1)


def create(kernel: Kernel, model: str, n: int, arrangement: dict[str, Any]) -> Layer:
    """Create nodes with positions.

    Parameters
    ----------
    kernel
        Where they are created.
    model
        Name of the model.
    n
        Number of nodes if their positions are random.
    arrangement
        ``edge_wrap``, perhaps ``extent``, and ``positions``, or ``shape`` and perhaps ``center``.

    Raises
    ------
    UnknownModelName, TypeMismatch, BadProperty, KernelException
        If the model is unknown, or the arrangement is impossible. In some cases nodes have been created.
    """
    kernel.node_models[model]  # the first thing that NEST looks at
    extent, edge_wrap = arrangement.get("extent"), arrangement["edge_wrap"]
    if "shape" in arrangement:
        shape = _shape(arrangement["shape"])
        first, _ = kernel.create(model, int(np.prod(shape)))
        _check_edge_wrap(edge_wrap)
        layer = grid_layer(first, shape, arrangement.get("center"), extent, edge_wrap)
    else:
        given = arrangement["positions"]
        random = isinstance(given, RandomPositions)
        positions = None if random else _positions(given)
        size = n if positions is None else len(positions)
        if size <= 0:
            raise errors.BadProperty("Empty positions array.")
        first, _ = kernel.create(model, size)
        _check_edge_wrap(edge_wrap)
        layer = free_layer(first, _drawn(kernel, given, n) if positions is None else positions, extent, edge_wrap)
    kernel.layers.add(layer)
    return layer


def _check_edge_wrap(edge_wrap: Any) -> None:
    if not isinstance(edge_wrap, bool | np.bool_):
        raise errors.TypeMismatch(f"edge_wrap has to be True or False, not {edge_wrap!r}.")


def _shape(shape: Any) -> tuple[int, ...]:
    if shape is None:
        raise AttributeError("The shape of a grid must not be None.")
    if np.ndim(shape) == 0 or not len(shape) or not _is_integer(shape[0]):
        raise errors.TypeMismatch(f"The shape of a grid has to be a list of integers, not {shape!r}.")
    if not all(int(s) > 0 for s in shape):
        raise errors.BadProperty(f"All shape entries must be positive, not {list(shape)}.")
    if not 2 <= len(shape) <= 3:
        raise errors.BadProperty(f"Shape must be of length 2 or 3, not {list(shape)}.")
    return tuple(int(s) for s in shape)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _positions(given: Any) -> np.ndarray:
    if not all(np.iterable(point) and not isinstance(point, str) for point in given):
        raise AttributeError(
            "Positions have to be a list of positions, such as [[0.0, 1.0], [0.5, -1.0]], or Parameters."
        )
    dimensions = len(given[0])
    if not 2 <= dimensions <= 3:
        raise errors.BadProperty("Positions must have 2 or 3 coordinates.")
    if any(len(point) != dimensions for point in given):
        raise errors.BadProperty(f"Expected a {dimensions}-dimensional position.")
    try:
        return np.array(given, np.float64)
    except (TypeError, ValueError):
        raise errors.TypeMismatch("The coordinates of positions have to be numbers.") from None


def _drawn(kernel: Kernel, positions: RandomPositions, n: int) -> np.ndarray:
    """Draw positions node by node."""
    from jaxnest.kernel.connect.loops.draws import Draws

    draws = Draws(positions.parameters)
    kernel.streams.begin_call()
    drawn = draws.rows(0, kernel.streams.rank_synchronised, np.zeros(n, np.int32))
    draws.check()
    return np.ascontiguousarray(drawn.T)


def geometry(kernel: Kernel, nodes: Any, positions: Any) -> np.ndarray:
    """Return what Parameters need to know of nodes, or of connections from one node to positions.

    Raises
    ------
    KernelException, BadProperty
        If the node has no position, or another number of dimensions.
    """
    if positions is None:
        return kernel.layers.node_geometry(nodes.ids)
    layer = nodes.layer
    if layer is None:
        raise errors.KernelException("The node has no position.")
    if not len(positions):
        raise errors.TypeMismatch("The list of positions is empty.")
    if len(positions[0]) != layer.dimensions:
        raise errors.BadProperty(
            f"Parameter apply: Target position has {len(positions[0])} dimensions, but source position has "
            f"{layer.dimensions} dimensions."
        )
    return connection_geometry(layer.at(nodes.ids), np.array(positions, np.float64), layer.period)
