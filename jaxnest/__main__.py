"""Run PyNEST scripts on jaxnest: `python -m jaxnest script.py`, or the command `jaxnest`."""

from __future__ import annotations

import builtins
import importlib.metadata
import os
import runpy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType, TracebackType
from typing import Any, final

from jaxnest import alias
from jaxnest._version import __version__

BACKENDS = ("native", "jax")
BACKEND_VARIABLE = "JAXNEST_BACKEND"
USAGE = """\
usage: jaxnest [--backend {native,jax}] script.py [arguments]
       jaxnest [--backend {native,jax}] -m module [arguments]
       jaxnest [--backend {native,jax}] -c code [arguments]
       jaxnest warm-up [models]

Runs a Python script as Python does, with 'nest' being jaxnest: scripts that say
'import nest' run without a changed line.

  --backend native  compiled loops on the CPU, with NEST's last digit (default)
  --backend jax     array operations on JAX's default device, a GPU where there is one
  warm-up           compile models in advance, by default all
  --version         print versions and exit
  --help            print this text and exit
"""


class UsageError(Exception):
    """The command line makes no sense."""


@final
@dataclass(frozen=True)
class Command:
    """What the command line asks for."""

    kind: str
    """``script``, ``-m``, ``-c``, ``warm-up``, ``help`` or ``version``."""
    what: str = ""
    arguments: tuple[str, ...] = ()
    backend: str | None = None


def parse(arguments: list[str]) -> Command:
    """Read the command line up to the script's name; the rest is the script's own.

    Raises
    ------
    UsageError
        If an option is unknown or incomplete, or nothing is to be run.
    """
    rest = list(arguments)
    backend = None
    while rest:
        word = rest.pop(0)
        if word in ("-h", "--help"):
            return Command("help")
        if word in ("-V", "--version"):
            return Command("version")
        if word == "warm-up":
            return Command("warm-up", arguments=tuple(rest), backend=backend)
        option, _, value = word.partition("=")
        if option == "--backend":
            backend = value or _next(rest, option)
            if backend not in BACKENDS:
                raise UsageError(f"--backend is one of {', '.join(BACKENDS)}, not '{backend}'")
        elif word in ("-m", "-c"):
            return Command(word, _next(rest, word), tuple(rest), backend)
        elif word.startswith("-") and word != "-":
            raise UsageError(f"unknown option {word}")
        else:
            return Command("script", word, tuple(rest), backend)
    raise UsageError("no script given")


def _next(rest: list[str], option: str) -> str:
    if not rest:
        raise UsageError(f"{option} needs a value")
    return rest.pop(0)


def run(command: Command) -> None:
    """Run a script, module or piece of code in a fresh `__main__`, as Python would."""
    alias.install()
    if command.kind == "-m":
        sys.argv = [command.what, *command.arguments]
        sys.path[0] = os.getcwd()
        runpy.run_module(command.what, run_name="__main__", alter_sys=True)
        return
    sys.argv = ["-c" if command.kind == "-c" else command.what, *command.arguments]
    if command.kind == "-c":
        sys.path[0] = ""
        _execute(command.what, "<string>", {})
    elif command.what == "-":
        sys.path[0] = ""
        _execute(sys.stdin.read(), "<stdin>", {"__file__": "<stdin>"})
    else:
        _run_file(command.what)


def _run_file(path: str) -> None:
    if os.path.isdir(path):
        sys.path[0] = path
        path = os.path.join(path, "__main__.py")
    else:
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        raise UsageError(f"can't open file '{os.path.abspath(path)}': {error.strerror}") from None
    _execute(source, path, {"__file__": os.path.abspath(path), "__cached__": None})


def _execute(source: str | bytes, filename: str, names: dict[str, Any]) -> None:
    module = ModuleType("__main__")
    vars(module).update(names, __builtins__=builtins)
    sys.modules["__main__"] = module
    exec(compile(source, filename, "exec"), vars(module))


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    try:
        command = parse(sys.argv[1:] if arguments is None else arguments)
    except UsageError as error:
        return _refuse(error)
    if command.kind == "help":
        print(USAGE, end="")
    elif command.kind == "version":
        print(_versions())
    else:
        if command.backend is not None:
            os.environ[BACKEND_VARIABLE] = command.backend
        if command.kind == "warm-up":
            from jaxnest import warm_up

            return warm_up.main(command.arguments)
        return _guarded(lambda: run(command))
    return 0


def _refuse(error: UsageError) -> int:
    print(f"jaxnest: {error}\n'jaxnest --help' explains the command line", file=sys.stderr)
    return 2


def _guarded(job: Callable[[], None]) -> int:
    """Run `job`; tracebacks do not show the frames of this file."""
    try:
        job()
    except UsageError as error:
        return _refuse(error)
    except SystemExit:
        raise
    except BaseException as error:
        error.__traceback__ = _script_part(error.__traceback__)
        sys.excepthook(type(error), error, error.__traceback__)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _script_part(traceback: TracebackType | None) -> TracebackType | None:
    while traceback is not None and traceback.tb_frame.f_code.co_filename == __file__:
        traceback = traceback.tb_next
    return traceback


def _versions() -> str:
    others = (f"{name} {importlib.metadata.version(name)}" for name in ("jax", "jaxlib", "numba"))
    return ", ".join((f"jaxnest {__version__}", *others))


if __name__ == "__main__":
    sys.exit(main())
