"""How long it takes to find a million connections, and to read and set their values; best of several turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from session import clock, main

TURNS = 2


def calls(nest: Any, nodes: Any) -> dict[str, Callable[[], object]]:
    """Return kinds of calls."""
    part, whole = nodes[: len(nodes) // 2], nest.GetConnections()
    values = np.random.default_rng(1).normal(20.0, 2.0, len(whole))
    return {
        "find_all": lambda: nest.GetConnections(),
        "find_source": lambda: nest.GetConnections(source=part),
        "find_target": lambda: nest.GetConnections(target=part),
        "find_model": lambda: nest.GetConnections(synapse_model="static_synapse"),
        "find_both": lambda: nest.GetConnections(part, part, "static_synapse"),
        "read_attribute": lambda: whole.weight,
        "read_several": lambda: whole.get(["source", "target", "weight", "delay"]),
        "write_one": lambda: whole.set(weight=3.0),
        "write_array": lambda: setattr(whole, "weight", values),
        "write_list": lambda: whole.set(weight=values.tolist()),
    }


def measure(nest: Any, connections: int, threads: int) -> dict[str, float]:
    """Return seconds per call."""
    nest.set(local_num_threads=threads)
    nodes = nest.Create("parrot_neuron", round(connections**0.5))
    nest.Connect(nodes, nodes, "all_to_all", {"weight": nest.random.normal(20.0, 2.0), "delay": 1.5})
    result, now = {}, clock(threads)
    for name, call in calls(nest, nodes).items():
        durations = []
        for _ in range(TURNS):
            started = now()
            call()
            durations.append(now() - started)
        result[name] = min(durations)
    return result


if __name__ == "__main__":
    main(measure)
