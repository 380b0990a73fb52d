"""Random expressions of a Connect call, evaluated once per connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, final

import numpy as np

from jaxnest import errors
from jaxnest.random.geometry import NO_GEOMETRY
from jaxnest.random.saved_normals import SAVED_NORMALS

if TYPE_CHECKING:
    from jaxnest.kernel.rules.programs import Programs


@final
class Draws:
    """All random expressions of the synapse specifications of one call, in drawing order.

    Parameters
    ----------
    parameters
        The random parameters.
    has_arrays
        Whether some specification has an array, so that connections have to be counted.
    """

    def __init__(self, parameters: Sequence[Any] = (), has_arrays: bool = False) -> None:
        self.n = len(parameters)
        self.has_arrays = has_arrays
        self._codes = [p.expression.code for p in parameters]
        self._failure = np.zeros(1, np.int64)

    def programs(self, thread: int) -> Programs:
        """Return the expressions of one virtual process for compiled loops."""
        from jaxnest.kernel.rules.programs import Programs

        codes = self._codes
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
            self._failure,
        )

    def rows(self, thread: int, stream: np.ndarray, n: int) -> np.ndarray:
        """Return the values for `n` connections, one row per expression."""
        drawn = np.empty((self.n, n))
        if self.n:
            from jaxnest.kernel.rules.programs import draw_rows

            draw_rows(self.programs(thread), stream, drawn)
        return drawn

    def check(self) -> None:
        """Raise KernelException if an evaluation failed."""
        if self._failure[0]:
            raise errors.KernelException(
                "A random expression has no value: the limits of redraw() are so narrow that 1000 draws did not suffice."
            )
