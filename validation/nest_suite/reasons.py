"""Which of NEST's own test files pass, and why the others do not."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

REASONS: tuple[tuple[str, str], ...] = ()
"""Pattern of test files -> why tests that pass with NEST do not pass here; the first that fits counts."""


def reason(name: str) -> str:
    """Return why a file does not pass completely."""
    return next(why for pattern, why in REASONS if fnmatch.fnmatchcase(name, pattern))


def counts() -> dict[str, tuple[int, int]]:
    """Return for each test file how many tests pass here, and how many pass with NEST."""
    nest: dict[str, int] = json.loads((HERE / "nest.json").read_text(encoding="utf-8"))["files"]
    passed: dict[str, list[str]] = json.loads((HERE / "passed.json").read_text(encoding="utf-8"))
    return {name: (len(passed.get(name, [])), n) for name, n in nest.items()}


def rows(found: dict[str, tuple[int, int]]) -> Iterable[Iterable[Any]]:
    """Return one line per folder."""
    folders = dict.fromkeys(name.partition("/")[0] for name in found)
    for folder in folders:
        mine = [pair for name, pair in found.items() if name.startswith(f"{folder}/")]
        here, there = (sum(pair[k] for pair in mine) for k in (0, 1))
        yield folder, sum(a >= b for a, b in mine), len(mine), here, there, f"{100 * here / there:.1f} %"


def page() -> str:
    """Return the section of the documentation."""
    found = counts()
    here, there = (sum(pair[k] for pair in found.values()) for k in (0, 1))
    text = (
        f"## NEST's own tests\n\n**{here} of {there} tests ({100 * here / there:.1f} %)** that pass with NEST 3.10.0 "
        "pass with jaxnest, unmodified (`python -m validation.nest_suite`). Files count as passed when all their tests "
        "do.\n\n| folder | files passed | files | tests passed | tests | |\n| --- | --- | --- | --- | --- | --- |\n"
    )
    text += "".join("| " + " | ".join(map(str, row)) + " |\n" for row in rows(found)) + "\n"
    missing = {name: pair for name, pair in found.items() if pair[0] < pair[1]}
    text += "### Files that do not pass completely\n\n| file | tests passed | why |\n| --- | --- | --- |\n"
    return text + "".join(f"| `{n}` | {a} of {b} | {reason(n)} |\n" for n, (a, b) in sorted(missing.items()))
