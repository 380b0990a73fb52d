"""The numbers of `random.numbers.keyed`, computed with array operations of JAX."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from jaxnest.random.numbers.layout import NODES, PARTNER, PURPOSE_SHIFT, TIME_BLOCKS

_ROTATIONS = ((16, 42, 12, 31), (16, 32, 24, 21))
_SPARE_BITS = 11
_TO_UNIT = 2.0**-53
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


def unit(key: Any, node: Any, identity: Any, step: Any, k: Any) -> Any:
    """Return number `k`, from [0, 1), of those that a node draws in a step for an identity, as `keyed_poissons` does.

    Parameters
    ----------
    key
        The word `layout.KEY` of the stream.
    node, identity, step
        Who draws, for whom, and when; arrays of integers.
    k
        Which number.
    """
    time = step.astype(jnp.uint64) * jnp.uint64(TIME_BLOCKS) + jnp.asarray(k).astype(jnp.uint64)
    place = identity % (2 * PARTNER)
    block = (identity - place) // 2 + place % PARTNER
    words = threefry_2x64(key, node.astype(jnp.uint64), block.astype(jnp.uint64), time)
    word = jnp.where(place < PARTNER, *words)
    return (word >> jnp.uint64(_SPARE_BITS)).astype(jnp.float64) * _TO_UNIT


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
