"""Two populations with exponential currents that keep each other active, as in Vogels and Abbott (2005)."""

from __future__ import annotations

from typing import Any

from common import counted, main

NEURON = {
    "C_m": 200.0,
    "tau_m": 20.0,
    "tau_syn_ex": 5.0,
    "tau_syn_in": 10.0,
    "t_ref": 5.0,
    "E_L": -49.0,
    "V_reset": -60.0,
    "V_th": -50.0,
}
WEIGHTS, DELAY = (16.2, -90.0), 0.2


def build(nest: Any, neurons: int) -> tuple[int, int]:
    """Build the network; each pair is connected with a probability of 80 / `neurons`, 2 % for 4000 neurons."""
    nodes = nest.Create("iaf_psc_exp", neurons, NEURON)
    nodes.V_m = nest.random.uniform(-60.0, -50.0)
    recorder = nest.Create("spike_recorder")
    nest.Connect(nodes, recorder, syn_spec={"delay": DELAY})
    rule = {"rule": "pairwise_bernoulli", "p": min(1.0, 80.0 / neurons), "allow_autapses": False}

    def connect() -> None:
        for population, weight in zip((nodes[: neurons * 4 // 5], nodes[neurons * 4 // 5 :]), WEIGHTS, strict=True):
            nest.Connect(population, nodes, rule, {"weight": weight, "delay": DELAY})

    return neurons, counted(nest, connect)


if __name__ == "__main__":
    main(build)
