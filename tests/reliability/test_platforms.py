"""Where modules and functions of POSIX systems are missing, as on Windows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HIDDEN = """
import sys
for name in ("resource", "fcntl", "pwd", "grp", "termios", "tty", "pty", "readline", "curses", "syslog"):
    sys.modules[name] = None
import builtins, os, time
for module, names in ((os, ("fork", "getuid", "geteuid", "sched_getaffinity", "register_at_fork", "sysconf")),
                      (time, ("tzset",))):
    for name in names:
        vars(module).pop(name, None)
"""
SCRIPT = """
open_file = builtins.open
def open_no_proc(file, *arguments, **options):
    if str(file).startswith("/proc"):
        raise FileNotFoundError(file)
    return open_file(file, *arguments, **options)
builtins.open = open_no_proc
import jaxnest as nest
assert nest.memory_size == -1
assert len(nest.GetKernelStatus()) > 50
nest.ResetKernel()
neurons = nest.Create("parrot_neuron", 3)
nest.Connect(neurons, neurons)
print(nest.num_connections)
"""


def test_import_and_networks_without_posix_modules() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HIDDEN + SCRIPT],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "9\n"
