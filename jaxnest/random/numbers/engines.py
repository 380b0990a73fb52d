"""The six random engines, and uniform numbers drawn from a stream; compiled code.

A *stream* is a flat array of 64-bit words (see `layout`) that every function here updates in place. Engines make
their outputs block by block, so that which engine it is matters only when a block is used up.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxnest.compile.kinds import U8
from jaxnest.compile.operations import apart
from jaxnest.random.numbers.cipher import threefry_2x64
from jaxnest.random.numbers.compiling import compiled
from jaxnest.random.numbers.layout import (
    COUNTED_LIMIT,
    COUNTER,
    COUNTER_BLOCKS,
    DIVISION,
    END,
    ENGINE,
    INTEGER_ALGORITHM,
    KEY,
    KEYED,
    MT19937,
    MT19937_64,
    OUTPUT,
    PHILOX_32,
    PHILOX_64,
    POSITION,
    STATE,
    WORD_BITS,
)

_ONE = np.uint64(1)
_BITS_32 = np.uint64(32)
_BITS_64 = np.uint64(64)
_MASK_32 = np.uint64(0xFFFFFFFF)
_MAX_64 = np.uint64(0xFFFFFFFFFFFFFFFF)
_TO_UNIT = 2.0**-64
_HIGH_WORD = 2.0**32
_LARGEST_BELOW_ONE = 1.0 - 2.0**-53


@compiled
def _twist_64(stream: np.ndarray, target: int, following: int, distant: int) -> None:
    high = stream[STATE + target] & np.uint64(0xFFFFFFFF80000000)
    y = high | (stream[STATE + following] & np.uint64(0x7FFFFFFF))
    flip = (np.uint64(0) - (y & _ONE)) & np.uint64(0xB5026F5AA96619E9)
    stream[STATE + target] = stream[STATE + distant] ^ (y >> _ONE) ^ flip


@apart()
def _refill_mt19937_64(stream: U8) -> None:
    for i in range(156):
        _twist_64(stream, i, i + 1, i + 156)
    for i in range(156, 311):
        _twist_64(stream, i, i + 1, i - 156)
    _twist_64(stream, 311, 0, 155)
    for i in range(312):
        z = stream[STATE + i]
        z ^= (z >> np.uint64(29)) & np.uint64(0x5555555555555555)
        z ^= (z << np.uint64(17)) & np.uint64(0x71D67FFFEDA60000)
        z ^= (z << np.uint64(37)) & np.uint64(0xFFF7EEE000000000)
        stream[OUTPUT + i] = z ^ (z >> np.uint64(43))


@compiled
def _twist_32(stream: np.ndarray, target: int, following: int, distant: int) -> None:
    y = (stream[STATE + target] & np.uint64(0x80000000)) | (stream[STATE + following] & np.uint64(0x7FFFFFFF))
    flip = (np.uint64(0) - (y & _ONE)) & np.uint64(0x9908B0DF)
    stream[STATE + target] = stream[STATE + distant] ^ (y >> _ONE) ^ flip


@apart()
def _refill_mt19937(stream: U8) -> None:
    for i in range(227):
        _twist_32(stream, i, i + 1, i + 397)
    for i in range(227, 623):
        _twist_32(stream, i, i + 1, i - 227)
    _twist_32(stream, 623, 0, 396)
    for i in range(624):
        z = stream[STATE + i]
        z ^= z >> np.uint64(11)
        z ^= (z << np.uint64(7)) & np.uint64(0x9D2C5680)
        z ^= (z << np.uint64(15)) & np.uint64(0xEFC60000)
        stream[OUTPUT + i] = z ^ (z >> np.uint64(18))


@compiled
def multiply_high(a: np.uint64, b: np.uint64) -> np.uint64:
    """Return the upper 64 bits of the product of two 64-bit words."""
    a_low, a_high = a & _MASK_32, a >> _BITS_32
    b_low, b_high = b & _MASK_32, b >> _BITS_32
    middle = a_high * b_low + ((a_low * b_low) >> _BITS_32)
    other = a_low * b_high + (middle & _MASK_32)
    return a_high * b_high + (middle >> _BITS_32) + (other >> _BITS_32)


@compiled
def _count(stream: np.ndarray) -> None:
    stream[COUNTER] += _ONE
    if stream[COUNTER] == np.uint64(0):
        stream[COUNTER + 1] += _ONE


@compiled
def _counter_word(stream: np.ndarray, i: int) -> np.uint64:
    """Return word `i` of the counter, in words of the engine's width."""
    if stream[WORD_BITS] == _BITS_64:
        return stream[COUNTER + i] if i < 2 else np.uint64(0)
    word = stream[COUNTER + i // 2]
    return word & _MASK_32 if i % 2 == 0 else word >> _BITS_32


@compiled
def _emit(stream: np.ndarray, block: int, a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64) -> None:
    """Store the four words of a block; they are handed out last word first."""
    first = OUTPUT + 4 * block
    stream[first] = d
    stream[first + 1] = c
    stream[first + 2] = b
    stream[first + 3] = a


@apart()
def _refill_philox_32(stream: U8) -> None:
    for block in range(COUNTER_BLOCKS):
        _count(stream)
        a, b = _counter_word(stream, 0), _counter_word(stream, 1)
        c, d = _counter_word(stream, 2), _counter_word(stream, 3)
        key_0, key_1 = stream[KEY], stream[KEY + 1]
        for _ in range(10):
            p, q = a * np.uint64(0xD2511F53), c * np.uint64(0xCD9E8D57)
            a, b = (q >> _BITS_32) ^ b ^ key_0, q & _MASK_32
            c, d = (p >> _BITS_32) ^ d ^ key_1, p & _MASK_32
            key_0 = (key_0 + np.uint64(0x9E3779B9)) & _MASK_32
            key_1 = (key_1 + np.uint64(0xBB67AE85)) & _MASK_32
        _emit(stream, block, a, b, c, d)


@apart()
def _refill_philox_64(stream: U8) -> None:
    factor_0, factor_1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
    for block in range(COUNTER_BLOCKS):
        _count(stream)
        a, b = _counter_word(stream, 0), _counter_word(stream, 1)
        c, d = _counter_word(stream, 2), _counter_word(stream, 3)
        key_0, key_1 = stream[KEY], stream[KEY + 1]
        for _ in range(10):
            old_a, old_c = a, c
            a, c = multiply_high(old_c, factor_1) ^ b ^ key_0, multiply_high(old_a, factor_0) ^ d ^ key_1
            b, d = old_c * factor_1, old_a * factor_0
            key_0 += np.uint64(0x9E3779B97F4A7C15)
            key_1 += np.uint64(0xBB67AE8584CAA73B)
        _emit(stream, block, a, b, c, d)


_ROTATIONS_32 = np.array(
    [[10, 26], [11, 21], [13, 27], [23, 5], [6, 20], [17, 11], [25, 10], [18, 20]], dtype=np.uint64
)
_ROTATIONS_64 = np.array(
    [[14, 16], [52, 57], [23, 40], [5, 37], [25, 33], [46, 12], [58, 22], [32, 32]], dtype=np.uint64
)


@compiled
def _rotate(x: np.uint64, n: np.uint64, bits: np.uint64, mask: np.uint64) -> np.uint64:
    return ((x << n) | (x >> (bits - n))) & mask


@compiled
def _threefry_key(stream: np.ndarray, i: int) -> np.uint64:
    """Return word `i` modulo 5 of the extended key, which is kept where the twisters have their state."""
    return stream[STATE + i % 5]


@apart()
def _refill_threefry(stream: U8) -> None:
    bits = stream[WORD_BITS]
    mask, parity, rotations = _MAX_64, np.uint64(0x1BD11BDAA9FC1A22), _ROTATIONS_64
    if bits != _BITS_64:
        mask, parity, rotations = _MASK_32, np.uint64(0x1BD11BDA), _ROTATIONS_32
    stream[STATE + 4] = parity
    for i in range(4):
        stream[STATE + i] = stream[KEY + i]
        stream[STATE + 4] ^= stream[KEY + i]
    for block in range(COUNTER_BLOCKS):
        _count(stream)
        a = (_counter_word(stream, 0) + _threefry_key(stream, 0)) & mask
        b = (_counter_word(stream, 1) + _threefry_key(stream, 1)) & mask
        c = (_counter_word(stream, 2) + _threefry_key(stream, 2)) & mask
        d = (_counter_word(stream, 3) + _threefry_key(stream, 3)) & mask
        for r in range(0, 20, 2):
            a = (a + b) & mask
            b = _rotate(b, rotations[r % 8, 0], bits, mask) ^ a
            c = (c + d) & mask
            d = _rotate(d, rotations[r % 8, 1], bits, mask) ^ c
            a = (a + d) & mask
            d = _rotate(d, rotations[r % 8 + 1, 0], bits, mask) ^ a
            c = (c + b) & mask
            b = _rotate(b, rotations[r % 8 + 1, 1], bits, mask) ^ c
            if r % 4 == 2:
                injection = r // 4 + 1
                a = (a + _threefry_key(stream, injection)) & mask
                b = (b + _threefry_key(stream, injection + 1)) & mask
                c = (c + _threefry_key(stream, injection + 2)) & mask
                d = (d + _threefry_key(stream, injection + 3) + np.uint64(injection)) & mask
        _emit(stream, block, a, b, c, d)


@apart()
def _refill_keyed(stream: U8) -> None:
    a, b = threefry_2x64(stream[KEY], stream[KEY + 1], stream[COUNTER], stream[COUNTER + 1])
    stream[OUTPUT] = a
    stream[OUTPUT + 1] = b
    stream[COUNTER + 1] += _ONE


@apart()
def refill(stream: U8) -> None:
    """Make the next block of outputs.

    Parameters
    ----------
    stream : numpy.ndarray
        The stream; updated in place.
    """
    engine = stream[ENGINE]
    if engine == np.uint64(MT19937_64):
        _refill_mt19937_64(stream)
    elif engine == np.uint64(MT19937):
        _refill_mt19937(stream)
    elif engine == np.uint64(PHILOX_32):
        _refill_philox_32(stream)
    elif engine == np.uint64(PHILOX_64):
        _refill_philox_64(stream)
    elif engine == np.uint64(KEYED):
        _refill_keyed(stream)
    else:
        _refill_threefry(stream)
    stream[POSITION] = np.uint64(OUTPUT)
    stream[COUNTED_LIMIT] = np.uint64(0)


@compiled
def next_word(stream: np.ndarray) -> Any:
    """Return the next output of the engine.

    Parameters
    ----------
    stream : numpy.ndarray
        The stream; updated in place.

    Returns
    -------
    numpy.uint64
        A word of 64 or 32 random bits, depending on the engine.
    """
    if stream[POSITION] >= stream[END]:
        refill(stream)
    position = stream[POSITION]
    stream[POSITION] = position + _ONE
    return stream[position]


@compiled
def drand(stream: np.ndarray) -> float:
    """Draw a uniform number from [0, 1).

    Parameters
    ----------
    stream : numpy.ndarray
        The stream; updated in place.

    Returns
    -------
    float
        The number.
    """
    if stream[WORD_BITS] == _BITS_64:
        value = np.float64(next_word(stream)) * _TO_UNIT
    else:
        low = np.float64(next_word(stream))
        value = (low + np.float64(next_word(stream)) * _HIGH_WORD) * _TO_UNIT
    return value if value < 1.0 else _LARGEST_BELOW_ONE


@compiled
def _ulrand_division(stream: np.ndarray, n: np.uint64, largest: np.uint64) -> np.uint64:
    scaling = largest // n
    past = n * scaling
    word = next_word(stream)
    while word >= past:
        word = next_word(stream)
    return word // scaling


@compiled
def _ulrand_lemire(stream: np.ndarray, n: np.uint64) -> np.uint64:
    wide = stream[WORD_BITS] == _BITS_64
    threshold = (np.uint64(0) - n) % n if wide else (np.uint64(0x100000000) - n) % n
    while True:
        word = next_word(stream)
        low = word * n if wide else (word * n) & _MASK_32
        if low >= threshold:
            return multiply_high(word, n) if wide else (word * n) >> _BITS_32


@compiled
def ulrand(stream: np.ndarray, n: int) -> int:
    """Draw a uniform integer from [0, n).

    Parameters
    ----------
    stream : numpy.ndarray
        The stream; updated in place. Its header says which algorithm to use.
    n : int
        Upper boundary, positive.

    Returns
    -------
    int
        The integer.
    """
    bound = np.uint64(n)
    if stream[WORD_BITS] == _BITS_64:
        if stream[INTEGER_ALGORITHM] == np.uint64(DIVISION):
            return int(np.int64(_ulrand_division(stream, bound, _MAX_64)))
        return int(np.int64(_ulrand_lemire(stream, bound)))
    if bound > _MASK_32:
        return int(np.int64(_ulrand_two_words(stream, bound)))
    return int(np.int64(_ulrand_one_word(stream, bound)))


@compiled
def _ulrand_one_word(stream: np.ndarray, n: np.uint64) -> np.uint64:
    """Draw from [0, n), n below 2^32, with a 32-bit engine."""
    if stream[INTEGER_ALGORITHM] == np.uint64(DIVISION):
        return _ulrand_division(stream, n, _MASK_32)
    return _ulrand_lemire(stream, n)


@compiled
def _ulrand_two_words(stream: np.ndarray, n: np.uint64) -> np.uint64:
    """Draw from [0, n), n at least 2^32, with a 32-bit engine: an upper and a lower word."""
    last = n - _ONE
    if last == _MASK_32:
        return next_word(stream)
    while True:
        high = _ulrand_one_word(stream, (last >> _BITS_32) + _ONE) << _BITS_32
        value = high + next_word(stream)
        if high <= value <= last:
            return value


@compiled
def fill_drand(stream: np.ndarray, out: np.ndarray) -> None:
    """Fill an array with uniform numbers from [0, 1).

    Parameters
    ----------
    stream : numpy.ndarray
        The stream; updated in place.
    out : numpy.ndarray
        One-dimensional array to fill, in order.
    """
    for i in range(out.size):
        out[i] = drand(stream)
