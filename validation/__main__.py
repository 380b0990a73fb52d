"""Compare the installed jaxnest with NEST, and write a report.

    python -m validation                                  with what is recorded; needs no NEST
    python -m validation --live PYTHON --seed 7           with a live NEST, on freshly drawn cases, too
    python -m validation --only 'iaf_*' --backend strict  a part
    python -m validation --page                           the page of the documentation, with plots and JSON
    python -m validation --page build/validation -j 2     the same elsewhere, in two processes

The exit status is 1 if something is out of tolerance, or if nothing was compared for a model that is there.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import jaxnest as nest
from jaxnest.models import registry
from validation import models, networks, places, report, statistics, tables
from validation.comparison import Report

SECTIONS = ("models", "networks", "tables", "statistics")

Task = tuple[str, str]
"""A section of the report, and a part of it: a model, a folder of recordings, a kind of random streams."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(prog="python -m validation", description=(__doc__ or "").partition("\n")[0])
    result.add_argument("--live", metavar="PYTHON", help="a Python that has NEST, for comparisons on drawn cases")
    result.add_argument("--seed", type=int, default=1, help="what live cases are drawn from")
    result.add_argument("--only", action="append", default=[], metavar="PATTERN", help="models and simulations")
    result.add_argument("--section", action="append", choices=SECTIONS, default=[], help="parts of the report")
    result.add_argument("--backend", action="append", choices=("strict", "xla"), default=[])
    result.add_argument("-j", "--processes", type=int, default=1, help="how many processes compare")
    result.add_argument("--json", type=Path, metavar="FILE", help="where the report goes, as JSON")
    result.add_argument(
        "--page", nargs="?", type=Path, const=places.DOCS, metavar="FOLDER",
        help="write the page of the documentation, its plots and the JSON (default: docs)",
    )  # fmt: skip
    return result


def tasks(options: argparse.Namespace) -> Iterator[Task]:
    """Yield what is to be done, the longest first."""
    found = {
        "statistics": statistics.rng_types,
        "networks": networks.names,
        "tables": lambda: ["all"],
        "models": lambda: models.available(options.only or ["*"]),
    }
    for section, parts in found.items():
        if section in (options.section or SECTIONS):
            yield from ((section, part) for part in parts())


def measure(options: argparse.Namespace, task: Task) -> Report:
    """Make the comparisons of one task."""
    found, patterns = Report(), options.only or ["*"]
    backends, (section, part) = options.backend or ["strict", "xla"], task
    nest.verbosity = nest.VerbosityLevel.ERROR
    if section == "models":
        models.recorded(found, backends, [part])
        if options.live:
            models.live(found, backends, models.ask(options.live, list(models.drawn(part, options.seed))))
    elif section == "networks":
        networks.recorded(found, backends, patterns, part)
        if options.live:
            networks.live(found, backends, patterns, part, options.live, options.seed)
    elif section == "tables":
        tables.recorded(found)
        if options.live:
            tables.live(found, options.live, options.seed)
    else:
        statistics.recorded(found, part)
    nest.ResetKernel()
    return found


def measure_all(options: argparse.Namespace) -> Report:
    """Make all comparisons, in one process or in several."""
    found, todo = Report(), list(tasks(options))
    if options.processes == 1:
        for task in todo:
            print(*task, file=sys.stderr, flush=True)
            found.add(measure(options, task))
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(options.processes, mp_context=context) as pool:
            waiting = {pool.submit(measure, options, task): task for task in todo}
            for done in as_completed(waiting):
                print(*waiting[done], file=sys.stderr, flush=True)
                found.add(done.result())
    found.sort()
    found.facts |= report.facts(options)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = parser().parse_args(arguments)
    found = measure_all(options)
    print(report.text(found))
    if options.json:
        report.write_json(found, options.json)
    if options.page:
        from validation import page

        page.write(found, options.page)
    left_out = set() if options.only or options.section else missing(found)
    if left_out:
        print("Nothing was compared for", ", ".join(sorted(left_out)), file=sys.stderr)
    return 1 if found.failed() or left_out else 0


def missing(found: Report) -> set[str]:
    """Return the names of models that are there and that nothing was compared for."""
    return {*registry.NODE_MODELS, *registry.SYNAPSE_MODELS} - {*found.models(), *found.devices()}


if __name__ == "__main__":
    raise SystemExit(main())
