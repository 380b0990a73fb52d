"""Many synapses of one kind, among neurons that get no input: what each needs of the memory."""

from __future__ import annotations

from typing import Any

from common import counted, main


def build(nest: Any, model: str, neurons: int, indegree: int, random: bool = False) -> tuple[int, int]:
    """Build the network; `random` weights differ from synapse to synapse."""
    nodes = nest.Create("iaf_psc_alpha", neurons)
    weight = nest.random.normal(20.0, 2.0) if random else 20.0
    values = {"synapse_model": model, "weight": weight, "delay": 1.5}
    rule = {"rule": "fixed_indegree", "indegree": indegree}
    return neurons, counted(nest, lambda: nest.Connect(nodes, nodes, rule, values))


if __name__ == "__main__":
    main(build)
