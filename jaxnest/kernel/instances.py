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
        self._counts: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def add(self, model: str, first: int, last: int, threads: int, has_proxies: bool) -> None:
        """Note that nodes were created."""
        if self.ranges and self.ranges[-1][0] == model:
            self.ranges[-1] = (model, self.ranges[-1][1], last)
        else:
            self.ranges.append((model, first, last))
        sizes, capacities = self._counts.setdefault(model, (np.zeros(threads, np.int64), np.zeros(threads, np.int64)))
        n = last - first + 1
        expected = -(-n // threads) if has_proxies else n
        new = np.bincount(np.arange(first, last + 1) % threads, minlength=threads) if has_proxies else n
        sizes += new
        np.maximum(capacities, expected, out=capacities)
        while np.any(short := sizes > capacities):  # storage doubles when it is full
            capacities[short] *= 2

    def status(self, model: str, threads: int) -> dict[str, Any]:
        """Return the entries of the model's defaults that count its nodes, per thread."""
        zeros = np.zeros(threads, np.int64)
        sizes, capacities = self._counts.get(model, (zeros, zeros))
        return {
            "instantiations": sizes.copy(),
            "capacity": capacities.copy(),
            "available": capacities - sizes,
        }
