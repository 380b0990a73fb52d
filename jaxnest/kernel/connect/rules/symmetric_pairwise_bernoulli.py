"""Each pair with a given probability, in both directions at once."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.loops.draws import Draws
from jaxnest.kernel.connect.rules.base import Pairs, Process, Rule, number, register, required
from jaxnest.kernel.tables.values import is_random


@register
@final
class SymmetricPairwiseBernoulli(Rule):
    """Draw sources for each target, as many as pairs of probability `p` would give; connect both ways."""

    name = "symmetric_pairwise_bernoulli"
    makes_symmetric = True

    def __init__(
        self, sources: np.ndarray, targets: np.ndarray, on_every_process: np.ndarray, options: dict[str, Any]
    ) -> None:
        super().__init__(sources, targets, on_every_process, options)
        self.p = number("p", required(self.name, options, "p"))
        if is_random(self.p):
            raise errors.TypeMismatch("p has to be a number, not a random expression.")
        if not 0 <= self.p < 1:
            raise errors.BadProperty(f"Connection probability 0 <= p < 1 required. (p = {self.p})")
        if not self.allow_multapses:
            raise errors.BadProperty(f"Multapses must be enabled for connection rule '{self.name}'.")
        if self.allow_autapses:
            raise errors.BadProperty(f"Autapses must be disabled for connection rule '{self.name}'.")
        if not self.make_symmetric:
            raise errors.BadProperty(f"Symmetric connections must be enabled for connection rule '{self.name}'.")

    def pairs(self, process: Process, draws: Draws) -> Pairs:
        """Return the connections of one virtual process."""
        from jaxnest.kernel.connect.loops import loops
        from jaxnest.random.numbers.binomial import BINOMIAL_SIZE, binomial, binomial_set
        from jaxnest.random.numbers.keyed import turn_to

        stream, n = process.common_stream, len(self.sources)
        row = np.zeros(BINOMIAL_SIZE)
        binomial_set(row, n, self.p)
        used, chosen = np.full(n, -1, np.int64), np.empty(n, np.int32)
        sources, targets = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
        n_here = 0
        for mark, node in enumerate(self.targets.tolist()):
            turn_to(stream, node)
            degree = n
            while degree >= n:
                degree = int(binomial(stream, row))
            for _ in range(1 if draws.limit is None else degree):
                n_partners = degree if draws.limit is None else 1
                loops.symmetric_partners(stream, self.sources, node, n_partners, used, mark, chosen)
                both = np.stack([chosen[:n_partners], np.full(n_partners, node, np.int32)], axis=1)
                targets.append(both[:, ::-1].ravel())
                sources.append(both.ravel())
                n_here += int(self._here(process, targets[-1]).sum())
                if draws.limit is not None and n_here >= draws.limit:
                    break
            else:
                continue
            break
        source, target = np.concatenate(sources), np.concatenate(targets)
        mine = self._here(process, target)
        n_mine = int(mine.sum())
        drawn = draws.rows(process.index, stream, target[mine])
        return Pairs(
            source[mine], target[mine], drawn, np.arange(n_mine) if draws.has_arrays else np.empty(0, np.int64)
        )

    def _here(self, process: Process, target: np.ndarray) -> np.ndarray:
        everywhere = np.isin(target, self.targets[self.on_every_process])
        return (target % process.n == process.index) | everywhere
