"""Compiled code that cannot be kept, or is damaged, costs time and one warning, never a run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jaxnest.compile import caching, compile_time

ROOT = Path(__file__).parents[2]
CODE = """
import numpy as np
from jaxnest.compile import compile_time
from jaxnest.compile.compiling import njit
from jaxnest.engine.accelerated import config
compile_time.PATIENCE = 0.0
config.configure()
import jax

@njit(cache=True)
def total(x):
    result = 0.0
    for value in x:
        result += value
    return result

print(total(np.arange(4.0)), float(jax.jit(lambda x: 2 * x + 1)(np.float64(3.0))))
"""
TOLD = "jaxnest: compiling ... (first time only)\n"


def run(before: str = "", **variables: str | None) -> str:
    """Return what a process that compiles something says on standard error, if its result is right."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    done = subprocess.run(
        [sys.executable, "-c", before + CODE],
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "6.0 7.0\n"), done.stderr
    return done.stderr


def told(said: str) -> bool:
    """Return whether it was said that something is compiled, once and nothing else."""
    assert said in ("", TOLD)
    return said == TOLD


def warning_in(said: str) -> str:
    """Return the only warning."""
    assert said.count("RuntimeWarning") == said.count("Warning") == 1, said
    assert said.count("JAXNEST_CACHE_DIR") == 1
    return said


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def age(path: Path, days: float) -> None:
    used = time.time() - days * caching.DAY
    os.utime(path, (used, used))


@pytest.mark.slow
def test_damaged_files_are_replaced(tmp_path: Path) -> None:
    assert told(run(JAXNEST_CACHE_DIR=str(tmp_path)))
    assert not told(run(JAXNEST_CACHE_DIR=str(tmp_path)))
    kept = files_in(tmp_path)
    assert len(kept) >= 2, "machine code, and a program of XLA"
    contents = [path.read_bytes() for path in kept]
    for number, (path, content) in enumerate(zip(kept, contents, strict=True)):
        middle = len(content) // 2
        path.write_bytes(
            (content[:middle], b"", content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])[number % 3]
        )
    assert "replaced" in warning_in(run(JAXNEST_CACHE_DIR=str(tmp_path)))
    assert files_in(tmp_path) == kept
    assert all(len(path.read_bytes()) > 100 for path in kept)
    assert not told(run(JAXNEST_CACHE_DIR=str(tmp_path)))


@pytest.mark.slow
def test_an_intact_file_that_cannot_be_understood_is_replaced(tmp_path: Path) -> None:
    run(JAXNEST_CACHE_DIR=str(tmp_path))
    (path,) = tmp_path.glob("code/*total*")
    content = path.read_bytes()
    path.write_bytes(caching.hashlib.sha256(b"other").digest() + b"other")
    assert "replaced" in warning_in(run(JAXNEST_CACHE_DIR=str(tmp_path)))
    assert len(path.read_bytes()) == pytest.approx(len(content), rel=0.1)


def test_a_folder_that_cannot_be_made_is_replaced_by_a_temporary_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "tmp").mkdir()
    said = warning_in(run(JAXNEST_CACHE_DIR=str(tmp_path / "file" / "cache"), TMPDIR=str(tmp_path / "tmp")))
    assert "Not a directory" in said
    assert files_in(tmp_path / "tmp")
    (folder,) = (tmp_path / "tmp").iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs a file system that nobody can write to")
def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    warning_in(run(JAXNEST_CACHE_DIR="/proc/self", TMPDIR=str(tmp_path)))
    assert files_in(tmp_path)


def test_a_temporary_folder_that_others_can_write_to_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    spare = tmp_path / f"jaxnest-{os.getuid()}"
    spare.mkdir()
    spare.chmod(0o777)
    said = warning_in(run(JAXNEST_CACHE_DIR=str(tmp_path / "file"), TMPDIR=str(tmp_path)))
    assert "each process compiles anew" in said
    assert files_in(spare) == []


def test_without_a_home(tmp_path: Path) -> None:
    """A user whom the system does not know: `expanduser` returns what it was given."""
    unknown = "import os.path\nos.path.expanduser = lambda path: path\n"
    nowhere = {"JAXNEST_CACHE_DIR": None, "XDG_CACHE_HOME": None, "HOME": None}
    said = warning_in(run(unknown, TMPDIR=str(tmp_path), **nowhere))
    assert "no home directory" in said
    assert files_in(tmp_path)


def test_a_full_disk(tmp_path: Path) -> None:
    full = """
import errno, pathlib
write = pathlib.Path.write_bytes
def write_some(path, data):
    write(path, data[:100])
    raise OSError(errno.ENOSPC, "No space left on device")
pathlib.Path.write_bytes = write_some
"""
    assert "No space left on device" in warning_in(run(full, JAXNEST_CACHE_DIR=str(tmp_path)))
    assert files_in(tmp_path) == []


def test_no_more_is_kept_than_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "LARGEST", 250)
    for days in range(4):
        path = tmp_path / f"used_{days}_days_ago"
        path.write_bytes(bytes(100))
        age(path, days)
    caching.sweep(tmp_path)
    assert [path.name for path in files_in(tmp_path)] == ["used_0_days_ago", "used_1_days_ago"]


def test_what_nobody_uses_any_more_is_cleared(tmp_path: Path) -> None:
    """As after an upgrade: the first process that keeps something new clears what is old."""
    old, used = tmp_path / "code" / "old", tmp_path / "code" / "used"
    old.parent.mkdir()
    for path, days in ((old, caching.UNUSED_DAYS + 1), (used, 1)):
        path.write_bytes(b"")
        age(path, days)
    run(JAXNEST_CACHE_DIR=str(tmp_path))
    assert not old.exists()
    assert used.exists()


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "letter"
    mine.write_text("")
    os.utime(mine, (0.0, 0.0))
    run(JAXNEST_CACHE_DIR=str(tmp_path))
    assert mine.exists()


def test_reading_marks_as_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "cache_folder", lambda: tmp_path)
    caching.write("something", b"content")
    path = tmp_path / "code" / "something"
    os.utime(path, (0.0, 0.0))
    assert caching.read("something") == b"content"
    assert time.time() - path.stat().st_mtime < caching.DAY


def test_who_waits_is_told_once(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compile_time, "PATIENCE", 0.05)
    compilers = compile_time.Compilers()
    with compilers:
        time.sleep(0.1)
    assert capsys.readouterr().err == "", "loaded, not compiled"
    for _ in range(3):
        with compilers:
            compilers.found_nothing()
            time.sleep(0.1)
    assert capsys.readouterr().err == TOLD
    assert 0.4 <= compilers.seconds < 1.0
    compilers = compile_time.Compilers()
    compilers.quiet = True
    with compilers:
        compilers.found_nothing()
        time.sleep(0.1)
    assert capsys.readouterr().err == ""


def test_short_compilations_add_up(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compile_time, "PATIENCE", 0.2)
    compilers = compile_time.Compilers()
    for _ in range(4):
        with compilers:
            compilers.found_nothing()
            time.sleep(0.1)
    assert capsys.readouterr().err == TOLD
