"""Small types that scripts make themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, final

from jaxnest.api.collections.node_collection import PARTS, NodeCollection
from jaxnest.spatial.masks import is_inside
from jaxnest.spatial.regions import Region, Shape

__all__ = ["CollocatedSynapses", "Compartments", "Mask", "Receptors"]


@final
class CollocatedSynapses:
    """Several synapse specifications, each of which makes a connection for every pair of nodes.

    Parameters
    ----------
    args : dict
        The synapse specifications.

    Examples
    --------
    >>> import jaxnest as nest
    >>> nodes = nest.Create("iaf_psc_alpha", 3)
    >>> both = nest.CollocatedSynapses({"weight": 4.0, "delay": 1.5}, {"weight": -2.0})
    >>> nest.Connect(nodes, nodes, "one_to_one", both)
    """

    def __init__(self, *args: Mapping[str, Any]) -> None:
        self.syn_specs = args

    def __len__(self) -> int:
        return len(self.syn_specs)


@final
class Mask:
    """Region of space from which partners are taken; made with `CreateMask`.

    ``a & b``, ``a | b`` and ``a - b`` are intersection, union and difference of masks.

    Parameters
    ----------
    data
        The region.

    Examples
    --------
    >>> import jaxnest as nest
    >>> ring = nest.CreateMask("circular", {"radius": 0.5}) - nest.CreateMask("circular", {"radius": 0.2})
    >>> ring.Inside([0.3, 0.0]), ring.Inside([0.1, 0.0])
    (True, False)
    """

    def __init__(self, data: Any) -> None:
        if not isinstance(data, Region):
            raise TypeError("Expected MaskObject; masks are made with CreateMask.")
        self.region = data

    def _combined(self, how: Shape, other: Any, sign: str) -> Mask:
        if not isinstance(other, Mask):
            raise NotImplementedError(f"Both operands of {sign} must be masks.")
        return Mask(self.region.combined(how, other.region))

    def __or__(self, rhs: Any) -> Mask:
        return self._combined(Shape.OR, rhs, "|")

    def __and__(self, rhs: Any) -> Mask:
        return self._combined(Shape.AND, rhs, "&")

    def __sub__(self, rhs: Any) -> Mask:
        return self._combined(Shape.MINUS, rhs, "-")

    def Inside(self, point: Any) -> bool:
        """Return whether a point is inside the mask.

        Parameters
        ----------
        point : list of float
            Position of the point.
        """
        return is_inside(self.region, point)


class _Elements:
    """Dictionaries of compartments or receptors of multi-compartment neurons.

    Parameters
    ----------
    node_collection : NodeCollection
        The neurons.
    elements : list or tuple of dict
        What they have.
    """

    abstract: ClassVar[bool] = True

    def __init__(self, node_collection: NodeCollection, elements: Any) -> None:
        if not isinstance(node_collection, NodeCollection):
            raise TypeError(f"node_collection must be a NodeCollection, got {type(node_collection)}")
        if not isinstance(elements, list | tuple):
            raise TypeError(f"elements must be a tuple of dicts, got {type(elements)}")
        self._elements = tuple(elements)
        self._node_collection = node_collection

    def _others(self, other: Any) -> list[Any]:
        kind = type(self).__name__
        if isinstance(other, dict):
            return [other]
        if isinstance(other, list | tuple):
            if not all(isinstance(item, dict) for item in other):
                raise TypeError(f"{kind} can only be added with dicts, lists of dicts, or other {kind}")
            return list(other)
        if isinstance(other, type(self)):
            return list(other._elements)
        raise NotImplementedError(f"{kind} can only be added with dicts, lists of dicts, or other {kind}")

    def __add__(self, other: Any) -> Self:
        return type(self)(self._node_collection, self._elements + tuple(self._others(other)))

    def __iadd__(self, other: Any) -> None:
        self._node_collection.set({f"add_{type(self).__name__.lower()}": self._others(other)})

    def __getitem__(self, key: Any) -> Any:
        return self._elements[key]

    def __str__(self) -> str:
        return str(self._elements)

    def get_tuple(self) -> Sequence[dict[str, Any]]:
        """Return the dictionaries."""
        return self._elements


@final
class Compartments(_Elements):
    """Compartments of multi-compartment neurons."""


@final
class Receptors(_Elements):
    """Receptors of multi-compartment neurons."""


PARTS |= {"compartments": Compartments, "receptors": Receptors}
