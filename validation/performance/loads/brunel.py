"""Brunel's balanced random network (J. Comput. Neurosci. 2000), with alpha-shaped or delta-shaped synapses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from common import counted, main

TAU_M, C_M, TAU_SYN, THRESHOLD = 20.0, 250.0, 0.5, 20.0
J, G, ETA, DELAY, EPSILON = 0.1, 5.0, 2.0, 1.5, 0.1


def largest_potential() -> float:
    """Return the peak of the postsynaptic potential (mV) of an alpha-shaped current of 1 pA."""
    a = TAU_M / TAU_SYN
    b = 1.0 / TAU_SYN - 1.0 / TAU_M

    def potential(t: float) -> float:
        rest = (math.exp(-t / TAU_M) - math.exp(-t / TAU_SYN)) / b - t * math.exp(-t / TAU_SYN)
        return math.e / (TAU_SYN * C_M * b) * rest

    low, high = 0.0, 5.0 * a * TAU_SYN  # the potential has one maximum: search it by golden sections
    golden = (math.sqrt(5.0) - 1.0) / 2.0
    while high - low > 1e-9:
        left, right = high - golden * (high - low), low + golden * (high - low)
        if potential(left) > potential(right):
            high = right
        else:
            low = left
    return potential(low)


PLASTIC: dict[str, Callable[[float], dict[str, float]]] = {
    "stdp_synapse": lambda weight: {"Wmax": 2.0 * weight, "lambda": 0.001, "alpha": 1.05},
}
"""Parameters of synapse models that change weights, or effects of weights, given the weight at the beginning."""


def fixed(indegree: int) -> dict[str, Any]:
    """Return the rule of connections."""
    return {"rule": "fixed_indegree", "indegree": indegree}


def build(nest: Any, model: str, neurons: int, indegree: int | None = None, synapse: str = "") -> tuple[int, int]:
    """Build the network.

    `indegree` sets the number of synapses per neuron, a tenth of the neurons by default; `synapse` is the model of
    those among excitatory neurons, if it is another than that of all others.
    """
    n_ex = neurons * 4 // 5
    total = round(EPSILON * neurons) if indegree is None else indegree
    c_ex, c_in = max(1, total * 4 // 5), max(1, total // 5)
    parameters = {"C_m": C_M, "tau_m": TAU_M, "t_ref": 2.0, "E_L": 0.0, "V_reset": 0.0, "V_m": 0.0, "V_th": THRESHOLD}
    weight = J
    if model == "iaf_psc_alpha":
        parameters |= {"tau_syn_ex": TAU_SYN, "tau_syn_in": TAU_SYN}
        weight = J / largest_potential()
    rate = 1000.0 * ETA * THRESHOLD / (J * TAU_M)
    nodes = nest.Create(model, neurons, parameters)
    excitatory, inhibitory = nodes[:n_ex], nodes[n_ex:]
    noise = nest.Create("poisson_generator", params={"rate": rate})
    recorders = nest.Create("spike_recorder", 2)
    nest.CopyModel("static_synapse", "excitatory", {"weight": weight, "delay": DELAY})
    nest.CopyModel("static_synapse", "inhibitory", {"weight": -G * weight, "delay": DELAY})
    nest.Connect(noise, nodes, syn_spec="excitatory")
    for population, recorder in zip((excitatory, inhibitory), recorders, strict=True):
        nest.Connect(population[: min(50, len(population))], recorder, syn_spec="excitatory")

    def connect() -> None:
        nest.Connect(excitatory, inhibitory if synapse else nodes, fixed(c_ex), "excitatory")
        if synapse:
            nest.CopyModel(synapse, "plastic", PLASTIC[synapse](weight) | {"weight": weight, "delay": DELAY})
            nest.Connect(excitatory, excitatory, fixed(c_ex), "plastic")
        nest.Connect(inhibitory, nodes, fixed(c_in), "inhibitory")

    return neurons, counted(nest, connect)


if __name__ == "__main__":
    main(build)
