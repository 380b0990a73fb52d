"""Many short runs of one small network, between which a script changes something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from session import main, per_call

SIZE, INDEGREE = 20, 5


class Network(NamedTuple):
    """What the steps change."""

    nest: Any
    neurons: Any
    noise: Any
    connections: Any


def build(nest: Any) -> Network:
    """Build a driven recurrent network, and let it run for a while."""
    nest.ResetKernel()
    neurons = nest.Create("iaf_psc_alpha", SIZE, {"I_e": 300.0})
    noise = nest.Create("poisson_generator", params={"rate": 8000.0})
    recorder = nest.Create("spike_recorder")
    nest.Connect(noise, neurons, syn_spec={"weight": 20.0, "delay": 1.0})
    nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": INDEGREE}, {"weight": 10.0, "delay": 1.5})
    nest.Connect(neurons, recorder)
    nest.Simulate(10.0)
    return Network(nest, neurons, noise, nest.GetConnections(neurons, neurons))


def connect(network: Network, i: int) -> None:
    """Connect two of the neurons."""
    neurons = network.neurons
    network.nest.Connect(neurons[i % SIZE], neurons[(3 * i + 1) % SIZE], syn_spec={"weight": 5.0, "delay": 1.5})


CHANGES: dict[str, tuple[float, Callable[[Network, int], object]]] = {
    "step": (1.0, lambda network, i: None),
    "step_set": (0.3, lambda network, i: network.neurons.set(I_e=300.0 + i % 7)),
    "step_current": (0.3, lambda network, i: setattr(network.neurons[3], "I_e", 300.0 + i % 7)),
    "step_rate": (0.3, lambda network, i: setattr(network.noise, "rate", 8000.0 + i % 7)),
    "step_weight": (0.3, lambda network, i: setattr(network.connections, "weight", 10.0 + i % 7)),
    "step_connect": (0.1, connect),
    "step_create": (0.1, lambda network, i: network.nest.Create("iaf_psc_alpha")),
}
"""What happens before each step, and in which share of the steps."""


def measure(nest: Any, steps: int) -> dict[str, float]:
    """Return seconds per step; each kind of change begins with a network of its own."""
    result = {}
    for name, (share, change) in CHANGES.items():
        network = build(nest)

        def step(i: int, network: Network = network, change: Callable[[Network, int], object] = change) -> None:
            change(network, i)
            nest.Simulate(1.0)

        result[name] = per_call(step, round(share * steps))
    return result


if __name__ == "__main__":
    main(measure)
