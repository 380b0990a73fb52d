"""Random numbers that depend on a key and a counter only: ``rng_type = "jax"``; compiled code.

A number is the cipher Threefry-2x64 (20 rounds) of who draws it, for whom and when; so it does not matter which virtual
process draws it, or after what. NEST has no such streams: results agree with NEST's in distribution.

References
----------
Salmon JK, Moraes MA, Dror RO, Shaw DE (2011). Parallel random numbers: as easy as 1, 2, 3. SC '11.
"""

from __future__ import annotations

import math

import numpy as np

from .cipher import threefry_rounds
from .compiling import compiled
from .layout import COUNTER, COUNTS, END, KEY, POSITION, SCRATCH_SIZE, UNITS

_LARGEST_MEAN = 32.0
_BLOCKS = np.uint64(1 << 16)
_SPARE_BITS = np.uint64(11)
_TO_UNIT = 2.0**-53


@compiled
def rekey(stream: np.ndarray, node: int, identity: int, step: int) -> None:
    """Let a stream of the keyed engine go on with the numbers that a node draws in a step.

    Parameters
    ----------
    stream : numpy.ndarray
        The stream; updated in place.
    node : int
        Id of the node that draws.
    identity : int
        For whom it draws, for example a target; 0 for itself.
    step : int
        The time step.
    """
    stream[KEY + 1] = np.uint64(node)
    stream[COUNTER] = np.uint64(identity)
    stream[COUNTER + 1] = np.uint64(step) * _BLOCKS
    stream[POSITION] = stream[END]


@compiled
def _encrypt(
    key_0: np.uint64, key_1: np.uint64, identity: np.ndarray, time: np.uint64, a: np.ndarray, b: np.ndarray
) -> None:
    """Compute `threefry_2x64` of all identities; in passes of a few rounds, which can be done many at a time."""
    key_2 = key_0 ^ key_1 ^ np.uint64(0x1BD11BDAA9FC1A22)
    n = len(identity)
    for i in range(n):
        a[i], b[i] = threefry_rounds(np.uint64(identity[i]) + key_0, time + key_1, (16, 42, 12, 31))
    for i in range(n):
        a[i], b[i] = threefry_rounds(a[i] + key_1, b[i] + key_2 + np.uint64(1), (16, 32, 24, 21))
    for i in range(n):
        a[i], b[i] = threefry_rounds(a[i] + key_2, b[i] + key_0 + np.uint64(2), (16, 42, 12, 31))
    for i in range(n):
        a[i], b[i] = threefry_rounds(a[i] + key_0, b[i] + key_1 + np.uint64(3), (16, 32, 24, 21))
    for i in range(n):
        a[i], b[i] = threefry_rounds(a[i] + key_1, b[i] + key_2 + np.uint64(4), (16, 42, 12, 31))
        a[i] += key_2


@compiled
def keyed_poissons(
    stream: np.ndarray, mean: float, node: int, step: int, identity: np.ndarray, out: np.ndarray
) -> None:
    """Draw Poisson variates by inversion, one for each identity, at most `SCRATCH_SIZE`.

    Variates of large mean are sums of others.

    Parameters
    ----------
    stream : numpy.ndarray
        A stream of the keyed engine.
    mean : float
        The mean.
    node, step : int
        Who draws, and when.
    identity : numpy.ndarray
        For whom.
    out : numpy.ndarray
        The variates, as floating-point numbers.
    """
    parts = 1 + int(mean / _LARGEST_MEAN)
    for i in range(len(out)):
        out[i] = 0.0
    for part in range(parts):
        _add_poissons(stream, mean / parts, np.uint64(node), np.uint64(step) * _BLOCKS + np.uint64(part), identity, out)


@compiled
def _add_poissons(
    stream: np.ndarray, mean: float, key_1: np.uint64, time: np.uint64, identity: np.ndarray, out: np.ndarray
) -> None:
    """Add Poisson variates to numbers."""
    n = len(out)
    unit = stream.view(np.float64)[UNITS : UNITS + SCRATCH_SIZE]
    first, second = stream[UNITS : UNITS + SCRATCH_SIZE], stream[COUNTS : COUNTS + SCRATCH_SIZE]
    _encrypt(stream[KEY], key_1, identity, time, first, second)
    last = np.uint64(0)
    for i in range(n):
        word = first[i] >> _SPARE_BITS
        last = max(last, word)
        unit[i] = np.float64(np.int64(word)) * _TO_UNIT
    largest = np.float64(np.int64(last)) * _TO_UNIT
    probability = math.exp(-mean)
    below, k = probability, 0
    while largest >= below and probability > 0.0:
        for i in range(n):
            out[i] += np.float64(unit[i] >= below)
        k += 1
        probability *= mean / k
        below += probability
