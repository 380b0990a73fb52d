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
    "tsodyks_synapse": lambda weight: {"U": 0.5, "tau_psc": 2.0, "tau_rec": 100.0, "tau_fac": 50.0},
    "tsodyks2_synapse": lambda weight: {"U": 0.5, "tau_rec": 100.0, "tau_fac": 50.0},
    "stdp_dopamine_synapse": lambda weight: {"Wmax": 2.0 * weight, "A_plus": 0.001, "A_minus": 0.001},
    "static_synapse": lambda weight: {},
}
"""Parameters of synapse models that change weights, or effects of weights, given the weight at the beginning."""
STRONG = 1.75
"""Noise of any other rate than the usual one is so many times stronger."""
DOPAMINERGIC = 10
"""So many neurons modulate synapses that need it."""


def fixed(indegree: int) -> dict[str, Any]:
    """Return the rule of connections."""
    return {"rule": "fixed_indegree", "indegree": indegree}


def copy(nest: Any, synapse: str, modulating: Any, values: dict[str, Any]) -> None:
    """Make the model of synapses among excitatory neurons."""
    if synapse == "stdp_dopamine_synapse":
        transmitter = nest.Create("volume_transmitter")
        nest.Connect(modulating, transmitter, syn_spec={"delay": DELAY})
        values = values | {"volume_transmitter": transmitter}
    nest.CopyModel(synapse, "plastic", values)


def random_values(nest: Any, weight: float) -> dict[str, Any]:
    """Return weights and delays that differ from synapse to synapse."""
    return {"weight": nest.random.normal(weight, 0.1 * weight), "delay": nest.random.uniform(0.5 * DELAY, 1.5 * DELAY)}


def build(
    nest: Any,
    model: str,
    neurons: int,
    indegree: int | None = None,
    synapse: str = "",
    random: bool = False,
    rate: float = 0.0,
    recorded: int = 50,
) -> tuple[int, int]:
    """Build the network.

    Parameters
    ----------
    indegree
        The number of synapses per neuron, a tenth of the neurons by default.
    synapse
        The model of synapses among excitatory neurons, if they are not like all others.
    random
        Whether weights and delays of those are random.
    rate
        Of the noise (spikes/s), if it is not the usual one; all of it then is a stronger drive than usual.
    recorded
        How many neurons of each population have their spikes recorded.
    """
    n_ex = neurons * 4 // 5
    total = round(EPSILON * neurons) if indegree is None else indegree
    c_ex, c_in = max(1, total * 4 // 5), max(1, total // 5)
    parameters = {"C_m": C_M, "tau_m": TAU_M, "t_ref": 2.0, "E_L": 0.0, "V_reset": 0.0, "V_m": 0.0, "V_th": THRESHOLD}
    weight = J
    if model == "iaf_psc_alpha":
        parameters |= {"tau_syn_ex": TAU_SYN, "tau_syn_in": TAU_SYN}
        weight = J / largest_potential()
    usual = 1000.0 * ETA * THRESHOLD / (J * TAU_M)
    of_noise = STRONG * usual / rate if rate else 1.0
    nodes = nest.Create(model, neurons, parameters)
    excitatory, inhibitory = nodes[:n_ex], nodes[n_ex:]
    noise = nest.Create("poisson_generator", params={"rate": rate or usual})
    recorders = nest.Create("spike_recorder", 2)
    nest.CopyModel("static_synapse", "excitatory", {"weight": weight, "delay": DELAY})
    nest.CopyModel("static_synapse", "inhibitory", {"weight": -G * weight, "delay": DELAY})
    nest.Connect(noise, nodes, syn_spec={"weight": of_noise * weight, "delay": DELAY})
    for population, recorder in zip((excitatory, inhibitory), recorders, strict=True):
        nest.Connect(population[: min(recorded, len(population))], recorder, syn_spec="excitatory")

    def connect() -> None:
        nest.Connect(excitatory, inhibitory if synapse else nodes, fixed(c_ex), "excitatory")
        if synapse:
            copy(
                nest, synapse, excitatory[:DOPAMINERGIC], PLASTIC[synapse](weight) | {"weight": weight, "delay": DELAY}
            )
            values = random_values(nest, weight) if random else {}
            nest.Connect(excitatory, excitatory, fixed(c_ex), {"synapse_model": "plastic"} | values)
        nest.Connect(inhibitory, nodes, fixed(c_in), "inhibitory")

    return neurons, counted(nest, connect)


if __name__ == "__main__":
    main(build)
