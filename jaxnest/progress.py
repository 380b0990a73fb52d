"""The progress bar of a simulation, shown if `print_time` is set."""

from __future__ import annotations

import sys
import time
from typing import Any, TextIO, final

PLAIN_INTERVAL = 1.0
"""Seconds between two lines where the output is no terminal."""


@final
class ProgressBar:
    """Shows how far a run is and how fast.

    The real-time factor is the wall-clock time over the biological time that has passed.

    Parameters
    ----------
    total_ms
        Biological duration of the run.
    stream
        Where to write; standard output by default. What is no terminal gets plain lines.
    """

    def __init__(self, total_ms: float, stream: TextIO | None = None) -> None:
        self._total = total_ms
        self._stream = sys.stdout if stream is None else stream
        self._started = self._shown = time.perf_counter()
        self._done = 0.0
        self._bar: Any = _terminal_bar(total_ms, self._stream) if self._stream.isatty() else None

    @property
    def real_time_factor(self) -> float:
        """Seconds needed so far per second of biological time."""
        elapsed = time.perf_counter() - self._started
        return elapsed / (self._done * 1e-3) if self._done > 0 else float("nan")

    def update(self, ms_done: float) -> None:
        """Say that `ms_done` of the run's biological time have passed."""
        advance, self._done = ms_done - self._done, ms_done
        if self._bar is not None:
            self._bar.set_postfix_str(f"real-time factor {self.real_time_factor:.4f}", refresh=False)
            self._bar.update(advance)
        elif time.perf_counter() - self._shown >= PLAIN_INTERVAL:
            self._print()

    def close(self) -> None:
        """Finish: show the final state."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        else:
            self._print()

    def _print(self) -> None:
        self._shown = time.perf_counter()
        percent = 100.0 * self._done / self._total if self._total > 0 else 100.0
        print(
            f"[ {percent:3.0f}% ] Model time: {self._done:.1f} ms, Real-time factor: {self.real_time_factor:.4f}",
            file=self._stream,
            flush=True,
        )

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _terminal_bar(total_ms: float, stream: TextIO) -> Any:
    from tqdm import tqdm  # here, because most runs show no bar

    layout = "{percentage:3.0f}%|{bar}| {n:.1f}/{total:.1f} ms [{elapsed}<{remaining}{postfix}]"
    return tqdm(total=total_ms, file=stream, bar_format=layout, dynamic_ncols=True)
