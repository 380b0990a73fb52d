"""What the machine can do, and whether something else is using it."""

from __future__ import annotations

import os
import platform
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import final

import numpy as np

BANDWIDTH_BYTES = 1 << 27
TOLERATED_SPREAD = 0.10
"""Slow-down of the calibration loop from which on the machine counts as noisy."""


def processor() -> str:
    """Return the name of the processor."""
    try:
        with open("/proc/cpuinfo") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def bandwidth(threads: int) -> float:
    """Return how many bytes per second this many threads can read and write together, copying large arrays."""
    arrays = [(np.ones(BANDWIDTH_BYTES // 8), np.empty(BANDWIDTH_BYTES // 8)) for _ in range(threads)]
    best = 0.0
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(5):
            started = time.perf_counter()
            list(pool.map(lambda pair: np.copyto(pair[1], pair[0]), arrays))
            best = max(best, 2 * BANDWIDTH_BYTES * threads / (time.perf_counter() - started))
    return best


@final
@dataclass
class Calibration:
    """A fixed piece of work, timed before and after each measurement."""

    seconds: list[float] = field(default_factory=list)
    load: list[float] = field(default_factory=list)

    def sample(self) -> None:
        """Time the work once more, and note how busy the machine is."""
        started = time.perf_counter()
        total = 0
        for i in range(300_000):
            total += i * i
        self.seconds.append(time.perf_counter() - started)
        self.load.append(os.getloadavg()[0])

    @property
    def spread(self) -> float:
        """How much slower than the fastest the median piece of work was."""
        return float(np.median(self.seconds) / min(self.seconds) - 1.0) if self.seconds else 0.0

    def warnings(self, threads: int) -> list[str]:
        """Return what speaks against these measurements."""
        found = []
        if self.spread > TOLERATED_SPREAD:
            found.append(
                f"the calibration loop took {100 * self.spread:.0f} % longer than at best: the machine is noisy"
            )
        if self.load and max(self.load) > threads + 0.5:
            found.append(f"the load average was up to {max(self.load):.1f}: other programs were running")
        return found
