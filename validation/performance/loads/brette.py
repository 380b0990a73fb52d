"""Networks that keep themselves active after a short stimulus: Brette et al. (J. Comput. Neurosci. 2007).

Benchmark 1 has conductances (COBA), 2 currents (CUBA), 3 neurons of Hodgkin-Huxley type. The networks are those of
Vogels and Abbott (J. Neurosci. 2005).
"""

from __future__ import annotations

from typing import Any

from common import counted, main

CONDUCTANCES = {"C_m": 200.0, "g_L": 10.0, "E_L": -60.0}
CONDUCTANCES |= {"E_ex": 0.0, "E_in": -80.0, "tau_syn_ex": 5.0, "tau_syn_in": 10.0}
KINDS: dict[str, tuple[str, dict[str, float], tuple[float, float]]] = {
    "cuba": (
        "iaf_psc_exp",
        {"C_m": 200.0, "tau_m": 20.0, "tau_syn_ex": 5.0, "tau_syn_in": 10.0, "t_ref": 5.0}
        | {"E_L": -49.0, "V_reset": -60.0, "V_th": -50.0},
        (16.2, -90.0),
    ),
    "coba": ("iaf_cond_exp", CONDUCTANCES | {"V_th": -50.0, "V_reset": -60.0, "t_ref": 5.0}, (6.0, -67.0)),
    "hh": (
        "hh_cond_exp_traub",
        CONDUCTANCES | {"g_Na": 20000.0, "g_K": 6000.0, "E_Na": 50.0, "E_K": -90.0},
        (6.0, -67.0),
    ),
}
"""Model, parameters, weights of excitatory and inhibitory connections."""
DELAY, STIMULATED, RECORDED = 0.1, 50, 500
STIMULUS = {"rate": 300.0, "start": 1.0, "stop": 51.0}


def build(nest: Any, kind: str, neurons: int) -> tuple[int, int]:
    """Build the network; each neuron has inputs from 2 % of 4000 neurons, whatever the size."""
    model, parameters, weights = KINDS[kind]
    nodes = nest.Create(model, neurons, parameters)
    excitatory, inhibitory = nodes[: neurons * 4 // 5], nodes[neurons * 4 // 5 :]
    stimulus = nest.Create("poisson_generator", params=STIMULUS)
    nest.Connect(stimulus, nodes[: min(STIMULATED, neurons)], syn_spec={"weight": weights[0], "delay": DELAY})
    recorder = nest.Create("spike_recorder")
    for population in (excitatory, inhibitory):
        nest.Connect(population[: min(RECORDED, len(population))], recorder, syn_spec={"delay": DELAY})

    def connect() -> None:
        for population, indegree, weight in ((excitatory, 64, weights[0]), (inhibitory, 16, weights[1])):
            rule = {"rule": "fixed_indegree", "indegree": indegree}
            nest.Connect(population, nodes, rule, {"weight": weight, "delay": DELAY})

    return neurons, counted(nest, connect)


if __name__ == "__main__":
    main(build)
