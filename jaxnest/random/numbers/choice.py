"""Random choice of some of many."""

from __future__ import annotations

import numpy as np

from jaxnest.random.numbers.compiling import compiled
from jaxnest.random.numbers.engines import ulrand


@compiled
def choose(stream: np.ndarray, values: np.ndarray, chosen: np.ndarray, tree: np.ndarray) -> None:
    """Draw values without returning them, in random order.

    Which of the values that are left is the k-th one is found in a tree of counts [1]_.

    Parameters
    ----------
    stream : numpy.ndarray
        The random stream; updated in place.
    values : numpy.ndarray
        The values (``int64``).
    chosen : numpy.ndarray
        Where those that are drawn are written, as many as there is room for.
    tree : numpy.ndarray
        Room for one number (``int64``) more than there are values.

    References
    ----------
    .. [1] Fenwick P M (1994). A new data structure for cumulative frequency tables. Software: Practice and Experience
       24(3):327-336.
    """
    n, top = len(values), 1
    for i in range(n + 1):
        tree[i] = i & -i
    while 2 * top <= n:
        top *= 2
    for i in range(len(chosen)):
        k, place, width = ulrand(stream, n - i), 0, top
        while width > 0:
            if place + width <= n and tree[place + width] <= k:
                place += width
                k -= tree[place]
            width //= 2
        chosen[i] = values[place]
        place += 1
        while place <= n:
            tree[place] -= 1
            place += place & -place
