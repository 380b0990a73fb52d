"""The numbers of `random.numbers.keyed`, computed with array operations of JAX."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

from jaxnest.random.numbers.layout import LARGEST_MEAN, NODES, PARTNER, PURPOSE_SHIFT, TIME_BLOCKS

_ROTATIONS = ((16, 42, 12, 31), (16, 32, 24, 21))
_SPARE_BITS = 11
_FROM_UNIT = 2.0**53
_UNREACHED = 2.0**62
_WORD_TO_UNIT = 2.0**-64
_LARGEST_BELOW_ONE = 1.0 - 2.0**-53


def threefry_2x64(key_0: Any, key_1: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """Return the cipher of two words under a key of two words, 20 rounds; all are arrays of ``uint64``."""
    keys = (key_0, key_1, key_0 ^ key_1 ^ jnp.uint64(0x1BD11BDAA9FC1A22))
    a, b = a + keys[0], b + keys[1]
    for k in range(5):
        for bits in _ROTATIONS[k % 2]:
            a = a + b
            b = ((b << jnp.uint64(bits)) | (b >> jnp.uint64(64 - bits))) ^ a
        a = a + keys[(k + 1) % 3]
        b = b + keys[(k + 2) % 3] + jnp.uint64(k + 1)
    return a, b


def poisson(key: Any, mean: Any, node: Any, identity: Any, step: Any) -> Any:
    """Return Poisson variates that a node draws in a step for identities, as `keyed.keyed_poissons` does.

    Parameters
    ----------
    key
        The word `layout.KEY` of the stream.
    mean, node, step
        The mean; who draws, and when; single numbers.
    identity
        For whom, an array.
    """
    parts = 1 + (mean / LARGEST_MEAN).astype(jnp.int64)
    time = jnp.asarray(step).astype(jnp.uint64) * jnp.uint64(TIME_BLOCKS)

    def add(part: Any, total: Any) -> Any:
        words = _words(key, jnp.asarray(node).astype(jnp.uint64), identity, time + part.astype(jnp.uint64))
        return total + _poisson_of_word(words, mean / parts)

    return lax.fori_loop(0, parts, add, jnp.zeros(jnp.shape(identity)))


_AT_ONCE = 4
"""Steps of the search for Poisson variates between two questions whether it is over."""


def _poisson_of_word(words: Any, mean: Any) -> Any:
    """Return Poisson variates of one mean by inversion: how many limits a number reaches."""
    units = (words >> jnp.uint64(_SPARE_BITS)).astype(jnp.int64)
    largest = jnp.max(units, initial=0)

    def limit(below: Any, probability: Any) -> Any:
        exists = (below < 1.0) & (probability > 0.0)
        return jnp.where(exists, jnp.ceil(below * _FROM_UNIT), _UNREACHED).astype(jnp.int64)

    def search(state: Any) -> Any:
        k, below, probability, count = state
        for _ in range(_AT_ONCE):
            count = count + (units >= limit(below, probability)).astype(jnp.int32)
            k = k + 1
            probability = probability * (mean / k)
            below = below + probability
        return k, below, probability, count

    def goes_on(state: Any) -> Any:
        return largest >= limit(state[1], state[2])

    probability = jnp.exp(-jnp.asarray(mean, jnp.float64))
    start = (jnp.int64(0), probability, probability, jnp.zeros(jnp.shape(words), jnp.int32))
    return lax.while_loop(goes_on, search, start)[3].astype(jnp.float64)


def _words(key: Any, node: Any, identity: Any, time: Any) -> Any:
    """Return a word for each identity."""
    place = identity % (2 * PARTNER)
    block = (identity - place) // 2 + place % PARTNER
    return jnp.where(place < PARTNER, *threefry_2x64(key, node, block.astype(jnp.uint64), time))


def uniform(key: Any, node: Any, step: Any) -> Any:
    """Return the first number, from [0, 1), that a node draws for itself in a step, as `engines.drand` does.

    Parameters
    ----------
    key
        The word `layout.KEY` of the stream.
    node, step
        Who draws, and when; arrays of integers.
    """
    return _pair(key, node, step)[0]


def normal(key: Any, node: Any, step: Any) -> Any:
    """Return the first standard normal variate that a node draws for itself in a step, up to rounding.

    The parameters are those of `uniform`.
    """
    u, w = _pair(key, node, step)
    return jnp.sqrt(-2.0 * jnp.log(1.0 - u)) * jnp.cos(2.0 * jnp.pi * w)


def _pair(key: Any, node: Any, step: Any) -> tuple[Any, Any]:
    """Return the first two numbers from [0, 1)."""
    who = jnp.uint64(NODES << PURPOSE_SHIFT) | node.astype(jnp.uint64)
    time = step.astype(jnp.uint64) * jnp.uint64(TIME_BLOCKS)
    words = threefry_2x64(key, who, jnp.zeros_like(time), time)
    a, b = (jnp.minimum(word.astype(jnp.float64) * _WORD_TO_UNIT, _LARGEST_BELOW_ONE) for word in words)
    return a, b
