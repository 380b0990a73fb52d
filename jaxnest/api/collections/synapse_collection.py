"""SynapseCollection: connections, and how scripts get and set their values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.api.collections import units
from jaxnest.api.collections.json_output import to_json
from jaxnest.kernel.connect.connection_query import Handles, Values, joined
from jaxnest.kernel.kernel import kernel
from jaxnest.kernel.tables.values import as_numbers, datum

__all__ = ["SynapseCollection"]

LONGEST_TABLE = 35
"""From this number of connections on, only the first and the last ones are printed."""
SHOWN_AT_ENDS = 15


@final
class SynapseCollection:
    """Connections, as `GetConnections` returns them.

    Collections can be indexed and sliced, compared and iterated; values are read and written with `get` and
    `set`, or as attributes: ``connections.weight = 2.0``. After connecting further nodes, get a new one.

    Attributes
    ----------
    print_full
        Whether printing shows all of many connections.

    Examples
    --------
    >>> import jaxnest as nest
    >>> neurons = nest.Create("iaf_psc_alpha", 2)
    >>> nest.Connect(neurons, neurons, syn_spec={"weight": 3.0})
    >>> connections = nest.GetConnections(neurons[:1])
    >>> connections.weight
    [3.0, 3.0]
    >>> connections.set(weight=[1.0, 2.0])
    """

    __slots__ = ("__weakref__", "_connections", "_handles", "print_full")
    _handles: Handles
    print_full: bool

    def __init__(self, data: Any = None) -> None:
        if data is None or (isinstance(data, list) and not data):
            data = joined([])
        if not isinstance(data, Handles):
            raise TypeError("A SynapseCollection is made by GetConnections.")
        object.__setattr__(self, "_handles", data)
        object.__setattr__(self, "_connections", kernel.connections)
        object.__setattr__(self, "print_full", False)

    # -- as a container ----------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._handles)

    def __iter__(self) -> Iterator[SynapseCollection]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> SynapseCollection:
        if isinstance(key, slice):
            return SynapseCollection(self._handles.take(key))
        if isinstance(key, bool) or not isinstance(key, int | np.integer):
            raise TypeError(f"indices of a SynapseCollection must be integers or slices, not {type(key).__name__}")
        if not -len(self) <= key < len(self):
            raise IndexError(f"index {key} is out of range for a SynapseCollection of length {len(self)}")
        position = int(key) % len(self)
        return SynapseCollection(self._handles.take(slice(position, position + 1)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SynapseCollection):
            raise NotImplementedError(f"Cannot compare SynapseCollection to {type(other).__name__}")
        mine, others = self._handles, other._handles
        return len(mine) == len(others) and all(
            np.array_equal(getattr(mine, name), getattr(others, name))
            for name in ("source", "target", "thread", "synapse", "port")
        )

    __hash__ = None  # type: ignore[assignment]

    def sources(self) -> Iterator[int]:
        """Return an iterator over the ids of the sources."""
        return iter(self._handles.source.tolist())

    def targets(self) -> Iterator[int]:
        """Return an iterator over the ids of the targets."""
        return iter(self._handles.target.tolist())

    # -- values ------------------------------------------------------------------------------------

    def _is_empty(self) -> bool:
        """True if there is nothing here, or the network is empty after a ResetKernel."""
        return len(self) == 0 or len(kernel.nodes) == 0

    def _values(self) -> Values:
        return Values(kernel.connections, self._handles)

    def get(self, keys: Any = None, output: str = "") -> Any:
        """Return values of the connections.

        Parameters
        ----------
        keys : str or list of str, optional
            A name, or several; all names if it is missing.
        output : {"pandas", "json"}, optional
            Return a data frame, or a string, instead.

        Returns
        -------
        scalar, list or dict
            For one name: a list, or the value of a single connection. Otherwise a dictionary of these.
            Connections without a value that others have yield None.

        Raises
        ------
        KeyError
            If a connection lacks one of several names, or a single connection lacks the one name.
        TypeError
            If `keys` is neither a string nor iterable.
        """
        if self._is_empty():
            result: Any = {} if keys is None else ()
            if output == "pandas":
                return _pandas().DataFrame()
            return to_json({}) if output == "json" else result
        values = self._values()
        names = [known for known, _ in values.names()]
        if keys is None:
            result = {key: self._shown(values.get(key)) for key in sorted(set().union(*names))}
        elif isinstance(keys, str):
            result = self._one(values, keys, names)
        elif np.iterable(keys):
            keys = list(keys)
            for key in keys:
                if not all(key in known for known in names):
                    raise errors.missing_key(key, set().union(*names))
            result = {key: self._shown(values.get(key)) for key in keys}
        else:
            raise TypeError("keys should be either a string or an iterable")
        if output == "pandas":
            columns = {keys: result} if isinstance(keys, str) else result
            return _pandas().DataFrame(columns, index=list(self.sources()))
        return to_json(result) if output == "json" else result

    def _one(self, values: Values, key: str, names: list[set[str]]) -> Any:
        if any(key in known for known in names):
            return self._shown(values.get(key))
        if len(self) == 1:
            raise errors.missing_key(key, names[0])
        return []

    def _shown(self, values: list[Any]) -> Any:
        return values[0] if len(values) == 1 else values

    def set(self, params: Any = None, **kwargs: Any) -> None:
        """Set values of the connections.

        Parameters
        ----------
        params : dict or list of dict, optional
            Names and values, or one dictionary per connection. A value is given to all connections, a list
            of values is distributed along them.
        kwargs
            Names and values, instead of `params`.

        Raises
        ------
        TypeError
            If the arguments do not fit together.
        UnaccessedDictionaryEntry
            If connections have no such value, or it cannot be set.
        TypeMismatch, BadProperty, BadDelay
            If a value is refused. Connections before the offending one keep their new values.
        """
        if self._is_empty():
            return
        if isinstance(params, list | tuple) and len(params) != len(self):
            raise TypeError(f"Status dict must be a dict, or a list of dicts of length {len(self)}")
        if kwargs and params is None:
            params = kwargs
        elif kwargs and params:
            raise TypeError("must either provide params or kwargs, but not both.")
        if isinstance(params, dict):
            self._set(params)
            return
        if not isinstance(params, list | tuple) or not all(isinstance(p, dict) for p in params):
            raise TypeError("params must be a dict or a list of dicts")
        if params and all(p.keys() == params[0].keys() for p in params):
            plain = [self._without_units(p) for p in params]
            self._values().set({key: [datum(key, p[key]) for p in plain] for key in params[0]}, each=True)
            return
        for connection, changes in zip(self, params, strict=True):
            connection.set(changes)

    def _set(self, params: Mapping[str, Any]) -> None:
        """Give each value to all connections, or distribute the elements of all lists along them."""
        params = self._without_units(params)
        along = self._values().distributable()
        lists = {
            key: value if key in along and isinstance(value, np.ndarray) and value.ndim == 1 else list(value)
            for key, value in params.items()
            if np.iterable(value) and not isinstance(value, dict)
        }
        if not along & lists.keys():
            self._values().set({key: datum(key, value) for key, value in params.items()})
            return
        for key, values in lists.items():
            if len(values) < len(self):
                raise IndexError(f"'{key}' has {len(values)} values for {len(self)} connections.")
            numbers = as_numbers(values[: len(self)]) if key in along else None
            lists[key] = [datum(key, value) for value in values[: len(self)]] if numbers is None else numbers
        changes = {key: lists[key] if key in lists else datum(key, value) for key, value in params.items()}
        self._values().set(changes, each=True)

    def _without_units(self, params: Mapping[str, Any]) -> dict[str, Any]:
        if not units.in_use():
            return dict(params)
        models = [kernel.synapse_models.by_index(i).model for i in np.unique(self._handles.synapse).tolist()]
        known = {key: next(filter(None, (units.of_synapse(m, key) for m in models)), "") for key in params}
        return units.strip_all(dict(params), lambda key: known[key])

    def disconnect(self) -> None:
        """Remove the connections."""
        handles = self._handles
        columns = (handles.thread, handles.synapse, handles.source, handles.target)
        for thread, synapse, source, target in zip(*(c.tolist() for c in columns), strict=True):
            kernel.connections.disconnect(thread, synapse, source, target)

    @property
    def distance(self) -> Any:
        """Distance from source to target of each connection, NaN without positions."""
        if self._is_empty():
            return ()
        return self._shown(kernel.layers.distances(self._handles.source, self._handles.target).tolist())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # other libraries look for protocols
            raise AttributeError(name)
        return self.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "print_full":
            object.__setattr__(self, name, value)
        else:
            self.set({name: value})

    # -- printing ----------------------------------------------------------------------------------

    def __repr__(self) -> str:
        n, models = len(self), ""
        if not self._is_empty():
            models = ", " + ", ".join(dict.fromkeys(self._values().get("synapse_model")))
        return f"<SynapseCollection of {n} connection{'s' * (n != 1)}{models}>"

    def __str__(self) -> str:
        if self._is_empty():
            return "The synapse collection does not contain any connections."
        values = self._values()
        rows = list(
            zip(*(values.get(k) for k in ("source", "target", "synapse_model", "weight", "delay")), strict=True)
        )
        titles = ("source", "target", "synapse model", "weight", "delay")
        widths = [
            max(len("source") + 2, math.floor(math.log10(max(row[0] for row in rows)))),
            max(len("target") + 2, math.floor(math.log10(max(row[1] for row in rows)))),
            max(len("synapse model") + 2, *(len(row[2]) for row in rows)),
            len("weight") + 2,
            len("delay") + 2,
        ]
        if len(rows) >= LONGEST_TABLE and not self.print_full:
            rows = [*rows[:SHOWN_AT_ENDS], ("\u22ee ",) * 5, *rows[-SHOWN_AT_ENDS:]]
        header = " ".join(f"{title:^{width}}" for title, width in zip(titles, widths, strict=True))
        rule = " ".join("-" * width for width in widths)
        return "\n".join([header, rule, *(_formatted(row, widths) for row in rows)])


def _formatted(row: tuple[Any, ...], widths: list[int]) -> str:
    """Return one line of the printed table."""
    widths = [widths[0] - 1, *widths[1:]]
    cells = [
        f"{value:>#{width}.4g}" if isinstance(value, float) else f"{'-' if value is None else value:>{width}}"
        for value, width in zip(row, widths, strict=True)
    ]
    return " ".join(cells)


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise ImportError("Pandas could not be imported") from None
    return pandas
