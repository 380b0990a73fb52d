"""Networks that nobody has simulated before: everything about them is drawn from a seed.

What nobody has thought of is found only by chance.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation

NEURONS = ("iaf_psc_alpha", "iaf_psc_exp", "iaf_psc_delta", "iaf_psc_alpha_multisynapse", "iaf_psc_exp_multisynapse")
RNG_TYPES = ("mt19937", "mt19937_64", "Philox_32", "Philox_64", "Threefry_32", "Threefry_64")


class Network:
    """Two populations with random parameters, rules, delays, devices, and changes between the runs."""

    def __init__(self, nest: Any, seed: int) -> None:
        self.nest, self.draw = nest, random.Random(seed)
        self.resolution = self.draw.choice([0.05, 0.1, 0.1, 0.25])
        nest.set(
            resolution=self.resolution,
            local_num_threads=self.draw.choice([1, 1, 2, 3]),
            rng_seed=self.draw.randrange(1, 1 << 32),
            rng_type=self.draw.choice(RNG_TYPES),
        )
        self.populations = [self.population(self.draw.randint(2, 12)) for _ in range(2)]
        self.meters = [self.meter(neurons) for neurons in self.populations]
        self.recorder = nest.Create("spike_recorder")
        for post in self.populations:
            for pre in self.populations:
                self.connect(pre, post)
            self.drive(post)
            nest.Connect(post, self.recorder)

    def steps(self, low: float, high: float) -> float:
        """Draw a time on the grid."""
        return round(self.draw.uniform(low, high) / self.resolution) * self.resolution

    def parameters(self, model: str) -> dict[str, Any]:
        """Draw the parameters of neurons."""
        uniform = self.draw.uniform
        parameters: dict[str, Any] = {
            "C_m": uniform(150.0, 300.0),
            "tau_m": uniform(8.0, 20.0),
            "t_ref": self.draw.choice([0.0, self.resolution, 2.0, uniform(0.5, 4.0)]),
            "V_th": uniform(-58.0, -52.0),
            "V_reset": uniform(-72.0, -65.0),
            "E_L": uniform(-71.0, -66.0),
            "I_e": uniform(-100.0, 300.0),
        }
        if "multisynapse" in model:
            parameters["tau_syn"] = [uniform(0.3, 6.0) for _ in range(self.draw.randint(1, 3))]
        elif "delta" not in model:
            parameters |= {"tau_syn_ex": uniform(0.3, 5.0), "tau_syn_in": uniform(0.3, 9.0)}
        return parameters

    def population(self, n: int) -> Any:
        """Create neurons of a model that is drawn."""
        model = self.draw.choice(NEURONS)
        neurons = self.nest.Create(model, n, self.parameters(model))
        neurons.V_m = self.nest.random.uniform(-70.0, -59.0)
        return neurons

    def synapse(self, neurons: Any, sign: float = 1.0) -> dict[str, Any]:
        """Draw the synapses that one kind of source makes with a population."""
        scale = sign * (self.draw.uniform(0.2, 1.0) if "delta" in neurons[0].model else self.draw.uniform(20.0, 90.0))
        low = self.steps(0.4, 2.0)
        spec: dict[str, Any] = {
            "weight": self.draw.choice([scale, self.nest.random.normal(scale, 0.2 * abs(scale))]),
            "delay": self.draw.choice([low, self.nest.random.uniform(low, low + 2.0)]),
        }
        if "multisynapse" in neurons[0].model:
            spec["receptor_type"] = self.draw.randint(1, len(neurons[0].tau_syn))
        return spec

    def connect(self, pre: Any, post: Any) -> None:
        """Connect two populations by a rule that is drawn."""
        rule = self.draw.choice(
            [
                {"rule": "fixed_indegree", "indegree": self.draw.randint(1, 4)},
                {"rule": "fixed_outdegree", "outdegree": self.draw.randint(1, 4)},
                {"rule": "fixed_total_number", "N": self.draw.randint(1, 30)},
                {"rule": "pairwise_bernoulli", "p": self.draw.uniform(0.05, 0.5)},
                {"rule": "all_to_all", "allow_autapses": False},
            ]
        )
        self.nest.Connect(pre, post, rule, self.synapse(post, self.draw.choice([1.0, -1.0])))

    def drive(self, neurons: Any) -> None:
        """Connect stimulators to a population."""
        create, uniform = self.nest.Create, self.draw.uniform
        poisson = create("poisson_generator", params={"rate": uniform(500.0, 6000.0), "start": self.steps(0.0, 5.0)})
        times = sorted({self.steps(1.0, 90.0) for _ in range(20)})
        spikes = create("spike_generator", params={"spike_times": times})
        noise = create("noise_generator", params={"mean": uniform(0.0, 200.0), "std": 80.0, "dt": self.resolution})
        current = create("ac_generator", params={"amplitude": uniform(10.0, 90.0), "frequency": uniform(5.0, 60.0)})
        for device in (poisson, spikes):
            self.nest.Connect(device, neurons, syn_spec=self.synapse(neurons))
        for device in (noise, current):
            self.nest.Connect(device, neurons, syn_spec={"delay": self.steps(0.4, 2.0)})

    def meter(self, neurons: Any) -> Any:
        """Record the potentials of a population."""
        interval = self.resolution * self.draw.randint(1, 5)
        meter = self.nest.Create("multimeter", params={"record_from": ["V_m"], "interval": interval})
        self.nest.Connect(meter, neurons)
        return meter

    def run(self) -> Arrays:
        """Simulate in pieces, with changes in between, and return what was recorded."""
        for _ in range(3):
            self.nest.Simulate(self.steps(1.0, 40.0))
            for neurons in self.populations:
                neurons.I_e = self.draw.uniform(0.0, 300.0)
                neurons[self.draw.randrange(len(neurons))].set(V_m=-75.0, frozen=self.draw.random() < 0.2)
        recorders = {f"meter_{i}": m for i, m in enumerate(self.meters)} | {"spikes": self.recorder}
        return {f"{name}_{k}": np.asarray(v) for name, r in recorders.items() for k, v in r.events.items()}


CASES: dict[str, Simulation] = {f"network_{k}": lambda nest, seed, k=k: Network(nest, seed + k).run() for k in range(4)}
