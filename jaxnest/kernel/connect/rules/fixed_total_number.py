"""A fixed number of randomly chosen pairs."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.loops.draws import Draws
from jaxnest.kernel.connect.rules.base import Pairs, Process, Rule, count, register, required
from jaxnest.kernel.tables.values import is_random


@register
@final
class FixedTotalNumber(Rule):
    """Draw `N` pairs; how many of them each virtual process makes is multinomial.

    Where numbers depend on keys, each virtual process draws all pairs and makes those to its own targets.
    """

    name = "fixed_total_number"

    def __init__(
        self, sources: np.ndarray, targets: np.ndarray, on_every_process: np.ndarray, options: dict[str, Any]
    ) -> None:
        super().__init__(sources, targets, on_every_process, options)
        self.total = count("N", required(self.name, options, "N"), "Total number of connections")
        if is_random(self.total):
            raise errors.TypeMismatch("N has to be an integer, not a random expression.")
        if not self.allow_multapses:
            largest = len(sources) * len(targets)
            if self.total > largest:
                raise errors.BadProperty(
                    "Total number of connections cannot exceed product of source and target population sizes: "
                    f"N = {self.total} > {largest}."
                )
            raise errors.NotImplemented(f"Rule '{self.name}' does not support the suppression of multapses.")
        alone = len(sources) == len(targets) == 1 and sources[0] == targets[0]
        if self.total and alone and not self.allow_autapses:
            raise errors.BadProperty("The only possible pair is an autapse, which is not allowed.")
        self._shares: list[int] = []

    def expected(self) -> float:
        """Return about how many connections there will be."""
        return float(self.total)

    def prepare(self, processes: list[Process], draws: Draws) -> None:
        """Draw what all virtual processes have in common."""
        from jaxnest.random.numbers.binomial import BINOMIAL_SIZE, binomial, binomial_set

        if processes[0].streams.is_keyed:
            self._shares = [self.total] * len(processes)
            return
        row = np.zeros(BINOMIAL_SIZE)
        on_process = np.bincount(self.targets % len(processes), minlength=len(processes))
        counted = assigned = 0
        self._shares = [0] * len(processes)
        for k, n in enumerate(on_process.tolist()):
            if assigned == self.total:
                break
            if n:
                binomial_set(row, self.total - assigned, float(n) / (len(self.targets) - float(counted)))
                self._shares[k] = int(binomial(processes[0].rank_stream, row))
            counted += n
            assigned += self._shares[k]

    def pairs(self, process: Process, draws: Draws) -> Pairs:
        """Return the connections of one virtual process."""
        from jaxnest.kernel.connect.loops import loops

        n = self._shares[process.index]
        n = n if draws.limit is None else min(n, draws.limit)
        source, target, index = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int64)
        drawn = np.empty((draws.n, n))
        here = self.targets % process.n == process.index
        mine = self.targets if process.streams.is_keyed else self.targets[here]
        here = here if process.streams.is_keyed else np.ones(len(mine), np.bool_)
        if n and len(mine) == len(self.sources) == 1 and mine[0] == self.sources[0] and not self.allow_autapses:
            raise errors.BadProperty("The only possible pair on a virtual process is an autapse, which is not allowed.")
        if n:
            programs = draws.programs(process.index)
            n = loops.fixed_total_number(
                process.stream, self.sources, mine, here, self.allow_autapses, programs, source, target, index, drawn
            )
        # Every virtual process takes the values of arrays from the first one on.
        return Pairs(source[:n], target[:n], drawn[:, :n], index[:n] if draws.has_arrays else np.empty(0, np.int64))
