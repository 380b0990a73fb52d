"""Every source to every target."""

from __future__ import annotations

from typing import final

import numpy as np

from jaxnest.kernel.connect.loops.draws import Draws
from jaxnest.kernel.connect.rules.base import Pairs, Process, Rule, register


@register
@final
class AllToAll(Rule):
    """Connect all pairs, target by target."""

    name = "all_to_all"
    draws = needs_proxies = False

    def is_symmetric(self, constant: bool) -> bool:
        """True for constant values within one population."""
        return constant and np.array_equal(self.sources, self.targets)

    def pairs(self, process: Process, draws: Draws) -> Pairs:
        """Return the connections of one virtual process."""
        here = self.here(process)
        n = len(self.sources)
        source = self.sources[np.newaxis].repeat(len(here), axis=0).ravel()
        target = self.targets[here].repeat(n)
        position = np.empty(0, np.int64)
        if draws.has_arrays:
            position = (here[:, None] * n + np.arange(n)).ravel()
        if not self.allow_autapses:
            keep = source != target
            source, target, position = source[keep], target[keep], position[keep] if len(position) else position
        return Pairs(source, target, draws.rows(process.index, process.stream, target), position)
