"""Each pair with a given probability."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.loops.chunks import collect
from jaxnest.kernel.connect.loops.draws import Draws
from jaxnest.kernel.connect.rules.base import Pairs, Process, Rule, number, register, required
from jaxnest.kernel.tables.values import is_random


@register
@final
class PairwiseBernoulli(Rule):
    """Connect each pair with probability `p`."""

    name = "pairwise_bernoulli"

    def __init__(
        self, sources: np.ndarray, targets: np.ndarray, on_every_process: np.ndarray, options: dict[str, Any]
    ) -> None:
        super().__init__(sources, targets, on_every_process, options)
        self.p = number("p", required(self.name, options, "p"))
        if not is_random(self.p) and not 0 <= self.p <= 1:
            raise errors.BadProperty(f"Connection probability 0 <= p <= 1 required. (p = {self.p})")

    def expected(self) -> float:
        """Return about how many connections there will be."""
        return super().expected() * (1.0 if is_random(self.p) else self.p)

    def pairs(self, process: Process, draws: Draws) -> Pairs:
        """Return the connections of one virtual process."""
        from jaxnest.kernel.connect.loops import loops

        targets = self.targets[self.here(process)]
        p = -1.0 if is_random(self.p) else self.p
        probabilities = Draws([self.p] if p < 0 else [])
        arguments = (self.sources, targets, p, probabilities.programs(process.index), self.allow_autapses)
        programs = draws.programs(process.index)
        n = p * len(self.sources) * len(targets)
        (source, target, _, drawn), _ = collect(
            lambda buffers, progress: loops.pairwise_bernoulli(process.stream, *arguments, programs, buffers, progress),
            draws.n,
            lambda progress: progress[loops.TARGET] == len(targets) or progress[loops.FAILED],
            int(max(n + 5 * np.sqrt(max(n, 0)), 0)),
            limit=draws.limit,
        )
        position = np.arange(len(source)) if draws.has_arrays else np.empty(0, np.int64)
        return Pairs(source, target, drawn, position, probabilities.failed(process.index)[0])
