"""Random numbers that depend on a key and a counter only: ``rng_type = "jax"``; compiled code.

A number is the cipher Threefry-2x64 (20 rounds) of what it is for, who draws it, for whom, when, and how many such
numbers went before; so it does not matter which virtual process draws it, or after what. NEST has no such streams:
results agree with NEST's in distribution.

References
----------
Salmon JK, Moraes MA, Dror RO, Shaw DE (2011). Parallel random numbers: as easy as 1, 2, 3. SC '11.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jaxnest.compile.kinds import F8, I8, U8
from jaxnest.compile.operations import apart
from jaxnest.random.numbers.cipher import threefry_rounds
from jaxnest.random.numbers.compiling import compiled
from jaxnest.random.numbers.layout import (
    COUNTED_LIMIT,
    COUNTER,
    COUNTS,
    END,
    ENGINE,
    KEY,
    KEYED,
    LARGEST_MEAN,
    PARTNER,
    POSITION,
    PURPOSE_SHIFT,
    SCRATCH_SIZE,
    TIME_BLOCKS,
    UNITS,
)

_BLOCKS = np.uint64(TIME_BLOCKS)
_SPARE_BITS = np.uint64(11)
_FROM_UNIT = 2.0**53


@compiled
def turn_to(stream: np.ndarray, identity: int) -> None:
    """Let a stream of the keyed engine go on with the numbers that the same call draws for somebody else.

    Parameters
    ----------
    stream : numpy.ndarray
        The stream; updated in place.
    identity : int
        For whom, for example a target.
    """
    if stream[ENGINE] == np.uint64(KEYED):
        stream[COUNTER] = np.uint64(identity)
        stream[COUNTER + 1] = np.uint64(0)
        stream[POSITION] = stream[END]
        stream[COUNTED_LIMIT] = np.uint64(0)


@compiled
def rekey(stream: np.ndarray, purpose: int, who: int, identity: int, step: int) -> None:
    """Let a stream of the keyed engine go on with the numbers of a key; others go on as they are.

    Parameters
    ----------
    stream : numpy.ndarray
        The stream; updated in place.
    purpose : int
        What the numbers are for, one of those in `layout`.
    who : int
        Who draws, for example the id of a node.
    identity : int
        For whom, for example a target; 0 for itself.
    step : int
        The time step.
    """
    if stream[ENGINE] == np.uint64(KEYED):
        stream[KEY + 1] = np.uint64(purpose) << np.uint64(PURPOSE_SHIFT) | np.uint64(who)
        turn_to(stream, identity)
        stream[COUNTER + 1] = np.uint64(step) * _BLOCKS


@compiled
def _encrypt(
    key_0: np.uint64, key_1: np.uint64, block: np.uint64, distance: np.uint64, time: np.uint64, a: Any, b: Any
) -> None:
    """Compute `threefry_2x64` of evenly spaced blocks; in passes of a few rounds, many at a time."""
    key_2 = key_0 ^ key_1 ^ np.uint64(0x1BD11BDAA9FC1A22)
    n = len(a)
    for i in range(n):
        a[i], b[i] = threefry_rounds(block + np.uint64(i) * distance + key_0, time + key_1, (16, 42, 12, 31))
    for i in range(n):
        a[i], b[i] = threefry_rounds(a[i] + key_1, b[i] + key_2 + np.uint64(1), (16, 32, 24, 21))
    for i in range(n):
        a[i], b[i] = threefry_rounds(a[i] + key_2, b[i] + key_0 + np.uint64(2), (16, 42, 12, 31))
    for i in range(n):
        a[i], b[i] = threefry_rounds(a[i] + key_0, b[i] + key_1 + np.uint64(3), (16, 32, 24, 21))
    for i in range(n):
        a[i], b[i] = threefry_rounds(a[i] + key_1, b[i] + key_2 + np.uint64(4), (16, 42, 12, 31))
        a[i] += key_2
        b[i] += key_0 + np.uint64(5)


@compiled
def _words(
    key_0: np.uint64, key_1: np.uint64, identity: np.ndarray, time: np.uint64, out: np.ndarray, spare: np.ndarray
) -> None:
    """Draw a word for each identity.

    Identities that differ by `PARTNER` share a block of two words. The targets of a virtual process are often evenly
    spaced; if their distance divides `PARTNER`, both words of a block are used.
    """
    n = len(identity)
    distance = identity[1] - identity[0] if n > 1 else 1
    even = distance > 0 and PARTNER % distance == 0
    for i in range(n):
        even &= identity[i] == identity[0] + i * distance
    i, to_partner = 0, PARTNER // distance if even else n
    while i < n:
        place = identity[i] % (2 * PARTNER)
        block = np.uint64((identity[i] - place) // 2 + place % PARTNER)
        run = min(n - i, (PARTNER - place % PARTNER + distance - 1) // distance if even else 1)
        if place < PARTNER:
            _encrypt(key_0, key_1, block, np.uint64(distance), time, out[i : i + run], spare[:run])
            for k in range(min(run, n - i - to_partner)):
                out[i + to_partner + k] = spare[k]
        else:  # those past `to_partner` have a partner before them
            alone = max(0, min(run, to_partner - i))
            _encrypt(key_0, key_1, block, np.uint64(distance), time, spare[:alone], out[i : i + alone])
        i += run


@apart()
def keyed_poissons(stream: U8, mean: float, node: int, step: int, identity: I8, out: F8) -> None:
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
    parts = 1 + int(mean / LARGEST_MEAN)
    for i in range(len(out)):
        out[i] = 0.0
    for part in range(parts):
        _add_poissons(stream, mean / parts, np.uint64(node), np.uint64(step) * _BLOCKS + np.uint64(part), identity, out)


@compiled
def _add_poissons(
    stream: np.ndarray, mean: float, key_1: np.uint64, time: np.uint64, identity: np.ndarray, out: np.ndarray
) -> None:
    """Add Poisson variates to numbers."""
    words, spare = stream[UNITS : UNITS + len(out)], stream[COUNTS : COUNTS + SCRATCH_SIZE]
    _words(stream[KEY], key_1, identity, time, words, spare)
    largest = np.uint64(0)
    for i in range(len(out)):
        largest = max(largest, words[i])
    probability = math.exp(-mean)
    below, k = probability, 0
    while below < 1.0 and largest >= _at_least(below) and probability > 0.0:
        limit = _at_least(below)
        for i in range(len(out)):
            out[i] += np.float64(words[i] >= limit)
        k += 1
        probability *= mean / k
        below += probability


@compiled
def _at_least(probability: float) -> np.uint64:
    """Return the first word that, as a number of 53 bits from [0, 1), is not below a probability."""
    return np.uint64(np.int64(math.ceil(probability * _FROM_UNIT))) << _SPARE_BITS
