"""The command `jaxnest-server`: starts, lists and stops servers."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import secrets
import signal
import socket
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from jaxnest.server.settings import PREFIX, Settings

USAGE = f"""\
usage: jaxnest-server <command> [options]

commands:
  start      run a server on a host and port
  stop       stop it
  restart    stop it and start it anew
  status     list the servers that are running
  log        show what a server says, and follow it
  pid        print the number of its process

options and their environment variables:
  -d            run in the background                       {PREFIX}DAEMON=1
  -h HOST       host or address [127.0.0.1]                 {PREFIX}HOST
  -o            show output here instead of in the log      {PREFIX}STDOUT=1
  -p PORT       port [52425]                                {PREFIX}PORT
  -t SECONDS    restart a process that is silent for longer {PREFIX}TIMEOUT
                [300]
  -w NUMBER     processes, each with its own network [1]    {PREFIX}WORKERS
  --help        print this text

What is allowed is said by environment variables, see docs/server.md:
  {PREFIX}ACCESS_TOKEN, {PREFIX}DISABLE_AUTH, {PREFIX}CORS_ORIGINS,
  {PREFIX}ENABLE_EXEC_CALL, {PREFIX}DISABLE_RESTRICTION, {PREFIX}MODULES
"""
TIMEOUT = 300
"""Seconds; the first simulation of a model may have to wait until it is compiled."""
_PATIENCE, _PAUSE = 30.0, 0.05
"""How many seconds a server may take to start or stop, and after how many it is looked at again."""


@final
@dataclass(frozen=True)
class Instance:
    """A server, running or not, by what it listens on.

    Attributes
    ----------
    socket
        Host and port.
    """

    socket: str

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"http://{self.socket}"

    @property
    def log(self) -> Path:
        """The file with what it says."""
        named = os.environ.get(f"{PREFIX}LOGFILE")
        return Path(named) if named else folder() / f"{self.socket}.log"

    @property
    def pid_file(self) -> Path:
        """The file with the number of its process."""
        return folder() / f"{self.socket}.pid"

    def lock(self) -> int | None:
        """Return the open file that a running server holds locked, None if it is running already."""
        import fcntl

        handle = os.open(folder() / f"{self.socket}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return handle

    def runs(self) -> bool:
        """Return whether it is running."""
        handle = self.lock()
        if handle is not None:
            os.close(handle)
        return handle is None

    def pid(self) -> int | None:
        """Return the number of its process, None if it is not running."""
        end = time.monotonic() + _PATIENCE
        while self.runs() and time.monotonic() < end:
            with contextlib.suppress(OSError, ValueError):
                return int(self.pid_file.read_text())
            time.sleep(_PAUSE)  # it is starting
        return None


def folder() -> Path:
    """Return the folder for files about servers, which only the user can read.

    Raises
    ------
    PermissionError
        If it belongs to somebody else.
    """
    path = Path(tempfile.gettempdir()) / f"jaxnest-server-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{path} has to belong to you, and to be closed to others")
    return path


def start(instance: Instance, options: argparse.Namespace) -> int:
    """Become the process of a server."""
    if importlib.util.find_spec("gunicorn") is None:
        return _refuse("gunicorn is not installed: pip install 'jaxnest[server]'")
    handle = instance.lock()
    if handle is None:
        print(f"NEST Server is already running at {instance.url}.")
        return 0
    reason = unavailable(options.host, options.port)
    if reason is not None:
        return _refuse(f"{instance.url} is not available: {reason}")
    print(f"NEST Server is now running at {instance.url}.")
    settings = Settings.of_environment()
    if settings.needs_token and not options.output:
        print(f"Its access token is in the log: jaxnest-server log -h {options.host} -p {options.port}")
    if not options.daemon:
        print("Use CTRL + C to stop this service.")
    if options.workers > 1:
        os.environ.setdefault(f"{PREFIX}ACCESS_TOKEN", secrets.token_hex(24))  # the same for all processes
    sys.stdout.flush()
    fresh = 0 if f"{PREFIX}LOGFILE" in os.environ else os.O_TRUNC
    os.close(os.open(instance.log, os.O_WRONLY | os.O_CREAT | fresh, 0o600))  # it has the access token
    os.set_inheritable(handle, True)
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *server_options(instance, options)])


def server_options(instance: Instance, options: argparse.Namespace) -> list[str]:
    """Return the command line of the server."""
    chosen = {
        "--bind": instance.socket,
        "--name": "jaxnest-server",
        "--pid": str(instance.pid_file),
        "--timeout": str(options.timeout),
        "--workers": str(options.workers),
        "--log-file": str(instance.log),
    }
    flags = [*(["--daemon"] if options.daemon else []), *([] if options.output else ["--capture-output"])]
    return ["jaxnest.server:app", *(word for pair in chosen.items() for word in pair), *flags]


def unavailable(host: str, port: int) -> str | None:
    """Return why nobody can listen on a host and port, None if one can."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except (OSError, OverflowError) as error:
        return getattr(error, "strerror", None) or str(error)
    return None


def stop(instance: Instance) -> int:
    """Stop a server and wait until it has gone."""
    pid = instance.pid()
    if pid is None:
        print(f"NEST Server is not running at {instance.url}.")
        return 1
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + _PATIENCE
    while instance.runs():
        if time.monotonic() > end:
            return _refuse(f"the server at {instance.url} (process {pid}) does not stop")
        time.sleep(_PAUSE)
    print(f"NEST Server running at {instance.url} has stopped.")
    return 0


def status() -> int:
    """List the servers that are running."""
    rows = [("PID", "HTTP-SOCKET", "LOGFILE")]
    for file in sorted(folder().glob("*.lock")):
        instance = Instance(file.stem)
        pid = instance.pid()
        if pid is not None:
            rows.append((str(pid), instance.socket, str(instance.log)))
    print("\n".join(f"{pid:<10}  {where:<22}  {log}" for pid, where, log in rows))
    return 0


def follow(instance: Instance) -> int:
    """Become a process that shows the log."""
    if not instance.log.exists():
        return _refuse(f"there is no log at {instance.log}")
    os.execvp("tail", ["tail", "-n", "+1", "-f", str(instance.log)])


def _parser() -> argparse.ArgumentParser:
    def number(name: str, default: int, allowed: range) -> dict[str, Any]:
        def checked(text: str) -> int:
            if not text.isdecimal() or int(text) not in allowed:
                raise argparse.ArgumentTypeError(f"{text!r} is no number from {allowed[0]} to {allowed[-1]}")
            return int(text)

        return {"type": checked, "default": os.environ.get(PREFIX + name, str(default))}

    usage = "jaxnest-server <command> [options]; 'jaxnest-server --help' explains them"
    parser = argparse.ArgumentParser("jaxnest-server", usage=usage, add_help=False)
    parser.add_argument("command", choices=("start", "stop", "restart", "status", "log", "pid"))
    in_background, shown = (os.environ.get(f"{PREFIX}{name}", "0") == "1" for name in ("DAEMON", "STDOUT"))
    parser.add_argument("-d", dest="daemon", action="store_true", default=in_background)
    parser.add_argument("-o", dest="output", action="store_true", default=shown)
    parser.add_argument("-h", dest="host", default=os.environ.get(f"{PREFIX}HOST", "127.0.0.1"))
    parser.add_argument("-p", dest="port", **number("PORT", 52425, range(1, 1 << 16)))
    parser.add_argument("-t", dest="timeout", **number("TIMEOUT", TIMEOUT, range(1 << 31)))
    parser.add_argument("-w", dest="workers", **number("WORKERS", 1, range(1, 1 << 16)))
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    if not words or "--help" in words:
        print(USAGE, end="")
        return 0
    if os.name != "posix":
        return _refuse("this command needs a POSIX system; elsewhere, let a WSGI server run jaxnest.server:app")
    options = _parser().parse_args(words)
    host = f"[{options.host}]" if ":" in options.host else options.host
    instance = Instance(f"{host}:{options.port}")
    try:
        return _run(instance, options)
    except PermissionError as error:
        return _refuse(str(error))


def _run(instance: Instance, options: argparse.Namespace) -> int:
    if options.command == "status":
        return status()
    if options.command == "log":
        return follow(instance)
    if options.command == "pid":
        pid = instance.pid()
        if pid is None:
            return 1
        print(pid)
        return 0
    if options.command in ("stop", "restart"):
        stopped = stop(instance)
        if options.command == "stop":
            return stopped
    return start(instance, options)


def _refuse(reason: str) -> int:
    print(f"jaxnest-server: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
