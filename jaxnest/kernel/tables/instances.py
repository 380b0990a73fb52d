"""Who was created when, and how NEST would count the nodes of each model."""

from __future__ import annotations

from typing import Any, final

import numpy as np


@final
class Instances:
    """Ranges of ids in the order of creation, and the counts in the dictionaries of model defaults."""

    def __init__(self) -> None:
        self.ranges: list[tuple[str, int, int]] = []
        """Model, first and last id; ranges of one model that follow each other are one."""
        self._counts: dict[str, tuple[list[int], list[int]]] = {}

    def add(self, model: str, first: int, last: int, threads: int, has_proxies: bool) -> None:
        """Note that nodes were created."""
        if self.ranges and self.ranges[-1][0] == model:
            self.ranges[-1] = (model, self.ranges[-1][1], last)
        else:
            self.ranges.append((model, first, last))
        sizes, capacities = self._counts.setdefault(model, ([0] * threads, [0] * threads))
        n = last - first + 1
        whole, rest = divmod(n, threads)
        expected = (whole + (rest > 0)) if has_proxies else n
        for thread in range(threads):
            sizes[thread] += whole + ((thread - first) % threads < rest) if has_proxies else n
            capacities[thread] = max(capacities[thread], expected)
            while sizes[thread] > capacities[thread]:  # storage doubles when it is full
                capacities[thread] *= 2

    def status(self, model: str, threads: int) -> dict[str, Any]:
        """Return the entries of the model's defaults that count its nodes, per thread."""
        sizes, capacities = map(np.array, self._counts.get(model, ([0] * threads, [0] * threads)))
        return {
            "instantiations": sizes,
            "capacity": capacities,
            "available": capacities - sizes,
        }
