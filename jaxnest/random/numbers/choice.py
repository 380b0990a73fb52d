"""Random choice of some of many."""

from __future__ import annotations

import numpy as np

from jaxnest.random.numbers.compiling import compiled
from jaxnest.random.numbers.engines import ulrand


@compiled
def choose(stream: np.ndarray, values: np.ndarray, chosen: np.ndarray) -> None:
    """Draw values without returning them, in random order.

    Parameters
    ----------
    stream : numpy.ndarray
        The random stream; updated in place.
    values : numpy.ndarray
        The values (``int64``). What is left of them comes first afterwards.
    chosen : numpy.ndarray
        Where those that are drawn are written, as many as there is room for.
    """
    left = len(values)
    for i in range(len(chosen)):
        k = ulrand(stream, left)
        chosen[i] = values[k]
        left -= 1
        for j in range(k, left):
            values[j] = values[j + 1]
