"""Measure the back end ``jax`` on the accelerator that is there: ``python -m validation.performance.accelerator``.

Brunel's network, the cortical microcircuit and a network with plasticity are run by JAX's default device, each in a
process of its own, largest last, as long as there is time. Rates are compared with those that the native executor gave
(`RATES`, the mean of several seeds and how much they differ).
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from validation.performance.measurement import ARRAYS, simulators
from validation.performance.workloads import SCRIPTS

RATES = Path(__file__).parent / "rates.json"
"""For each run, the rates (spikes per second and neuron) that networks with several seeds had."""
SEEDS = (1, 2, 3, 4)
FARTHEST = 5.0
"""So many standard deviations (of the recorded rates, at least a hundredth of the rate) a rate may be from the mean."""


@final
@dataclass(frozen=True)
class Run:
    """A network, and how long it is simulated.

    Parameters
    ----------
    script, options
        The load.
    time_ms
        Biological duration that is measured.
    seconds
        About so long it takes on an accelerator, with building and compilation.
    small
        Whether it is meant for processors, too.
    """

    script: str
    options: dict[str, Any]
    time_ms: float
    seconds: float
    small: bool = False


STDP = {"model": "iaf_psc_delta", "synapse": "stdp_synapse"}
RUNS = {
    "brunel_1000": Run("brunel", {"model": "iaf_psc_delta", "neurons": 1000}, 200.0, 20.0, small=True),
    "stdp_1000": Run("brunel", STDP | {"neurons": 1000}, 200.0, 30.0, small=True),
    "microcircuit_0.05": Run("microcircuit", {"scale": 0.05}, 200.0, 20.0, small=True),
    "brunel_10000": Run("brunel", {"model": "iaf_psc_delta", "neurons": 10000}, 500.0, 30.0),
    "stdp_10000": Run("brunel", STDP | {"neurons": 10000}, 200.0, 45.0),
    "microcircuit_0.1": Run("microcircuit", {"scale": 0.1}, 500.0, 30.0),
    "microcircuit_1": Run("microcircuit", {"scale": 1.0}, 1000.0, 180.0),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the networks, print a row for each, and return 1 if one fails or a rate is wrong."""
    parser = argparse.ArgumentParser(prog="python -m validation.performance.accelerator", description=__doc__)
    parser.add_argument("--small", action="store_true", help="small networks only, which processors can run, too")
    parser.add_argument("--minutes", type=float, default=6.0, help="start nothing that takes longer than what is left")
    parser.add_argument("--runs", nargs="+", choices=RUNS, metavar="RUN", help=f"some of: {', '.join(RUNS)}")
    parser.add_argument("--threads", type=int, default=1, help="virtual processes")
    parser.add_argument("--json", type=Path, help="where to write all numbers")
    parser.add_argument("--record", action="store_true", help=f"run the native executor, and write {RATES.name}")
    options = parser.parse_args(arguments)
    chosen = {k: r for k, r in RUNS.items() if k in (options.runs or RUNS) and (r.small or not options.small)}
    if options.record:
        return _record(chosen)
    print(f"{_device()}\n{HEADER}", flush=True)
    end, results, fine = time.monotonic() + 60.0 * options.minutes, {}, True
    for name, run in chosen.items():
        if time.monotonic() + run.seconds > end:
            print(f"{name}: no time left")
            continue
        try:
            measured = results[name] = measure(ARRAYS, run, options.threads)
        except RuntimeError as error:
            print(f"{name}: {str(error).splitlines()[-1]}", flush=True)
            fine = False
            continue
        agrees = name not in _rates() or abs(deviation(measured["rate"], _rates()[name])) <= FARTHEST
        fine &= agrees
        print(row(name, measured, agrees), flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    return 0 if fine else 1


def measure(backend: str, run: Run, threads: int = 1, seed: int = 1) -> dict[str, float]:
    """Run a network in a process of its own, and return what `common.measure` returns.

    Raises
    ------
    RuntimeError
        If it fails.
    """
    simulator = next(s for s in simulators("", [backend]) if s.name == backend)
    settings = dict(simulator.settings) | {"rng_seed": seed}
    options = run.options | {"threads": threads, "warm_up": 10.0, "time_ms": run.time_ms, "settings": settings}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "result.json"
        simulator.run([str(SCRIPTS / f"{run.script}.py"), simulator.module, str(out), json.dumps(options)], 0)
        return json.loads(out.read_text())


COLUMNS = {"build s": 8, "prepare s": 9, "first run s": 11, "s/s": 8, "rate Hz": 8, "GB/s": 7, "MiB": 7}
HEADER = " ".join([f"{'network':20}", *(f"{name:>{width}}" for name, width in COLUMNS.items())])


def row(name: str, measured: dict[str, float], agrees: bool) -> str:
    """Return a row of the table: durations, seconds per biological second, rate, bandwidth of delivery, memory."""
    bandwidth = 1e-9 * measured["bytes_per_event"] * measured["synaptic_events_per_second"]
    memory = measured.get("device_memory") or measured["peak_memory"]
    numbers = f"{measured['build']:8.2f} {measured['prepare']:9.2f} {measured['first_run']:11.2f} "
    numbers += f"{measured['seconds_per_biological_second']:8.3f} {measured['rate']:8.3f} {bandwidth:7.2f} "
    return f"{name:20} {numbers}{memory / 2**20:7.0f}{'' if agrees else '  WRONG RATE'}"


def deviation(rate: float, recorded: Sequence[float]) -> float:
    """Return how many standard deviations a rate is from recorded ones."""
    mean = sum(recorded) / len(recorded)
    spread = math.sqrt(sum((r - mean) ** 2 for r in recorded) / max(1, len(recorded) - 1))
    return (rate - mean) / max(spread, 0.01 * mean)


def _rates() -> dict[str, list[float]]:
    return json.loads(RATES.read_text()) if RATES.exists() else {}


def _record(chosen: dict[str, Run]) -> int:
    rates = _rates()
    for name, run in chosen.items():
        rates[name] = [measure("native", run, seed=seed)["rate"] for seed in SEEDS]
        print(name, rates[name], flush=True)
        RATES.write_text(json.dumps(rates, indent=1) + "\n")
    return 0


def _device() -> str:
    code = "import jax; d = jax.devices(); print(len(d), d[0].platform, d[0].device_kind)"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    raise SystemExit(main())
