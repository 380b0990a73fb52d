"""The i-th source to the i-th target."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.loops.draws import Draws
from jaxnest.kernel.connect.rules.base import Pairs, Process, Rule, register


@register
@final
class OneToOne(Rule):
    """Connect the populations node by node."""

    name = "one_to_one"
    draws = needs_proxies = False
    can_be_symmetric = True

    def __init__(
        self, sources: np.ndarray, targets: np.ndarray, on_every_process: np.ndarray, options: dict[str, Any]
    ) -> None:
        super().__init__(sources, targets, on_every_process, options)
        if len(sources) != len(targets):
            raise errors.DimensionMismatch(
                f"Source and target population must be of the same size for '{self.name}', "
                f"but there are {len(sources)} sources and {len(targets)} targets."
            )

    def expected(self) -> float:
        """Return how many connections there will be at most."""
        return float(len(self.targets))

    def pairs(self, process: Process, draws: Draws) -> Pairs:
        """Return the connections of one virtual process."""
        chosen = self.here(process)
        # NEST does not advance array parameters at an autapse that it leaves out.
        position = np.arange(len(self.targets))
        if not self.allow_autapses:
            distinct = self.sources != self.targets
            position = np.cumsum(distinct) - 1
            chosen = chosen[distinct[chosen]]
        drawn = draws.rows(process.index, process.stream, self.targets[chosen])
        return Pairs(self.sources[chosen], self.targets[chosen], drawn, position[chosen])
