"""The cortical microcircuit of Potjans and Diesmann (Cereb. Cortex 2014): four layers, eight populations.

Smaller networks have fewer neurons and fewer synapses per neuron. Larger weights keep the fluctuations, and a constant
current the mean of the input, that a neuron of the full network gets at the rates of the full network.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from common import counted, main

SIZES = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
PROBABILITIES = np.array(
    [
        [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
        [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
        [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0],
        [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
        [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
        [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0],
        [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
        [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443],
    ]
)
"""Connection probabilities, target by source: excitatory and inhibitory neurons of layers 2/3, 4, 5, 6."""
EXTERNAL = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])
EXTERNAL_RATE = 8.0
RATES = np.array([0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829])
"""Rates of the full network, in spikes per second."""
V_MEAN = np.array([-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43])
V_SD = np.array([5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48])
TAU_M, TAU_SYN, C_M = 10.0, 0.5, 250.0
PSP, G, WEIGHT_SD = 0.15, -4.0, 0.1
DELAYS, DELAY_SD = (1.5, 0.75), 0.5


def current(potential: float) -> float:
    """Return the amplitude (pA) of a current whose postsynaptic potential peaks at `potential` (mV)."""
    ratio = TAU_M / TAU_SYN
    peak = ratio ** (-TAU_M / (TAU_M - TAU_SYN)) - ratio ** (-TAU_SYN / (TAU_M - TAU_SYN))
    return potential / (TAU_SYN * TAU_M / (C_M * (TAU_SYN - TAU_M)) * peak)


def synapse_numbers() -> np.ndarray:
    """Return the number of synapses between populations of the full network, target by source."""
    pairs = np.outer(SIZES, SIZES)
    return np.log(1.0 - PROBABILITIES) / np.log((pairs - 1.0) / pairs)


def weights() -> np.ndarray:
    """Return the mean weights of the full network; those of excitatory synapses from layer 4 to 2/3 are doubled."""
    table = np.tile([current(PSP), G * current(PSP)], (8, 4))
    table[0, 2] *= 2.0
    return table


def build(nest: Any, scale: float) -> tuple[int, int]:
    """Build the network, with numbers of neurons and of synapses per neuron scaled down by the same factor."""
    sizes = np.maximum(2, np.round(SIZES * scale)).astype(int)
    synapses = np.round(synapse_numbers() * scale * scale).astype(int)
    full_input = (weights() * synapse_numbers() / SIZES[:, None]) @ RATES + current(PSP) * EXTERNAL * EXTERNAL_RATE
    constant = 1e-3 * TAU_SYN * (1.0 - math.sqrt(scale)) * full_input
    mean, external = weights() / math.sqrt(scale), current(PSP) / math.sqrt(scale)
    populations = [population(nest, int(n), float(i), k) for k, (n, i) in enumerate(zip(sizes, constant, strict=True))]
    recorder = nest.Create("spike_recorder")
    for k, target in enumerate(populations):
        noise = nest.Create("poisson_generator", params={"rate": float(EXTERNAL_RATE * EXTERNAL[k] * scale)})
        nest.Connect(noise, target, syn_spec={"weight": external, "delay": DELAYS[0]})
        nest.Connect(target, recorder)

    def connect() -> None:
        for t, target in enumerate(populations):
            for s, source in enumerate(populations):
                if synapses[t, s]:
                    rule = {"rule": "fixed_total_number", "N": int(synapses[t, s])}
                    nest.Connect(source, target, rule, values(nest, float(mean[t, s]), DELAYS[s % 2]))

    return int(sizes.sum()), counted(nest, connect)


def population(nest: Any, n: int, constant: float, k: int) -> Any:
    """Create one population."""
    neuron = {"C_m": C_M, "tau_m": TAU_M, "t_ref": 2.0, "E_L": -65.0, "V_th": -50.0, "V_reset": -65.0}
    neuron |= {"tau_syn_ex": TAU_SYN, "tau_syn_in": TAU_SYN, "I_e": constant}
    nodes = nest.Create("iaf_psc_exp", n, neuron)
    nodes.V_m = nest.random.normal(float(V_MEAN[k]), float(V_SD[k]))
    return nodes


def values(nest: Any, mean: float, delay: float) -> dict[str, Any]:
    """Return normal weights, which keep their sign, and normal delays of at least one step."""
    low, high = (0.0, math.inf) if mean > 0 else (-math.inf, 0.0)
    h = nest.resolution
    return {
        "weight": nest.math.redraw(nest.random.normal(mean, abs(WEIGHT_SD * mean)), low, high),
        "delay": nest.math.redraw(nest.random.normal(delay, DELAY_SD * delay), 0.5 * h, math.inf),
    }


if __name__ == "__main__":
    main(build)
