"""Compare the installed jaxnest with NEST, and write a report.

    python -m validation                                  with what is recorded; needs no NEST
    python -m validation --live PYTHON --seed 7           with a live NEST, on freshly drawn cases
    python -m validation --only 'iaf_*' --backend strict  a part

The exit status is 1 if something is out of tolerance.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import jaxnest as nest
from validation import models, networks, places, report, statistics, tables
from validation.comparison import Report

SECTIONS = ("models", "networks", "tables", "statistics")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(prog="python -m validation", description=(__doc__ or "").partition("\n")[0])
    result.add_argument("--live", metavar="PYTHON", help="a Python that has NEST, for comparisons on drawn cases")
    result.add_argument("--seed", type=int, default=1, help="what live cases are drawn from")
    result.add_argument("--only", action="append", default=[], metavar="PATTERN", help="models and simulations")
    result.add_argument("--section", action="append", choices=SECTIONS, default=[], help="parts of the report")
    result.add_argument("--backend", action="append", choices=("strict", "xla"), default=[])
    result.add_argument("--json", type=Path, metavar="FILE", help="where the report goes, as JSON")
    result.add_argument("--page", action="store_true", help="write the page of the documentation and its plots, too")
    return result


def measure(options: argparse.Namespace) -> Report:
    """Make all comparisons that are asked for."""
    found, patterns = Report(), options.only or ["*"]
    backends, sections = options.backend or ["strict", "xla"], options.section or list(SECTIONS)
    nest.verbosity = nest.VerbosityLevel.ERROR
    steps: dict[str, tuple[Callable[[], None], Callable[[], None] | None]] = {
        "models": (
            lambda: models.recorded(found, backends, patterns),
            lambda: models.live(found, backends, patterns, options.live, options.seed),
        ),
        "networks": (
            lambda: networks.recorded(found, backends, patterns),
            lambda: networks.live(found, backends, patterns, options.live, options.seed),
        ),
        "tables": (lambda: tables.recorded(found), lambda: tables.live(found, options.live, options.seed)),
        "statistics": (lambda: statistics.recorded(found), None),
    }
    for name in sections:
        recorded, live = steps[name]
        print(f"{name} ...", file=sys.stderr, flush=True)
        recorded()
        if live is not None and options.live:
            live()
    nest.ResetKernel()
    found.facts |= report.facts(options)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = parser().parse_args(arguments)
    found = measure(options)
    print(report.text(found))
    if options.json or options.page:
        report.write_json(found, options.json or places.REPORT)
    if options.page:
        report.write_page(found)
    return 1 if found.failed() else 0


if __name__ == "__main__":
    raise SystemExit(main())
