"""A fixed number of randomly chosen sources for each target."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from jaxnest.kernel.rules.base import Pairs, Process, Rule, count, register, required
from jaxnest.kernel.rules.draws import Draws
from jaxnest.kernel.values import is_random


@register
@final
class FixedIndegree(Rule):
    """Draw `indegree` sources for each target."""

    name = "fixed_indegree"

    def __init__(
        self, sources: np.ndarray, targets: np.ndarray, on_every_process: np.ndarray, options: dict[str, Any]
    ) -> None:
        super().__init__(sources, targets, on_every_process, options)
        self.degree = count("indegree", required(self.name, options, "indegree"), "Indegree")
        if not is_random(self.degree):
            self.check_degree("indegree", self.degree, self.sources, self.targets)

    def pairs(self, process: Process, draws: Draws) -> Pairs:
        from jaxnest.kernel.rules import loops

        here = np.zeros(len(self.targets), np.bool_)
        here[self.here(process)] = True
        random = is_random(self.degree)
        degrees = Draws([self.degree] if random else [])
        source, target, drawn, index, bad, degree = loops.fixed_indegree(
            process.stream,
            self.sources,
            self.targets,
            here,
            -1 if random else self.degree,
            degrees.programs(process.index),
            not self.targets_are_all_nodes or draws.has_arrays,
            self.allow_autapses,
            self.allow_multapses,
            draws.programs(process.index),
        )
        degrees.check()
        if bad >= 0:
            self.check_degree("indegree", degree, self.sources, self.targets[bad : bad + 1])
        position = np.empty(0, np.int64)
        if draws.has_arrays and not random:
            # Arrays go through all targets, also those of other virtual processes.
            position = index * np.int64(self.degree) + np.arange(len(index)) % max(self.degree, 1)
        return Pairs(source, target, drawn, position)
