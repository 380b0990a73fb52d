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
import sys
from pathlib import Path

from validation import places, report
from validation.work import SECTIONS, measure_all, missing


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


if __name__ == "__main__":
    raise SystemExit(main())
