"""How long compilers work, and a word to those who wait for them."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, final

PATIENCE = 0.5
"""Seconds of compiling from which on it is said."""
PAUSE = 10.0
"""Seconds without compiling after which somebody waits anew."""


@final
class Compilers:
    """All compilers of this process, in all threads: a context while one works.

    Attributes
    ----------
    quiet
        Say nothing.
    """

    def __init__(self) -> None:
        self.quiet = False
        self._lock = threading.Lock()
        self._working = 0
        self._began = self._ended = float("-inf")
        self._seconds = self._waited = 0.0
        self._told = False
        self._timer: threading.Timer | None = None
        self._of_thread = threading.local()

    @property
    def seconds(self) -> float:
        """The time in which compilers have worked so far."""
        if not self._working:
            return self._seconds
        with self._lock:
            return self._seconds + (time.perf_counter() - self._began if self._working else 0.0)

    def __enter__(self) -> None:
        with self._lock:
            self._working += 1
            if self._working > 1:
                return
            self._began = time.perf_counter()
            if self._began - self._ended > PAUSE:
                self._waited, self._told = 0.0, False

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._working -= 1
            if self._working:
                return
            self._ended = time.perf_counter()
            self._seconds += self._ended - self._began
            self._waited += self._ended - self._began
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def found_nothing(self) -> None:
        """Note that what is being compiled was not kept, so that it takes its time."""
        with self._lock:
            if self._working and self._timer is None and not self._told and not self.quiet:
                waited = self._waited + time.perf_counter() - self._began
                self._timer = threading.Timer(max(0.0, PATIENCE - waited), self._tell)
                self._timer.daemon = True
                self._timer.start()

    def _tell(self) -> None:
        with self._lock:
            if self._told or not self._working:
                return
            self._told = True
        with contextlib.suppress(AttributeError, OSError, ValueError):  # no standard error, or a closed one
            sys.stderr.write("jaxnest: compiling ... (first time only)\n")
            sys.stderr.flush()

    def traced(self) -> None:
        """Note that a function that is called through `watch` is about to be compiled."""
        if getattr(self._of_thread, "begun", True):
            return
        self._of_thread.begun = True
        self.__enter__()

    def watch(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a jitted function, in which JAX calls `traced` if it has to be compiled."""
        self._of_thread.begun = False
        try:
            return function(*arguments)
        finally:
            if self._of_thread.begun:
                self.__exit__()
            self._of_thread.begun = True


compilers = Compilers()
