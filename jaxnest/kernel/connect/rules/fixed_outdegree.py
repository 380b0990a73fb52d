"""A fixed number of randomly chosen targets for each source."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from jaxnest.kernel.connect.loops.chunks import collect
from jaxnest.kernel.connect.loops.draws import Draws
from jaxnest.kernel.connect.rules.base import Pairs, Process, Rule, count, register, required
from jaxnest.kernel.tables.values import is_random


@register
@final
class FixedOutdegree(Rule):
    """Draw `outdegree` targets for each source, for all virtual processes together."""

    name = "fixed_outdegree"

    def __init__(
        self, sources: np.ndarray, targets: np.ndarray, on_every_process: np.ndarray, options: dict[str, Any]
    ) -> None:
        super().__init__(sources, targets, on_every_process, options)
        self.degree = count("outdegree", required(self.name, options, "outdegree"), "Outdegree")
        if not is_random(self.degree):
            self.check_degree("outdegree", self.degree, self.targets, self.sources)
            self.warn_of_degree("outdegree", self.degree, len(self.targets), not self.allow_autapses)
        self._all = (np.empty(0, np.int32), np.empty(0, np.int32))

    def expected(self) -> float:
        """Return about how many connections there will be."""
        return super().expected() if is_random(self.degree) else float(self.degree) * len(self.sources)

    def prepare(self, processes: list[Process], draws: Draws) -> None:
        """Draw what all virtual processes have in common."""
        from jaxnest.kernel.connect.loops import loops

        constant = -1 if is_random(self.degree) else self.degree
        degrees = Draws([self.degree] if constant < 0 else [])
        used = np.full(len(self.targets), -1, np.int64)
        programs = degrees.programs(0)
        (source, target, _, _), progress = collect(
            lambda buffers, progress: loops.fixed_outdegree(
                processes[0].rank_stream,
                self.sources,
                self.targets,
                constant,
                programs,
                self.allow_autapses,
                self.allow_multapses,
                used,
                buffers,
                progress,
            ),
            0,
            lambda progress: progress[loops.SOURCE] == len(self.sources) or progress[loops.FAILED],
            max(constant, 0) * len(self.sources),
        )
        degrees.check()
        if progress[loops.FAILED]:
            i = progress[loops.SOURCE]
            self.check_degree("outdegree", progress[loops.PENDING], self.targets, self.sources[i : i + 1])
        self._all = (source, target)

    def pairs(self, process: Process, draws: Draws) -> Pairs:
        """Return the connections of one virtual process."""
        return self._behind(process, draws, 0)

    def replay(self, process: Process, draws: Draws, pairs: Pairs) -> None:
        """Draw the values of the first connections again: the pairs come from the stream of serial code."""
        draws.rows(process.index, process.stream, pairs.target)

    def rest(self, process: Process, draws: Draws, pairs: Pairs, row: int) -> Pairs | None:
        """Return the connections of the next sources, with which NEST goes on."""
        behind = self._behind(process, draws, int(pairs.source[row]) + 1)
        return behind if len(behind.source) else None

    def _behind(self, process: Process, draws: Draws, first: int) -> Pairs:
        """Return the connections of one virtual process from the sources from `first` on."""
        source, target = self._all
        position = np.arange(len(source)) if draws.has_arrays else np.empty(0, np.int64)
        mine = source >= first
        if process.n > 1:
            mine &= (target % process.n == process.index) | np.isin(target, self.targets[self.on_every_process])
        if not mine.all():
            source, target, position = source[mine], target[mine], position[mine] if len(position) else position
        return Pairs(source, target, draws.rows(process.index, process.stream, target), position)
