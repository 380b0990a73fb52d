"""Record which errors nonsense as an argument of NEST's public functions leads to.

Scripts catch errors by their class; what NEST refuses has to be refused, with the same class. Each function has a
process of its own, since some nonsense makes NEST crash or never return, which is written down as ``crash``.

Run it with a Python that has NEST::

    python -m nest_reference.record_nonsense nest_reference/nonsense
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from nest_reference import nonsense_cases as cases
from nest_reference import provenance

LIMIT = 60.0
"""How long the calls of one function may take (s)."""


def answers(nest: Any, name: str, done: list[str]) -> None:
    """Print the outcome of all calls of a function but those that are known."""
    function = cases.functions(nest)[name]
    for label, make in cases.calls(nest, cases.arguments(function) or []):
        if label not in done:
            print(json.dumps(["begins", label]), flush=True)
            print(json.dumps(["outcome", cases.outcome(nest, function, make)]), flush=True)


def ask(name: str) -> dict[str, str]:
    """Return the outcome of all calls of a function; begin again behind each crash."""
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"PYTHONPATH": path}
    found: dict[str, str] = {}
    complete = False
    while not complete:
        command = [sys.executable, "-m", "nest_reference.record_nonsense", "--function", name, *found]
        with tempfile.TemporaryDirectory() as folder:
            try:
                result = subprocess.run(
                    command, capture_output=True, text=True, timeout=LIMIT, cwd=folder, env=environment
                )
                text, complete = result.stdout, result.returncode == 0
            except subprocess.TimeoutExpired as stopped:
                text = stopped.stdout.decode() if isinstance(stopped.stdout, bytes) else stopped.stdout or ""
        label = ""
        for line in text.splitlines():
            if line.startswith('["begins"'):
                label = json.loads(line)[1]
                found[label] = "crash"
            elif line.startswith('["outcome"'):
                found[label] = json.loads(line)[1]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--function", nargs="+", metavar="NAME", help="print the outcome of the calls of one function")
    arguments = parser.parse_args()
    import nest

    nest.verbosity = nest.VerbosityLevel.QUIET
    if arguments.function:
        name, *done = arguments.function
        answers(nest, name, done)
        return
    arguments.folder.mkdir(parents=True, exist_ok=True)
    found = {name: ask(name) for name in cases.functions(nest)}
    path = arguments.folder / "errors.json"
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    provenance.write(nest, arguments.folder, {path.name: provenance.settings(nest)})


if __name__ == "__main__":
    main()
