"""The nodes among which partners are searched, in the order in which NEST visits them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from .layer import Layer
from .regions import SolidRegion

if TYPE_CHECKING:
    from .tree import Tree


@final
@dataclass(frozen=True)
class Pool:
    """Nodes of a layer in visiting order.

    Attributes
    ----------
    ids
        Ids of the nodes.
    tree
        Their positions, as a tree that masks are applied to, or as one heap.
    """

    ids: np.ndarray
    tree: Tree

    def inside(self, region: SolidRegion, position: np.ndarray) -> np.ndarray:
        """Return the ids of the nodes in a region around a position, in visiting order."""
        from .containment import compiled_region
        from .tree import most_candidates, padded, search, work_space

        found = np.empty(most_candidates(len(self.ids), self.tree), np.int64)
        n = search(self.tree, compiled_region(region), padded(position), work_space(), found)
        return self.ids[found[:n]]


@final
@dataclass(frozen=True)
class _Cached:
    layer: Layer
    ids: np.ndarray
    pool: Pool

    def is_for(self, layer: Layer, ids: np.ndarray) -> bool:
        return self.layer is layer and np.array_equal(self.ids, ids)


@final
class Pools:
    """Trees and lists of nodes, of which the latest is kept.

    As in NEST a list that is made right after a tree of the same nodes has the order of the tree. Unlike NEST, the
    tree of a part of a layer is not taken for that of another part.
    """

    def __init__(self) -> None:
        self._tree: _Cached | None = None
        self._list: _Cached | None = None

    def tree(self, layer: Layer, ids: np.ndarray) -> Pool:
        """Return nodes as a tree in their own layer."""
        if self._tree is None or not self._tree.is_for(layer, ids):
            order, positions = ids, layer.at(ids)
            if self._list is not None and self._list.is_for(layer, ids):
                pool = self._list.pool
                order, positions = pool.ids, pool.tree.positions[:, : layer.dimensions]
            self._tree = _Cached(layer, ids, _tree(order, positions, layer, layer.extent, layer.period))
            self._list = None
        return self._tree.pool

    def tree_inside(self, layer: Layer, ids: np.ndarray, other: Layer) -> Pool:
        """Return nodes as a tree that has the joined edges of another layer."""
        self._tree = self._list = None
        extent = np.where(other.period != 0.0, other.extent, layer.extent)
        return _tree(ids, layer.at(ids), layer, extent, other.period)

    def list(self, layer: Layer, ids: np.ndarray) -> Pool:
        """Return nodes without looking at where they are."""
        from .tree import heap, padded

        if self._list is None or not self._list.is_for(layer, ids):
            pool = Pool(ids.astype(np.int32), heap(padded(layer.at(ids)), layer.dimensions))
            if self._tree is not None and self._tree.is_for(layer, ids):
                pool = Pool(self._tree.pool.ids, heap(self._tree.pool.tree.positions, layer.dimensions))
            self._list = _Cached(layer, ids, pool)
            self._tree = None
        return self._list.pool


def _tree(ids: np.ndarray, positions: np.ndarray, layer: Layer, extent: np.ndarray, period: np.ndarray) -> Pool:
    from .tree import build

    tree, order = build(positions, layer.lower_left, extent, period)
    return Pool(ids[order].astype(np.int32), tree)
