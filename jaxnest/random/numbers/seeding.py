"""Seed sequences, and streams in the state in which they start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np

from jaxnest.random.numbers import layout

_MASK = 0xFFFFFFFF
_POOL_SIZE = 4


@final
class SeedSequence:
    """Four 32-bit words of entropy, mixed from any number of 32-bit words.

    This is the "fixed entropy" seed sequence of M. E. O'Neill ("Developing a seed_seq alternative", 2015).

    Parameters
    ----------
    words : sequence of int
        The seed words; only their lowest 32 bits count.
    """

    def __init__(self, words: Sequence[int]) -> None:
        self._hash_constant = 0x43B0D7E5
        words = [word & _MASK for word in words]
        padded = words + [0] * (_POOL_SIZE - len(words))
        pool = [self._hash(word) for word in padded[:_POOL_SIZE]]
        for source in range(_POOL_SIZE):
            for target in range(_POOL_SIZE):
                if source != target:
                    pool[target] = _mix(pool[target], self._hash(pool[source]))
        for word in padded[_POOL_SIZE:]:
            for target in range(_POOL_SIZE):
                pool[target] = _mix(pool[target], self._hash(word))
        self._pool = np.array(pool, dtype=np.uint32)

    def _hash(self, value: int) -> int:
        value ^= self._hash_constant
        self._hash_constant = self._hash_constant * 0x931E8875 & _MASK
        value = value * self._hash_constant & _MASK
        return value ^ value >> 16

    def generate(self, n: int) -> np.ndarray:
        """Return `n` 32-bit seed words, always the same ones.

        Parameters
        ----------
        n : int
            How many words.

        Returns
        -------
        numpy.ndarray
            Array of ``uint32``.
        """
        factors = np.full(n + 1, 0x58F38DED, dtype=np.uint32)
        factors[0] = 0x8B51F9DD
        constants = np.multiply.accumulate(factors, dtype=np.uint32)
        values = (np.resize(self._pool, n) ^ constants[:-1]) * constants[1:]
        return values ^ values >> np.uint32(16)

    def generate64(self, n: int) -> np.ndarray:
        """Return `n` 64-bit seed words, low half first.

        Parameters
        ----------
        n : int
            How many words.

        Returns
        -------
        numpy.ndarray
            Array of ``uint64``.
        """
        halves = self.generate(2 * n).astype(np.uint64)
        return halves[::2] | halves[1::2] << np.uint64(32)


def _mix(x: int, y: int) -> int:
    result = (0xCA01F9DD * x - 0x4973F715 * y) & _MASK
    return result ^ result >> 16


def new_stream(engine: int, words: Sequence[int], integer_algorithm: int = layout.DIVISION) -> np.ndarray:
    """Return a random stream in its first state.

    Parameters
    ----------
    engine : int
        Index in `layout.RNG_TYPES`.
    words : sequence of int
        The seed words.
    integer_algorithm : int
        Index in `layout.INTEGER_ALGORITHMS`.

    Returns
    -------
    numpy.ndarray
        `layout.STREAM_SIZE` words of type ``uint64``.
    """
    stream = np.zeros(layout.STREAM_SIZE, dtype=np.uint64)
    seeds = SeedSequence(words)
    if engine == layout.MT19937:
        bits, block = 32, 624
        stream[layout.STATE : layout.STATE + block] = _twister_state(seeds.generate(block).astype(np.uint64), bits)
    elif engine == layout.MT19937_64:
        bits, block = 64, 312
        stream[layout.STATE : layout.STATE + block] = _twister_state(seeds.generate64(block), bits)
    elif engine == layout.KEYED:
        bits, block = 64, layout.KEYED_BLOCK
        stream[layout.KEY] = seeds.generate64(1)[0]
        stream[layout.KEY + 1] = 1 << 63  # no node has this id
    else:
        bits = 64 if engine in (layout.PHILOX_64, layout.THREEFRY_64) else 32
        block = 4 * layout.COUNTER_BLOCKS
        key_words = 2 if engine in (layout.PHILOX_32, layout.PHILOX_64) else 4
        key = seeds.generate64(key_words) if bits == 64 else seeds.generate(key_words)
        stream[layout.KEY : layout.KEY + key_words] = key
    stream[layout.ENGINE] = engine
    stream[layout.WORD_BITS] = bits
    stream[layout.INTEGER_ALGORITHM] = integer_algorithm
    stream[layout.POSITION] = stream[layout.END] = layout.OUTPUT + block
    return stream


def _twister_state(state: np.ndarray, bits: int) -> np.ndarray:
    """Return the state, made legal: its significant bits must not all be zero."""
    if state[0] >> np.uint64(31) == 0 and not state[1:].any():
        state[0] = 1 << (bits - 1)
    return state
