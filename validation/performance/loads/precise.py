"""A small network with precise spike times and the shortest delays, so that every time step is a slice."""

from __future__ import annotations

from typing import Any

from common import counted, main

DELAY, INDEGREE = 0.1, 4


def build(nest: Any, neurons: int) -> tuple[int, int]:
    """Build the network: each neuron has noise of its own, which a parrot repeats."""
    nodes = nest.Create("iaf_psc_exp_ps", neurons, {"I_e": 300.0})
    parrots = nest.Create("parrot_neuron_ps", neurons)
    noise = nest.Create("poisson_generator_ps", params={"rate": 8000.0})
    recorder = nest.Create("spike_recorder")
    nest.Connect(noise, parrots, syn_spec={"delay": DELAY})
    nest.Connect(parrots, nodes, "one_to_one", {"weight": 20.0, "delay": DELAY})
    nest.Connect(nodes, recorder, syn_spec={"delay": DELAY})

    def connect() -> None:
        nest.Connect(nodes, nodes, {"rule": "fixed_indegree", "indegree": INDEGREE}, {"weight": 10.0, "delay": DELAY})

    return neurons, counted(nest, connect)


if __name__ == "__main__":
    main(build)
