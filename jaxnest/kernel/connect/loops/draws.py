"""Random expressions of a Connect call, evaluated once per connection."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from jaxnest import errors
from jaxnest.random.expressions.geometry import NO_GEOMETRY
from jaxnest.random.expressions.saved_normals import SAVED_NORMALS
from jaxnest.random.numbers.layout import DRAWN_APART, ENGINE, KEYED
from jaxnest.random.numbers.streams import identities
from jaxnest.random.parameter import failure

if TYPE_CHECKING:
    from jaxnest.kernel.connect.loops.programs import Programs


_NO_THIRD = (-1.0, np.empty(0, np.int32), np.empty((0, 0), np.int32), np.empty(0, np.int32))


@final
@dataclass
class ThirdFactor:
    """A third population that joins some connections.

    Attributes
    ----------
    probability
        How likely a connection is joined.
    population
        Ids of the third population.
    pools
        For each target, the nodes that may join its connections; -1 if they are to be drawn.
    pool_of
        For each node id, the row of `pools`.
    parameters
        Random parameters of the connections from the third population to the targets.
    """

    probability: float
    population: np.ndarray
    pools: np.ndarray
    pool_of: np.ndarray
    parameters: Sequence[Any] = ()

    def arrays(self) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
        """Return what compiled code needs."""
        return self.probability, self.population, self.pools, self.pool_of


@final
class Draws:
    """All random expressions of the synapse specifications of one call, in drawing order.

    Parameters
    ----------
    parameters
        The random parameters.
    has_arrays
        Whether some specification has an array, so that connections have to be counted.
    third
        What a third factor adds, or None.

    Attributes
    ----------
    codes
        The translated expressions.
    """

    def __init__(
        self, parameters: Sequence[Any] = (), has_arrays: bool = False, third: ThirdFactor | None = None
    ) -> None:
        self.n_own = len(parameters)
        self.n = self.n_own + (0 if third is None else 1 + len(third.parameters))
        self.has_arrays = has_arrays
        self._third = third
        self.limit: int | None = None
        self._n_last = 0
        self.codes = [p.expression.code for p in (*parameters, *(third.parameters if third else ()))]
        self._failures: dict[int, np.ndarray] = {}

    def programs(self, thread: int) -> Programs:
        """Return the expressions of one virtual process for compiled loops."""
        from jaxnest.kernel.connect.loops.programs import Programs

        self._failures[thread] = np.array([0, -1])
        codes = self.codes
        ends = np.cumsum([len(c.code) for c in codes], dtype=np.int64)
        lengths = np.array([len(c.constants) for c in codes], np.int64)
        bounds = np.empty((len(codes), 3), np.int64)
        if codes:
            bounds[:, 0] = np.append(0, ends[:-1])
            bounds[:, 1] = ends
            bounds[:, 2] = np.cumsum(lengths) - lengths
        return Programs(
            np.concatenate([np.empty((0, 4), np.int64), *(c.code for c in codes)]),
            np.concatenate([*(c.constants for c in codes), np.zeros(1)]),
            SAVED_NORMALS.rows(thread),
            np.zeros(max([c.stack_size for c in codes], default=1)),
            bounds,
            np.array(NO_GEOMETRY[0]),
            self._failures[thread],
            self.n_own,
            -1 if self.limit is None else self.limit - 1,
            self._n_last,
            *(_NO_THIRD if self._third is None else self._third.arrays()),
        )

    def until(self, limit: int, n_last: int) -> Draws:
        """Return the same expressions for no more than `limit` connections, the last of which evaluates `n_last`."""
        result = copy.copy(self)
        result.limit, result._n_last, result._failures = limit, n_last, {}
        return result

    def rows(
        self, thread: int, stream: np.ndarray, target: np.ndarray, identity: np.ndarray | None = None
    ) -> np.ndarray:
        """Return the values for connections to these targets, one row per expression.

        There are no values behind a connection some of whose values could not be drawn (`failed`).

        Where numbers depend on keys, those of a connection depend on its `identity`: by default its target, and how
        many connections to the target go before.
        """
        target = target[: self.limit]
        identity = None if identity is None else identity[: self.limit]
        drawn = np.empty((self.n, len(target)))
        if self.n:
            from jaxnest.kernel.connect.loops.programs import draw_rows

            whom = np.empty(0, np.int64)
            if stream[ENGINE] == KEYED:
                whom = (identities(target) if identity is None else identity) | DRAWN_APART
            return drawn[
                :, : draw_rows(self.programs(thread), stream, np.ascontiguousarray(target, np.int32), whom, drawn)
            ]
        return drawn

    def check(self) -> None:
        """Raise KernelException if an evaluation failed."""
        for thread in sorted(self._failures):
            error, _ = self.failed(thread)
            if error is not None:
                raise error

    def failed(self, thread: int) -> tuple[errors.KernelException | None, int]:
        """Return why an evaluation failed on a virtual process, and which expression of a connection it was."""
        status, expression = self._failures.get(thread, (0, -1))
        return (failure(int(status)) if status else None), int(expression)
