"""What loads share that measure a session of small networks: the start, the clocks, and the results.

A load is a plain PyNEST script: ``python load.py MODULE RESULT.json JSON``, with the name of the simulator's module and
the load's options. Durations are those of the processors, so that other programs disturb them less.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any


def main(measure: Callable[..., dict[str, float]]) -> None:
    """Import the simulator, measure, and write the results."""
    module, out, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    settings = options.pop("settings", {})
    started = busy()
    nest: Any = importlib.import_module(module)
    imported = busy() - started
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.set(**settings)
    warnings.simplefilter("ignore")  # older functions are deprecated
    result = {"import": imported, **measure(nest, **options)}
    with open(out, "w") as file:
        json.dump(result | {"peak_memory": float(memory("VmHWM"))}, file)


def busy() -> float:
    """Return how long this process and those that it waited for have used processors (s)."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def clock(threads: int) -> Callable[[], float]:
    """Return what tells the time (s): with one thread, that of the processor; with several, that of the wall."""
    return time.process_time if threads == 1 else time.perf_counter


def memory(kind: str) -> int:
    """Return a size of this process (bytes): ``VmRSS`` is the present, ``VmHWM`` the largest."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(kind))


def per_call(call: Callable[[int], object], n: int) -> float:
    """Return seconds per call; the call gets its number, and a first one is not counted."""
    call(0)
    started = time.process_time()
    for i in range(1, n + 1):
        call(i)
    return (time.process_time() - started) / n
