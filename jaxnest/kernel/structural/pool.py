"""The synaptic elements of all neurons side by side, so that an update looks at them all at once."""

from __future__ import annotations

from typing import NamedTuple, final

import numpy as np

from jaxnest.kernel.connect.contacts import ELEMENTS
from jaxnest.kernel.tables.node_table import NodeTable
from jaxnest.models.contract.elements import ELEMENT_WORDS, NO_ELEMENTS, Elements


class Places(NamedTuple):
    """Where the elements of one name are.

    Attributes
    ----------
    nodes
        The neurons that have them, in ascending order.
    rows
        Their rows in the pool.
    row_of
        For each node id the row, -1 if there is none.
    """

    nodes: np.ndarray
    rows: np.ndarray
    row_of: np.ndarray


@final
class Pool:
    """The words of all synaptic elements.

    Attributes
    ----------
    words
        One row for each of them. The elements of neurons are parts of it.
    """

    def __init__(self, nodes: NodeTable) -> None:
        self._nodes = nodes
        self._versions = (-1, -1, -1)
        self._elements: list[Elements] = []
        self._node_ids = np.empty(0, np.int64)
        self._places: dict[str, Places] = {}
        self.words = np.empty((0, ELEMENT_WORDS))

    def gather(self) -> bool:
        """Bring all elements together; return whether some moved, so that whoever knows their addresses has to ask."""
        versions = len(self._nodes), self._nodes.version, self._nodes.values_version
        if versions == self._versions:
            return False
        self._versions = versions
        stores = [store for store in self._nodes.stores.values() if ELEMENTS in store.quantities]
        found = [
            (node, elements)
            for store in stores
            for node, elements in zip(store.node_ids.tolist(), store.columns[ELEMENTS].tolist(), strict=True)
            if elements is not NO_ELEMENTS
        ]
        found.sort(key=lambda pair: pair[0])
        self._places.clear()
        self._node_ids = np.array([node for node, _ in found], np.int64)
        present = [elements for _, elements in found]
        if present == self._elements:
            return False
        self._elements = present
        self.words = np.concatenate([np.empty((0, ELEMENT_WORDS)), *(e.words for e in present)])
        begin, address, width = 0, self.words.ctypes.data, self.words.strides[0]
        for elements in present:
            end = begin + len(elements.names)
            elements.place(self.words[begin:end], address + begin * width)
            begin = end
        return True

    def places(self, name: str) -> Places:
        """Return where the elements of a name are."""
        if name not in self._places:
            begins = np.cumsum([0, *(len(e.names) for e in self._elements)])
            places = [e.names.index(name) if name in e.names else -1 for e in self._elements]
            having = np.flatnonzero(np.array(places, np.int64) >= 0)
            nodes, rows = self._node_ids[having], begins[having] + np.array(places, np.int64)[having]
            row_of = np.full(len(self._nodes) + 1, -1)
            row_of[nodes] = rows
            self._places[name] = Places(nodes, rows, row_of)
        return self._places[name]
