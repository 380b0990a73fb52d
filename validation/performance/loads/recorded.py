"""How long it takes to record many spikes and samples, and to read them once."""

from __future__ import annotations

from typing import Any

from session import clock, main


def recorded(nest: Any, recorder: Any, time_ms: float, threads: int) -> tuple[float, float]:
    """Return how long a simulation and reading its events take."""
    now = clock(threads)
    started = now()
    nest.Simulate(time_ms)
    simulated = now()
    events = recorder.events
    read = now()
    if not len(events["times"]):
        raise RuntimeError("Nothing was recorded.")
    return simulated - started, read - simulated


def spikes(nest: Any, n: int, threads: int) -> tuple[float, float]:
    """Record about `n` spikes, of parrots that repeat what they get."""
    nest.ResetKernel()
    nest.set(local_num_threads=threads)
    parrots = nest.Create("parrot_neuron", 1000)
    noise = nest.Create("poisson_generator", params={"rate": 1000.0})
    recorder = nest.Create("spike_recorder")
    nest.Connect(noise, parrots)
    nest.Connect(parrots, recorder)
    return recorded(nest, recorder, n / 1000.0, threads)


def samples(nest: Any, n: int, threads: int) -> tuple[float, float]:
    """Record about `n` samples of a thousand potentials."""
    nest.ResetKernel()
    nest.set(local_num_threads=threads)
    neurons = nest.Create("iaf_psc_alpha", 1000, {"I_e": 370.0})
    meter = nest.Create("multimeter", params={"record_from": ["V_m"], "interval": 1.0})
    nest.Connect(meter, neurons)
    return recorded(nest, meter, n / 1000.0, threads)


def measure(nest: Any, events: int, threads: int) -> dict[str, float]:
    """Return seconds."""
    spikes_taken, spikes_read = spikes(nest, events, threads)
    samples_taken, samples_read = samples(nest, events, threads)
    return {
        "record_spikes": spikes_taken,
        "read_spikes": spikes_read,
        "record_samples": samples_taken,
        "read_samples": samples_read,
    }


if __name__ == "__main__":
    main(measure)
