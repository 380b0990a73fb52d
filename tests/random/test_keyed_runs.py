"""With ``rng_type = "jax"`` results depend on the seed and on the network, not on how it is run."""

from __future__ import annotations

import random
from typing import Any, NamedTuple, final

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import jaxnest as nest

Results = dict[str, Any]


class Way(NamedTuple):
    """One way to run a network."""

    threads: int = 1
    compute_backend: str = "native"
    pieces: tuple[float, ...] = (40.0,)


PIECES = (7.0, 0.3, 12.7, 20.0)
WAYS = (Way(3, pieces=PIECES), Way(3), Way(1, pieces=PIECES))
ARRAYS = Way(2, "jax", PIECES)
"""Array operations deliver spikes, and act for devices where they can."""


NEURONS: dict[str, dict[str, Any]] = {
    "gif_psc_exp": {"I_e": 500.0, "lambda_0": 20.0},
    "gif_cond_exp": {"I_e": 500.0, "lambda_0": 20.0},
    "pp_psc_delta": {"dead_time": 2.0, "dead_time_random": True, "I_e": 200.0},
    "iaf_psc_exp": {"delta": 3.0, "rho": 30.0, "I_e": 250.0},
}
RESTS = {"pp_psc_delta": 0.0, "iaf_psc_exp": -70.0}
DEVICES: dict[str, dict[str, Any]] = {
    "poisson_generator": {"rate": 900.0},
    "inhomogeneous_poisson_generator": {"rate_times": [1.0, 20.0], "rate_values": [300.0, 20000.0]},
    "sinusoidal_poisson_generator": {"rate": 300.0, "amplitude": 200.0, "frequency": 50.0},
    "sinusoidal_gamma_generator": {"rate": 300.0, "amplitude": 200.0, "frequency": 50.0, "order": 2.0},
    "gamma_sup_generator": {"rate": 40.0, "gamma_shape": 3, "n_proc": 5},
    "ppd_sup_generator": {"rate": 40.0, "dead_time": 2.0, "n_proc": 5},
    "mip_generator": {"rate": 300.0, "p_copy": 0.4},
    "noise_generator": {"mean": 50.0, "std": 200.0, "dt": 0.5},
}
SYNAPSES: dict[str, dict[str, Any]] = {
    "static_synapse": {},
    "bernoulli_synapse": {"p_transmit": 0.6},
    "quantal_stp_synapse": {"n": 6, "a": 6, "tau_rec": 30.0},
}
RULES: dict[str, dict[str, Any]] = {
    "fixed_indegree": {"indegree": 3},
    "fixed_outdegree": {"outdegree": 3},
    "fixed_total_number": {"N": 25},
    "pairwise_bernoulli": {"p": 0.3},
    "pairwise_poisson": {"pairwise_avg_num_conns": 0.3},
    "all_to_all": {},
}


@final
class Drawn:
    """A network of what draws random numbers; everything about it follows from a seed.

    Weights are multiples of powers of two, so that the order of summation, which does depend on threads, makes no
    difference.
    """

    def __init__(self, seed: int, synapses: tuple[str, ...] = tuple(SYNAPSES)) -> None:
        self._choice = random.Random(seed)
        self._synapses = synapses
        parrots = nest.Create("parrot_neuron", 6)
        nest.Connect(nest.Create("poisson_generator", params={"rate": 300.0}), parrots)
        populations = [parrots, *(self._population() for _ in range(2))]
        self._recorder = nest.Create("spike_recorder")
        for post in populations[1:]:
            for pre in populations:
                self._project(pre, post)
            for model in self._choice.sample(list(DEVICES), 3):
                device = nest.Create(model, params=DEVICES[model])
                nest.Connect(device, post, syn_spec={"weight": nest.random.uniform_int(8) * 16.0})
        for neurons in populations:
            nest.Connect(neurons, self._recorder)

    def _population(self) -> Any:
        model, n = self._choice.choice(list(NEURONS)), self._choice.randint(3, 9)
        return nest.Create(model, n, NEURONS[model] | {"V_m": nest.random.normal(RESTS.get(model, -70.0), 2.0)})

    def _project(self, pre: Any, post: Any) -> None:
        rule, model = self._choice.choice(list(RULES)), self._choice.choice(self._synapses)
        weight = nest.random.uniform_int(4) * 8.0 + 4.0
        spec = {"synapse_model": model, "weight": weight, "delay": nest.random.uniform(1.0, 3.0), **SYNAPSES[model]}
        nest.Connect(pre, post, {"rule": rule, **RULES[rule]}, spec)

    def results(self) -> Results:
        """Return everything that may depend on random numbers, in an order that does not depend on threads."""
        spikes = self._recorder.get("events")
        ends = nest.GetConnections().get(["source", "target", "weight", "delay"])
        later = nest.Create("iaf_psc_alpha", 4, {"V_m": nest.random.uniform(-70.0, -60.0)})
        nest.Connect(later, later, {"rule": "fixed_indegree", "indegree": 2})
        return {
            "spikes": sorted(zip(spikes["times"], spikes["senders"], strict=True)),
            "connections": sorted(zip(*ends.values(), strict=True)),
            "later": list(later.V_m),
            "sources": sorted(zip(*nest.GetConnections(later).get(["source", "target"]).values(), strict=True)),
        }


def run(way: Way, make: Any, *arguments: Any) -> Results:
    """Make a network, run it and return its results."""
    nest.ResetKernel()
    kernel = {k: v for k, v in way._asdict().items() if k not in ("threads", "pieces")}
    nest.set(rng_type="jax", rng_seed=7, local_num_threads=way.threads, **kernel)
    network = make(*arguments)
    for piece in way.pieces:
        nest.Simulate(piece)
    return network.results()


@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1 << 30))
@example(1)
def test_every_way_of_running_gives_the_same_spikes(seed: int) -> None:
    expected = run(Way(), Drawn, seed)
    assert len(expected["spikes"]) > 20
    for way in WAYS:
        assert run(way, Drawn, seed) == expected, way


@pytest.mark.slow
@settings(max_examples=2, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1 << 30))
def test_array_operations_give_the_same_spikes(seed: int) -> None:
    expected = run(Way(), Drawn, seed, ("static_synapse",))
    assert run(ARRAYS, Drawn, seed, ("static_synapse",)) == expected


class Made:
    """A network that a function makes; what it returns are recorders."""

    def __init__(self, make: Any) -> None:
        self._recorders = make()

    def results(self) -> Results:
        """Return all events, in an order that does not depend on threads, and all connections."""
        events = [r.get("events") for r in self._recorders]
        ends = nest.GetConnections().get(["source", "target", "synapse_model", "weight"])
        return {
            "events": [sorted(zip(*(e[k] for k in sorted(e)), strict=True)) for e in events],
            "connections": sorted(zip(*ends.values(), strict=True)),
        }


def recorded(*populations: Any) -> list[Any]:
    """Return recorders of the spikes of populations."""
    recorders = [nest.Create("spike_recorder") for _ in populations]
    for neurons, recorder in zip(populations, recorders, strict=True):
        nest.Connect(neurons, recorder)
    return recorders


def precise_spikes() -> list[Any]:
    """Precise spikes, several in a step, through random synapses."""
    generator = nest.Create("poisson_generator_ps", params={"rate": 30000.0, "dead_time": 0.01})
    parrots, neurons = nest.Create("parrot_neuron_ps", 4), nest.Create("iaf_psc_exp_ps", 5)
    nest.Connect(generator, parrots)
    spec = {"synapse_model": "bernoulli_synapse", "p_transmit": 0.4, "weight": 4.0}
    nest.Connect(parrots, neurons, {"rule": "fixed_indegree", "indegree": 6}, spec)
    return recorded(parrots, neurons)


def marked_spikes() -> list[Any]:
    """Neurons whose spikes carry a number, and that draw."""
    generator = nest.Create("poisson_generator", params={"rate": 3000.0})
    neurons = nest.Create("iaf_tum_2000", 6, {"delta": 3.0, "rho": 30.0, "I_e": 400.0})
    nest.Connect(generator, neurons, syn_spec={"weight": 64.0})
    return recorded(neurons)


def binary_neurons() -> list[Any]:
    """Binary neurons, which draw when they reconsider their state."""
    neurons = nest.Create("ginzburg_neuron", 6, {"tau_m": 2.0}) + nest.Create("erfc_neuron", 4, {"tau_m": 2.0})
    nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 4}, {"weight": 0.5})
    return recorded(neurons)


def populations() -> list[Any]:
    """Neurons that stand for populations: binomial and Poisson variates."""
    many = nest.Create("gif_pop_psc_exp", 3, {"N": 300, "I_e": 400.0, "BinoRand": True})
    few = nest.Create("gif_pop_psc_exp", 3, {"N": 40, "I_e": 400.0, "BinoRand": False})
    nest.Connect(many, few, {"rule": "fixed_indegree", "indegree": 2}, {"weight": 0.25})
    return recorded(many, few)


def triples() -> list[Any]:
    """A third population that joins some connections, and random synapses from there."""
    pre, post, third = nest.Create("parrot_neuron", 5), nest.Create("iaf_psc_exp", 7), nest.Create("parrot_neuron", 4)
    nest.Connect(nest.Create("poisson_generator", params={"rate": 200.0}), pre)
    weight = nest.random.uniform_int(9) + 1.0
    synapse = {"synapse_model": "bernoulli_synapse", "p_transmit": 0.5, "weight": weight}
    nest.TripartiteConnect(
        pre,
        post,
        third,
        {"rule": "pairwise_bernoulli", "p": 0.6},
        {"rule": "third_factor_bernoulli_with_pool", "p": 0.7, "pool_type": "random", "pool_size": 2},
        {"primary": synapse, "third_in": synapse, "third_out": synapse | {"weight": 512.0}},
    )
    return recorded(third, post)


def triples_of_a_total_number() -> list[Any]:
    """As many connections as are wanted, joined by a third population."""
    pre, post, third = nest.Create("parrot_neuron", 5), nest.Create("iaf_psc_exp", 7), nest.Create("parrot_neuron", 4)
    nest.Connect(nest.Create("poisson_generator", params={"rate": 200.0}), pre)
    rule = {"rule": "third_factor_bernoulli_with_pool", "p": 0.7, "pool_type": "random", "pool_size": 2}
    heavy = {"weight": nest.random.uniform_int(8) * 128.0}
    primary = {"rule": "fixed_total_number", "N": 40}
    nest.TripartiteConnect(pre, post, third, primary, rule, {"primary": heavy, "third_in": heavy, "third_out": heavy})
    return recorded(third, post)


def space(rule: dict[str, Any], use_on_source: bool = False) -> Any:
    """Return a function that makes connections in space."""

    def make() -> list[Any]:
        positions = nest.spatial.free(nest.random.uniform(-0.5, 0.5), num_dimensions=2)
        pre = nest.Create("parrot_neuron", 12, positions=positions)
        post = nest.Create("iaf_psc_exp", 15, positions=positions)
        nest.Connect(nest.Create("poisson_generator", params={"rate": 500.0}), pre)
        kernel = nest.spatial_distributions.gaussian(nest.spatial.distance, std=0.5) * nest.random.uniform(0.5, 1.0)
        options = {"mask": {"circular": {"radius": 0.6}}, **rule}
        options |= {"p": kernel, "use_on_source": use_on_source} if "p" in rule else {}
        weight = nest.random.uniform_int(8) * 16.0 + 128.0 * nest.random.uniform_int(2)
        nest.Connect(pre, post, options, {"weight": weight, "delay": nest.random.uniform(1.0, 2.0)})
        return recorded(post)

    return make


def symmetric() -> list[Any]:
    """Pairs that are drawn for all virtual processes, and devices with random parameters."""
    neurons = nest.Create("iaf_psc_exp", 9)
    generators = nest.Create("poisson_generator", 3, {"rate": nest.random.uniform(3000.0, 5000.0)})
    rule = {"rule": "symmetric_pairwise_bernoulli", "p": 0.3, "allow_autapses": False, "make_symmetric": True}
    nest.Connect(neurons, neurons, rule, {"weight": 64.0})
    nest.Connect(generators, neurons, syn_spec={"weight": 64.0})
    return recorded(neurons)


MADE = {
    "precise spikes": precise_spikes,
    "marked spikes": marked_spikes,
    "binary neurons": binary_neurons,
    "populations": populations,
    "triples": triples,
    "triples of a total number": triples_of_a_total_number,
    "symmetric": symmetric,
    "spatial bernoulli": space({"rule": "pairwise_bernoulli", "p": 0.5}),
    "spatial bernoulli on source": space({"rule": "pairwise_bernoulli", "p": 0.5}, True),
    "spatial poisson": space({"rule": "pairwise_poisson", "pairwise_avg_num_conns": 0.5}),
    "spatial indegree": space({"rule": "fixed_indegree", "indegree": 3}),
    "spatial outdegree": space({"rule": "fixed_outdegree", "outdegree": 3}),
}


@pytest.mark.parametrize("name", MADE)
def test_networks_of_all_kinds_do_not_depend_on_how_they_are_run(name: str) -> None:
    expected = run(Way(), Made, MADE[name])
    assert all(len(events) > 5 for events in expected["events"])
    for way in (Way(3, pieces=PIECES), Way(2)):
        assert run(way, Made, MADE[name]) == expected, way


def noise(way: Way) -> list[float]:
    """Simulate neurons with noise; return what was drawn, by time and neuron."""
    nest.ResetKernel()
    nest.set(rng_type="jax", local_num_threads=way.threads, compute_backend=way.compute_backend)
    neurons = nest.Create("lin_rate_ipn", 5, {"sigma": 2.0}) + nest.Create("tanh_rate_opn", 3, {"sigma": 1.0})
    spec = {"synapse_model": "rate_connection_instantaneous", "weight": 0.05}
    nest.Connect(neurons, neurons, "all_to_all", spec)
    nest.Connect(neurons, neurons, "one_to_one", {"synapse_model": "rate_connection_delayed", "delay": 1.5})
    meter = nest.Create("multimeter", params={"record_from": ["noise"], "interval": 0.1})
    nest.Connect(meter, neurons)
    for piece in way.pieces:
        nest.Simulate(piece)
    events = meter.get("events")
    return [x for *_, x in sorted(zip(events["times"], events["senders"], events["noise"], strict=True))]


def test_noise_does_not_depend_on_how_it_is_drawn() -> None:
    expected = noise(Way(pieces=(12.0,)))
    assert len(set(expected)) == len(expected) > 800
    for way in (Way(3, pieces=(1.5, 0.4, 10.1)), Way(2, pieces=(3.0, 9.0)), Way(1, "jax", (1.2, 10.8))):
        assert noise(way) == pytest.approx(expected, rel=1e-9), way


def test_recorders_change_nothing_that_is_drawn_later() -> None:
    def sources(recorders: int) -> Any:
        nest.ResetKernel()
        nest.set(rng_type="jax", local_num_threads=2)
        neurons = nest.Create("iaf_psc_alpha", 9, {"V_m": nest.random.uniform(-70.0, -60.0)})
        for _ in range(recorders):
            recorder = nest.Create("spike_recorder", params={"start": 1.0})
            nest.Connect(neurons, recorder)
        nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 2})
        return neurons.V_m, nest.GetConnections(neurons, neurons).get(["source", "target"])

    assert sources(0) == sources(2)


def test_random_synapses_transmit_independently() -> None:
    nest.set(rng_type="jax", rng_seed=3, local_num_threads=2)
    n_steps, n_targets, p = 400, 40, 0.3
    source = nest.Create("spike_generator", params={"spike_times": 0.1 * np.arange(1, n_steps + 1)})
    middle, targets = nest.Create("parrot_neuron"), nest.Create("parrot_neuron", n_targets)
    nest.Connect(source, middle)
    for _ in range(2):
        nest.Connect(middle, targets, syn_spec={"synapse_model": "bernoulli_synapse", "p_transmit": p})
    (recorder,) = recorded(targets)
    nest.Simulate(0.1 * n_steps + 5.0)
    events = recorder.get("events")
    steps, node = np.rint(np.array(events["times"]) / 0.1), np.array(events["senders"])
    bins = np.arange(n_steps + 1) + steps.min() - 0.5, np.arange(n_targets + 1) + node.min() - 0.5
    arrived, n = np.histogram2d(steps, node, bins)[0], n_steps * n_targets
    assert arrived.mean() == pytest.approx(2 * p, abs=4 * np.sqrt(2 * p * (1 - p) / n))
    assert arrived.var() == pytest.approx(2 * p * (1 - p), rel=4 * np.sqrt(2 / n))  # the two synapses of a pair, too
    assert abs(np.corrcoef(arrived[1:].ravel(), arrived[:-1].ravel())[0, 1]) < 4 / np.sqrt(n)
    between = np.asarray(np.corrcoef(arrived, rowvar=False))
    assert np.abs(between[np.triu_indices(n_targets, 1)]).max() < 5 / np.sqrt(n_steps)


NEAR_THRESHOLD = {"gif_psc_exp": {"lambda_0": 20.0, "I_e": 137.0}, "iaf_psc_exp": {"I_e": 350.0}, "pp_psc_delta": {}}
"""Where chance, and not the drive, says when a neuron fires."""


@pytest.mark.parametrize("model", NEAR_THRESHOLD)
def test_neurons_fire_independently_and_at_the_rate_of_other_engines(model: str) -> None:
    counts = []
    for engine in ("jax", "mt19937_64"):
        nest.ResetKernel()
        nest.set(rng_type=engine, rng_seed=9, compute_backend="native")
        neurons = nest.Create(model, 150, NEURONS[model] | NEAR_THRESHOLD[model])
        (recorder,) = recorded(neurons)
        nest.Simulate(200.0)
        events = recorder.get("events")
        bins = np.arange(50.0, 201.0, 10.0), np.arange(151) + neurons.tolist()[0] - 0.5
        counts.append(np.histogram2d(events["times"], events["senders"], bins)[0])
    keyed, other = counts
    spread = np.sqrt(keyed.sum(0).var() / 150 + other.sum(0).var() / 150)
    assert keyed.sum() > 30
    assert abs(keyed.sum(0).mean() - other.sum(0).mean()) < 4 * spread
    population = keyed.sum(1)  # no more variable than that of independent neurons
    assert population.var() < 3 * keyed.var(0).sum()
