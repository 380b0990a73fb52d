"""The balanced random network of Morrison, Aertsen and Diesmann (Neural Comput. 2007), a common benchmark.

Connections among excitatory neurons are static or have spike-timing-dependent plasticity with a power law.
"""

from __future__ import annotations

import math
from typing import Any

from common import counted, main

EXCITATORY, INHIBITORY, RECORDED = 9000, 2250, 1000
TAU_M, TAU_SYN, C_M, V_TH = 10.0, 0.32582722403722841, 250.0, 20.0
POTENTIAL, G, ETA, DELAY = 0.14, -5.0, 1.685, 1.5
NEURON = {"E_L": 0.0, "C_m": C_M, "tau_m": TAU_M, "t_ref": 0.5, "V_th": V_TH, "V_reset": 0.0}
NEURON |= {"tau_syn_ex": TAU_SYN, "tau_syn_in": TAU_SYN, "tau_minus": 30.0}
STDP = {"alpha": 0.0513, "lambda": 0.1, "mu": 0.4, "tau_plus": 15.0}


def weight() -> float:
    """Return the amplitude (pA) of the current that makes a postsynaptic potential of the wanted height.

    The potential peaks where its derivative vanishes, which Newton's method finds.
    """
    a, b = 1.0 / TAU_M, 1.0 / TAU_SYN
    rate = b - a

    def potential(t: float) -> float:
        return math.e * b / C_M * ((math.exp(-a * t) - math.exp(-b * t)) / rate**2 - t * math.exp(-b * t) / rate)

    def slope(t: float) -> float:
        return (potential(t + 1e-5) - potential(t - 1e-5)) / 2e-5

    t = 2.0 * TAU_SYN
    for _ in range(50):
        t -= slope(t) / ((slope(t + 1e-4) - slope(t - 1e-4)) / 2e-4)
    return POTENTIAL / potential(t)


def build(nest: Any, plastic: bool, scale: float) -> tuple[int, int]:
    """Build the network with numbers of neurons scaled, and as many inputs to each neuron as in the whole network."""
    n = [round(EXCITATORY * scale), round(INHIBITORY * scale)]
    excitatory, inhibitory = (nest.Create("iaf_psc_alpha", k, NEURON) for k in n)
    for population in (excitatory, inhibitory):
        population.V_m = nest.random.normal(5.7, 7.2)
    j = weight()
    threshold_rate = V_TH / (EXCITATORY * TAU_M / C_M * j * math.e * TAU_SYN)
    noise = nest.Create("poisson_generator", params={"rate": threshold_rate * ETA * EXCITATORY * 1e3})
    recorder = nest.Create("spike_recorder")
    nest.CopyModel("static_synapse_hpc", "excitation", {"weight": j, "delay": DELAY})
    nest.CopyModel("static_synapse_hpc", "inhibition", {"weight": G * j, "delay": DELAY})
    if plastic:
        nest.SetDefaults("stdp_pl_synapse_hom_hpc", STDP | {"weight": j, "delay": DELAY})
    for population in (excitatory, inhibitory):
        nest.Connect(noise, population, "all_to_all", "excitation")
    nest.Connect(excitatory[: min(RECORDED, n[0])], recorder, "all_to_all", "static_synapse_hpc")

    def connect() -> None:
        for source, target, indegree, model in (
            (excitatory, excitatory, EXCITATORY, "stdp_pl_synapse_hom_hpc" if plastic else "excitation"),
            (inhibitory, excitatory, INHIBITORY, "inhibition"),
            (excitatory, inhibitory, EXCITATORY, "excitation"),
            (inhibitory, inhibitory, INHIBITORY, "inhibition"),
        ):
            rule = {"rule": "fixed_indegree", "indegree": indegree, "allow_autapses": False, "allow_multapses": True}
            nest.Connect(source, target, rule, {"synapse_model": model})

    return sum(n), counted(nest, connect)


if __name__ == "__main__":
    main(build)
