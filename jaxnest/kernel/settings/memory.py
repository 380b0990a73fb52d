"""The memory of the process."""

from __future__ import annotations

import ctypes
import os
import sys


def in_use() -> int:
    """Return the address space of the process in kB, as NEST does, or what comes nearest; -1 if nobody knows."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE") // 1024
    except OSError:
        pass
    try:
        import resource  # which Windows does not have
    except ImportError:
        return -1
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size // 1024 if sys.platform == "darwin" else size


def give_back() -> None:
    """Return freed memory to the system, where the C library can (glibc).

    Columns are made of many pieces; freed ones of less than 32 MB would stay with the process, beside the columns.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
