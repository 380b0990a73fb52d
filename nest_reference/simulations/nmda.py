"""Neurons whose NMDA connections have equations of their own.

The order of connections decides which receptor each gets, and in which order conductances are summed. Values of such
neurons must not be set once they have connections: NEST then writes to memory that it does not own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation

CASES: dict[str, Simulation] = {}
MODEL = "iaf_bw_2001_exact"
NOTED = ["V_m", "s_AMPA", "s_GABA", "s_NMDA", "I_AMPA", "I_GABA", "I_NMDA"]
AMPA, GABA, NMDA = 1, 2, 3


def neuron(rng: np.random.RandomState) -> dict[str, Any]:
    """Draw the parameters of a neuron."""
    return {
        "tau_decay_NMDA": rng.uniform(50.0, 150.0),
        "tau_rise_NMDA": rng.uniform(1.0, 5.0),
        "tau_AMPA": rng.uniform(1.0, 3.0),
        "alpha": rng.uniform(0.2, 1.0),
        "conc_Mg2": rng.uniform(0.5, 2.0),
        "gsl_error_tol": rng.choice([1e-3, 1e-6]),
        "t_ref": rng.choice([0.0, 2.0]),
        "E_L": rng.uniform(-71.0, -69.0),
    }


def network(nest: Any, seed: int, number: int, threads: int, resolution: float) -> Arrays:
    """Neurons that excite each other and get input from generators, parrots and other neurons."""
    rng = np.random.RandomState(seed + number)
    nest.set(rng_seed=seed + number + 1, local_num_threads=threads, resolution=resolution)
    sources, neurons = nest.Create(MODEL, 4), None
    for _ in range(4):
        one = nest.Create(MODEL, params=neuron(rng))
        neurons = one if neurons is None else neurons + one
    generator, parrots = nest.Create("poisson_generator", params={"rate": 1500.0}), nest.Create("parrot_neuron", 4)
    nest.Connect(generator, sources, syn_spec={"receptor_type": AMPA, "weight": 25.0})
    nest.Connect(generator, parrots)
    few = nest.Create("spike_generator", params={"spike_times": [9.0, 40.0], "spike_multiplicities": [3, 7]})
    nest.Connect(few, neurons[1:3], syn_spec={"receptor_type": NMDA, "weight": 0.7})

    def delay() -> float:
        return resolution * rng.randint(1, 20)

    def spec(receptor: int, strength: float) -> dict[str, Any]:
        return {"receptor_type": receptor, "weight": strength * rng.uniform(0.5, 1.5), "delay": delay()}

    nest.Connect(sources, neurons, syn_spec=spec(NMDA, 2.0))
    nest.Connect(generator, neurons[:2], syn_spec={"receptor_type": NMDA, "weight": 0.05})
    nest.Connect(parrots[:2], neurons[2:], "one_to_one", spec(NMDA, 0.2))
    nest.Connect(sources, neurons, {"rule": "fixed_indegree", "indegree": 2}, spec(NMDA, 1.0))
    nest.Connect(sources, neurons, {"rule": "pairwise_bernoulli", "p": 0.5}, spec(NMDA, -0.3))
    nest.Connect(neurons, neurons, {"rule": "all_to_all", "allow_autapses": False}, spec(NMDA, 1.0))
    together = nest.CollocatedSynapses(spec(NMDA, 1.0), spec(GABA, 5.0), spec(NMDA, 0.5), spec(AMPA, 10.0))
    nest.Connect(sources, neurons, syn_spec=together)
    nest.Connect(nest.Create("dc_generator", params={"amplitude": 200.0}), neurons)
    found = nest.GetConnections(target=neurons).get(["source", "target", "receptor", "weight"])
    table = np.array([found[name] for name in ("source", "target", "receptor", "weight")])
    result = {"connections": table[:, np.lexsort(table)]}
    meter = nest.Create("multimeter", params={"interval": 5 * resolution, "record_from": NOTED})
    recorder = nest.Create("spike_recorder")
    nest.Connect(meter, neurons)
    nest.Connect(sources + neurons, recorder)
    nest.Simulate(60.0)
    nest.Simulate(90.0)
    for k, one in enumerate((meter, recorder)):
        events = one.events
        order = np.lexsort((events["senders"], events["times"]))
        result |= {f"{name}_{k}": np.asarray(values)[order] for name, values in events.items()}
    return result | {"potentials": np.array(neurons.V_m), "lengths": np.array(neurons.archiver_length)}


for _number in range(4):
    _threads, _resolution = (1, 2, 3, 1)[_number], (0.1, 0.1, 0.1, 0.5)[_number]
    CASES[f"network_{_number}"] = lambda nest, seed, s=_number, t=_threads, r=_resolution: network(nest, seed, s, t, r)


def weights(nest: Any, seed: int, model: str, threads: int) -> Arrays:
    """NMDA connections of weight zero, and synapses that decide about each spike or change the weight."""
    nest.set(rng_seed=seed + 5, local_num_threads=threads)
    neurons, parrots = nest.Create(model, 4, {"V_m": -56.0}), nest.Create("parrot_neuron", 2)
    generator, train = nest.Create("poisson_generator", params={"rate": 8000.0}), nest.Create("spike_generator")
    train.spike_times = [5.0]
    nest.Connect(train, parrots)
    nest.Connect(generator, neurons, syn_spec={"receptor_type": AMPA, "weight": 30.0})
    changing = {"tsodyks2_synapse": 0.7, "stdp_synapse": 0.4} if model == "iaf_bw_2001" else {}
    for synapse, weight in {"static_synapse": 0.0, "bernoulli_synapse": 0.3, **changing}.items():
        nest.Connect(neurons, neurons, syn_spec={"synapse_model": synapse, "receptor_type": NMDA, "weight": weight})
    nest.Connect(neurons, neurons, syn_spec={"synapse_model": "static_synapse_hom_w", "receptor_type": NMDA})
    if model == MODEL:
        for weight, synapse in ((0.7, "tsodyks2_synapse"), (0.0, "static_synapse"), (0.4, "tsodyks2_synapse")):
            nest.Connect(
                parrots, neurons[1:], syn_spec={"synapse_model": synapse, "receptor_type": NMDA, "weight": weight}
            )
    noted = NOTED if model == MODEL else ["V_m", "s_AMPA", "s_NMDA"]
    meter, recorder = nest.Create("multimeter", params={"record_from": noted}), nest.Create("spike_recorder")
    nest.Connect(meter, neurons)
    nest.Connect(neurons, recorder)
    nest.Simulate(60.0)
    nest.Simulate(40.0)
    result = {}
    for k, one in enumerate((meter, recorder)):
        events = one.events
        order = np.lexsort((events["senders"], events["times"]))
        result |= {f"{name}_{k}": np.asarray(values)[order] for name, values in events.items()}
    return result


for _model in ("iaf_bw_2001", MODEL):
    for _threads in (1, 2):
        CASES[f"weights_{_model}_{_threads}"] = lambda nest, seed, a=(_model, _threads): weights(nest, seed, *a)
