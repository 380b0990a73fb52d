"""What is kept between processes: machine code and programs of XLA, in files below one folder.

The folder may be missing, full, damaged or somebody else's: then there is one warning, and things are compiled again.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import pathlib
import re
import stat
import sys
import threading
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import final

LARGEST = 1 << 29
"""Bytes that all files together may have; those that were not used for longest are removed."""
UNUSED_DAYS = 14.0
"""Files that were not used for so long are removed: after an upgrade nobody uses the old ones."""
DAY = 86400.0
CHECKSUM_BYTES = hashlib.sha256().digest_size
VARIABLE = "JAXNEST_CACHE_DIR"
PATIENCE = 120.0
"""Seconds to wait for another process that makes the same file."""
LOOK_AGAIN = 0.005
"""Seconds after which to look whether it has."""


@final
class _State:
    """What this process found out about the folder."""

    may_write = True
    swept = False


@functools.cache
def cache_folder() -> pathlib.Path | None:
    """Return the folder for compiled code: `JAXNEST_CACHE_DIR`, else below ``~/.cache``, else a temporary one.

    None if there is none that can be written to.
    """
    wanted = _wanted_folder()
    problem = _problem(wanted) if wanted else "there is no home directory"
    if wanted and not problem:
        return wanted
    spare = _spare_folder()
    instead = f"is kept in {spare} instead" if spare else "is not kept: each process compiles anew"
    _warn(f"Compiled code cannot be kept{f' in {wanted}' if wanted else ''} ({problem}). It {instead}.")
    return spare


def _wanted_folder() -> pathlib.Path | None:
    if os.environ.get(VARIABLE):
        return pathlib.Path(os.environ[VARIABLE]).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return None if base.startswith("~") else pathlib.Path(base).absolute() / "jaxnest"


def _problem(folder: pathlib.Path) -> str:
    """Return why there can be no files in a folder, which is made if need be; empty if there can be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial = folder / f"{os.getpid()}.{threading.get_ident()}.tmp"
        trial.touch(exist_ok=False)
        trial.unlink()
        return ""
    except OSError as error:
        return error.strerror or str(error)


def _spare_folder() -> pathlib.Path | None:
    """Return a temporary folder that nobody else can write to: what lies there is run."""
    import tempfile

    user = os.getuid() if hasattr(os, "getuid") else "user"
    try:
        folder = pathlib.Path(tempfile.gettempdir()) / f"jaxnest-{user}"
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    others = hasattr(os, "getuid") and (found.st_uid != user or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
    return None if others or not stat.S_ISDIR(found.st_mode) or _problem(folder) else folder


@functools.cache
def _warn(text: str) -> None:
    warnings.warn(f"{text} {VARIABLE} names another folder.", RuntimeWarning, stacklevel=2)


def file_name(readable: str, key: object) -> str:
    """Return the name of a file: something readable, and a hash of all that its content depends on."""
    return f"{re.sub(r'[^A-Za-z0-9_.]+', '-', readable)[-80:]}-{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}"


def read(name: str) -> bytes | None:
    """Return what was kept under a name, or None if there is nothing, or nothing intact."""
    folder = cache_folder()
    if folder is None:
        return None
    path = folder / "code" / name
    try:
        stored = path.read_bytes()
        if time.time() - path.stat().st_mtime > DAY:
            os.utime(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        _warn(f"Compiled code in {folder} cannot be read ({error.strerror or error}); it is compiled again.")
        return None
    if hashlib.sha256(stored[CHECKSUM_BYTES:]).digest() != stored[:CHECKSUM_BYTES]:
        damaged(folder)
        return None
    return stored[CHECKSUM_BYTES:]


def damaged(folder: pathlib.Path | None = None) -> None:
    """Say that something that was kept is unusable."""
    _warn(f"Damaged files in {folder or cache_folder()} are replaced: what they held is compiled again.")


def write(name: str, content: bytes) -> None:
    """Keep something under a name, if that is possible."""
    folder = cache_folder()
    if folder is None or not _State.may_write:
        return
    path = folder / "code" / name
    temporary = path.with_name(f"{name}.{os.getpid()}.{threading.get_ident()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not _State.swept:
            _State.swept = True
            sweep(path.parent)
        temporary.write_bytes(hashlib.sha256(content).digest() + content)
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        _State.may_write = False
        _warn(f"Compiled code cannot be kept in {folder} ({error.strerror or error}): the next process compiles anew.")


@contextlib.contextmanager
def alone_with(name: str, patience: float = PATIENCE) -> Iterator[bool]:
    """Keep other processes from making what is kept under a name, too; one that ends lets others go on.

    Parameters
    ----------
    patience
        Seconds to wait for another process that is at it.

    Yields
    ------
    bool
        Whether no other process is at it; True as well where processes cannot know of each other.
    """
    lock = _lock(name)
    if lock is None:
        yield True
        return
    path, handle = lock
    until, mine = time.monotonic() + patience, False
    try:
        while not (mine := _taken(handle)) and time.monotonic() < until:
            time.sleep(LOOK_AGAIN)
        yield mine
    finally:
        if mine:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        os.close(handle)


def _lock(name: str) -> tuple[pathlib.Path, int] | None:
    """Return the file by which processes know who makes what is kept under a name, open."""
    folder = cache_folder()
    if sys.platform == "win32" or folder is None or not _State.may_write:
        return None
    path = folder / "code" / f"{name}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return None


def _taken(handle: int) -> bool:
    import fcntl  # which Windows does not have

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        pass
    return True


def may_be_read_by_others() -> bool:
    """Return whether other processes find what this one keeps."""
    return cache_folder() is not None and _State.may_write


def sweep(folder: pathlib.Path) -> None:
    """Remove files that were not used for long, and so many that the rest is no larger than allowed."""
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                found.append((status.st_mtime, status.st_size, entry.path))
    oldest, total = time.time() - UNUSED_DAYS * DAY, 0
    for used, size, path in sorted(found, reverse=True):
        total += size
        if used < oldest or total > LARGEST:
            with contextlib.suppress(OSError):
                os.unlink(path)


# -- what compiled code depends on ---------------------------------------------------------------------

PACKAGE = pathlib.Path(__file__).parent.parent
_IMPORT = re.compile(r"^[ \t]*from[ \t]+(jaxnest[.\w]*|\.[.\w]*)[ \t]+import[ \t]+(\([^)]*\)|.*)$", re.MULTILINE)
_ASIDE = re.compile(r"#[^\n]*|\bas\s+\w+")


def digest_of_files(files: Iterable[str], package: pathlib.Path = PACKAGE) -> str:
    """Return a hash of source files and of all files of the package that they import, directly or not.

    A compiled function contains those that it calls, from other files too. So it is valid as long as none of them
    changes.
    """
    described = [(file.removeprefix(f"{package}{os.sep}"), _hash(file)) for file in sources(files, package)]
    return hashlib.sha256(repr(described).encode()).hexdigest()[:16]


def sources(files: Iterable[str], package: pathlib.Path = PACKAGE) -> list[str]:
    """Return source files and all files of the package that they import, directly or not."""
    reached, left = set[str](), [os.path.abspath(file) for file in files]
    while left:
        file = left.pop()
        if file not in reached:
            reached.add(file)
            left += _imported(package, file)
    return sorted(reached)


@functools.cache
def digest_of_file(file: str) -> str:
    """Return the hash for one file."""
    return digest_of_files([file])


def digest_of_text(text: str) -> str:
    """Return a hash of source text and of all files of the package that it imports, directly or not."""
    return hashlib.sha256(f"{digest_of_files(imports_of(text))}{text}".encode()).hexdigest()[:16]


@functools.cache
def _content(file: str) -> bytes:
    return pathlib.Path(file).read_bytes()


@functools.cache
def _hash(file: str) -> str:
    return hashlib.sha256(_content(file)).hexdigest()


@functools.cache
def _imported(package: pathlib.Path, file: str) -> list[str]:
    if not file.startswith(f"{package}{os.sep}"):
        return []
    return imports_of(_content(file).decode(), os.path.relpath(file, package).split(os.sep)[:-1], package)


def imports_of(text: str, folder: Sequence[str] = (), package: pathlib.Path = PACKAGE) -> list[str]:
    """Return the files of the package that source text imports; it lies in a folder of the package, or nowhere."""
    modules, found = _modules(package), []
    for module, names in _IMPORT.findall(text):
        below = module.lstrip(".")
        up = len(module) - len(below)
        parts = (*folder[: len(folder) - up + 1], below) if up else (below.partition(".")[2],)
        start = "".join(f"{part}." for part in parts if part)
        for name in re.findall(r"\w+", _ASIDE.sub("", names)):
            file = modules.get(start + name) or modules.get(start[:-1])
            if file:
                found.append(file)
    return found


@functools.cache
def _modules(package: pathlib.Path) -> dict[str, str]:
    """Return the files of the modules of a package by their names inside it; the package itself does not count."""
    files = {}
    for folder, _, names in os.walk(package):
        inside = "".join(f"{part}." for part in os.path.relpath(folder, package).split(os.sep) if part != ".")
        for name in names:
            if name.endswith(".py") and (inside or name != "__init__.py"):
                module = inside[:-1] if name == "__init__.py" else inside + name[:-3]
                files[module] = os.path.join(folder, name)
    return files
