from __future__ import annotations

import math

import numpy as np
import pytest

from jaxnest.numerics.nest_math import expm1
from jaxnest.random.numbers.binomial import BINOMIAL_SIZE, binomial, binomial_set
from jaxnest.random.numbers.distributions import (
    GAMMA_SIZE,
    NORMAL_SIZE,
    discrete,
    discrete_set,
    exponential,
    gamma,
    gamma_set,
    lognormal,
    normal,
    sample_in_order,
    standard_exponential,
    standard_normal,
)
from jaxnest.random.numbers.engines import drand, ulrand
from jaxnest.random.numbers.poisson import POISSON_SIZE, poisson, poisson_set_mean, poissons
from jaxnest.random.numbers.streams import RNG_TYPES, RandomStreams
from nest_reference import random_cases


def sorted_pairs(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return sorted(pairs, key=lambda pair: (pair[1], pair[0]))


def recorded_pairs(array: np.ndarray) -> list[tuple[int, int]]:
    return list(zip(*array.tolist(), strict=True))


@pytest.mark.parametrize("rate", random_cases.POISSON_RATES)
def test_poisson_numbers_are_those_of_a_generator(recording, rate):
    recorded = recording("distributions")
    for seed in recorded["seeds"].tolist():
        for threads in random_cases.THREADS:
            expected = recorded[f"poisson {seed} {threads} {rate}"]
            stream = RandomStreams(seed, n_threads=threads).vp_specific[2 % threads]  # the target has id 2
            row = np.zeros(POISSON_SIZE)
            poisson_set_mean(row, 0.1 * rate * 1e-3)
            assert [poisson(stream, row) for _ in expected] == expected.tolist()


def test_binomial_numbers_are_those_of_fixed_total_number(recording):
    recorded = recording("distributions")
    for seed in recorded["seeds"].tolist():
        stream = RandomStreams(seed, n_threads=3).rank_synchronised
        got = []
        for trials in random_cases.BINOMIAL_TRIALS:
            for _ in range(4):
                row, left, targets_left = np.zeros(BINOMIAL_SIZE), trials, 7
                for targets in (2, 2, 3):  # nodes 5 to 11 are the targets
                    binomial_set(row, left, targets / targets_left)
                    got.append(binomial(stream, row))
                    left, targets_left = left - got[-1], targets_left - targets
                    if left == 0:
                        break
                got += [0] * (-len(got) % 3)
        assert [*got, drand(stream)] == recorded[f"binomial {seed}"].tolist()


@pytest.mark.parametrize("shape", random_cases.GAMMA_SHAPES)
def test_gamma_numbers_are_those_of_random_dead_times(recording, shape):
    recorded = recording("distributions")
    h, decay = 0.1, math.exp(-0.1 / 10.0)
    gain = 1 / 250.0 * (1 - decay) * 10.0
    for seed in recorded["seeds"].tolist():
        stream = RandomStreams(seed).vp_specific[0]
        row = np.zeros(GAMMA_SIZE)
        gamma_set(row, float(shape), 1.0)
        v, dead_steps, spikes = 0.0, 0, []
        for step in range(1, 6001):
            v = gain * 450.0 + decay * v
            if dead_steps:
                dead_steps -= 1
                continue
            if drand(stream) <= -expm1(-1.238 * math.exp(0.25 * v) * h * 1e-3):
                dead_time = gamma(stream, row) / (shape / 3.0)
                dead_steps = -(-int(dead_time * 1000.0 + 0.5) // 100)
                spikes.append(step)
                v = 0.0
        assert spikes == recorded[f"gamma {seed} {shape}"].tolist()


def test_discrete_numbers_are_those_of_spatial_fixed_indegree(recording):
    recorded = recording("distributions")
    sources = random_cases.positions_of_sources().tolist()
    for seed in recorded["seeds"].tolist():
        for threads in random_cases.THREADS:
            streams, pairs = RandomStreams(seed, n_threads=threads), []
            for target, (x, y) in enumerate(random_cases.TARGET_POSITIONS, start=31):
                distances = [math.sqrt((x - a) * (x - a) + (y - b) * (y - b)) for a, b in sources]
                weights = np.array([math.exp(-d * d * (1 / (2 * 0.5 * 0.5))) for d in distances])
                cumulative = np.empty(len(weights))
                discrete_set(cumulative, weights)
                stream = streams.vp_specific[target % threads]
                pairs += [(1 + discrete(stream, cumulative), target) for _ in range(12)]
            assert sorted_pairs(pairs) == recorded_pairs(recorded[f"discrete {seed} {threads}"])


@pytest.mark.parametrize("size", random_cases.POOL_SIZES)
def test_samples_are_those_of_random_pools(recording, size):
    recorded = recording("distributions")
    for seed in recorded["seeds"].tolist():
        for threads in random_cases.THREADS:
            streams, pairs = RandomStreams(seed, n_threads=threads), []
            for target in range(8, 14):
                stream = streams.vp_specific[target % threads]
                pool = np.full(size, -1)
                for i in range(5):
                    ulrand(stream, 7)  # the source
                    drand(stream)  # whether there is a third connection
                    if i == 0:
                        sample_in_order(stream, 8, pool)
                    member = ulrand(stream, size) if size > 1 else 0
                    pairs.append((14 + int(pool[member]), target))
            assert sorted_pairs(pairs) == recorded_pairs(recorded[f"pools {seed} {threads} {size}"])


def test_synchronised_streams_are_those_of_symmetric_connections(recording):
    recorded = recording("distributions")
    for seed in recorded["seeds"].tolist():
        for threads in random_cases.THREADS:
            row = np.zeros(BINOMIAL_SIZE)
            binomial_set(row, 40, 0.3)
            stream, pairs = RandomStreams(seed, n_threads=threads).vp_synchronised[-1], []
            for target in range(1, 41):
                indegree = binomial(stream, row)
                while indegree >= 40:
                    indegree = binomial(stream, row)
                sources: set[int] = set()
                while len(sources) < indegree:
                    sources |= {1 + ulrand(stream, 40)} - {target}
                pairs += [(source, target) for source in sources] + [(target, source) for source in sources]
            assert sorted_pairs(pairs) == recorded_pairs(recorded[f"symmetric {seed} {threads}"])


@pytest.mark.parametrize("rng_type", RNG_TYPES)
@pytest.mark.parametrize("mean", [0.0, 0.1, 0.34, 0.36, 1.0, 1.49, 1.51, 3.0, 5.4, 5.6, 11.9])
def test_small_poisson_numbers_are_counts_of_factors(rng_type, mean):
    a, b = (RandomStreams(11, rng_type).rank_synchronised for _ in range(2))
    row = np.zeros(POISSON_SIZE)
    poisson_set_mean(row, mean)
    for _ in range(500):
        count, product = 0, drand(b)
        while product > math.exp(-mean):
            product *= drand(b)
            count += 1
        assert poisson(a, row) == count
    assert drand(a) == drand(b)


@pytest.mark.parametrize("rng_type", ["mt19937_64", "mt19937", "Philox_64"])
def test_poisson_numbers_are_the_same_however_they_are_drawn(rng_type):
    """One by one or many at once, with changing means and other draws in between."""
    a, b = (RandomStreams(3, rng_type).rank_synchronised for _ in range(2))
    rows = [np.zeros(POISSON_SIZE) for _ in range(5)]
    means = [0.1, 2.25, 4.9, 9.0, 15.0]
    for row, mean in zip(rows, means, strict=True):
        poisson_set_mean(row, mean)
    other_rows = [row.copy() for row in rows]
    rng = np.random.default_rng(1)
    for _ in range(300):
        k, n = rng.integers(5), int(rng.integers(1, 400))
        row = rows[k]
        out = np.zeros(n)
        poissons(a, row, out)
        limit, expected = math.exp(-means[k]), []
        for _ in range(n):
            if means[k] >= 12.0:
                expected.append(poisson(b, other_rows[k]))
                continue
            count, product = 0, drand(b)
            while product > limit:
                product *= drand(b)
                count += 1
            expected.append(count)
        assert out.tolist() == expected
        assert drand(a) == drand(b)


def test_a_mean_of_zero_is_a_mean():
    """Also that of an object which had no other before; each variate takes one number, as in libstdc++."""
    a, b = (RandomStreams(3).rank_synchronised for _ in range(2))
    row = np.zeros(POISSON_SIZE)
    for mean in (0.0, 5e-324, 2.0, 0.0):
        poisson_set_mean(row, mean)
        assert mean == 2.0 or [poisson(a, row) for _ in range(50)] == [0] * 50
    for _ in range(150):
        drand(b)
    assert drand(a) == drand(b)


@pytest.mark.parametrize("mean", [0.3, 12.0, 250.0, 1e7])
def test_poisson_numbers_have_their_mean_and_variance(mean):
    stream, row, n = RandomStreams(5).rank_synchronised, np.zeros(POISSON_SIZE), 20000
    poisson_set_mean(row, mean)
    draws = np.array([poisson(stream, row) for _ in range(n)])
    assert abs(draws.mean() - mean) < 5 * math.sqrt(mean / n)
    assert abs(draws.var() / mean - 1) < 5 * math.sqrt((2 + 1 / mean) / n)


@pytest.mark.parametrize(("trials", "p"), [(10, 0.2), (10, 0.9), (1000, 0.3), (10**6, 0.75)])
def test_binomial_numbers_have_their_mean_and_variance(trials, p):
    stream, row, n = RandomStreams(5).rank_synchronised, np.zeros(BINOMIAL_SIZE), 20000
    binomial_set(row, trials, p)
    draws = np.array([binomial(stream, row) for _ in range(n)])
    variance = trials * p * (1 - p)
    assert abs(draws.mean() - trials * p) < 5 * math.sqrt(variance / n)
    assert abs(draws.var() / variance - 1) < 5 * math.sqrt((2 + 1 / variance) / n)


@pytest.mark.parametrize(("alpha", "beta"), [(0.3, 2.0), (1.0, 1.0), (7.5, 0.1)])
def test_gamma_numbers_have_their_mean_and_variance(alpha, beta):
    stream, row, n = RandomStreams(5).rank_synchronised, np.zeros(GAMMA_SIZE), 20000
    gamma_set(row, alpha, beta)
    draws = np.array([gamma(stream, row) for _ in range(n)])
    assert abs(draws.mean() - alpha * beta) < 5 * math.sqrt(alpha / n) * beta
    assert abs(draws.var() / (alpha * beta**2) - 1) < 5 * math.sqrt((2 + 6 / alpha) / n)


def test_binomial_extremes():
    stream, row = RandomStreams(5).rank_synchronised, np.zeros(BINOMIAL_SIZE)
    for trials, p, successes in ((0, 0.5, 0), (9, 0.0, 0), (9, 1.0, 9), (1000, 1.0, 1000)):
        binomial_set(row, trials, p)
        assert binomial(stream, row) == successes


def test_saved_variate_survives_new_parameters():
    a, b = (RandomStreams(5).rank_synchronised for _ in range(2))
    row, other = np.zeros(POISSON_SIZE), np.zeros(NORMAL_SIZE)
    first = standard_normal(a, row), standard_normal(b, other)
    assert first[0] == first[1]
    poisson_set_mean(row, 40.0)
    poisson_set_mean(row, 3.0)
    assert normal(a, row, 2.0, 0.5) == standard_normal(b, other) * 0.5 + 2.0
    assert drand(a) == drand(b)


def test_lognormal_and_exponential_follow_from_the_standard_ones():
    a, b = (RandomStreams(5).rank_synchronised for _ in range(2))
    row, other = np.zeros(NORMAL_SIZE), np.zeros(NORMAL_SIZE)
    for _ in range(10):
        assert lognormal(a, row, 0.3, 0.7) == math.exp(0.7 * standard_normal(b, other) + 0.3)
        assert exponential(a, 2.5) == standard_exponential(b) / 2.5


def test_discrete_draws_nothing_if_there_is_no_choice():
    a, b = (RandomStreams(5).rank_synchronised for _ in range(2))
    cumulative = np.empty(1)
    discrete_set(cumulative, np.array([0.7]))
    assert discrete(a, cumulative) == 0
    assert drand(a) == drand(b)


def test_samples_are_ascending_and_complete():
    stream = RandomStreams(5).rank_synchronised
    for population in range(1, 9):
        for size in range(population + 1):
            sample = np.full(size, -1)
            sample_in_order(stream, population, sample)
            assert sample.tolist() == sorted(set(sample.tolist()))
            assert all(0 <= element < population for element in sample)
            assert size < population or sample.tolist() == list(range(population))
