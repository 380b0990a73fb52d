"""The report as text and as JSON."""

from __future__ import annotations

import argparse
import json
import math
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jax
import numba
import numpy as np

import jaxnest as nest
from validation import places
from validation.comparison import Report, Row


def facts(options: argparse.Namespace) -> dict[str, Any]:
    """Return what was compared with what."""
    provenance = json.loads((places.REFERENCE / "models" / "provenance.json").read_text(encoding="utf-8"))
    dates = [file["date"] for file in provenance["files"].values()]
    packages = {"jax": jax.__version__, "numba": numba.__version__, "numpy": np.__version__}
    return {
        "jaxnest": nest.__version__,
        "NEST": provenance["NEST"],
        "recorded": max(dates),
        "platform": platform.platform(),
        "packages": packages,
        "live seed": options.seed if options.live else None,
    }


def grouped(rows: Iterable[Row]) -> dict[tuple[str, str, str], list[Row]]:
    """Return the rows of each section, subject and back end."""
    found: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.section, row.subject, row.backend), []).append(row)
    return found


def text(report: Report) -> str:
    """Return the summary for the terminal."""
    lines = []
    for (section, subject, backend), rows in grouped(report.rows.values()).items():
        bad = [row for row in rows if not row.passed]
        largest = max(row.relative for row in rows)
        state = "out of tolerance" if bad else "equal" if all(r.identical for r in rows) else f"{largest:.1e}"
        lines.append(f"{section:28s} {subject:38s} {backend:7s} {state}")
        lines += [f"    {row.quantity}: {row.note} ({row.worst})" for row in bad]
    count = len(report.failed())
    return "\n".join([*lines, f"{len(report.rows)} quantities compared, {count} out of tolerance"])


def clean(value: Any) -> Any:
    """Return a value as JSON has it; infinite errors become text."""
    if isinstance(value, dict):
        return {key: clean(x) for key, x in value.items()}
    if isinstance(value, list):
        return [clean(x) for x in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def write_json(report: Report, path: Path) -> None:
    """Write the whole report."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(written(clean(report.as_json()), 3) + "\n", encoding="utf-8")


def written(value: Any, depth: int) -> str:
    """Return a value as JSON, with a line for each item of dictionaries down to some depth."""
    if depth == 0 or not isinstance(value, dict):
        return json.dumps(value, separators=(",", ":"))
    return "{\n" + ",\n".join(f"{json.dumps(k)}:{written(v, depth - 1)}" for k, v in value.items()) + "\n}"
