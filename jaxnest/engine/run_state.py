"""Everything that changes during a run: a tree of arrays, to be kept and put back.

What holds some of it says so in `CHANGING`, the names of its parts: arrays, tables that compiled code makes longer, and
what has parts itself, alone, in lists or under names. What follows from the tables of the kernel is not part of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.engine.network.growing import Table


@final
class RunState:
    """The state of a run, where it lies.

    Parameters
    ----------
    root
        What has it, with all its parts: an executor.
    """

    def __init__(self, root: Any) -> None:
        self._parts = dict(_leaves(root, ""))

    def __iter__(self) -> Iterator[str]:
        """Iterate over the places of the arrays in the tree, such as ``/buffers/0/ring``."""
        return iter(self._parts)

    def copy(self) -> dict[str, np.ndarray]:
        """Return a copy of each array by its place."""
        return {place: _values(part).copy() for place, part in self._parts.items()}

    def take(self, values: Mapping[str, np.ndarray]) -> None:
        """Put back what `copy` has returned for this network.

        Raises
        ------
        KernelException
            If it belongs to another network; nothing is changed then.
        """
        for place in self._parts.keys() ^ values.keys():
            raise errors.KernelException(f"This is the state of another network: only one of the two has {place}.")
        for place, part in self._parts.items():
            there, here = values[place].shape, _values(part).shape
            if there != here and not (isinstance(part, Table) or (there[0] <= here[0] and there[1:] == here[1:])):
                raise errors.KernelException(
                    f"This is the state of another network: {place} has the shape {there}, not {here}."
                )
        for place, part in self._parts.items():
            if isinstance(part, Table):
                part.rows = values[place]
            else:
                part[: len(values[place])] = values[place]


def _leaves(part: Any, place: str) -> Iterator[tuple[str, np.ndarray | Table]]:
    """Yield the arrays and tables of a part of the tree, with their places."""
    if isinstance(part, np.ndarray | Table):
        yield place, part
    elif isinstance(part, Mapping):
        for name, one in part.items():
            yield from _leaves(one, f"{place}/{name}")
    elif isinstance(part, list | tuple):
        for k, one in enumerate(part):
            yield from _leaves(one, f"{place}/{k}")
    elif part is not None:
        for name in part.CHANGING:
            yield from _leaves(getattr(part, name), f"{place}/{name}")


def _values(part: np.ndarray | Table) -> np.ndarray:
    return part.rows if isinstance(part, Table) else part
