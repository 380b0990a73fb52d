"""What loads share that build and simulate one network: arguments, and clocks.

A load is a plain PyNEST script: ``python load.py MODULE RESULT.json JSON``, with the name of the simulator's module and
the load's options. Its network is built by a function that returns the number of neurons and that of the connections
among them.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from session import memory

RING_BYTES = 16
"""Bytes of a ring buffer that one synaptic event reads and writes."""

Build = Callable[..., tuple[int, int]]


def main(build: Build) -> None:
    """Build the network, simulate it, and write what it took."""
    module, out, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    with open(out, "w") as file:
        json.dump(measure(module, build, **options), file)


def measure(
    module: str,
    build: Build,
    threads: int,
    warm_up: float,
    time_ms: float,
    settings: dict[str, Any] | None = None,
    **options: Any,
) -> dict[str, float]:
    """Return durations in seconds, sizes in bytes, and counts.

    Parameters
    ----------
    warm_up, time_ms
        Biological durations of the first run, which may compile, and of the one that is measured.
    settings
        Kernel attributes beside the number of threads.
    """
    started = time.perf_counter()
    nest: Any = importlib.import_module(module)
    nest.verbosity = nest.VerbosityLevel.ERROR
    _tiny_network(nest)
    nest.ResetKernel()
    nest.set(local_num_threads=threads, **(settings or {}))
    imported, before = time.perf_counter(), memory("VmRSS")
    neurons, recurrent = build(nest, **options)
    built = time.perf_counter()
    nest.Prepare()
    prepared, after = time.perf_counter(), memory("VmRSS")
    nest.Run(warm_up)
    warm, used = time.perf_counter(), time.process_time()
    nest.Run(time_ms)
    done, busy = time.perf_counter(), time.process_time() - used
    spikes = nest.local_spike_counter
    nest.Cleanup()
    per_second = (done - warm) / (time_ms * 1e-3)
    return {
        "start_up": imported - started,
        "build": built - imported,
        "prepare": prepared - built,
        "construction": prepared - imported,
        "first_run": warm - prepared,
        "first_run_overhead": max(0.0, warm - prepared - per_second * warm_up * 1e-3),
        "seconds_per_biological_second": per_second,
        "busy": busy / (time_ms * 1e-3),
        "synaptic_events_per_second": spikes * recurrent / neurons / (done - warm),
        "peak_memory": float(memory("VmHWM")),
        "bytes_per_synapse": (after - before) / max(1, nest.num_connections),
        "connections": nest.num_connections,
        "neurons": neurons,
        "rate": spikes / neurons / (time_ms * 1e-3),
        "bytes_per_event": bytes_per_event(nest),
        "device_memory": device_memory(),
    }


def device_memory() -> float:
    """Return how many bytes of an accelerator's memory were in use at most, 0 if there is none."""
    jax = sys.modules.get("jax")
    statistics = jax.local_devices()[0].memory_stats() if jax else None
    return float((statistics or {}).get("peak_bytes_in_use", 0))


def _tiny_network(nest: Any) -> None:
    """Simulate so little that what it takes is the start of the program; its memory is not that of synapses."""
    neurons = nest.Create("iaf_psc_alpha", 2)
    nest.Connect(nest.Create("poisson_generator", params={"rate": 1000.0}), neurons)
    nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 1})
    nest.Simulate(2.0)


def bytes_per_event(nest: Any) -> float:
    """Return how many bytes jaxnest moves for one synaptic event: a connection's columns and its place in a buffer."""
    if nest.__name__ != "jaxnest":
        return 0.0
    tables = importlib.import_module("jaxnest.kernel.kernel").kernel.simulation._session._plan.delivery
    columns = [getattr(table, name) for table in tables for name in ("lane", "weight", "delay")]
    connections = sum(len(table.lane) for table in tables)
    return RING_BYTES + sum(c.nbytes for c in columns) / connections if connections else 0.0


def counted(nest: Any, connect: Callable[[], None]) -> int:
    """Return how many connections a call makes."""
    before = nest.num_connections
    connect()
    return nest.num_connections - before
