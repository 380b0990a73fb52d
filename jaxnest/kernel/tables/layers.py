"""Which nodes of the network have positions."""

from __future__ import annotations

import bisect
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.random.expressions.geometry import connection_geometry, node_geometry
from jaxnest.spatial.layer import Layer


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

    def geometry(self, nodes: Any, positions: Any) -> np.ndarray:
        """Return what Parameters need to know of nodes, or of connections from one node to positions.

        Raises
        ------
        KernelException, BadProperty
            If the node has no position, or another number of dimensions.
        """
        if positions is None:
            return self.node_geometry(nodes.ids)
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
