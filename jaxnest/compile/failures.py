"""Errors inside compiled functions that foreign code calls: they are kept, and raised where Python called.

Nothing can be raised through machine code that calls other machine code by its address. Such a function ends at
once, its error is kept here with what it was about, and `FAILED` tells loops to stop.
"""

from __future__ import annotations

import threading
import traceback
from pathlib import Path
from typing import NoReturn, final

import numpy as np

from jaxnest import errors

FAILED = np.zeros(1, np.int64)
"""Whether errors are kept; compiled loops read it now and then, Python after each call of compiled code."""


@final
class AsInNest(Exception):
    """What compiled functions raise in the place of an error of NEST, whose name and text it has."""


_STANDARD_LIBRARY = Path(threading.__file__).parent
_PACKAGE = Path(errors.__file__).parent
_lock = threading.Lock()
_kept: list[tuple[str, BaseException, tuple[str, int] | None]] = []


def keep(subject: str, error: BaseException, place: tuple[str, int] | None = None) -> None:
    """Keep an error.

    Parameters
    ----------
    subject
        Whose code failed, the name of a model or of a function.
    error
        The error.
    place
        File and line in which compiled code has raised it.
    """
    with _lock:
        _kept.append((subject, error, place))
        FAILED[0] = 1


def raise_kept() -> NoReturn:
    """Raise the first of the errors that are kept, and forget them.

    Raises
    ------
    KernelException
        The error of NEST for which `AsInNest` stands, otherwise one with the error as its cause.
    """
    with _lock:
        subject, error, place = _kept[0]
        _kept.clear()
        FAILED[0] = 0
    if isinstance(error, AsInNest):
        raise getattr(errors, error.args[0])(error.args[1])
    raise described(f"Compiled code of {subject}", error, place) from error


def described(subject: str, error: BaseException, place: tuple[str, int] | None = None) -> errors.KernelException:
    """Return the error that says where code of a script has failed, and why.

    Parameters
    ----------
    subject
        Whose code this is, with a capital letter.
    error
        What it has raised.
    place
        File and line in which compiled code has raised it.
    """
    text = str(error).split('\nFile "')[0].rstrip()  # numba says where it is written in numba
    said = f"{type(error).__name__}{f': {text}' if text else ''}"
    return errors.KernelException(f"{subject} failed{_place(error, place)}: {said}")


def _place(error: BaseException, raised: tuple[str, int] | None) -> str:
    """Return the innermost line of a script that led to an error."""
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    for name, line in reversed(places + ([raised] if raised else [])):
        file = Path(name)
        theirs = {"numba", "llvmlite"} & set(file.parts) or file.parent == _STANDARD_LIBRARY
        if file.is_file() and not theirs and not file.is_relative_to(_PACKAGE):
            return f" at {name}:{line}"
    return ""
