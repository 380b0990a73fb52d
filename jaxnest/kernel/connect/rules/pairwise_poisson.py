"""A Poisson-distributed number of connections for each pair."""

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
class PairwisePoisson(Rule):
    """Draw the number of connections of each pair, `pairwise_avg_num_conns` on average."""

    name = "pairwise_poisson"

    def __init__(
        self, sources: np.ndarray, targets: np.ndarray, on_every_process: np.ndarray, options: dict[str, Any]
    ) -> None:
        super().__init__(sources, targets, on_every_process, options)
        key = "pairwise_avg_num_conns"
        self.mean = number(key, required(self.name, options, key))
        if not is_random(self.mean) and not self.mean >= 0:
            raise errors.BadProperty(f"Connection parameter 0 <= {key} required. ({key} = {self.mean})")
        if not self.allow_multapses:
            raise errors.BadProperty(f"Multapses must be allowed for connection rule '{self.name}'.")

    def expected(self) -> float:
        """Return about how many connections there will be."""
        return super().expected() * (1.0 if is_random(self.mean) else self.mean)

    def pairs(self, process: Process, draws: Draws) -> Pairs:
        """Return the connections of one virtual process."""
        from jaxnest.kernel.connect.loops import loops
        from jaxnest.random.numbers.poisson import POISSON_SIZE

        targets = self.targets[self.here(process)]
        mean = -1.0 if is_random(self.mean) else self.mean
        means = Draws([self.mean] if mean < 0 else [])
        arguments = (self.sources, targets, mean, means.programs(process.index), self.allow_autapses)
        programs, distribution = draws.programs(process.index), np.zeros(POISSON_SIZE)
        n = mean * len(self.sources) * len(targets)
        (source, target, _, drawn), _ = collect(
            lambda buffers, progress: loops.pairwise_poisson(
                process.stream, *arguments, programs, distribution, buffers, progress
            ),
            draws.n,
            lambda progress: progress[loops.TARGET] == len(targets) or progress[loops.FAILED],
            int(max(n + 5 * np.sqrt(max(n, 0)), 0)),
            limit=draws.limit,
        )
        position = np.arange(len(source)) if draws.has_arrays else np.empty(0, np.int64)
        return Pairs(source, target, drawn, position, means.failed(process.index)[0])
