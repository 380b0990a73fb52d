"""The cipher Threefry-2x64 with 20 rounds (see `keyed`); compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxnest.random.numbers.compiling import compiled


@compiled
def threefry_rounds(a: np.uint64, b: np.uint64, r: Any) -> tuple[np.uint64, np.uint64]:
    """Four rounds of Threefry-2x64."""
    a += b
    b = ((b << np.uint64(r[0])) | (b >> np.uint64(64 - r[0]))) ^ a
    a += b
    b = ((b << np.uint64(r[1])) | (b >> np.uint64(64 - r[1]))) ^ a
    a += b
    b = ((b << np.uint64(r[2])) | (b >> np.uint64(64 - r[2]))) ^ a
    a += b
    b = ((b << np.uint64(r[3])) | (b >> np.uint64(64 - r[3]))) ^ a
    return a, b


@compiled
def threefry_2x64(key_0: np.uint64, key_1: np.uint64, a: np.uint64, b: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return the cipher of two words under a key of two words, 20 rounds."""
    key_2 = key_0 ^ key_1 ^ np.uint64(0x1BD11BDAA9FC1A22)
    a += key_0
    b += key_1
    a, b = threefry_rounds(a, b, (16, 42, 12, 31))
    a += key_1
    b += key_2 + np.uint64(1)
    a, b = threefry_rounds(a, b, (16, 32, 24, 21))
    a += key_2
    b += key_0 + np.uint64(2)
    a, b = threefry_rounds(a, b, (16, 42, 12, 31))
    a += key_0
    b += key_1 + np.uint64(3)
    a, b = threefry_rounds(a, b, (16, 32, 24, 21))
    a += key_1
    b += key_2 + np.uint64(4)
    a, b = threefry_rounds(a, b, (16, 42, 12, 31))
    return a + key_2, b + key_0 + np.uint64(5)
