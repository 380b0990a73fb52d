"""Equal entries in a row."""

from __future__ import annotations

import numpy as np


def runs(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where stretches of equal entries begin, and their values.

    Parameters
    ----------
    array : numpy.ndarray
        The entries.
    """
    starts = np.flatnonzero(np.append(True, array[1:] != array[:-1])[: len(array)])
    return starts, array[starts]
