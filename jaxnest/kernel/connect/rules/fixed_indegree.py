"""A fixed number of randomly chosen sources for each target."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from jaxnest.kernel.connect.loops.chunks import collect
from jaxnest.kernel.connect.loops.draws import Draws
from jaxnest.kernel.connect.rules.base import Pairs, Process, Rule, count, register, required
from jaxnest.kernel.tables.values import is_random


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
            self.warn_of_degree("indegree", self.degree, len(self.sources), True)

    def expected(self) -> float:
        """Return about how many connections there will be."""
        return super().expected() if is_random(self.degree) else float(self.degree) * len(self.targets)

    def pairs(self, process: Process, draws: Draws) -> Pairs:
        """Return the connections of one virtual process."""
        from jaxnest.kernel.connect.loops import loops

        here = np.zeros(len(self.targets), np.bool_)
        here[self.here(process)] = True
        constant = -1 if is_random(self.degree) else self.degree
        degrees = Draws([self.degree] if constant < 0 else [])
        used = np.full(len(self.sources), -1, np.int64)
        arguments = (
            self.sources,
            self.targets,
            here,
            constant,
            degrees.programs(process.index),
            draws.has_arrays or not self.targets_are_all_nodes,
            self.allow_autapses,
            self.allow_multapses,
            draws.programs(process.index),
            used,
        )
        (source, target, index, drawn), progress = collect(
            lambda buffers, progress: loops.fixed_indegree(process.stream, *arguments, buffers, progress),
            draws.n,
            lambda progress: progress[loops.TARGET] == len(self.targets) or progress[loops.FAILED],
            max(constant, 0) * int(here.sum()),
            draws.has_arrays,
            draws.limit,
        )
        ended, _ = degrees.failed(process.index)
        if progress[loops.FAILED] and ended is None and draws.failed(process.index)[0] is None:
            target_index = progress[loops.TARGET]
            self.check_degree(
                "indegree", progress[loops.PENDING], self.sources, self.targets[target_index : target_index + 1]
            )
        position = np.empty(0, np.int64)
        if draws.has_arrays and constant > 0:
            # Arrays go through all targets, also those of other virtual processes.
            position = index * np.int64(constant) + np.arange(len(index)) % constant
        return Pairs(source, target, drawn, position, ended)
