"""Many small networks in one session, each of another size: what scripts do that scan parameters or are exercises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from session import main, memory

EXCITATORY, INDEGREE = 0.8, 3
STDP = "stdp"
"""Not a neuron but a network of iaf_psc_alpha with plastic connections."""


def simulate(nest: Any, kind: str, size: int, time_ms: float) -> int:
    """Build a driven recurrent network, simulate it, and return the number of its spikes."""
    nest.ResetKernel()
    conductances = "_cond_" in kind
    neurons = nest.Create("iaf_psc_alpha" if kind == STDP else kind, size)
    noise = nest.Create("poisson_generator", params={"rate": 16000.0})
    recorder = nest.Create("spike_recorder")
    weight = 2.0 if conductances else 40.0
    synapse = {"synapse_model": "stdp_synapse" if kind == STDP else "static_synapse", "weight": weight, "delay": 1.5}
    nest.Connect(noise, neurons, syn_spec={"weight": weight, "delay": 1.0})
    nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": INDEGREE}, synapse)
    nest.Connect(neurons, recorder)
    nest.Simulate(time_ms)
    return recorder.n_events


def measure(nest: Any, kinds: Sequence[str], count: int, time_ms: float) -> dict[str, float]:
    """Simulate networks of 10, 11, 12, ... neurons, with models that take turns."""
    spikes, early = 0, 0
    for i in range(count):
        spikes += simulate(nest, kinds[i % len(kinds)], 10 + i, time_ms)
        if i == count // 3:
            early = memory("VmRSS")
    growth = (memory("VmRSS") - early) / (count - count // 3)
    return {"spikes": spikes, "growth": max(growth, 0.0)}


if __name__ == "__main__":
    main(measure)
