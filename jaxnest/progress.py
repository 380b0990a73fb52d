"""The progress bar of a simulation, shown if `print_time` is set."""

from __future__ import annotations

import os
import sys
import time
import warnings
from typing import Any, TextIO, final

from jaxnest.compile.compile_time import compilers

PLAIN_INTERVAL = 1.0
"""Seconds between two lines where the output is no terminal."""
MEASURED = 0.5
"""Seconds that are to be measured before it is said how long the rest will take."""
PLAIN_COLUMNS = 80
"""Width of a bar on a terminal that does not say how wide it is."""


@final
class ProgressBar:
    """Shows how far a run is and how fast.

    The real-time factor is the wall-clock time over the biological time that has passed. Neither it nor the estimate
    of the time that is left contains the time in which something was compiled.

    Parameters
    ----------
    total_ms
        Biological duration of the run.
    stream
        Where to write; standard output by default. What is neither a terminal nor a notebook gets plain lines.
    """

    def __init__(self, total_ms: float, stream: TextIO | None = None) -> None:
        self._total = total_ms
        self._stream = sys.stdout if stream is None else stream
        self._shown = time.perf_counter()
        self._started = _now()
        self._done = 0.0
        self._first: tuple[float, float] | None = None
        """When the first part of the run was over, and its length: it pays for what later ones need not do again."""
        self._bar: Any = None
        self._has_bar = _is_notebook(self._stream) or self._stream.isatty()

    @property
    def real_time_factor(self) -> float:
        """Seconds needed so far per second of biological time."""
        return (_now() - self._started) / (self._done * 1e-3) if self._done > 0 else float("nan")

    @property
    def seconds_left(self) -> float | None:
        """Seconds that the rest will take, None as long as too little has been measured."""
        if self._first is None:
            return None
        seconds, done = _now() - self._first[0], self._done - self._first[1]
        return seconds / done * (self._total - self._done) if seconds >= MEASURED and done > 0 else None

    def update(self, ms_done: float) -> None:
        """Say that `ms_done` of the run's biological time have passed."""
        advance, self._done = ms_done - self._done, ms_done
        if self._first is None:
            self._first = _now(), ms_done
        if self._has_bar:
            self._update_bar(advance)
        elif time.perf_counter() - self._shown >= PLAIN_INTERVAL:
            self._print()

    def _update_bar(self, advance: float) -> None:
        if self._bar is None:
            self._bar = _bar(self._total, self._stream)
        left = self.seconds_left
        elapsed, left_text = _clock(_now() - self._started), "?" if left is None else _clock(left)
        self._bar.set_postfix_str(
            f"[{elapsed}<{left_text}, real-time factor {self.real_time_factor:.4f}]", refresh=False
        )
        self._bar.update(advance)

    def close(self) -> None:
        """Finish: show the final state."""
        if not self._has_bar:
            self._print()
        elif self._bar is not None:
            self._bar.close()
            self._bar = None

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


def _now() -> float:
    """Return the time on a clock that stands still while something is compiled."""
    return time.perf_counter() - compilers.seconds


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes:02d}:{rest:02d}"


def _is_notebook(stream: TextIO) -> bool:
    return type(stream).__module__.partition(".")[0] == "ipykernel"


def _bar(total_ms: float, stream: TextIO) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a notebook without widgets gets a bar of characters
        from tqdm.auto import tqdm  # here, because most runs show no bar

    layout = "{percentage:3.0f}%|{bar}| {n:.1f}/{total:.1f} ms {postfix}"
    options: dict[str, Any] = {} if _is_notebook(stream) or _columns(stream) else {"ncols": PLAIN_COLUMNS, "nrows": 24}
    return tqdm(total=total_ms, file=stream, bar_format=layout, dynamic_ncols=not options, **options)


def _columns(stream: TextIO) -> int:
    """Return the width of a terminal, 0 if it does not say."""
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (AttributeError, OSError, ValueError):
        return 0
