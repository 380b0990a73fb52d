"""The models that a script can name: built-in ones and copies, each with its defaults, which are made on first use."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.models.contract.base import Model
from jaxnest.models.contract.device import NodeSet


@final
@dataclass(eq=False)
class NamedModel:
    """A model under one name: the declaration and the defaults in force."""

    name: str
    model: type[Any]
    index: int
    original: str
    """Name of the built-in model that this one was copied from (its own name if it is built-in)."""
    process_values: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Of synapses: the common properties that simulations have changed, for each virtual process."""

    @functools.cached_property
    def defaults(self) -> dict[str, Any]:
        """The defaults in force, as they are stored."""
        return stored_defaults(self.model)

    @property
    def is_copy(self) -> bool:
        """True for what CopyModel made."""
        return self.name != self.original


def stored_defaults(model: type[Model]) -> dict[str, Any]:
    """Return the declared defaults as they are stored, relative potentials relative."""
    quantities = model.parameters | model.state
    values: dict[str, Any] = {}
    for name, quantity in quantities.items():
        value = quantity.default
        if quantity.each is not None and not isinstance(value, np.ndarray):
            value = np.full(len(model.parameters[quantity.each].default), value)
        values[name] = copy.copy(value)
    for name, quantity in quantities.items():
        if quantity.relative_to:
            values[name] = quantity.default - quantities[quantity.relative_to].default
    return values


def _copied(model: type[Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of stored values; sets of nodes do not change."""
    return {**values, **{name: copy.copy(values[name]) for name in _objects(model) if name in values}}


@functools.lru_cache
def _objects(model: type[Model]) -> tuple[str, ...]:
    """Return the names of quantities whose values are arrays, dictionaries and the like."""
    quantities = model.parameters | model.state | model.common
    return tuple(k for k, q in quantities.items() if q.dtype is object and not isinstance(q.default, NodeSet))


@final
class ModelTable:
    """Names of one kind of model (nodes or synapses)."""

    def __init__(
        self, built_in: Mapping[str, type[Any]], indices: Mapping[str, int], unknown: Callable[[str], Exception]
    ) -> None:
        self._unknown = unknown
        self._built_in = built_in
        self._by_name: dict[str, NamedModel] = {}
        self._by_index: dict[int, NamedModel] = {}
        self._registered = dict(built_in)
        """What `built_in` had under each name when it was taken over: scripts may register a model again."""
        self.changed = False
        """True once defaults were changed or models copied: resolution and threads are then fixed."""
        for name, model in built_in.items():
            self._add(NamedModel(name, model, indices.get(name, len(indices)), name))
        self._next = max([len(indices), *(m.index + 1 for m in self._by_name.values())])

    def _add(self, entry: NamedModel) -> None:
        self._by_name[entry.name] = entry
        self._by_index[entry.index] = entry

    def __len__(self) -> int:
        return len(self._by_name)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name or name in self._built_in

    def __iter__(self) -> Iterator[NamedModel]:
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> NamedModel:
        if self._built_in.get(name) is not self._registered.get(name):  # a script's own model, registered since
            self._registered[name] = self._built_in[name]
            return self.add(self._built_in[name])
        try:
            return self._by_name[name]
        except KeyError:
            raise self._unknown(name) from None

    def by_index(self, index: int) -> NamedModel:
        """Return the model with this id."""
        return self._by_index[index]

    def add(self, model: type[Any]) -> NamedModel:
        """Register a further built-in model at run time (a model of the script's own)."""
        entry = NamedModel(model.name, model, self._next, model.name)
        self._next += 1
        self._add(entry)
        return entry

    def change(self, entry: NamedModel, model: type[Any]) -> None:
        """Let nodes that are created from now on be of another class; those that exist keep theirs."""
        if model is not entry.model:
            changed = replace(entry, model=model)
            changed.defaults = entry.defaults
            self._add(changed)

    def copy(self, existing: str, new: str) -> NamedModel:
        """Make `new` a copy of `existing` with its present defaults."""
        source = self[existing]
        if new in self._by_name:
            raise errors.NewModelNameExists(f"Model {new} already exists.")
        entry = NamedModel(new, source.model, self._next, source.original)
        entry.defaults = _copied(source.model, source.defaults)
        entry.process_values = {
            process: _copied(source.model, values) for process, values in source.process_values.items()
        }
        self._next += 1
        self._add(entry)
        self.changed = True
        return entry
