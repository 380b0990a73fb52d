"""Several operations compiled at once, where processors are free.

The compiler is a program of Python, which does one thing at a time in a process. So copies of this process compile some
of them, keep what they made in files, and end; this process loads it from there.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Iterable, Sequence

from jaxnest.compile import caching
from jaxnest.compile.compile_time import compilers
from jaxnest.compile.operations import Operation

VARIABLE = "JAXNEST_COMPILERS"
"""The variable of the environment that says how many processes may compile for this one, itself included."""
MOST = 4
"""How many do, at most, if it says nothing."""
ENOUGH = 2
"""Operations that are worth a process."""


def compile_all(operations: Iterable[Operation]) -> None:
    """Have machine code of some operations."""
    missing = [one for one in dict.fromkeys(operations) if not one.is_kept()]
    if not missing:
        return
    n = min(_n_free(), len(missing) // ENOUGH)
    for k in range(1, n):
        _start(missing[len(missing) * k // n :] + missing[: len(missing) * k // n])
    elsewhere = [one for one in missing if not one.compile_here()]
    for one in elsewhere:
        _ = one.address


def _n_free() -> int:
    """Return how many processes may compile, this one included."""
    wanted = os.environ.get(VARIABLE, "")
    if wanted.isdecimal() and int(wanted) < 2:
        return 1
    if sys.platform != "linux" or not caching.may_be_read_by_others() or threading.active_count() > 1:
        return 1
    if any(library in sys.modules for library in ("jax", "mpi4py")):  # have threads, or do not bear copies of processes
        return 1
    return int(wanted) if wanted.isdecimal() else min(MOST, 1 + _n_idle())


def _n_idle() -> int:
    """Return how many processors have nothing to do."""
    try:
        with open("/proc/loadavg", encoding="ascii") as file:
            running = int(file.read().split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        return 0
    return max(0, min(len(os.sched_getaffinity(0)), os.cpu_count() or 1) - running)


def _start(operations: Sequence[Operation]) -> None:
    """Let a copy of this process compile operations that no other is at, one after the other."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads, of libraries that bear copies
            child = os.fork()
    except OSError:  # no memory, or too many processes
        return
    if child:
        os.waitpid(child, 0)  # which has left at once
        return
    try:
        if os.fork() == 0:  # nobody has to wait for this one
            compilers.quiet = True
            nowhere = os.open(os.devnull, os.O_RDWR)
            for handle in range(3):
                os.dup2(nowhere, handle)
            for one in operations:
                one.compile_here()
    finally:
        os._exit(0)
