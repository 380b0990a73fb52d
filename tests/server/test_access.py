"""Who may ask, what scripts may do, and what the settings say."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import jaxnest as nest
from jaxnest import server

pytest.importorskip("flask")
pytest.importorskip("RestrictedPython")

from jaxnest.server.application import banner, create_app
from jaxnest.server.problems import Problem
from jaxnest.server.scripts import do_exec
from jaxnest.server.settings import Settings

OPEN = Settings(token="", needs_token=False)


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_TOKEN", "DISABLE_AUTH", "CORS_ORIGINS", "ENABLE_EXEC_CALL", "DISABLE_RESTRICTION", "MODULES"):
        monkeypatch.delenv(f"NEST_SERVER_{name}", raising=False)


def test_everything_is_closed_by_default() -> None:
    settings = Settings.of_environment()
    assert len(settings.token) == 48
    assert settings.token != Settings.of_environment().token
    assert (settings.needs_token, settings.runs_scripts, settings.restricts_scripts) == (True, False, True)
    assert settings.risks() == []
    client = create_app(settings).test_client()
    for address in ("/", "/auth", "/api", "/api/Create", "/exec", "/nowhere"):
        assert client.get(address).status_code == client.post(address).status_code == 403
        assert client.get(address, headers={"NESTServerAuth": settings.token[:-1]}).status_code == 403
        assert client.get(address, headers={"NESTServerAuth": "ä"}).status_code == 403
    headers = {"NESTServerAuth": settings.token}
    assert client.get("/auth", headers=headers).json == {"authorized": True}
    assert client.post("/exec", json={"source": "x = 1"}, headers=headers).status_code == 403


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"ACCESS_TOKEN": "abc", "DISABLE_AUTH": "yes", "CORS_ORIGINS": "*,http://a:*", "ENABLE_EXEC_CALL": "True"}
    for name, value in {**values, "DISABLE_RESTRICTION": "t", "MODULES": "import math"}.items():
        monkeypatch.setenv(f"NEST_SERVER_{name}", value)
    settings = Settings.of_environment()
    assert settings == Settings("abc", False, ("*", "http://a:*"), True, False, "import math")
    assert [risk.partition(":")[0] for risk in settings.risks()] == ["AUTH", "CORS", "EXEC CALL", "RESTRICTION"]
    assert all(risk in banner(settings) for risk in settings.risks())
    assert "abc" not in banner(settings)
    assert "Access token to NEST Server: x" in banner(Settings("x"))
    monkeypatch.setenv("NEST_SERVER_DISABLE_AUTH", "no")
    assert Settings.of_environment().needs_token


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        (None, "http://localhost:8000", True),
        (None, "http://127.0.0.1:54286", True),
        (None, "http://localhost", True),
        (None, "http://localhost.evil.org", False),
        (None, "http://localhost:80.evil.org", False),
        (None, "https://nest.org", False),
        (("http://my.org:*", "https://your.org"), "https://your.org", True),
        (("http://my.org:*", "https://your.org"), "http://my.org:5", True),
        (("http://my.org:*", "https://your.org"), "http://myxorg:5", False),
        (("https://*.lab.org",), "https://a.lab.org", True),
        (("https://*.lab.org",), "https://evil.org/.lab.org", False),
        (("*",), "http://anything", True),
    ],
)
def test_pages_of_some_origins_may_ask(origins: tuple[str, ...] | None, origin: str, allowed: bool) -> None:
    settings = OPEN if origins is None else Settings("", needs_token=False, origins=origins)
    client = create_app(settings).test_client()
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    for answer in (client.get("/", headers=headers), client.options("/exec", headers=headers)):
        assert answer.status_code == 200
        assert answer.headers.get("Access-Control-Allow-Origin") in ((origin, "*") if allowed else (None,))


def test_browsers_may_send_the_token() -> None:
    client = create_app(Settings("token")).test_client()
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,nestserverauth"}
    answer = client.options("/api/Create", headers={"Origin": "http://localhost:8000", **asked})
    assert answer.status_code == 200
    assert "nestserverauth" in answer.headers["Access-Control-Allow-Headers"].lower()


def test_only_what_nest_has_can_be_called() -> None:
    client = create_app(OPEN).test_client()
    for name in ("sys", "importlib", "set_streams_provider", "errors", "_kernel"):
        answer = client.get(f"/api/{name}")
        assert answer.status_code == 400
        assert answer.json is not None
        assert "AttributeError" in answer.json["message"]
    assert client.get("/api/compute_backend").json == "native"


def ran(source: str, names: Any = "x", **settings: Any) -> Any:
    return do_exec([], {"source": source, "return": names}, Settings("", **settings))["data"]


@pytest.mark.parametrize(
    "source",
    [
        "nest.sys",
        "nest.importlib",
        "nest.ll_api.sys",
        "nest.ll_api.nestkernel",
        "nest.raster_plot.np",
        "nest.raster_plot.needed('os', '')",
        "nest.random.errors",
        "nest.server.app",
        "nest.NESTErrors.builtins",
        "nest.Create.__globals__",
        "nest._kernel",
        "open('file')",
        "__import__('os')",
    ],
)
def test_restricted_scripts_stay_inside(source: str) -> None:
    with pytest.raises(Problem):
        ran(f"x = {source}")


def test_restricted_scripts_have_what_they_need() -> None:
    assert ran("x = nest.spatial.grid([2, 2]).shape") == [2, 2]
    assert ran("x = nest.math.exp(nest.CreateParameter('constant', {'value': 0.0})).GetValue()") == 1.0
    assert ran("try:\n    nest.Create('no')\nexcept nest.NESTErrors.UnknownModelName:\n    x = 1") == 1
    assert ran("x = np.random.default_rng(5).integers(1)", modules="import numpy as np") == 0
    assert ran("imported = 1\nfrom_here = 2\nx = imported + from_here") == 3
    with pytest.raises(Problem, match="no access to 'codecs'"):
        ran("x = json.codecs", modules="import json")
    with pytest.raises(Problem, match="AttributeError at line 1: .*Did you mean 'Create'"):
        ran("x = nest.Crate")


def test_scripts_without_restrictions() -> None:
    assert ran("import os\nx = os.getpid() > 0", restricts_scripts=False)
    assert ran("x = nest.sys.byteorder", restricts_scripts=False) == sys.byteorder
    answer = do_exec([], {"source": "print('a')\nprint()\nprint('b')"}, Settings("", restricts_scripts=False))
    assert answer == {"stdout": "a\n\nb"}


@pytest.mark.parametrize(
    ("modules", "error"),
    [("nest, numpy (", SyntaxError), ("import no_such_module", ImportError), ("from math import no_such", ImportError)],
)
def test_wrong_modules_are_a_matter_of_the_server(modules: str, error: type[Exception]) -> None:
    settings = Settings("", needs_token=False, runs_scripts=True, modules=modules)
    with pytest.raises(error):
        do_exec([], {"source": "x = 1"}, settings)
    assert create_app(settings).test_client().post("/exec", json={"source": "x = 1"}).status_code == 500


def test_modules_are_named_as_imports_do() -> None:
    modules = "import nest; import numpy as np; import os.path; from numpy import random as r, pi; from nest import lib"
    found = Settings("", modules=modules).namespace()
    assert set(found) == {"nest", "np", "os.path", "r", "pi", "lib"}
    assert (found["nest"], found["lib"].__name__) == (nest, "jaxnest.lib")


def test_names_of_the_module_are_those_of_nest(capsys: pytest.CaptureFixture[str]) -> None:
    from jaxnest.server import hl_api_server

    assert nest.server is server
    assert server.hl_api_server is hl_api_server
    app = server.app
    assert "Access token to NEST Server" in capsys.readouterr().out
    assert app is server.app is hl_api_server.app
    for name in ("do_exec", "set_mpi_comm", "run_mpi_app", "nestify"):
        assert getattr(server, name) is getattr(hl_api_server, name)
    with pytest.raises(AttributeError, match="Did you mean 'do_exec'"):
        _ = server.do_exce
    server.set_mpi_comm(None)
    with pytest.raises(nest.NESTErrors.NotImplemented, match="single process"):
        server.set_mpi_comm(object())
    nest.Create("iaf_psc_alpha", 2)
    function, args, kwargs = server.nestify("Connect", [[1], [2]], {"post": [1, 2]})
    assert function is nest.Connect
    assert args == [nest.NodeCollection([1]), nest.NodeCollection([2])]
    assert kwargs == {"post": nest.NodeCollection([1, 2])}


def test_importing_does_not_need_flask() -> None:
    code = "import sys; sys.modules['flask'] = None; import jaxnest; jaxnest.server\n"
    code += "assert hasattr(jaxnest, 'server')\ntry:\n    jaxnest.server.app\nexcept ModuleNotFoundError as e: print(e)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("flask, which is not installed: pip install 'jaxnest[server]'")
