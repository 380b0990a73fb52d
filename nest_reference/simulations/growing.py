"""Networks that grow and change between short runs.

What is under way, what nodes remember and what streams have drawn has to survive each change, whether the network is
laid out anew or new nodes and connections come into free places.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation

CASES: dict[str, Simulation] = {}
MODELS = ("iaf_psc_alpha", "iaf_psc_exp", "hh_psc_alpha", "iaf_cond_exp", "parrot_neuron", "aeif_psc_exp")
LENGTHS = (1.0, 1.0, 1.0, 2.0, 3.0, 0.3, 0.7, 0.1, 3.3)
"""Some runs end inside a slice."""


class Growing:
    """A network, and what a script may do to it, drawn at random."""

    def __init__(self, nest: Any, seed: int, models: tuple[str, ...], plastic: bool) -> None:
        self.nest, self.draw = nest, random.Random(seed)
        self.models, self.plastic = models, plastic
        self.neurons = nest.Create(models[0], 9)
        self.noise = nest.Create("poisson_generator", params={"rate": 9000.0})
        self.recorder = nest.Create("spike_recorder")
        self.meters = [nest.Create("multimeter", params={"record_from": ["V_m"], "interval": 0.5})]
        nest.Connect(self.noise, self.neurons, syn_spec={"weight": self.weight(models[0])})
        rule = {"rule": "fixed_indegree", "indegree": 4}
        nest.Connect(self.neurons, self.neurons, rule, {"weight": self.weight(models[0]), "delay": 1.5})
        nest.Connect(self.neurons, self.recorder)
        nest.Connect(self.meters[0], self.neurons[:3])

    def weight(self, model: str) -> float:
        """Return a weight that does something to a model."""
        return 2.0 if "cond" in model else 20.0

    def one(self) -> Any:
        """Return one of the neurons."""
        return self.neurons[self.draw.randrange(len(self.neurons))]

    def create(self, model: str | None = None) -> Any:
        """Create a neuron, or some."""
        n = self.draw.choice((1, 1, 1, 1, 2, 20))
        model = model or self.draw.choice(self.models)
        parameters = {}
        if model != "parrot_neuron" and self.draw.random() < 0.3:
            parameters["I_e"] = 300.0 + self.draw.randrange(3)
        new = self.nest.Create(model, n, params=parameters)
        self.neurons += new
        return new

    def connect_in(self) -> None:
        """Create neurons that get something to do, and are recorded."""
        new = self.create()
        self.nest.Connect(self.noise, new, syn_spec={"weight": self.weight(new[0].model)})
        if self.draw.random() < 0.5 and new[0].model != "parrot_neuron":
            self.nest.Connect(self.one(), new, syn_spec={"weight": self.weight(new[0].model), "delay": 1.5})
        if self.draw.random() < 0.5:
            self.nest.Connect(new, self.recorder)

    def connect(self) -> None:
        """Connect two neurons, maybe not for the first time."""
        source, target = self.one(), self.one()
        if target.model == "parrot_neuron":  # in a circle these would multiply spikes without end
            return
        weight = self.draw.choice((1.0, 1.0, 1.5, -1.0)) * self.weight(target.model)
        spec: dict[str, Any] = {
            "weight": abs(weight) if self.plastic else weight,
            "delay": self.draw.choice((1.5, 1.5, 2.0, 1.0)),
        }
        if self.plastic:
            spec["synapse_model"] = "stdp_synapse"
        for _ in range(self.draw.choice((1, 1, 3))):
            self.nest.Connect(source, target, syn_spec=spec)

    def change(self) -> None:
        """Change a value of neurons or connections."""
        neuron = self.one()
        if neuron.model != "parrot_neuron":
            name = self.draw.choice(("I_e", "V_m", "C_m", "E_L"))
            before = neuron.get(name)
            neuron.set({name: before + self.draw.choice((-1.0, 0.5, 2.0))})
        connections = self.nest.GetConnections(self.neurons, self.neurons)
        if self.draw.random() < 0.3:
            ends = zip(connections.get("source"), connections.get("target"), strict=True)
            connections.weight = [10.0 + (3 * source + target) % 7 for source, target in ends]

    def device(self) -> None:
        """Create a device, and connect it to some neurons."""
        kind, neuron = self.draw.choice(("spike_recorder", "dc_generator", "multimeter")), self.one()
        if kind == "spike_recorder":
            self.nest.Connect(self.neurons[-3:], self.nest.Create(kind))
        elif neuron.model == "parrot_neuron":
            return
        elif kind == "dc_generator":
            self.nest.Connect(self.nest.Create(kind, params={"amplitude": 10.0}), neuron)
        else:
            self.meters.append(self.nest.Create(kind, params={"record_from": ["V_m"], "interval": 0.2}))
            self.nest.Connect(self.meters[-1], neuron)

    def look(self) -> None:
        """Look at states, weights or events."""
        if self.draw.random() < 0.5:
            self.neurons[0].get("V_m")
        else:
            self.nest.GetConnections(self.neurons).get("weight")

    def step(self) -> None:
        """Do something."""
        what = (
            self.create,
            self.create,
            self.connect,
            self.connect,
            self.connect_in,
            self.device,
            self.change,
            self.look,
        )
        for _ in range(self.draw.choice((0, 1, 1, 1, 2))):
            self.draw.choice(what)()


def grow(
    nest: Any, seed: int, threads: int = 1, models: tuple[str, ...] = MODELS[:1], plastic: bool = False, n: int = 15
) -> Arrays:
    """Let a network grow between some runs."""
    nest.set(local_num_threads=threads, rng_seed=seed + 1, min_delay=1.0, max_delay=2.0)
    network = Growing(nest, seed, models, plastic)
    nest.Simulate(2.0)
    for _ in range(n):
        network.step()
        nest.Simulate(network.draw.choice(LENGTHS))
    connections = nest.GetConnections(network.neurons, network.neurons)
    found: Arrays = {name: np.array(connections.get(name)) for name in ("source", "target", "weight", "delay")}
    order = np.argsort(found["target"] % threads, kind="stable")  # NEST's threads answer in any order
    found = {name: values[order] for name, values in found.items()}
    found |= {name: np.array(network.recorder.events[name]) for name in ("times", "senders")}
    for k, meter in enumerate(network.meters):
        found |= {f"meter {k} {name}": np.array(values) for name, values in meter.events.items()}
    for name in ("V_m", "t_spike"):
        found[name] = np.array([n.get(name) for n in network.neurons if n.model != "parrot_neuron"])
    return found


CASES["growing_1"] = grow
CASES["growing_2"] = lambda nest, seed: grow(nest, seed, threads=2)
CASES["several_1"] = lambda nest, seed: grow(nest, seed, models=MODELS)
CASES["several_2"] = lambda nest, seed: grow(nest, seed, threads=2, models=MODELS)
CASES["plastic_1"] = lambda nest, seed: grow(nest, seed, models=MODELS[:2], plastic=True)
CASES["plastic_2"] = lambda nest, seed: grow(nest, seed, threads=2, models=MODELS[:2], plastic=True)
CASES["integrated_1"] = lambda nest, seed: grow(nest, seed, models=MODELS[2:4])
CASES["relayed_1"] = lambda nest, seed: grow(nest, seed, models=MODELS[:3:-1])
