"""The report as a page of the documentation."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from validation import plots, report, tolerances
from validation.comparison import Report, Row
from validation.nest_suite import reasons

VARIANTS = ("_hpc", "_lbl")
SPIKES = ("spike times", "spike senders")
BACKENDS = ("strict", "xla", "both")


def table(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return a table in Markdown."""
    head = list(columns)
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines) + "\n"


def number(value: float) -> str:
    """Return a tolerance as powers of ten are written."""
    return f"{value:.0e}".replace("e-0", "e-") if value else "0"


def largest(rows: list[Row]) -> str:
    """Return the largest relative error and where it is; nothing if nothing was compared."""
    if not rows:
        return ""
    worst = max(rows, key=lambda row: row.relative, default=None)
    return f"{worst.relative:.1e} ({worst.quantity})" if worst and worst.relative else "0"


def yes(right: bool) -> str:
    """Return an answer, of which a bad one stands out."""
    return "yes" if right else "**no**"


def model_table(found: Report) -> str:
    """Return one line for each model; variants of a synapse with the same results share it."""
    lines: dict[tuple[str, ...], list[str]] = {}
    for name in found.models():
        mine = [row for row in found.rows.values() if (row.section, row.subject) == ("models", name)]
        strict, default = ([row for row in mine if row.backend == backend] for backend in ("strict", "xla"))
        spikes = [row for row in default if row.quantity in SPIKES]
        cells = (
            name.removesuffix("_hpc").removesuffix("_lbl"),
            yes(all(row.identical and row.passed for row in strict)),
            "" if not spikes else "identical" if all(row.identical for row in spikes) else "within tolerance",
            largest(default),
            number(max((row.tolerance for row in default), default=0.0)),
            yes(all(row.passed for row in mine)),
        )
        lines.setdefault(cells, []).append(name)
    rows = [
        (", ".join(f"`{n if k == 0 else n.removeprefix(cells[0])}`" for k, n in enumerate(names)), *cells[1:])
        for cells, names in lines.items()
    ]
    columns = ("model", "strict: equal to the last bit", "spikes, xla", "xla: largest error", "tolerance", "passed")
    return table(columns, rows)


def device_table(found: Report) -> str:
    """Return one line for each model that is compared in simulations together with others."""
    lines = []
    for name in found.devices():
        subjects = found.users[name]
        mine = [row for row in found.rows.values() if (row.section, row.subject) in subjects]
        strict, default = ([row for row in mine if row.backend == backend] for backend in ("strict", "xla"))
        equal = all(row.identical and row.passed for row in strict)
        passed = yes(all(row.passed for row in mine))
        lines.append(
            (f"`{name}`", len(subjects), sum(row.values for row in strict), yes(equal), largest(default), passed)
        )
    columns = ("model", "simulations", "values", "strict: equal to the last bit", "xla: largest error", "passed")
    return table(columns, lines)


def section_table(found: Report) -> str:
    """Return one line for each section and back end."""
    lines = []
    for section in dict.fromkeys(row.section for row in found.rows.values()):
        for backend in BACKENDS:
            rows = [r for r in found.rows.values() if (r.section, r.backend) == (section, backend)]
            if rows:
                equal, bad = sum(row.identical for row in rows), sum(not row.passed for row in rows)
                cells = (len({row.subject for row in rows}), len(rows), sum(r.values for r in rows), equal)
                lines.append((section, backend, *cells, largest(rows), bad))
    columns = ("section", "back end", "subjects", "quantities", "values", "equal to the last bit", "largest error")
    return table((*columns, "failed"), lines)


def tolerance_table() -> str:
    """Return the tolerances of all classes, and the exceptions."""
    classes = [
        ("any, strict back end", tolerances.Tolerance(0.0, "NEST's order of operations and draws")),
        ("spikes, connectivity, draws", tolerances.IDENTICAL),
        ("neurons and devices in closed form", tolerances.CLOSED_FORM),
        ("neurons with differential equations", tolerances.INTEGRATED),
        ("synapses", tolerances.PLASTIC),
        ("times between the points of the grid", tolerances.PRECISE_TIMES),
    ]
    lines = [(name, number(t.relative) if t.relative else "identical", t.reason) for name, t in classes]
    for item in tolerances.EXCEPTIONS:
        name = f"`{item.subject}`, {item.quantity}" if item.quantity != "*" else f"`{item.subject}`"
        lines.append((name, number(item.tolerance.relative), item.tolerance.reason))
    for (subject, case), reason in tolerances.UNPREDICTABLE.items():
        name = f"`{subject}`" + (f", {case}" if case != subject else "")
        lines.append((name, "strict back end only", reason))
    return table(("results", "largest error", "why"), lines)


def statistics_table(found: Report) -> str:
    """Return one line for each measure of the balanced network and kind of random streams."""
    rows = [
        (measure, f"`{rng_type}`", f"{v['distance']:.3f}", f"{v['usual']:.3f}", f"{v['allowed']:.3f}")
        for rng_type in found.samples
        for measure, v in found.facts[f"statistics, {rng_type}"].items()
    ]
    return table(("measure", "random streams", "distance", "among NEST's seeds", "allowed"), sorted(rows))


def failures(found: Report) -> str:
    """Return the list of what is out of tolerance, if there is any."""
    rows = [(r.section, f"`{r.subject}`", r.backend, r.quantity, r.worst, r.note) for r in found.failed()]
    columns = ("section", "subject", "back end", "quantity", "case", "what")
    return "## Out of tolerance\n\n" + table(columns, rows) if rows else ""


def summary(found: Report) -> str:
    """Return what one wants to know first."""
    rows = list(found.rows.values())
    strict, default = ([row for row in rows if row.backend == backend] for backend in ("strict", "xla"))
    default = [row for row in default if row.section != "statistics"]
    bad = len(found.failed())
    here, there = map(sum, zip(*reasons.counts().values(), strict=True))
    equal = sum(row.identical for row in default)
    spikes = [row for row in default if row.quantity.endswith(("spike times", "spikes_times"))]
    return (
        f"- **{len(found.models()) + len(found.devices())} models**, {sum(row.values for row in rows):,} numbers. "
        f"Out of tolerance: {f'**{bad} quantities**' if bad else 'nothing'}.\n"
        f"- `strict` back end: {sum(row.identical for row in strict):,} of {len(strict):,} quantities are equal to "
        "NEST's to the last bit.\n"
        f"- `xla`, the default: {equal:,} of {len(default):,} are equal to the last bit; the spike times of "
        f"{sum(row.identical for row in spikes):,} of {len(spikes):,} simulations are.\n"
        "- Connections, random numbers, status dictionaries, classes of errors and the signatures of the interface are "
        "the same with either.\n"
        f"- NEST's own tests: {here:,} of {there:,} pass ({100 * here / there:.1f} %, [below](#nests-own-tests)).\n\n"
    )


INTRODUCTION = """\
How jaxnest {jaxnest} compares with NEST {NEST}. `python -m validation --page` writes this page, with {versions},
from what NEST computed (`nest_reference/`, recorded until {recorded}). All numbers are in
[validation.json](validation.json)."""
REPEAT = """\
Anyone can repeat it without NEST, or with NEST on cases that nobody has seen before:

    python -m validation
    python -m validation --live PYTHON_WITH_NEST --seed 7

An error is the largest absolute difference in a trace, relative to the largest magnitude in it."""
MODELS = """\
Each is simulated below and above threshold and in edge cases (equal time constants, no refractory time, parameters at
their bounds) at resolutions of 0.01, 0.1, 0.5 and 1 ms. `_hpc` and `_lbl` are variants of a synapse."""
DEVICES = """\
Stimulators and recorders are compared in simulations together with other models: with time windows, several runs,
threads, and changes in between."""
EVERYTHING = """\
Models by themselves, and simulations of several models. Of these the default back end, which compiles each of
them, runs one for every model."""
STATISTICS = """\
Where random numbers are drawn in another way (`rng_type = "jax"`), and in chaotic networks after a long time,
results agree in distribution. A balanced network of 1000 neurons is simulated for 20 s; distances are
Kolmogorov-Smirnov's, averaged over ten seeds of NEST; allowed is the mean distance of one of these from the
others plus three standard deviations."""


def page(found: Report) -> str:
    """Return the page of the documentation."""
    versions = ", ".join(f"{name} {version}" for name, version in found.facts["packages"].items())
    parts = (
        "# Validation",
        INTRODUCTION.format(versions=versions, **found.facts),
        summary(found) + failures(found) + REPEAT,
        "## Models",
        MODELS,
        model_table(found) + "![Largest errors](images/validation_errors.png)",
        "The worst cases: traces of the models that come nearest to their tolerance, dashed.",
        "![Traces with the largest errors](images/validation_worst.png)",
        "### Devices",
        DEVICES,
        device_table(found) + "## Everything that was compared",
        EVERYTHING,
        section_table(found) + "## Statistics of a chaotic network",
        STATISTICS,
        statistics_table(found) + "![Distributions](images/validation_statistics.png)",
        "## Tolerances",
        tolerance_table() + reasons.page(),
    )
    return "\n\n".join(parts)


def write(found: Report, folder: Path) -> None:
    """Write the page, its plots and the JSON to a folder."""
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    plots.errors(found, images / "validation_errors.png")
    plots.worst(found, images / "validation_worst.png")
    plots.distributions(found, images / "validation_statistics.png")
    report.write_json(found, folder / "validation.json")
    (folder / "validation.md").write_text(page(found), encoding="utf-8")
