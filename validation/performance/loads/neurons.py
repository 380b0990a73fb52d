"""Ten thousand neurons of one model, with noise and sparse connections: updating them takes most of the time."""

from __future__ import annotations

from typing import Any

from common import counted, main

INDEGREE, DELAY, RECORDED = 100, 1.5, 1000
KINDS: dict[str, tuple[dict[str, Any], float, float, dict[str, int]]] = {
    "hh_psc_alpha": ({}, 120.0, 10000.0, {}),
    "aeif_cond_exp": ({}, 6.0, 8000.0, {}),
    "iaf_cond_alpha": ({}, 1.2, 8000.0, {}),
    "gif_cond_exp": ({}, 0.6, 8000.0, {}),
    "glif_cond": (
        {"spike_dependent_threshold": True, "after_spike_currents": True, "tau_syn": [0.2, 2.0], "E_rev": [0.0, -85.0]},
        4.0,
        8000.0,
        {"receptor_type": 1},
    ),
    "iaf_psc_exp_multisynapse": ({"tau_syn": [0.5, 2.0, 5.0]}, 90.0, 8000.0, {"receptor_type": 1}),
}
"""Parameters, weight, rate of the noise (spikes/s) that lets them spike, and what else connections say."""


def build(nest: Any, model: str, neurons: int) -> tuple[int, int]:
    """Build the network."""
    parameters, weight, rate, receptor = KINDS[model]
    nodes = nest.Create(model, neurons, parameters)
    noise = nest.Create("poisson_generator", params={"rate": rate})
    recorder = nest.Create("spike_recorder")
    values = {"weight": weight, "delay": DELAY} | receptor
    nest.Connect(noise, nodes, syn_spec=values)
    nest.Connect(nodes[: min(RECORDED, neurons)], recorder)

    def connect() -> None:
        rule = {"rule": "fixed_indegree", "indegree": INDEGREE}
        nest.Connect(nodes, nodes, rule, values | {"weight": 0.05 * weight})

    return neurons, counted(nest, connect)


if __name__ == "__main__":
    main(build)
