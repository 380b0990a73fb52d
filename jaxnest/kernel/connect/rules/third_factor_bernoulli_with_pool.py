"""A third population joins connections with a given probability, from a pool of nodes for each target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.loops.draws import ThirdFactor
from jaxnest.kernel.connect.rules.base import ThirdRule, number, register_third
from jaxnest.kernel.tables.values import is_random


@register_third
@final
class ThirdFactorBernoulliWithPool(ThirdRule):
    """Join each connection with probability `p` by one node from the pool of its target.

    Pools of `pool_type` ``"random"`` are drawn; ``"block"`` pools are successive parts of the population.
    """

    name = "third_factor_bernoulli_with_pool"

    def __init__(self, targets: np.ndarray, third: np.ndarray, options: dict[str, Any]) -> None:
        self._targets, self._third = targets, np.asarray(third, np.int32)
        self._p = number("p", options.pop("p", 1.0))
        if is_random(self._p):
            raise errors.TypeMismatch("p of a third factor has to be a number, not a random expression.")
        self._size = options.pop("pool_size", len(third))
        if isinstance(self._size, bool) or not isinstance(self._size, int | np.integer):
            raise errors.TypeMismatch(f"pool_size has to be an integer, not {self._size!r}.")
        if not 1 <= self._size <= len(third):
            raise errors.BadProperty(
                "Pool size 1 <= pool_size <= size of third-factor population required. "
                f"(pool_size = {self._size}, {len(third)} nodes)"
            )
        self._kind = options.pop("pool_type", "random")
        if not isinstance(self._kind, str):
            raise errors.TypeMismatch(f"pool_type has to be a string, not {self._kind!r}.")
        if self._kind not in ("random", "block"):
            raise errors.BadProperty(f"pool_type must be 'random' or 'block', not '{self._kind}'.")
        if not 0 <= self._p <= 1:
            raise errors.BadProperty(
                "Conditional probability of third-factor connection 0 <= p_third_if_primary <= 1 required. "
                f"(p = {self._p})"
            )
        n, m = len(targets), len(third)
        if self._kind == "block" and not (n * self._size == m or (self._size == 1 and n % m == 0)):
            raise errors.BadProperty(
                "The sizes of target and third-factor populations and the chosen pool size do not fit. "
                f"({n} targets, {m} third-factor nodes, pool_size = {self._size}) "
                "If pool_size == 1, the target population size must be a multiple of the third-factor population "
                "size. For pool_size > 1, size(targets) * pool_size == size(third factor) is required. "
                "For all other cases, use random pools."
            )

    def factor(self, n_nodes: int, parameters: Sequence[Any]) -> ThirdFactor:
        """Return what the draw loops need."""
        n, m = len(self._targets), len(self._third)
        pool_of = np.full(n_nodes + 1, -1, np.int32)
        pool_of[self._targets] = np.arange(n)
        pools = np.full((n, self._size), -1, np.int32)
        if self._kind == "block":
            first = np.arange(n) * self._size if self._size > 1 else np.arange(n) // (n // m)
            pools = self._third[first[:, None] + np.arange(self._size)]
        return ThirdFactor(self._p, self._third, pools, pool_of, parameters)
