"""The command starts and stops servers that answer."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jaxnest.server import command

pytestmark = pytest.mark.skipif(
    os.name != "posix" or any(importlib.util.find_spec(name) is None for name in ("flask", "flask_cors", "gunicorn")),
    reason="needs a POSIX system, Flask and gunicorn",
)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A folder for files about servers of its own, a token, and scripts."""
    others = {key: value for key, value in os.environ.items() if not key.startswith("NEST_SERVER")}
    mine = {"TMPDIR": str(tmp_path), "NEST_SERVER_ACCESS_TOKEN": "token", "NEST_SERVER_ENABLE_EXEC_CALL": "1"}
    return others | mine | {"HOME": str(tmp_path)}


@pytest.fixture
def port(environment: dict[str, str]) -> Iterator[int]:
    """A free port, whose server is stopped in the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    yield number
    run(environment, "stop", "-p", str(number))


def run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "jaxnest.server.command", *words]
    return subprocess.run(line, env=environment, capture_output=True, text=True, timeout=120, check=False)


def ask(port: int, address: str, content: Any = None, token: str = "token") -> Any:
    headers = {"NESTServerAuth": token} | ({} if content is None else {"Content-Type": "application/json"})
    data = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{address}", data, headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def wait(port: int) -> None:
    end = time.monotonic() + 120
    while True:
        try:
            assert ask(port, "/") == {"mpi": False, "nest": "3.10.0"}
            return
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < end
            time.sleep(0.1)


@pytest.mark.slow
def test_a_server_is_started_asked_and_stopped(environment: dict[str, str], port: int) -> None:
    where = ("-p", str(port))
    assert run(environment, "stop", *where).returncode == 1
    assert run(environment, "pid", *where).returncode == 1
    started = run(environment, "start", "-d", *where)
    assert (started.returncode, started.stderr) == (0, "")
    assert f"NEST Server is now running at http://127.0.0.1:{port}." in started.stdout
    wait(port)
    again = run(environment, "start", *where)
    assert (again.returncode, again.stdout) == (0, f"NEST Server is already running at http://127.0.0.1:{port}.\n")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        ask(port, "/", token="other")
    assert ask(port, "/api/Create", {"model": "iaf_psc_alpha", "n": 3}) == [1, 2, 3]
    assert ask(port, "/api/GetKernelStatus", {"keys": ["network_size", "resolution"]}) == [3, 0.1]
    script = {"source": "import nest\nx = nest.GetDefaults('iaf_psc_alpha', 'C_m')", "return": ["x"]}
    assert ask(port, "/exec", script) == {"data": {"x": 250.0}}
    pid = run(environment, "pid", *where).stdout.strip()
    listed = run(environment, "status").stdout.splitlines()
    assert [line.split() for line in listed[1:]] == [[pid, f"127.0.0.1:{port}", log_of(environment, port)]]
    log = Path(log_of(environment, port))
    assert "Access token to NEST Server: token" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0
    stopped = run(environment, "stop", *where)
    assert (stopped.returncode, stopped.stdout) == (0, f"NEST Server running at http://127.0.0.1:{port} has stopped.\n")
    assert len(run(environment, "status").stdout.splitlines()) == 1
    with pytest.raises(urllib.error.URLError):
        ask(port, "/")


def log_of(environment: dict[str, str], port: int) -> str:
    return f"{environment['TMPDIR']}/jaxnest-server-{os.getuid()}/127.0.0.1:{port}.log"


def test_ports_in_use_are_refused(environment: dict[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        refused = run(environment, "start", "-p", str(other.getsockname()[1]))
    assert refused.returncode == 1
    assert "is not available: Address already in use" in refused.stderr


def test_folders_of_others_are_refused(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / f"jaxnest-server-{os.getuid()}").mkdir(mode=0o755)
    refused = run(environment, "status")
    assert refused.returncode == 1
    assert "closed to others" in refused.stderr


@pytest.mark.parametrize(
    "words", [["fly"], ["start", "-p", "70000"], ["start", "-p", "x"], ["start", "-w", "0"], ["-d"]]
)
def test_wrong_command_lines(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(words)
    assert ended.value.code == 2
    assert "--help" in capsys.readouterr().err


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([]) == command.main(["start", "--help"]) == 0
    assert capsys.readouterr().out == command.USAGE * 2


def test_options_come_from_command_line_and_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setenv("NEST_SERVER_PORT", "5000")
    monkeypatch.setenv("NEST_SERVER_STDOUT", "1")
    options = command._parser().parse_args(["start", "-h", "::1", "-t", "20", "-w", "3", "-d"])
    line = command.server_options(command.Instance("[::1]:5000"), options)
    assert line[0] == "jaxnest.server:app"
    assert " ".join(line).startswith("jaxnest.server:app --bind [::1]:5000 ")
    assert "--timeout 20 --workers 3" in " ".join(line)
    assert line[-1] == "--daemon"
    assert "--capture-output" not in line
    assert (options.host, options.port) == ("::1", 5000)
    monkeypatch.setenv("NEST_SERVER_LOGFILE", "/somewhere/log")
    assert str(command.Instance("a:1").log) == "/somewhere/log"
