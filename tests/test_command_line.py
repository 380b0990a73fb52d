"""`python -m jaxnest`: scripts that say `import nest` run as they would with plain Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jaxnest.__main__ import BACKEND_VARIABLE, UsageError, parse

ROOT = Path(__file__).parents[1]


def jaxnest(*arguments: str, cwd: Path | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return python("-m", "jaxnest", *arguments, cwd=cwd, stdin=stdin)


def python(*arguments: str, cwd: Path | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {name: value for name, value in os.environ.items() if name != BACKEND_VARIABLE}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment | {"PYTHONPATH": path},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_script_sees_what_it_would_see_under_python(tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_text("VALUE = 1\n")
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nimport neighbour\n"
        "print(__name__, sys.argv, __file__, sys.path[0])\n"
        "print(sys.modules['__main__'].sys is sys, __spec__ if '__spec__' in globals() else None)\n"
    )
    for name in ("script.py", str(script)):
        arguments = (name, "-m", "--backend", "x")
        ours, theirs = jaxnest(*arguments, cwd=tmp_path), python(*arguments, cwd=tmp_path)
        assert (ours.stdout, ours.stderr, ours.returncode) == (theirs.stdout, theirs.stderr, 0)


def test_nest_is_jaxnest(tmp_path: Path) -> None:
    (tmp_path / "nest").mkdir()  # another nest, which must not be found
    (tmp_path / "nest" / "__init__.py").write_text("raise SystemExit('the wrong nest')\n")
    (tmp_path / "nest" / "secret.py").write_text("")
    code = """
import sys
import nest
import jaxnest
import nest.raster_plot
from nest import voltage_trace
assert nest is jaxnest is sys.modules["nest"]
assert nest.raster_plot is sys.modules["jaxnest.raster_plot"] is sys.modules["nest.raster_plot"]
assert voltage_trace is sys.modules["jaxnest.voltage_trace"]
assert nest.__name__ == nest.__spec__.name == "jaxnest"
assert nest.raster_plot.__spec__.name == "jaxnest.raster_plot"
try:
    import nest.secret
except ModuleNotFoundError as error:
    assert error.name == "nest.secret" and "nest.secret" in str(error)
else:
    raise AssertionError
"""
    result = jaxnest("-c", code, cwd=tmp_path)
    assert (result.stderr, result.returncode) == ("", 0)


def test_tracebacks_begin_in_the_script(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text("def f():\n    return 1 / 0\n\n\nf()\n")
    (tmp_path / "syntax.py").write_text("a = = 1\n")
    for name in ("wrong.py", "syntax.py"):
        ours, theirs = jaxnest(name, cwd=tmp_path), python(name, cwd=tmp_path)
        assert ours.stderr.replace(str(tmp_path / name), name) == theirs.stderr.replace(str(tmp_path / name), name)
        assert ours.returncode == 1


def test_exit_status_is_the_scripts() -> None:
    assert jaxnest("-c", "raise SystemExit(3)").returncode == 3
    assert jaxnest("-c", "raise KeyboardInterrupt").returncode == 130


def test_module_and_code_and_standard_input(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import sys\nprint(__name__, sys.argv[1:])\n")
    assert jaxnest("-m", "mine", "-c", cwd=tmp_path).stdout == "__main__ ['-c']\n"
    assert jaxnest("-c", "import sys; print(__name__, sys.argv)", "a").stdout == "__main__ ['-c', 'a']\n"
    assert jaxnest("-", "a", stdin="import sys; print(sys.argv)").stdout == "['-', 'a']\n"
    assert jaxnest(str(tmp_path), cwd=tmp_path).returncode == 2
    (tmp_path / "__main__.py").write_text("import mine\n")
    assert jaxnest(str(tmp_path), "b").stdout == "mine ['b']\n"


def test_backend_reaches_the_script() -> None:
    code = f"import os; print(os.environ.get('{BACKEND_VARIABLE}'))"
    assert jaxnest("-c", code).stdout == "None\n"
    assert jaxnest("--backend", "native", "-c", code).stdout == "native\n"
    assert jaxnest("--backend=jax", "-c", code).stdout == "jax\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no script"),
        (["--backend", "gpu", "x.py"], "native, jax"),
        (["--backend"], "needs a value"),
        (["--fast", "x.py"], "--fast"),
        (["-m"], "needs a value"),
    ],
)
def test_wrong_command_lines_are_explained(arguments: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse(arguments)


def test_missing_script_is_named() -> None:
    result = jaxnest("missing.py")
    assert result.returncode == 2
    assert "missing.py': No such file" in result.stderr


def test_help_and_version() -> None:
    assert "usage: jaxnest" in jaxnest("--help").stdout
    assert "jax " in jaxnest("--version").stdout


def test_warm_up_knows_models() -> None:
    assert parse(["warm-up", "iaf_psc_exp"]).arguments == ("iaf_psc_exp",)
    result = jaxnest("warm-up", "no_such_model")
    assert result.returncode == 2
    assert "no_such_model" in result.stderr
