"""What NEST computed is kept with its provenance: every file is as it was recorded."""

from __future__ import annotations

import ast
import datetime
import hashlib
import json
from pathlib import Path

import pytest

REFERENCE = Path(__file__).parents[1] / "nest_reference"
FOLDERS = sorted(
    folder.name
    for folder in REFERENCE.iterdir()
    if folder.is_dir() and folder.name not in ("simulations", "__pycache__")
)
SCRIPTS = sorted(path.name for path in REFERENCE.glob("record_*.py"))
SIMULATIONS = sorted(path.name for path in (REFERENCE / "simulations").glob("[a-z]*.py"))
LIMIT = 30e6


@pytest.mark.parametrize("name", FOLDERS)
def test_every_file_has_provenance(name: str) -> None:
    folder = REFERENCE / name
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["NEST"] == "3.10.0"
    assert {"built", "host", "have_threads"} <= provenance["build"].keys()
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")} - {"provenance.json"}
    assert set(provenance["files"]) == files, "record them with the script of this folder, which writes provenance.json"
    for file, facts in provenance["files"].items():
        assert facts["sha256"] == hashlib.sha256((folder / file).read_bytes()).hexdigest(), file
        assert datetime.date.fromisoformat(facts["date"]) >= datetime.date(2026, 1, 1)
        assert {"rng_seed", "rng_type", "resolution", "threads"} <= facts.keys() or name == "api"


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_says_what_it_records_and_why(name: str) -> None:
    docstring = ast.get_docstring(ast.parse((REFERENCE / name).read_text(encoding="utf-8")))
    assert docstring is not None
    assert docstring.startswith("Record ")
    assert len(docstring.split("\n\n")) > 2


@pytest.mark.parametrize("name", SIMULATIONS)
def test_every_module_says_what_it_simulates_and_why(name: str) -> None:
    docstring = ast.get_docstring(ast.parse((REFERENCE / "simulations" / name).read_text(encoding="utf-8")))
    assert docstring is not None
    assert len(docstring.split("\n\n")) > 1


def test_recordings_are_small() -> None:
    assert sum(path.stat().st_size for path in REFERENCE.rglob("*.*")) < LIMIT
