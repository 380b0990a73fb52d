"""Numbers of ``rng_type = "jax"`` depend on the seed, on nodes and on the step, not on the number of threads."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

import jaxnest as nest
from jaxnest.random.numbers import keyed_arrays
from jaxnest.random.numbers.cipher import threefry_2x64
from jaxnest.random.numbers.distributions import standard_normal
from jaxnest.random.numbers.engines import drand, next_word
from jaxnest.random.numbers.keyed import keyed_poissons, rekey, turn_to
from jaxnest.random.numbers.layout import CALLS, KEY, NODES, SYNAPSES
from jaxnest.random.numbers.streams import RandomStreams, identities


def test_cipher_gives_the_published_numbers() -> None:
    zero, one = np.uint64(0), np.uint64(0xFFFFFFFFFFFFFFFF)
    assert threefry_2x64(zero, zero, zero, zero) == (0xC2B6E3A8C2C69865, 0x6F81ED42F350084D)
    assert threefry_2x64(one, one, one, one) == (0xE02CB7C4D95D277A, 0xD06633D0893B8B68)


@pytest.mark.parametrize("mean", [0.05, 2.25, 31.0, 400.0])
def test_poisson_variates_have_their_distribution(mean: float) -> None:
    stats = pytest.importorskip("scipy.stats")
    stream, out = RandomStreams(5, "jax").vp_specific[0], np.zeros(250)
    identity = np.arange(250) + 1
    draws = []
    for step in range(80):
        keyed_poissons(stream, mean, 7, step, identity, out)
        draws.append(out.copy())
    values = np.concatenate(draws)
    edges = np.unique(stats.poisson(mean).ppf([0.02, 0.2, 0.4, 0.6, 0.8, 0.98]))
    found = np.histogram(values, [-1.0, *(edges + 0.5), np.inf])[0]
    cumulative = np.concatenate([[0.0], stats.poisson(mean).cdf(edges), [1.0]])
    assert stats.chisquare(found, len(values) * np.diff(cumulative)).pvalue > 1e-4
    series = np.array(draws)
    assert abs(np.corrcoef(series[:-1].ravel(), series[1:].ravel())[0, 1]) < 0.03
    assert abs(np.corrcoef(series[:, :-1].ravel(), series[:, 1:].ravel())[0, 1]) < 0.03


def test_numbers_depend_on_who_draws_for_whom_and_when() -> None:
    stream = RandomStreams(5, "jax").vp_specific[0]
    identity, out = np.arange(200) + 1, np.zeros(200)
    results = set()
    for mean, node, step in ((9.0, 1, 1), (9.0, 2, 1), (9.0, 1, 2)):
        keyed_poissons(stream, mean, node, step, identity, out)
        results.add(tuple(out))
    keyed_poissons(stream, 9.0, 1, 1, identity, out)
    assert tuple(out) in results
    assert len(results) == 3
    keyed_poissons(stream, 9.0, 1, 1, identity[50:60], alone := np.zeros(10))
    np.testing.assert_array_equal(alone, out[50:60])
    words = []
    for _ in range(2):
        rekey(stream, NODES, 3, 4, 5)
        words.append([int(next_word(stream)) for _ in range(9)])
    assert words[0] == words[1]
    assert len(set(words[0])) == 9


NO_OBJECT = np.zeros(2)


def grid(draw: Any, purpose: int = NODES) -> np.ndarray:
    """Draw a number for each node, identity and step of a grid."""
    stream, values = RandomStreams(5, "jax").vp_specific[0], np.empty((40, 25, 40))
    for node, identity, step in np.ndindex(values.shape):
        rekey(stream, purpose, node + 1, identity, step)
        values[node, identity, step] = draw(stream)
    return values


def neighbours(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Return all values but the first, and those before them, along an axis."""
    n = values.shape[axis]
    return values.take(range(1, n), axis), values.take(range(n - 1), axis)


@pytest.mark.parametrize("purpose", [NODES, SYNAPSES, CALLS])
def test_first_numbers_of_neighbouring_keys_are_uniform_and_independent(purpose: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    values = grid(drand, purpose)
    assert stats.kstest(values.ravel(), "uniform").pvalue > 1e-3
    assert np.abs(np.corrcoef(values.reshape(40, -1))[np.triu_indices(40, 1)]).max() < 5 / np.sqrt(1000)
    for axis in range(3):
        first, second = neighbours(values, axis)
        assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 4 / np.sqrt(first.size)
        pairs = np.histogram2d(first.ravel(), second.ravel(), bins=8, range=[[0, 1], [0, 1]])[0]
        assert stats.chisquare(pairs.ravel()).pvalue > 1e-3


def test_normal_variates_of_neighbouring_keys_are_normal_and_independent() -> None:
    stats = pytest.importorskip("scipy.stats")
    values = grid(lambda stream: standard_normal(stream, NO_OBJECT))
    assert stats.kstest(values.ravel(), "norm").pvalue > 1e-3
    for axis in range(3):
        first, second = neighbours(values, axis)
        for f in (np.array, np.abs):
            assert abs(np.corrcoef(f(first).ravel(), f(second).ravel())[0, 1]) < 4 / np.sqrt(first.size)


def test_purposes_and_seeds_have_numbers_of_their_own() -> None:
    first = [grid(drand, purpose).ravel() for purpose in (NODES, SYNAPSES, CALLS)]
    streams = [RandomStreams(seed, "jax").vp_specific[0] for seed in (5, 6)]
    for stream in streams:
        turn_to(stream, 1)
    first += [np.array([drand(stream) for _ in range(40000)]) for stream in streams]
    assert np.abs(np.corrcoef(first)[np.triu_indices(len(first), 1)]).max() < 4 / np.sqrt(40000)


def test_array_operations_draw_the_same_numbers() -> None:
    stream = RandomStreams(5, "jax").vp_specific[0]
    nodes, steps = np.array([1, 2, 3, 1000]), np.array([0, 1, 2, 12345678])
    with jax.enable_x64(True):
        uniform = np.asarray(keyed_arrays.uniform(stream[KEY], nodes[None, :], steps[:, None]))
        normal = np.asarray(keyed_arrays.normal(stream[KEY], nodes[None, :], steps[:, None]))
    for (i, step), (j, node) in ((a, b) for a in enumerate(steps) for b in enumerate(nodes)):
        rekey(stream, NODES, node, 0, step)
        assert drand(stream) == uniform[i, j]
        rekey(stream, NODES, node, 0, step)
        assert standard_normal(stream, NO_OBJECT) == pytest.approx(normal[i, j], rel=1e-12, abs=1e-12)


def test_normal_variates_do_not_depend_on_what_was_drawn_before() -> None:
    stream, saved = RandomStreams(5, "jax").vp_specific[0], np.zeros(2)
    rekey(stream, NODES, 1, 0, 1)
    expected = standard_normal(stream, saved)
    standard_normal(stream, saved)
    rekey(stream, NODES, 1, 0, 1)
    assert standard_normal(stream, saved) == expected


def test_other_engines_go_on_as_they_are() -> None:
    stream, same = RandomStreams(5).vp_specific[0], RandomStreams(5).vp_specific[0]
    rekey(stream, NODES, 1, 2, 3)
    turn_to(stream, 4)
    np.testing.assert_array_equal(stream, same)


def test_identities_tell_repetitions_apart() -> None:
    found = identities(np.array([7, 3, 7, 7, 3], np.int32))
    assert found.tolist() == [7, 3, 7 + (1 << 32), 7 + (2 << 32), 3 + (1 << 32)]


RULES: dict[str, dict[str, Any]] = {
    "fixed_indegree": {"indegree": 6},
    "fixed_outdegree": {"outdegree": 6},
    "fixed_total_number": {"N": 200},
    "pairwise_bernoulli": {"p": 0.15},
    "pairwise_poisson": {"pairwise_avg_num_conns": 0.15},
}


def network(threads: int, backend: str, rule: str = "fixed_indegree") -> dict[str, np.ndarray]:
    """Simulate noisy neurons with random parameters and connections; return everything, sorted."""
    nest.ResetKernel()
    nest.set(local_num_threads=threads, rng_type="jax", rng_seed=77, compute_backend=backend)
    neurons = nest.Create("iaf_psc_exp", 31, {"V_m": nest.random.uniform(-70.0, -56.0)})
    spec = {"weight": nest.random.normal(60.0, 5.0), "delay": nest.random.uniform(1.0, 2.0)}
    nest.Connect(neurons, neurons, {"rule": rule, **RULES[rule]}, spec)
    equal = nest.Create("poisson_generator", params={"rate": 9000.0})
    nest.Connect(equal, neurons, syn_spec={"weight": 40.0})
    different = nest.Create("poisson_generator", params={"rate": 900.0})
    nest.Connect(different, neurons, syn_spec={"weight": nest.random.uniform(10.0, 90.0)})
    nest.Connect(different, neurons[:5], syn_spec={"weight": -20.0})
    for model, values in {
        "noise_generator": {"mean": 100.0, "std": 200.0},
        "gamma_sup_generator": {"rate": 100.0, "gamma_shape": 3, "n_proc": 5},
        "mip_generator": {"rate": 100.0, "p_copy": 0.4},
    }.items():
        nest.Connect(nest.Create(model, params=values), neurons, syn_spec={"weight": 30.0 if "mip" in model else 5.0})
    recorder, meter = nest.Create("spike_recorder"), nest.Create("voltmeter", params={"interval": 0.5})
    nest.Connect(neurons, recorder)
    nest.Connect(meter, neurons)
    nest.Simulate(40.3)
    nest.Simulate(20.0)
    ends = nest.GetConnections(neurons, neurons).get(["source", "target", "weight", "delay"])
    table = np.array([ends[k] for k in ("source", "target", "weight", "delay")])
    spikes, samples = recorder.get("events"), meter.get("events")
    return {
        "connections": table[:, np.lexsort(table[::-1])],
        "spikes": np.array([spikes["times"], spikes["senders"]])[:, np.lexsort([spikes["senders"], spikes["times"]])],
        "samples": samples["V_m"][np.lexsort([samples["senders"], samples["times"]])],
    }


@pytest.mark.parametrize("rule", RULES)
def test_connections_do_not_depend_on_the_number_of_threads(rule: str) -> None:
    one, three = network(1, "native", rule), network(3, "native", rule)
    np.testing.assert_array_equal(one["connections"], three["connections"])


@pytest.mark.parametrize("backend", ["native"])
def test_spikes_do_not_depend_on_the_number_of_threads(backend: str) -> None:
    one = network(1, backend)
    assert one["spikes"].shape[1] > 100
    for threads in (2, 4):
        other = network(threads, backend)
        np.testing.assert_array_equal(one["spikes"], other["spikes"])
        np.testing.assert_allclose(one["samples"], other["samples"], rtol=1e-9)
