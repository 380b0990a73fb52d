"""Run the Python tests of NEST's source tree on jaxnest and compare with the record beside this file.

    python -m validation.nest_suite NEST_SOURCE [--only GLOB]... [--update]

A test that passed once and fails now makes the command fail. ``--update`` adds what passes now to the record.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

RECORD = pathlib.Path(__file__).parent / "passed.json"
ROOT = pathlib.Path(__file__).parents[2]


def run_file(suite: pathlib.Path, name: str, timeout: float) -> tuple[set[str], dict[str, str]]:
    """Run one test file in a process of its own.

    Returns
    -------
    passed, failed
        Ids of the tests that passed, and the messages of those that did not.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "validation.nest_suite.plugin", "-p", "no:cacheprovider"]
        command += [f"--rootdir={suite}", "-c", "/dev/null", f"--junit-xml={report}", str(suite / name)]
        try:
            subprocess.run(command, cwd=ROOT, capture_output=True, timeout=timeout, check=False)
        except subprocess.TimeoutExpired:
            return set(), {"(file)": f"not finished after {timeout:.0f} s"}
        return read_report(report)


def read_report(report: pathlib.Path) -> tuple[set[str], dict[str, str]]:
    """Return what a report of pytest says: tests that passed, and messages of those that failed."""
    if not report.exists():
        return set(), {"(file)": "ended without a report"}
    passed, failed = set[str](), dict[str, str]()
    for test in ElementTree.parse(report).iter("testcase"):
        owner = (test.get("classname") or "").rsplit(".", 1)[-1]
        name = (test.get("name") or "") if owner.startswith("test_") else f"{owner}::{test.get('name')}"
        problem = test.find("failure") if test.find("failure") is not None else test.find("error")
        if problem is not None:
            failed[name] = problem.get("message", "").splitlines()[0][:200] if problem.get("message") else "failed"
        elif test.find("skipped") is None:
            passed.add(name)
    return passed, failed


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m validation.nest_suite", description=__doc__)
    parser.add_argument("source", type=pathlib.Path, help="work tree of nest-simulator")
    parser.add_argument("--only", action="append", default=[], metavar="GLOB", help="test files to run")
    parser.add_argument("--timeout", type=float, default=900.0, help="seconds per file")
    parser.add_argument("--update", action="store_true", help="add what passes now to the record")
    options = parser.parse_args(arguments)
    suite = options.source / "testsuite" / "pytests"
    names = sorted(p.relative_to(suite).as_posix() for p in suite.rglob("test_*.py"))
    names = [n for n in names if not n.startswith("mpi_") and any(fnmatch.fnmatch(n, g) for g in options.only or ["*"])]
    record: dict[str, list[str]] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    total, lost = 0, []
    for name in names:
        passed, failed = run_file(suite, name, options.timeout)
        total += len(passed)
        lost += [f"{name} {test}: {failed.get(test, 'gone')}" for test in sorted(set(record.get(name, [])) - passed)]
        first = next(iter(failed.values()), "")
        print(f"{len(passed):5d} passed {len(failed):4d} failed  {name}  {first}", flush=True)
        if options.update and passed:
            # names of tests count the models that there are: those that are gone have another name now
            record[name] = sorted({*passed, *(test for test in record.get(name, []) if test in failed)})
    if options.update:
        RECORD.write_text(json.dumps(record, indent=0, sort_keys=True) + "\n")
    print(f"{total} passed; {len(lost)} tests of the record do not pass any more")
    print("\n".join(lost))
    return 1 if lost else 0


if __name__ == "__main__":
    raise SystemExit(main())
