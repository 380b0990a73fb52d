"""Messages of the kernel and the level from which on they are shown."""

from __future__ import annotations

import enum
import sys
import time
from typing import final

from jaxnest.compile.compile_time import compilers


class VerbosityLevel(enum.IntEnum):
    """Importance of messages, from the most to the least talkative setting."""

    ALL = 0
    DEBUG = 5
    STATUS = 7
    INFO = 10
    PROGRESS = 15
    DEPRECATED = 18
    WARNING = 20
    ERROR = 30
    FATAL = 40
    QUIET = 100


@final
class _Settings:
    """What outlives ResetKernel: the level from which on messages are shown."""

    verbosity = VerbosityLevel.INFO


def verbosity() -> VerbosityLevel:
    """Return the level in force."""
    return _Settings.verbosity


def set_verbosity(level: VerbosityLevel) -> None:
    """Show messages of this level and more important ones only."""
    _Settings.verbosity = level
    compilers.quiet = level >= VerbosityLevel.QUIET


def log(level: VerbosityLevel, text: str, origin: str = "") -> None:
    """Print a message if it is important enough: warnings and errors to stderr, others to stdout, as in NEST.

    Parameters
    ----------
    level
        How important the message is.
    text
        The message.
    origin
        Where it comes from, for those who asked for debugging output; found out if not given.
    """
    shown = _Settings.verbosity
    if level < shown:
        return
    where = ""
    if shown <= VerbosityLevel.DEBUG:
        frame = sys._getframe(1)
        where = " " + (origin or f"{frame.f_code.co_filename}:{frame.f_lineno} @ {frame.f_code.co_name}")
    stream = sys.stdout if level < VerbosityLevel.WARNING else sys.stderr
    stream.write(f"[{level.name}] [{time.strftime('%Y-%m-%d %H:%M:%S')}{where}] {text}\n")
