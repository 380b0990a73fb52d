"""Sets of node ids as a NodeCollection stores them: ranges of one model each, possibly sliced."""

from __future__ import annotations

import bisect
import functools
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.kernel import kernel
from jaxnest.kernel.tables.model_table import NamedModel


@final
@dataclass(slots=True)
class Part:
    """Nodes of one model with consecutive ids."""

    first: int
    last: int
    model: NamedModel

    def __len__(self) -> int:
        return self.last - self.first + 1


@final
@dataclass(eq=False)
class NodeIds:
    """Ascending ids of nodes, which never change.

    Parameters
    ----------
    parts
        Ranges in ascending order, none of which could be joined with the next one.
    window
        None, or start, stop and step of a slice through the concatenated parts.
    network
        The table of nodes that the ids belong to; after ResetKernel there is another one.
    metadata
        Positions of the nodes, if they have any.
    """

    parts: tuple[Part, ...]
    window: tuple[int, int, int] | None = None
    network: Any = None
    metadata: Any = None
    _ids: np.ndarray | None = field(default=None, init=False)

    @property
    def valid(self) -> bool:
        """False after a ResetKernel."""
        return not self.parts or self.network is kernel.nodes

    def require_valid(self) -> None:
        """Raise KernelException if the nodes have been deleted by ResetKernel."""
        if self.parts and self.network is not kernel.nodes:
            raise errors.KernelException(
                "InvalidNodeCollection: note that ResetKernel invalidates all previously created NodeCollections."
            )

    @functools.cached_property
    def _ends(self) -> list[int]:
        """Positions behind each part."""
        return list(itertools.accumulate(map(len, self.parts)))

    @functools.cached_property
    def _length(self) -> int:
        if self.window is None:
            return sum(len(part) for part in self.parts)
        start, stop, step = self.window
        return len(range(start, stop, step))

    def __len__(self) -> int:
        return len(self.parts[0]) if len(self.parts) == 1 and self.window is None else self._length

    @property
    def ids(self) -> np.ndarray:
        """All ids as an array."""
        if self._ids is None:
            self._ids = self._all_ids()
        return self._ids

    def _all_ids(self) -> np.ndarray:
        ranges = [np.arange(part.first, part.last + 1, dtype=np.int64) for part in self.parts]
        everything = ranges[0] if len(ranges) == 1 else np.concatenate([np.empty(0, np.int64), *ranges])
        result = everything if self.window is None else everything[slice(*self.window)].copy()
        result.flags.writeable = False
        return result

    def at(self, index: int) -> tuple[int, NamedModel]:
        """Return id and model of the node at a position."""
        if self.window is not None:
            start, _, step = self.window
            index = start + step * index
        part, before, _ = self._part_of(index)
        return part.first + index - before, part.model

    def _part_of(self, position: int) -> tuple[Part, int, int]:
        """Return the part with a position, which window or not, and its first position and that behind its last one."""
        if len(self.parts) == 1:
            return self.parts[0], 0, len(self.parts[0])
        i = bisect.bisect_right(self._ends, position)
        return self.parts[i], self._ends[i - 1] if i else 0, self._ends[i]

    def find(self, node_id: int) -> int:
        """Return the position of an id, or -1."""
        position, before = -1, 0
        for part in self.parts:
            if part.first <= node_id <= part.last:
                position = before + node_id - part.first
                break
            before += len(part)
        if self.window is None or position < 0:
            return position
        start, stop, step = self.window
        inside = start <= position < stop and (position - start) % step == 0
        return (position - start) // step if inside else -1

    def single(self, index: int) -> NodeIds:
        """Return the node at a position as a set of its own."""
        if self.metadata is not None:
            start, _, step = self.window or (0, 0, 1)
            return NodeIds(self.parts, (start + step * index, start + step * index + 1, 1), self.network, self.metadata)
        node_id, model = self.at(index)
        return NodeIds((Part(node_id, node_id, model),), None, self.network)

    def slice(self, start: int, stop: int, step: int) -> NodeIds:
        """Return the nodes at positions start, start + step, ... before stop.

        Raises
        ------
        BadParameter
            If there are none.
        BadProperty
            If this is a slice already, and more than one node is asked for.
        """
        if not start < stop:
            raise errors.BadParameter("start < stop required.")
        self.require_valid()
        if self.window is not None:
            if stop - start <= step:
                return self.single(start)
            raise errors.BadProperty("Cannot slice a sliced composite NodeCollection.")
        if step == 1 and self.metadata is None:
            inside = self._inside_one_part(start, stop)
            if inside is not None:
                return inside
        return NodeIds(self.parts, (start, stop, step), self.network, self.metadata)

    def _inside_one_part(self, start: int, stop: int) -> NodeIds | None:
        part, before, end = self._part_of(start)
        if stop > end:
            return None
        inner = Part(part.first + start - before, part.first + stop - before - 1, part.model)
        return NodeIds((inner,), None, self.network, self.metadata)

    def join(self, other: NodeIds) -> NodeIds:
        """Return the union with another set.

        Raises
        ------
        BadProperty
            If they overlap, if one of them is a slice, or if their positions differ.
        """
        self.require_valid()
        other.require_valid()
        if not other.parts or not self.parts:
            return self if self.parts else other
        if self.metadata is not other.metadata:
            raise errors.BadProperty("Can only join NodeCollections with same metadata.")
        if self.window is not None or other.window is not None:
            raise errors.BadProperty("Cannot add NodeCollection to a sliced composite.")
        parts = [*self.parts, *other.parts]
        if self.parts[-1].first > other.parts[0].first:
            parts.sort(key=lambda part: part.first)
        merged = [parts[0]]
        for part in parts[1:]:
            previous = merged[-1]
            if part.first <= previous.last:
                raise errors.BadProperty("Cannot join overlapping NodeCollections.")
            if part.first == previous.last + 1 and part.model is previous.model:
                merged[-1] = Part(previous.first, part.last, part.model)
            else:
                merged.append(part)
        return NodeIds(tuple(merged), None, self.network, self.metadata)

    def same_content(self, other: NodeIds) -> bool:
        """True if both have the same ids, models and positions; the network may be another one by now."""
        if not (
            self.metadata is other.metadata or (self.metadata is not None and self.metadata.is_like(other.metadata))
        ):
            return False
        return np.array_equal(self.ids, other.ids) and self._models() == other._models()

    def _models(self) -> list[tuple[str, int]]:
        """Return the sequence of models with the number of nodes of each."""
        sequence: list[tuple[str, int]] = []
        for model, size, _, _ in self.stretches():
            if sequence and sequence[-1][0] == model.name:
                size += sequence.pop()[1]
            sequence.append((model.name, size))
        return sequence

    def stretches(self) -> Iterator[tuple[NamedModel, int, int, int]]:
        """Yield model, number, first and last id of the nodes in each part."""
        if self.window is None:
            for part in self.parts:
                yield part.model, len(part), part.first, part.last
            return
        before = 0
        for part in self.parts:
            inside = self.ids[(self.ids >= part.first) & (self.ids <= part.last)]
            before += len(part)
            if len(inside):
                yield part.model, len(inside), int(inside[0]), int(inside[-1])

    def __str__(self) -> str:
        if not self.parts:
            return "NodeCollection(<empty>)"
        step = self.window[2] if self.window else 1
        kind = "None" if self.metadata is None else str(self.metadata)
        lines = [_line(*stretch, step, sliced=self.window is not None) for stretch in self.stretches()]
        if len(self.parts) == 1 and self.window is None:
            return f"NodeCollection(metadata={kind}, {lines[0].rstrip(';')})"
        indent = "\n" + " " * len("NodeCollection(")
        return f"NodeCollection(metadata={kind},{indent}{indent.join(lines).rstrip(';')})"


def _line(model: NamedModel, size: int, first: int, last: int, step: int, sliced: bool) -> str:
    """Return what NEST prints of one stretch; only a longer stretch of an unstrided slice has no semicolon."""
    text = f"model={model.name}, size={size}, first={first}"
    if size > 1 or sliced:
        text += f", last={last}"
    if step > 1 and size > 1:
        text += f", step={step}"
    return text + ("" if sliced and size > 1 and step == 1 else ";")


EMPTY = NodeIds(())


def from_range(first: int, last: int, metadata: Any = None) -> NodeIds:
    """Return nodes of one model with consecutive ids, and perhaps positions."""
    return NodeIds((Part(first, last, kernel.nodes.named(first)),), None, kernel.nodes, metadata)


def from_ids(ids: Sequence[int] | np.ndarray) -> NodeIds:
    """Return the set of ascending ids of existing nodes.

    Raises
    ------
    BadProperty
        If they are not in ascending order, or not unique.
    UnknownNode
        If one of the nodes does not exist.
    """
    array = np.asarray(ids, dtype=np.int64)
    if not len(array):
        return EMPTY
    steps = np.diff(array)
    if np.any(steps < 0):
        raise errors.BadProperty("Indices must be sorted in ascending order")
    kernel.nodes.check_ids(array)
    if np.any(steps == 0):
        raise errors.BadProperty("All node IDs in a NodeCollection have to be unique")
    models = np.empty(len(array), np.int32)
    named = []
    for index, (model, _, positions) in enumerate(kernel.nodes.groups(array)):
        models[positions] = index
        named.append(model)
    borders = np.flatnonzero((steps != 1) | (np.diff(models) != 0)) + 1
    firsts = [0, *borders.tolist()]
    lasts = [*(borders - 1).tolist(), len(array) - 1]
    parts = (Part(int(array[a]), int(array[b]), named[models[a]]) for a, b in zip(firsts, lasts, strict=True))
    return NodeIds(tuple(parts), None, kernel.nodes)
