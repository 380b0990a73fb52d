"""The progress bar, on terminals and elsewhere."""

from __future__ import annotations

import io

import pytest

from jaxnest import progress
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
