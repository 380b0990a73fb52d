"""The progress bar, on terminals and elsewhere."""

from __future__ import annotations

import io
import os
import sys
import time

import pytest

from jaxnest import progress
from jaxnest.compile.compile_time import compilers
from jaxnest.progress import ProgressBar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_terminals_get_a_bar() -> None:
    stream = Terminal()
    with ProgressBar(100.0, stream) as bar:
        bar.update(40.0)
        bar.update(100.0)
    assert "100%" in stream.getvalue()
    assert "100.0/100.0 ms" in stream.getvalue()
    assert "real-time factor" in stream.getvalue()


def test_files_get_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PLAIN_INTERVAL", 0.0)
    stream = io.StringIO()
    bar = ProgressBar(200.0, stream)
    bar.update(50.0)
    bar.update(200.0)
    bar.close()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("[  25% ] Model time: 50.0 ms, Real-time factor: ")


def test_a_run_of_no_length() -> None:
    stream = io.StringIO()
    ProgressBar(0.0, stream).close()
    assert "100%" in stream.getvalue()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds that the bar sees, and the time in which something was compiled."""
    times = [0.0, 0.0]
    monkeypatch.setattr(progress, "_now", lambda: times[0] - times[1])
    return times


def test_compiling_is_no_part_of_speed_and_estimate(clock: list[float]) -> None:
    bar = ProgressBar(1000.0, io.StringIO())
    clock[:] = 10.0, 9.5
    bar.update(1.5)
    assert bar.seconds_left is None, "nothing but the first part, which is no measure"
    assert bar.real_time_factor == pytest.approx(0.5 / 1.5e-3)
    clock[0] += 0.1
    bar.update(100.0)
    assert bar.seconds_left is None, "too little"
    clock[0] += 0.9
    bar.update(501.5)
    assert bar.seconds_left == pytest.approx(498.5 / 500.0)


def test_the_clock_stands_still_while_something_is_compiled() -> None:
    before = progress._now()
    with compilers:
        time.sleep(0.2)
    assert progress._now() - before < 0.1


def test_a_bar_says_what_is_left(clock: list[float]) -> None:
    stream = Terminal()
    with ProgressBar(100.0, stream) as bar:
        bar.update(1.0)
        assert bar.seconds_left is None
        clock[0] = 4000.0
        time.sleep(0.11)  # between two pictures
        bar.update(51.0)
    assert "1:06:40<1:05:20" in stream.getvalue()


@pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")
def test_a_terminal_without_a_size_gets_a_bar() -> None:
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 0, 0, 0, 0))
    with open(theirs, "w", encoding="utf-8") as stream, ProgressBar(100.0, stream) as bar:
        bar.update(100.0)
    shown = os.read(ours, 10000).decode()
    os.close(ours)
    assert "100%|" in shown
    assert "\u2588" * 10 in shown
    assert "100.0/100.0 ms" in shown


def test_notebooks_get_a_bar() -> None:
    stream = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})()
    with ProgressBar(100.0, stream) as bar:
        bar.update(100.0)
    assert "100%|" in stream.getvalue()
