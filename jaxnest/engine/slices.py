"""The loop over slices on the CPU: it calls the operations of a program one after the other.

A *program* is a list of packs (`compile.operations`) in the order of a slice. So what a network consists of is in
arrays of words; the loop itself is compiled once. Virtual processes that run in threads of their own have a program
each and meet after each slice.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.compile.failures import FAILED, raise_kept
from jaxnest.compile.intrinsics import array, call_function, exchange_if, fetch_and_add
from jaxnest.compile.late import int64
from jaxnest.compile.operations import Operation, Pack
from jaxnest.compile.together import compile_all
from jaxnest.engine.layout import CLOCK_WORDS, FROM, ORIGIN, SEGMENT, TO

STEP, END, MIN_DELAY, MEETING, WORKER, FITS = range(6)
CONTROL_WORDS = 8
"""Where a program is and where it has to stop, in steps; steps of a slice; address of the block of memory through which
programs meet, 0 for one alone; the number of the program; whether it can go on: buffers have room for another slice,
and nothing has failed."""

FUNCTION, PACK, AT_BEGIN = range(3)
CALL_WORDS = 3
"""Address of an operation, and of its pack; whether it is called at the beginning of slices only, not where a run goes
on inside one."""

TURN, ARRIVED, WORKERS, WAIT = range(4)
HEAD_WORDS = 8
"""Number of the meeting, how many programs have arrived, how many there are, and the address of the function that lets
others use the processor. Then follows, twice for each program, whether it can go on."""

SPINS = 1 << 11
"""How often a program looks for the others before it lets others use the processor."""


@final
@dataclass(frozen=True)
class Call:
    """A call of an operation in each slice."""

    pack: Pack
    at_begin: bool = False


@final
class Program:
    """Calls that run through slices.

    Parameters
    ----------
    calls
        One list for each worker, in the order of a slice.
    checks
        For each worker, the calls that return whether buffers have room for another slice.
    clocks
        For each worker, the clocks (`engine.layout.CLOCK_WORDS`) that its calls read.
    min_delay
        Steps of a slice.
    """

    def __init__(
        self,
        calls: Sequence[Sequence[Call]],
        checks: Sequence[Sequence[Pack]],
        clocks: Sequence[Sequence[np.ndarray]],
        min_delay: int,
    ) -> None:
        self._kept = [list(mine) for mine in calls], checks, clocks
        n = len(calls)
        self._block = np.zeros(HEAD_WORDS + 2 * n, np.int64)
        self._block[WORKERS], self._block[WAIT] = n, yielding_function()
        self._controls = np.zeros((n, CONTROL_WORDS), np.int64)
        self._controls[:, MIN_DELAY] = min_delay
        self._controls[:, WORKER] = np.arange(n)
        self._controls[:, MEETING] = self._block.ctypes.data
        run = run_slices(n > 1)
        packs = [*(call.pack for mine in calls for call in mine), *(pack for tests in checks for pack in tests)]
        compile_all([run, *(pack.operation for pack in packs)])
        self._packs = [
            run.pack(control, _table(mine), _checks(tests), _places(times), FAILED)
            for control, mine, tests, times in zip(self._controls, calls, checks, clocks, strict=True)
        ]
        self._fits: bool | None = None
        """Whether buffers have room for another slice, if it is known."""
        self.reached = 0
        """The step that the last run has reached, where it failed the beginning of the slice."""
        self._threads: tuple[int, Any] | None = None
        """The process that they belong to (a fork leaves them behind), and the threads."""

    def run(self, step: int, end: int) -> int:
        """Advance from `step` towards `end`, at least one slice or part of it, and return the step reached.

        Raises
        ------
        KernelException
            If an operation failed; the slice is left as it then was.
        """
        self._controls[:, STEP], self._controls[:, END] = step, end
        if len(self._packs) == 1:
            self._packs[0].call()
        else:
            self._block[TURN] = self._block[ARRIVED] = 0
            if self._threads is None or self._threads[0] != os.getpid():
                from concurrent.futures import ThreadPoolExecutor

                self._threads = os.getpid(), ThreadPoolExecutor(len(self._packs))
            for _ in self._threads[1].map(Pack.call, self._packs):
                pass
        words = list(zip(*self._controls.tolist(), strict=True))  # few: NumPy's reductions would take longer
        self.reached, self._fits = min(words[STEP]), all(words[FITS])
        if FAILED[0]:
            raise_kept()
        return self.reached

    def replace(self, old: Pack, new: Pack) -> None:
        """Make a call with other arguments from now on."""
        for mine, pack in zip(self._kept[0], self._packs, strict=True):
            for k, call in enumerate(mine):
                if call.pack is old:
                    mine[k] = Call(new, call.at_begin)
                    pack.arguments[1][k, PACK] = new.address

    def fits(self) -> bool:
        """Return whether buffers have room for another slice."""
        if self._fits is None:
            self._fits = all(pack.run() for tests in self._kept[1] for pack in tests)
        return self._fits

    def drained(self) -> None:
        """Note that buffers have been emptied."""
        self._fits = None


def _table(calls: Sequence[Call]) -> np.ndarray:
    rows = [(c.pack.operation.address, c.pack.address, int(c.at_begin)) for c in calls]
    return np.array(rows, np.int64).reshape(-1, CALL_WORDS)


def _checks(tests: Sequence[Pack]) -> np.ndarray:
    return _table([Call(pack) for pack in tests])


def _places(clocks: Sequence[np.ndarray]) -> np.ndarray:
    return np.array([clock.ctypes.data for clock in clocks], np.int64)


def set_clock(clock: np.ndarray, step: int, end: int, min_delay: int) -> int:
    """Let a clock show the segment that begins with a step, and return where it ends."""
    origin = step - step % min_delay
    stop = min_delay if min_delay < end - origin else end - origin
    clock[ORIGIN], clock[FROM], clock[TO], clock[SEGMENT] = origin, step - origin, stop, step
    return origin + stop


def n_processors() -> int:
    """Return how many processors this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def yielding_function() -> int:
    """Return the address of the system's function that lets others use the processor."""
    if sys.platform == "win32":
        function = ctypes.WinDLL("kernel32").SwitchToThread
    else:
        function = ctypes.CDLL(None).sched_yield
    return ctypes.cast(function, ctypes.c_void_p).value or 0


RUN_KINDS = {"control": "I8", "calls": "I8x2", "checks": "I8x2", "clocks": "I8", "failed": "I8"}
"""The arguments of the loop over slices."""


@functools.cache
def run_slices(meeting: bool) -> Operation:
    """Return the loop over slices, of one program alone or of several that meet after each slice."""
    return Operation(functools.partial(_running, meeting), RUN_KINDS, key=f"_{meeting}")


def _running(meeting: bool) -> Any:
    show = njit(nogil=True)(set_clock)

    @njit(nogil=True)
    def meet(control: np.ndarray) -> bool:
        """Tell the others whether this program can go on, wait for them, and return whether all can."""
        place = control[MEETING]
        n = array(place, HEAD_WORDS, int64)[WORKERS]
        block = array(place, HEAD_WORDS + 2 * n, int64)
        turn, arrived = place + 8 * TURN, place + 8 * ARRIVED
        now = fetch_and_add(turn, 0)
        first = HEAD_WORDS + (now % 2) * n
        block[first + control[WORKER]] = control[FITS]
        if fetch_and_add(arrived, 1) == n - 1:
            fetch_and_add(arrived, -n)
            exchange_if(turn, now, now + 1)
        else:
            looks = 0
            while fetch_and_add(turn, 0) == now:
                looks += 1
                if looks > SPINS:
                    call_function(block[WAIT], 0)
        everywhere = True
        for worker in range(n):
            everywhere &= block[first + worker] != 0
        return everywhere

    @njit(nogil=True)
    def go_on(control: np.ndarray) -> bool:
        return control[FITS] != 0

    agree = meet if meeting else go_on

    def run(control: Any, calls: Any, checks: Any, clocks: Any, failed: Any) -> None:
        goes_on = True
        while goes_on and control[STEP] < control[END]:
            begin, stop = control[STEP] % control[MIN_DELAY], 0
            for place in clocks:
                stop = show(array(place, CLOCK_WORDS, int64), control[STEP], control[END], control[MIN_DELAY])
            for k in range(len(calls)):
                if begin == 0 or calls[k, AT_BEGIN] == 0:
                    call_function(calls[k, FUNCTION], calls[k, PACK])
                    if failed[0] != 0:
                        break
            control[FITS] = failed[0] == 0
            if control[FITS] != 0:
                control[STEP] = stop
            for k in range(len(checks)):
                control[FITS] &= call_function(checks[k, FUNCTION], checks[k, PACK])
            goes_on = agree(control)

    return run
