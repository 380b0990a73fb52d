"""The numbers of `random.keyed`, computed with array operations of JAX."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from .layout import PARTNER, TIME_BLOCKS

_ROTATIONS = ((16, 42, 12, 31), (16, 32, 24, 21))
_SPARE_BITS = 11
_TO_UNIT = 2.0**-53


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
