"""How long rules, positions and arrays take to make a million connections; best of several turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from session import clock, main

TURNS = 3
GRID = 100
"""Nodes along one side of the layer."""
Call = Callable[[], object]


def kinds(nest: Any, n: int) -> dict[str, Callable[[], Call]]:
    """Return for each kind of call what makes nodes and returns the call, which makes about `n` connections."""
    few, delay = round(n**0.5), {"delay": 1.0}

    def connecting(size: int, rule: Any, values: Callable[[], dict[str, Any]] = lambda: delay) -> Callable[[], Call]:
        def begin() -> Call:
            nodes, spec = nest.Create("parrot_neuron", size), values()
            return lambda: nest.Connect(nodes, nodes, rule, spec)

        return begin

    def spatial() -> Call:
        side = round(GRID * (n / 1_000_000) ** 0.5)
        layer = nest.Create("parrot_neuron", positions=nest.spatial.grid([side, side], edge_wrap=True))
        distance = nest.spatial.distance
        kernel = nest.spatial_distributions.gaussian(distance, std=6.0 / side)
        mask = {"circular": {"radius": 9.0 / side}}
        rule = {"rule": "pairwise_bernoulli", "p": kernel, "mask": mask}
        values = {"weight": 2.0 - distance, "delay": 1.0 + 2.0 * distance}
        return lambda: nest.Connect(layer, layer, rule, values)

    def arrays() -> Call:
        random = np.random.default_rng(1)
        nodes = nest.Create("parrot_neuron", 10 * few)
        sources, targets = (random.integers(1, len(nodes) + 1, n) for _ in range(2))
        values = {"weight": random.normal(20.0, 2.0, n), "delay": random.uniform(1.0, 3.0, n)}
        return lambda: nest.Connect(sources, targets, "one_to_one", values)

    def drawn() -> dict[str, Any]:
        return {"weight": nest.random.normal(20.0, 2.0), "delay": nest.random.uniform(1.0, 3.0)}

    return {
        "connect_spatial": spatial,
        "connect_bernoulli": connecting(3 * few, {"rule": "pairwise_bernoulli", "p": 1.0 / 9.0}),
        "connect_total_number": connecting(10 * few, {"rule": "fixed_total_number", "N": n}),
        "connect_one_to_one": connecting(n, "one_to_one"),
        "connect_all_to_all": connecting(few, "all_to_all"),
        "connect_random_values": connecting(few, "all_to_all", drawn),
        "connect_arrays": arrays,
    }


def measure(nest: Any, connections: int, threads: int) -> dict[str, float]:
    """Return seconds per call."""
    result, now = {}, clock(threads)
    for name, begin in kinds(nest, connections).items():
        durations = []
        for _ in range(TURNS):
            nest.ResetKernel()
            nest.set(local_num_threads=threads, resolution=0.1)
            call = begin()
            started = now()
            call()
            durations.append(now() - started)
        result[name] = min(durations)
    return result


if __name__ == "__main__":
    main(measure)
