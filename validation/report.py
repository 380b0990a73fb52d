"""The report as text, JSON and a page of the documentation."""

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
from validation import places, tolerances
from validation.comparison import Report, Row
from validation.nest_suite import reasons


def facts(options: argparse.Namespace) -> dict[str, Any]:
    """Return what was compared with what."""
    provenance = json.loads((places.REFERENCE / "models" / "provenance.json").read_text(encoding="utf-8"))
    packages = {"jax": jax.__version__, "numba": numba.__version__, "numpy": np.__version__}
    return {
        "jaxnest": nest.__version__,
        "NEST": provenance["NEST"],
        "recorded": provenance["date"],
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
    path.write_text(json.dumps(clean(report.as_json()), indent=0) + "\n", encoding="utf-8")


def table(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return a table in Markdown."""
    head = list(columns)
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines) + "\n"


def largest(rows: list[Row]) -> str:
    """Return the largest relative error and where it is."""
    worst = max(rows, key=lambda row: row.relative, default=None)
    return f"{worst.relative:.1e} ({worst.quantity})" if worst and worst.relative else "0"


def model_table(report: Report) -> str:
    """Return one line for each model."""
    lines = []
    rows = [row for row in report.rows.values() if row.section == "models"]
    for subject in dict.fromkeys(row.subject for row in rows):
        mine = [row for row in rows if row.subject == subject]
        strict = [row for row in mine if row.backend == "strict"]
        default = [row for row in mine if row.backend == "xla"]
        spikes = [row for row in default if row.quantity in ("spike times", "spike senders")]
        allowed = max((row.tolerance for row in default), default=0.0)
        lines.append([
            f"`{subject}`",
            "yes" if all(row.identical and row.passed for row in strict) else "**no**",
            "" if not spikes else "identical" if all(row.identical for row in spikes) else "see tolerance",
            largest(default),
            f"{allowed:.0e}",
            "yes" if all(row.passed for row in mine) else "**no**",
        ])  # fmt: skip
    columns = ("model", "strict: equal to the last bit", "spikes", "xla: largest error", "tolerance", "passed")
    return table(columns, lines)


def section_table(report: Report) -> str:
    """Return one line for each section and back end."""
    lines = []
    for section in dict.fromkeys(row.section for row in report.rows.values()):
        for backend in ("strict", "xla", "both"):
            rows = [r for r in report.rows.values() if (r.section, r.backend) == (section, backend)]
            if rows:
                equal = sum(row.identical for row in rows)
                bad = sum(not row.passed for row in rows)
                lines.append([section, backend, len(rows), sum(r.values for r in rows), equal, largest(rows), bad])
    return table(
        ("section", "back end", "quantities", "values", "equal to the last bit", "largest error", "failed"), lines
    )


def tolerance_table() -> str:
    """Return the tolerances of all classes, and the exceptions."""
    classes = [
        ("any, strict back end", tolerances.Tolerance(0.0, "NEST's order of operations and draws")),
        ("spikes, connectivity, draws", tolerances.IDENTICAL),
        ("closed form", tolerances.CLOSED_FORM),
        ("differential equations", tolerances.INTEGRATED),
        ("plastic weights", tolerances.PLASTIC),
        ("times between the points of the grid", tolerances.PRECISE_TIMES),
    ]
    lines = [(name, f"{t.relative:.0e}" if t.relative else "identical", t.reason) for name, t in classes]
    for item in tolerances.EXCEPTIONS:
        name = f"`{item.subject}`, {item.quantity}" if item.quantity != "*" else f"`{item.subject}`"
        lines.append((name, f"{item.tolerance.relative:.0e}", item.tolerance.reason))
    for (subject, case), reason in tolerances.UNPREDICTABLE.items():
        lines.append((f"`{subject}`, {case}", "strict back end only", reason))
    return table(("results", "relative to the largest magnitude", "why"), lines)


def failures(report: Report) -> str:
    """Return the list of what is out of tolerance."""
    bad = report.failed()
    if not bad:
        return "Nothing is out of tolerance.\n\n"
    rows = [(r.section, f"`{r.subject}`", r.backend, r.quantity, r.worst, r.note) for r in bad]
    return table(("section", "subject", "back end", "quantity", "case", "what"), rows)


def page(report: Report) -> str:
    """Return the page of the documentation."""
    facts = report.facts
    packages = ", ".join(f"{name} {version}" for name, version in facts["packages"].items())
    result = (
        "# Validation\n\nWritten by `python -m validation --page`, which compares the installed jaxnest with what "
        f"NEST {facts['NEST']} computed (recorded {facts['recorded']}, `nest_reference/`). This is jaxnest "
        f"{facts['jaxnest']} with {packages} on {facts['platform']}. All numbers are in `validation/report.json`.\n\n"
        "Anyone can repeat it, without NEST, and with NEST on cases that nobody has seen before:\n\n"
        "    python -m validation\n    python -m validation --live PYTHON_WITH_NEST --seed 7\n\n"
        "An error is the largest absolute difference in a trace, relative to the largest magnitude in it.\n\n"
        "## Summary\n\n"
    )
    result += section_table(report) + "## Out of tolerance\n\n" + failures(report)
    result += "## Tolerances\n\n" + tolerance_table() + "## Models\n\n"
    result += (
        "Subthreshold, spiking and edge cases (equal time constants, no refractory time, parameters at their bounds) "
        "at resolutions of 0.01, 0.1, 0.5 and 1 ms.\n\n"
    )
    result += model_table(report) + "![Traces with the largest errors](images/validation_worst.png)\n\n"
    result += "## Statistics of a balanced network\n\n"
    result += (
        "1000 neurons over 20 s: mean Kolmogorov-Smirnov distance from ten seeds of NEST, the mean of the same among "
        "these seeds, and what is allowed (three standard deviations above that).\n\n"
    )
    result += table(("measure", "distance"), sorted(report.facts.get("statistics", {}).items()))
    return result + "![Distributions](images/validation_statistics.png)\n\n" + reasons.page()


def write_page(report: Report) -> None:
    """Write the page of the documentation and its plots."""
    from validation import plots

    plots.worst(report, places.IMAGES / "validation_worst.png")
    plots.distributions(places.IMAGES / "validation_statistics.png")
    places.PAGE.write_text(page(report), encoding="utf-8")
