"""Record what NEST's server answers.

Run with a Python that has NEST 3.10, Flask, flask-cors and RestrictedPython:

    python -m nest_reference.record_server

It writes `nest_reference/server/answers.json`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from nest_reference.server_requests import SETTINGS, answers

FOLDER = Path(__file__).parent / "server"
MARK = "ANSWERS "


def record(group: str) -> None:
    """Print the answers to one group of requests; settings are those of the process."""
    from nest.server import app

    print(MARK + json.dumps(answers(app, group)))


def main() -> None:
    """Record all groups, each in a process of its own."""
    found = {}
    for group, variables in SETTINGS.items():
        others = {key: value for key, value in os.environ.items() if not key.startswith("NEST_SERVER")}
        command = [sys.executable, "-m", "nest_reference.record_server", group]
        done = subprocess.run(command, env=others | variables, stdout=subprocess.PIPE, text=True, check=True)
        (line,) = (line for line in done.stdout.splitlines() if line.startswith(MARK))
        found[group] = json.loads(line.removeprefix(MARK))
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "answers.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")

    import nest

    from nest_reference import provenance

    provenance.write(nest, FOLDER, {"answers.json": provenance.settings(nest)})


if __name__ == "__main__":
    if len(sys.argv) > 1:
        record(sys.argv[1])
    else:
        main()
