"""A balanced network over a long time, and what is measured of it: rates, irregularity, correlations."""

from __future__ import annotations

from typing import Any

import numpy as np

Measures = dict[str, np.ndarray]

N_EXCITATORY, N_INHIBITORY, INDEGREE = 800, 200, (80, 20)
J, G, ETA, DELAY = 0.6, 5.0, 2.0, 1.5
"""Weight (mV), relative strength of inhibition, external rate relative to the threshold rate, delay (ms)."""
NEURON = {"tau_m": 20.0, "t_ref": 2.0, "E_L": 0.0, "V_reset": 10.0, "V_th": 20.0, "C_m": 1.0}
WARM_UP, DURATION = 500.0, 20000.0
BIN, N_PAIRED = 20.0, 100
"""Width of the bins of spike counts (ms), and the number of neurons whose pairs are correlated."""


def simulate(nest: Any, seed: int, weight: float = J, **attributes: Any) -> tuple[np.ndarray, np.ndarray]:
    """Run the network; return times and senders of all spikes after the warm-up."""
    nest.ResetKernel()
    nest.set(rng_seed=seed, **attributes)
    excitatory = nest.Create("iaf_psc_delta", N_EXCITATORY, NEURON | {"V_m": nest.random.uniform(0.0, 20.0)})
    inhibitory = nest.Create("iaf_psc_delta", N_INHIBITORY, NEURON | {"V_m": nest.random.uniform(0.0, 20.0)})
    neurons, recorder = excitatory + inhibitory, nest.Create("spike_recorder", params={"start": WARM_UP})
    rate = 1000.0 * ETA * NEURON["V_th"] / (weight * NEURON["tau_m"])
    drive = nest.Create("poisson_generator", params={"rate": rate})
    nest.Connect(drive, neurons, syn_spec={"weight": weight, "delay": DELAY})
    for source, indegree, strength in ((excitatory, INDEGREE[0], weight), (inhibitory, INDEGREE[1], -G * weight)):
        rule = {"rule": "fixed_indegree", "indegree": indegree}
        nest.Connect(source, neurons, rule, {"weight": strength, "delay": DELAY})
    nest.Connect(neurons, recorder)
    nest.Simulate(WARM_UP + DURATION)
    events = recorder.get("events")
    return np.asarray(events["times"]), np.asarray(events["senders"], int)


def measures(times: np.ndarray, senders: np.ndarray) -> Measures:
    """Return the distributions of rates (Hz), of the CV of intervals, and of correlations of spike counts."""
    n = N_EXCITATORY + N_INHIBITORY
    rates = np.bincount(senders, minlength=n + 1)[1:] / (DURATION / 1000.0)
    order = np.lexsort((times, senders))
    times, senders = times[order], senders[order]
    cvs = []
    for own in np.split(times, np.searchsorted(senders, np.arange(2, n + 1))):
        intervals = np.diff(own)
        if len(intervals) >= 20:
            cvs.append(np.std(intervals) / np.mean(intervals))
    few = senders <= N_PAIRED
    edges = (np.arange(N_PAIRED + 1) + 0.5, np.arange(WARM_UP, WARM_UP + DURATION + BIN, BIN))
    counts = np.histogram2d(senders[few], times[few], edges)[0]
    correlations = np.corrcoef(counts)[np.triu_indices(N_PAIRED, 1)]
    return {
        "rate": rates.astype(np.float32),
        "CV of intervals": np.array(cvs, np.float32),
        "correlation": correlations[np.isfinite(correlations)].astype(np.float32),
    }
