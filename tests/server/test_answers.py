"""The server answers as NEST's does; where NEST's fails itself, it says what is wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import jaxnest as nest
from nest_reference.server_requests import SETTINGS, answers

pytest.importorskip("flask")
pytest.importorskip("RestrictedPython")

from jaxnest.server.application import create_app
from jaxnest.server.settings import Settings

RECORDED = json.loads((Path(__file__).parents[2] / "nest_reference" / "server" / "answers.json").read_text())
MESSAGE = re.compile(r"(\w+)( \(NESTError\))?( at line (\d+))?: ")


def kind_and_line(answer: dict[str, Any]) -> tuple[str, int | None]:
    """Return the class of an error, and the line of the script where it was."""
    content, sent = answer["content"], answer["request"][2]
    found = MESSAGE.match(content["message"])
    assert found is not None, content
    line = content.get("lineNumber")
    assert found[4] == (None if line is None else str(line))
    script = sent["source"] if answer["request"][1] == "/exec" else ""
    return found[1], line if line is not None and line <= len(script.splitlines()) else None


@pytest.mark.parametrize("group", SETTINGS)
def test_answers_are_those_of_nest(group: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS[group].items():
        monkeypatch.setenv(name, value)
    found = answers(create_app(Settings.of_environment()), group)
    for mine, expected in zip(found, RECORDED[group], strict=True):
        assert mine["request"] == expected["request"]
        if expected["status"] == 500:
            assert (mine["status"], mine["type"]) == (400, "application/json"), mine
            kind_and_line(mine)
            continue
        assert (mine["status"], mine["type"]) == (expected["status"], expected["type"]), mine
        if expected["status"] == 400 and expected["type"] == "application/json":
            (kind, line), (nests, nests_line) = kind_and_line(mine), kind_and_line(expected)
            assert kind == nests, mine
            assert nests_line in (None, line), mine
            assert "lineNumber" in mine["content"], mine
        else:
            assert json.dumps(mine["content"]) == json.dumps(expected["content"]), mine["request"]


def test_errors_of_the_kernel_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEST_SERVER_ENABLE_EXEC_CALL", "1")
    client = create_app(Settings(token="", needs_token=False, runs_scripts=True)).test_client()
    answer = client.post("/exec", json={"source": "\nnest.Create('iaf_psc_alhpa')"})
    assert answer.status_code == 400
    text = "UnknownModelName (NESTError) at line 2: iaf_psc_alhpa is not a known model name."
    assert answer.json == {"lineNumber": 2, "message": f"{text} Did you mean 'iaf_psc_alpha'?"}
    answer = client.post("/api/Create", json=["iaf_psc_alpha", 1, {"C_m": -1.0}])
    assert answer.json is not None
    assert answer.json["message"].startswith("BadProperty (NESTError) at line ")


def test_scripts_that_exit_do_not_take_the_server_with_them() -> None:
    client = create_app(Settings(token="", needs_token=False, runs_scripts=True)).test_client()
    answer = client.post("/exec", json={"source": "raise SystemExit(3)"})
    assert answer.json == {"lineNumber": 1, "message": "SystemExit at line 1: 3"}
    assert client.get("/").json == {"mpi": False, "nest": "3.10.0"}


def test_the_list_of_calls_is_that_of_nest() -> None:
    client = create_app(Settings(token="", needs_token=False)).test_client()
    assert client.get("/api").json == sorted(name for name in dir(nest) if not name.startswith("_"))
