"""Programs of several virtual processes that run side by side meet at the end of each slice; compiled code.

They share one block of memory. Each has two halves in it, for even and for odd slices, where it writes the spikes that
it registered. A process may begin to write about the next slice while others still read about this one, so that
meeting once per slice is enough.

Words of the block: see `layout`. A meeting that does not come about within seconds (fewer processors are free than
there are processes) is given up by all of them alike: they stop at the same slice.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from typing import Any

import numba
import numpy as np
from numba import types
from numba.extending import intrinsic

from jaxnest.compiling import njit
from jaxnest.engine import ffi
from jaxnest.engine.layout import (
    ARRIVED,
    COUNTER_WORDS,
    GIVEN_UP,
    HEAD_WORDS,
    MIN_DELAY,
    N_REGISTER,
    ORIGIN,
    PROCESSES,
    REGISTER_WORDS,
    ROOM_WORDS,
    TURN,
    WAIT,
    WEIGHTS_NEEDED,
)

SPINS = 1 << 12
"""How often a process looks for the others before it lets other programs use the processor."""
PATIENCE = 1 << 23
"""How often it does so before it gives up: some seconds."""


def _fetch_and_add(typing_context: Any, address: Any, amount: Any) -> Any:
    """Add to a word that several threads change, and return what it was."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = context.get_value_type(types.int64)
        return builder.atomic_rmw("add", builder.inttoptr(arguments[0], word.as_pointer()), arguments[1], "seq_cst")

    return types.int64(types.int64, types.int64), generate


def _exchange_if(typing_context: Any, address: Any, expected: Any, new: Any) -> Any:
    """Replace a word by another if it is what is expected, and return what it was."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = context.get_value_type(types.int64)
        place = builder.inttoptr(arguments[0], word.as_pointer())
        return builder.extract_value(builder.cmpxchg(place, arguments[1], arguments[2], "seq_cst", "seq_cst"), 0)

    return types.int64(types.int64, types.int64, types.int64), generate


fetch_and_add: Any = intrinsic(_fetch_and_add)
exchange_if: Any = intrinsic(_exchange_if)


@functools.cache
def waiting_function() -> int:
    """Return the address of the system's function that lets others use the processor."""
    if sys.platform == "win32":
        function = ctypes.WinDLL("kernel32").SwitchToThread
    else:
        function = ctypes.CDLL(None).sched_yield
    return ctypes.cast(function, ctypes.c_void_p).value or 0


@njit(cache=True, nogil=True)
def half(process: int, parity: int, size: int) -> int:
    """Return where in the block a process writes about slices of a parity, if each half has `size` words."""
    return HEAD_WORDS + (2 * process + parity) * size


@njit(cache=True, nogil=True)
def half_size(block: np.ndarray) -> int:
    """Return how many words each half has."""
    return (len(block) - HEAD_WORDS) // (2 * max(1, block[PROCESSES]))


@njit(cache=True, nogil=True)
def publish(block: np.ndarray, first: int, counters: np.ndarray, room: np.ndarray, register: np.ndarray) -> None:
    """Copy what a process registered into its half, which begins at `first`: counters, room, spikes."""
    first = _copy(block, first, counters, COUNTER_WORDS)
    first = _copy(block, first, room, ROOM_WORDS)
    _copy(block, first, register, REGISTER_WORDS * counters[N_REGISTER])


@njit(cache=True, nogil=True)
def _copy(block: np.ndarray, first: int, words: np.ndarray, n: int) -> int:
    """Copy `n` words into a block, and return where the next ones go."""
    for k in range(n):  # an assignment of slices would compile the text of an error as well
        block[first + k] = words[k]
    return first + n


@njit(cache=True, nogil=True)
def meet(block: np.ndarray) -> bool:
    """Wait for all processes, and return whether all came."""
    start = block.ctypes.data
    turn, arrived, wait = start + 8 * TURN, start + 8 * ARRIVED, block[WAIT]
    now = fetch_and_add(turn, 0)
    if now == GIVEN_UP:
        return False
    if fetch_and_add(arrived, 1) == block[PROCESSES] - 1:
        fetch_and_add(arrived, -block[PROCESSES])
        return exchange_if(turn, now, now + 1) == now
    for k in range(SPINS + PATIENCE):
        later = fetch_and_add(turn, 0)
        if later != now:
            return later != GIVEN_UP
        if k > SPINS:
            ffi.call_function(wait, 0)
    return exchange_if(turn, now, GIVEN_UP) != now


@njit(cache=True, nogil=True)
def all_have_room(block: np.ndarray, parity: int, size: int) -> bool:
    """Return whether the buffers of all processes take another slice; all come to the same result."""
    needed, least = 0, np.int64(1) << 62
    for process in range(block[PROCESSES]):
        first = half(process, parity, size)
        needed += block[first + WEIGHTS_NEEDED]
        if block[first + COUNTER_WORDS] == 0:
            return False
        least = min(least, block[first + COUNTER_WORDS + 1])
    return bool(needed <= least)


@njit(cache=True, nogil=True)
def n_registers(frame: int, first: int) -> int:
    """Return how many registers an operation of XLA reads, whose arguments from `first` on are `registers`."""
    n = ffi.n_arguments(frame) - first
    if n > 1:
        return n // 2
    place = ffi.int64(frame, first)
    return ffi.array(place[0], place[1], numba.int64)[PROCESSES]


@njit(cache=True, nogil=True)
def register(frame: int, first: int, k: int, clock: np.ndarray) -> np.ndarray:
    """Return the k-th of these: pairs of a register and its counters, or one place of a block for all.

    Only what is in use of it is returned.
    """
    if ffi.n_arguments(frame) - first > 1:
        n = REGISTER_WORDS * ffi.int64(frame, first + 2 * k + 1)[N_REGISTER]
        return ffi.array(ffi.address(frame, first + 2 * k), n, numba.int64)
    place = ffi.int64(frame, first)
    block = ffi.array(place[0], place[1], numba.int64)
    begin = half(k, (clock[ORIGIN] // clock[MIN_DELAY]) % 2, half_size(block))
    n = REGISTER_WORDS * block[begin + N_REGISTER]
    return ffi.array(place[0] + 8 * (begin + COUNTER_WORDS + ROOM_WORDS), n, numba.int64)


@ffi.handler
def meet_handler(frame: int) -> int:
    """Publish what a process registered and wait for the others, as an operation of XLA.

    Arguments: counters and the word that says whether there is room for a further slice; address and size of the
    block, the process, its room, its register, and the clock.
    """
    if ffi.is_query(frame):
        return 0
    place, process, clock = ffi.int64(frame, 2), ffi.int64(frame, 3)[0], ffi.int64(frame, 6)
    block = ffi.array(place[0], place[1], numba.int64)
    size = half_size(block)
    parity = (clock[ORIGIN] // clock[MIN_DELAY] + 1) % 2
    publish(block, half(process, parity, size), ffi.int64(frame, 0), ffi.int64(frame, 4), ffi.int64(frame, 5))
    ffi.int64(frame, 1)[0] = meet(block) and all_have_room(block, parity, size)
    return 0
