"""What goes wrong in a request, as the client is told."""

from __future__ import annotations

import re
import traceback
from typing import Any, final

from jaxnest import errors

SCRIPT = "<script>"
"""The name of a client's script as a file."""
_AT_THE_OUTSIDE = (errors.KernelException, KeyError, SyntaxError, TypeError, ValueError)
"""Errors that are told with the first line of the script that led to them, as by NEST; others with the last one."""


@final
class Problem(Exception):
    """What a request could not do.

    Parameters
    ----------
    message
        The text.
    line
        Line of the script, or of the code that called the function, if there is any.
    """

    status = 400
    """The status of the answer."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line

    def content(self) -> dict[str, Any]:
        """Return the answer."""
        return {"message": self.message} | ({} if self.line is None else {"lineNumber": self.line})


def problem_of(error: BaseException) -> Problem:
    """Return what to tell about an error of a script or a function."""
    if isinstance(error, Problem):
        return error
    kind = f"{type(error).__name__} (NESTError)" if isinstance(error, errors.KernelException) else type(error).__name__
    detail, line = error.args[0] if error.args else "", getattr(error, "lineno", None)
    if isinstance(detail, tuple):  # what RestrictedPython finds, as one text for each mistake
        found = re.match(r"Line (\d+): (?:SyntaxError: )?(.*)", str(detail[0]), re.DOTALL)
        line, detail = (int(found[1]), found[2]) if found else (None, detail[0])
    elif line is None:
        line = _line(error)
    return Problem(f"{kind}: {detail}" if line is None else f"{kind} at line {line}: {detail}", line)


def _line(error: BaseException) -> int | None:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame.lineno for frame in frames if frame.filename == SCRIPT] or [frame.lineno for frame in frames]
    if not own:
        return None
    return own[0] if isinstance(error, _AT_THE_OUTSIDE) else own[-1]
