"""Measure jaxnest and a live NEST side by side: ``python -m validation.performance --nest PYTHON``."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jaxnest._version import __version__
from validation.performance import report
from validation.performance.machine import Calibration, bandwidth, processor
from validation.performance.measurement import BACKENDS, ROOT, compare, simulators
from validation.performance.workloads import GROUPS, LOADS, QUICK


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m validation.performance", description=__doc__)
    parser.add_argument("--nest", required=True, metavar="PYTHON", help="a Python that has NEST 3.10")
    parser.add_argument("--loads", nargs="+", metavar="LOAD", help=f"some of: {', '.join([*GROUPS, *LOADS])}")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=["native"])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="tiny networks, one turn: does everything work?")
    parser.add_argument("--json", type=Path, help="where to write all numbers")
    parser.add_argument(
        "--page", type=Path, help="page that gets the tables, docs/performance.md if no loads are named"
    )
    parser.add_argument("--plot", type=Path, help="the plot, docs/images/performance.png if no loads are named")
    options = parser.parse_args(arguments)
    known = QUICK if options.quick else LOADS
    groups = {name: [n for n in known if n in group and known[n].usual] for name, group in GROUPS.items()}
    names = [n for given in options.loads or () for n in groups.get(given, [given])]
    unknown = [n for n in names if n not in known]
    if unknown:
        parser.error(f"unknown loads {', '.join(unknown)}; known are {', '.join([*GROUPS, *known])}")
    options.chosen = {n: known[n] for n in names or [n for n, load in known.items() if load.usual]}
    if max(options.threads) > len(os.sched_getaffinity(0)):
        parser.error("more threads than processors")
    if not (options.quick or options.loads):
        options.page = options.page or ROOT / "docs" / "performance.md"
        options.plot = options.plot or ROOT / "docs" / "images" / "performance.png"
        options.json = options.json or ROOT / "validation" / "performance" / "results.json"
    return options


def nest_version(python: str) -> str:
    """Ask a Python for the version of its NEST."""
    command = [python, "-c", "import nest; print('\\nversion', nest.build_info['version'])"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return out.rsplit("version", 1)[1].strip()


def measure_all(options: argparse.Namespace) -> dict[str, Any]:
    """Run everything, printing as it goes."""
    calibration = Calibration()
    results = []
    bandwidths = {str(n): bandwidth(n) for n in options.threads}
    for n, b in bandwidths.items():
        print(f"memory bandwidth with {n} thread(s): {1e-9 * b:.1f} GB/s", flush=True)
    programs = simulators(options.nest, options.backends)
    repetitions = 1 if options.quick else options.repetitions
    for load in options.chosen.values():
        for threads in [load.threads] if load.threads else options.threads:
            print(f"{load.title}, {threads} thread(s)", flush=True)
            results.append(compare(load, programs, threads, repetitions, calibration, not options.quick))
            print("\n".join(report.table(results[-1:])), flush=True)
    return {
        "date": datetime.date.today().isoformat(),
        "versions": {"jaxnest": __version__, "nest": nest_version(options.nest)},
        "machine": {"processor": processor(), "processors": len(os.sched_getaffinity(0)), "bandwidth": bandwidths},
        "repetitions": repetitions,
        "calibration": {"seconds": calibration.seconds, "load": calibration.load},
        "warnings": calibration.warnings(max(options.threads)),
        "results": results,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = parse(arguments)
    measured = measure_all(options)
    print("\n".join(report.limits(measured["results"], measured["machine"]["bandwidth"])))
    print("\n".join(report.goals(measured["results"])))
    for warning in measured["warnings"]:
        print(f"WARNING: {warning}", file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(measured, indent=1) + "\n")
    if options.plot:
        report.plot(measured["results"], options.plot)
    if options.page:
        report.write_page(options.page, report.markdown(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
