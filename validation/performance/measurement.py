"""Measuring one load with several simulators, taking turns."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from validation.performance.machine import Calibration
from validation.performance.workloads import Load

WARM_UP_MS = 10.0
KEYED = "native, rng_type jax"
ARRAYS = "jax"
"""Array operations only, on JAX's default device: a GPU where there is one."""
BACKENDS = ("native", KEYED, ARRAYS)
ROOT = Path(__file__).parents[2]


@final
@dataclass(frozen=True)
class Simulator:
    """A program to measure.

    Parameters
    ----------
    name
        What tables call it: ``nest``, ``native``, ``jax``.
    python
        The Python that has it.
    module
        The module's name there.
    variables
        Environment variables that choose how it computes.
    settings
        Kernel attributes that do.
    """

    name: str
    python: str
    module: str
    variables: tuple[tuple[str, str], ...] = ()
    settings: tuple[tuple[str, str], ...] = ()

    def run(self, arguments: Sequence[str], threads: int, **variables: str) -> None:
        """Run a script on as many processors as it has threads; 0: on all.

        Raises
        ------
        RuntimeError
            If the script fails.
        """
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": str(threads or 1)}
        environment |= dict(self.variables) | variables
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # users have theirs from the second import on
        command = [self.python, *arguments]
        result = subprocess.run(
            command, env=environment, preexec_fn=_bind(threads), capture_output=True, text=True, check=False
        )
        if result.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} failed:\n{result.stderr}")


def _bind(threads: int) -> Callable[[], None] | None:
    """Return a function that binds a new process to the first processors of this one."""
    if not threads or not hasattr(os, "sched_setaffinity"):
        return None
    processors = sorted(os.sched_getaffinity(0))[:threads]
    return lambda: os.sched_setaffinity(0, processors)


def simulators(nest: str, backends: Sequence[str]) -> list[Simulator]:
    """Return real NEST and the chosen back ends of jaxnest."""
    settings = {KEYED: (("rng_type", "jax"),), ARRAYS: (("rng_type", "jax"),)}
    own = [
        Simulator(b, sys.executable, "jaxnest", (("JAXNEST_BACKEND", b.split(",")[0]),), settings.get(b, ()))
        for b in backends
    ]
    return [Simulator("nest", nest, "nest"), *own]


def measure(simulator: Simulator, load: Load, threads: int) -> dict[str, float]:
    """Run a load once, in a process of its own; if it is `cold`, with empty caches of compiled programs."""
    options: dict[str, Any] = dict(load.options)
    if load.time_ms:
        options |= {"threads": threads, "warm_up": WARM_UP_MS, "time_ms": load.time_ms}
        options |= {"settings": dict(simulator.settings)}
    elif load.threads is None:
        options |= {"threads": threads}
    with tempfile.TemporaryDirectory() as folder:
        out, empty = Path(folder) / "result.json", str(Path(folder) / "cache")
        caches = {"JAXNEST_CACHE_DIR": empty, "NUMBA_CACHE_DIR": empty} if load.cold else {}
        started, used = time.perf_counter(), _used()
        simulator.run([str(load.path), simulator.module, str(out), json.dumps(options)], threads, **caches)
        whole = {"process": time.perf_counter() - started, "process_cpu": _used() - used}
        return (whole if load.whole else {}) | json.loads(out.read_text())


def _used() -> float:
    """Return the processor time of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def compare(
    load: Load,
    programs: Sequence[Simulator],
    threads: int,
    repetitions: int,
    calibration: Calibration,
    warm: bool = True,
) -> dict[str, Any]:
    """Measure a load with all simulators in turn, `repetitions` times, and summarise.

    A first turn fills the caches of compiled programs (unless `warm` is False); what it took is kept apart. Sessions
    reset the kernel, and with it the settings of a simulator: only simulators without settings run them.
    """
    if not load.time_ms:
        programs = [p for p in programs if not p.settings]
    first = {p.name: measure(p, load, threads) for p in programs} if warm and not load.cold else {}
    samples: dict[str, list[dict[str, float]]] = {p.name: [] for p in programs}
    for _ in range(repetitions):
        for program in programs:
            calibration.sample()
            samples[program.name].append(measure(program, load, threads))
            calibration.sample()
    reference = samples[programs[0].name]
    return {
        "title": load.title,
        "neurons": load.neurons,
        "threads": threads,
        "first": first,
        "simulators": {name: summary(values) for name, values in samples.items()},
        "ratios": {name: ratios(reference, values) for name, values in samples.items() if values is not reference},
        "at_least": load.at_least,
        "at_most": load.at_most,
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return minimum, median and maximum."""
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def summary(samples: Sequence[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Return minimum, median and maximum of every quantity."""
    return {key: spread([s[key] for s in samples]) for key in samples[0]}


def ratios(nest: Sequence[dict[str, float]], own: Sequence[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Return how many times more NEST needs, turn by turn; of events per second, how many times more jaxnest gets."""
    result = {}
    for key in nest[0]:
        pairs = [(n[key], o[key]) for n, o in zip(nest, own, strict=True)]
        if key.endswith("_per_second"):
            pairs = [(o, n) for n, o in pairs]
        if all(b > 0 for _, b in pairs):
            result[key] = spread([a / b for a, b in pairs])
    return result
