"""Networks of more than a thousand neurons: those whose speed is measured, small enough to be simulated in seconds.

What small networks show of neurons and synapses has to hold where many of them are computed together, too: neurons side
by side, virtual processes in threads. One rounding that grew would change the spikes of the whole network.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation

CASES: dict[str, Simulation] = {}
LOADS = Path(__file__).parents[2] / "validation" / "performance" / "loads"


def network(nest: Any, seed: int, load: str, threads: int, runs: tuple[float, ...], **options: Any) -> Arrays:
    """Build a network, simulate it in several runs (ms), and return all spikes in the order of times and neurons."""
    sys.path.insert(0, str(LOADS))
    try:
        build = importlib.import_module(load).build
    finally:
        sys.path.remove(str(LOADS))
    nest.set(local_num_threads=threads, rng_seed=1234 + seed)
    build(nest, **options)
    recorder = nest.Create("spike_recorder")
    nest.Connect(nest.GetNodes({"element_type": "neuron"}), recorder)
    for duration in runs:
        nest.Simulate(duration)
    events = recorder.events
    order = np.lexsort((events["senders"], events["times"]))
    steps = np.round(events["times"][order] / nest.resolution).astype(np.int32)
    return {"senders": events["senders"][order].astype(np.int16), "steps": steps}


for _threads in (1, 2):
    CASES[f"brunel_{_threads}"] = lambda nest, seed, t=_threads: network(
        nest, seed, "brunel", t, (50.3, 99.7), model="iaf_psc_alpha", neurons=1250
    )
    CASES[f"microcircuit_{_threads}"] = lambda nest, seed, t=_threads: network(
        nest, seed, "microcircuit", t, (70.7, 529.3), scale=0.02
    )
