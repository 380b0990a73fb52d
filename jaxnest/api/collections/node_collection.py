"""NodeCollection: what Create returns, and how scripts get and set properties of nodes."""

from __future__ import annotations

import numbers
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.api.collections import indexing, node_ids, units
from jaxnest.api.collections.json_output import to_json
from jaxnest.api.collections.node_ids import NodeIds
from jaxnest.kernel import status
from jaxnest.kernel.kernel import kernel
from jaxnest.kernel.tables.model_table import NamedModel
from jaxnest.kernel.tables.values import PerNode, is_random, quantities_of
from jaxnest.models.contract.device import NodeSet
from jaxnest.spatial.layer import Layer

__all__ = ["NodeCollection"]


@final
class NodeCollection:
    """Nodes of the network, in ascending order of their ids.

    Collections can be indexed and sliced, joined with ``+``, compared, iterated and searched; their
    properties are read and written with `get` and `set`, or as attributes: ``nodes.V_m = -60.0``.

    Parameters
    ----------
    data : iterable of int, optional
        Ascending ids of existing nodes.

    Raises
    ------
    BadProperty
        If the ids are not in ascending order, or not unique.
    UnknownNode
        If a node does not exist.

    Examples
    --------
    >>> import jaxnest as nest
    >>> neurons = nest.Create("iaf_psc_alpha", 10)
    >>> neurons[2:5].set(V_m=-60.0)
    >>> neurons[::3].V_m
    (-70.0, -60.0, -70.0, -70.0)
    """

    __slots__ = ("__weakref__", "_nodes")
    _nodes: NodeIds

    def __init__(self, data: Any = None) -> None:
        if type(data) is NodeIds:
            nodes = data
        else:
            nodes = node_ids.EMPTY if data is None else node_ids.from_ids(indexing.integers(data))
        _set_nodes(self, nodes)

    @property
    def ids(self) -> np.ndarray:
        """Ids of the nodes as a read-only int64 array.

        Raises
        ------
        KernelException
            If ResetKernel has deleted the nodes.
        """
        self._nodes.require_valid()
        return self._nodes.ids

    # -- as a container ----------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._nodes)

    def __bool__(self) -> bool:
        return len(self._nodes) > 0

    def __iter__(self) -> Iterator[NodeCollection]:
        self._nodes.require_valid()
        return map(NodeCollection, map(self._nodes.single, range(len(self._nodes))))

    def __contains__(self, node_id: Any) -> bool:
        return self._nodes.find(indexing.integer(node_id)) >= 0

    def index(self, node_id: int) -> int:
        """Return the position of a node.

        Parameters
        ----------
        node_id : int
            Id of the node.

        Raises
        ------
        ValueError
            If the node is not in the collection.
        """
        position = self._nodes.find(indexing.integer(node_id))
        if position < 0:
            raise ValueError(f"{node_id} is not in NodeCollection")
        return position

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NodeCollection):
            raise NotImplementedError(f"Cannot compare NodeCollection to {type(other).__name__}")
        return len(self) == len(other) and (self._nodes is other._nodes or self._nodes.same_content(other._nodes))

    __hash__ = None  # type: ignore[assignment]

    def __add__(self, other: Any) -> NodeCollection:
        if isinstance(other, NodeCollection):
            return NodeCollection(self._nodes.join(other._nodes))
        if isinstance(other, numbers.Number) and other == 0:  # so that sum() works
            return NodeCollection(self._nodes)
        raise TypeError(f"Cannot add object of type '{type(other).__name__}' to 'NodeCollection'")

    def __radd__(self, other: Any) -> NodeCollection:
        return self + other

    def __getitem__(self, key: Any) -> NodeCollection:
        n = len(self._nodes)
        if type(key) is int or isinstance(key, int | np.integer):
            if not -n <= key < n:
                raise IndexError("index value outside of the NodeCollection")
            self._nodes.require_valid()
            return NodeCollection(self._nodes.single(int(key) % n))
        if isinstance(key, slice):
            return NodeCollection(self._nodes.slice(*indexing.slice_bounds(key, n)))
        if isinstance(key, list | tuple | np.ndarray):
            if not len(key):
                return NodeCollection()
            self._nodes.require_valid()
            return NodeCollection(node_ids.from_ids(self.ids[indexing.positions(key, n)]))
        raise IndexError("only integers, slices, lists, tuples, and numpy arrays are valid indices")

    def tolist(self) -> list[int]:
        """Return the ids as a list."""
        if self:
            self._require_nodes()
        return self.ids.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self._nodes.ids if self else [], dtype=dtype)

    def _to_array(self, selection: str = "all") -> dict[Any, list[int]]:
        """Return ids: ``all``, those of the ``rank``, or by ``thread``."""
        if selection in ("all", "rank"):
            return {"All" if selection == "all" else "Rank 0": self.ids.tolist()}
        if selection != "thread":
            raise errors.BadParameter(f"to_array() accepts only 'all', 'rank', 'thread', but got '{selection}'.")
        everywhere = ~kernel.nodes.has_proxies(self.ids)
        n = kernel.n_threads
        return {t: self.ids[everywhere | (self.ids % n == t)].tolist() for t in range(n)}

    def __str__(self) -> str:
        return str(self._nodes)

    def __repr__(self) -> str:
        return str(self._nodes)

    def __copy__(self) -> NodeCollection:
        return NodeCollection(self._nodes)

    def __deepcopy__(self, memo: Any) -> NodeCollection:
        return NodeCollection(self._nodes)

    def __reduce__(self) -> tuple[Any, ...]:
        return NodeCollection, (self.ids,)

    # -- reading properties ------------------------------------------------------------------------

    def get(self, *params: Any, **kwargs: Any) -> Any:
        """Return properties of the nodes.

        Parameters
        ----------
        params : str or list of str
            A name, or a list of names; or the name of a dictionary-valued property and then a name or
            list of names inside of it, as in ``get("events", "times")``. Nothing for all properties.
        output : {"pandas", "json"}, optional
            Return a data frame, or a string, instead.

        Returns
        -------
        scalar, tuple or dict
            For one name: the value of a single node, a tuple of the values of several nodes. Otherwise a
            dictionary of these. Nodes that do not have a property which others have yield None.

        Raises
        ------
        KeyError
            If no node has the property.
        TypeError
            If names are no strings.
        ValueError
            If the collection is empty.
        """
        if not self:
            raise ValueError("Cannot get parameter of empty NodeCollection")
        if kwargs.keys() - {"output"}:
            raise TypeError("Got unexpected keyword argument")
        output = kwargs.get("output", "")
        self._require_nodes()
        if not params:
            result = self._all_values()
        elif len(params) == 1:
            result = self._named_values(params[0])
            if isinstance(params[0], str) and params[0] in PARTS:
                result = PARTS[params[0]](self, result)
        else:
            result = self._inner_values(params[0], params[-1])
        if output == "pandas":
            return self._data_frame(params, result)
        return to_json(result) if output == "json" else result

    def _all_values(self) -> dict[str, Any]:
        found = status.all_values(kernel, self.ids)
        if len(self) > 1:
            return {key: self._shown(values) for key, values in found.items()}
        return {key: shown(value) if isinstance(value, NodeSet) else value for key, (value,) in found.items()}

    def _named_values(self, keys: Any) -> Any:
        if isinstance(keys, str):
            return self._shown(status.node_values(kernel, self.ids, keys))
        if not np.iterable(keys):
            raise TypeError("Params should be either a string or an iterable")
        return {key: self._named_values(key) for key in keys}

    def _inner_values(self, outer: Any, inner: Any) -> Any:
        """Return entries of a dictionary-valued property."""
        if not isinstance(outer, str):
            raise TypeError("First argument must be a string, specifying path into hierarchical dictionary")
        values = self._named_values(outer)
        dictionaries: list[Any] = list(values) if isinstance(values, tuple | list) else [values]
        for dictionary in dictionaries:
            if not isinstance(dictionary, dict):
                raise TypeError(f"'{outer}' is no dictionary: '{type(dictionary).__name__}' object is not iterable")
        known = {key for dictionary in dictionaries for key in dictionary}

        def column(key: Any) -> Any:
            if key not in known:
                raise errors.missing_key(key, known)
            return [d.get(key) for d in dictionaries] if len(dictionaries) > 1 else dictionaries[0][key]

        return column(inner) if isinstance(inner, str) else {key: column(key) for key in inner}

    def _shown(self, values: list[Any]) -> Any:
        """Return values as scripts see them: a scalar for a single node, a tuple for several."""
        if len(values) == 1:
            return shown(values[0]) if isinstance(values[0], NodeSet) else values[0]
        if any(isinstance(value, NodeSet) for value in values):
            values = [shown(v) if isinstance(v, NodeSet) else v for v in values]
        return tuple(values)

    def _data_frame(self, params: Sequence[Any], result: Any) -> Any:
        try:
            import pandas
        except ImportError:
            raise ImportError("Pandas could not be imported") from None
        name = params[:2][-1] if params else None
        if isinstance(name, str):
            result = {name: result}
        if len(self) == 1:
            result = {key: [value] for key, value in result.items()}
        return pandas.DataFrame(result, index=self.ids.tolist())

    # -- writing properties ------------------------------------------------------------------------

    def set(self, params: Any = None, **kwargs: Any) -> None:
        """Set properties of the nodes.

        Parameters
        ----------
        params : dict or list of dict, optional
            Names and values, or one dictionary per node. A value is given to all nodes; an iterable of
            values is distributed along the nodes, unless the property is itself a vector.
        kwargs
            Names and values, instead of `params`.

        Raises
        ------
        TypeError
            If both `params` and keywords are given.
        UnaccessedDictionaryEntry
            If a node has no such property, or it cannot be set.
        TypeMismatch, BadProperty
            If a value is refused. Nodes before the one that refuses it keep what they were given.
        """
        if not self:
            return
        if kwargs and params is None:
            params = kwargs
        elif kwargs and params:
            raise TypeError("must either provide params or kwargs, but not both.")
        self._require_nodes()
        params = units.strip_all(params, self._unit_of)
        if isinstance(params, dict):
            one = all(type(value) in NUMBERS for value in params.values())
            status.set_nodes(kernel, self.ids, params if one else self._distributed(plain(_with_parts(params))))
            return
        changes = [plain(dict(change.items())) for change in params]
        if len(changes) not in (1, len(self)):
            raise errors.BadParameter(
                f"List of dictionaries must be the same size as the NodeCollection ({len(self)}), {len(changes)} given."
            )
        status.set_nodes(kernel, self.ids, changes[0] if len(changes) == 1 else changes)

    def _distributed(self, params: dict[str, Any]) -> dict[str, Any] | list[dict[str, Any]]:
        """Mark values that belong to successive nodes."""
        first = self._nodes.at(0)[0]
        single = {k for k, v in params.items() if np.iterable(v) and status.has_single(kernel, first, k)}
        if not single:
            return params
        n = len(self)
        marked = {key: indexing.along(value, n) if np.iterable(value) else value for key, value in params.items()}
        # A text is refused as a whole, so that the message shows what was given, not one of its letters.
        marked |= {key: params[key] for key in single if isinstance(params[key], str)}
        if any(
            isinstance(v, PerNode) and isinstance(v.values, list) and any(map(is_random, v.values))
            for v in marked.values()
        ):
            return [{key: v.values[i] if isinstance(v, PerNode) else v for key, v in marked.items()} for i in range(n)]
        return marked

    def _unit_of(self, name: str) -> str:
        for named, _, _ in kernel.nodes.groups(self.ids):
            quantity = quantities_of(named.model).get(name)
            if quantity is not None:
                return quantity.unit
        return ""

    def _require_nodes(self) -> None:
        if not self._nodes.valid:
            raise errors.UnknownNode("The nodes do not exist any more: ResetKernel has deleted them.")

    # -- properties as attributes ------------------------------------------------------------------

    @property
    def spatial(self) -> Any:
        """Positions and layout of the nodes, or None."""
        if not self:
            raise AttributeError("Cannot get attribute of empty NodeCollection")
        return None if self._nodes.metadata is None else self._nodes.metadata.describe(self._nodes)

    @property
    def layer(self) -> Layer | None:
        """Where the nodes are in space, or None."""
        return self._nodes.metadata

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # other libraries look for protocols
            raise AttributeError(name)
        if not self:
            raise AttributeError("Cannot get attribute of empty NodeCollection")
        return self.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.set({name: value})


_set_nodes = NodeCollection.__dict__["_nodes"].__set__
"""Sets what a collection consists of, past its `__setattr__`."""


def only_node(nodes: NodeCollection) -> tuple[int, NamedModel] | None:
    """Return id and model of a node if the collection has just one, which exists and is not part of a layer."""
    parts = nodes._nodes.parts
    if len(parts) != 1 or parts[0].first != parts[0].last or not nodes._nodes.valid:
        return None
    return parts[0].first, parts[0].model


def only_model(nodes: NodeCollection) -> NamedModel | None:
    """Return the model of nodes if all have the same."""
    parts = nodes._nodes.parts
    return parts[0].model if parts and all(part.model is parts[0].model for part in parts) else None


NUMBERS = frozenset((bool, int, float))
"""Types of values that mean the same for all nodes."""
PARTS: dict[str, type[Any]] = {}
"""Properties that are lists of parts of neurons, and what scripts get of them: they can add to it with ``+=``."""


def _with_parts(params: dict[str, Any]) -> dict[str, Any]:
    """Return what is to be set with plain lists of parts; None is what ``+=`` leaves of those that it has added."""
    chosen: dict[str, Any] = {k: v for k, v in params.items() if v is not None or k not in PARTS}
    return {k: v.get_tuple() if isinstance(v, PARTS.get(k, ())) else v for k, v in chosen.items()}


def plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters in terms that the kernel knows: collections as sets of ids."""
    return {k: NodeSet(v._nodes.ids, v._nodes) if isinstance(v, NodeCollection) else v for k, v in params.items()}


def shown(nodes: NodeSet) -> NodeCollection:
    """Return nodes that the kernel stores as the user gave them."""
    return NodeCollection(nodes.ids if nodes.given is None else nodes.given)
