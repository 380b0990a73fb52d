"""Memory that the C library keeps after it was freed."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """Return freed memory to the system, where the C library can (glibc).

    Columns are made of many pieces; freed ones of less than 32 MB would stay with the process, beside the columns.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
