"""Connection rules against plain models of what they promise, whatever is drawn."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jaxnest as nest
from jaxnest.kernel.connect import connecting, connections
from jaxnest.kernel.connect.rules import RULES, THIRD_RULES

SIZES = st.integers(1, 12)
SEEDS = st.integers(1, 2**32 - 1)
THREADS = st.integers(1, 4)
few = settings(max_examples=40, deadline=None)


def connected(pre: int, post: int, overlap: int, threads: int, seed: int, rule: dict[str, object]) -> np.ndarray:
    """Return pairs of source and target, as positions in populations of which the last `overlap` nodes are shared."""
    nest.ResetKernel()
    nest.set(local_num_threads=threads, rng_seed=seed)
    overlap = min(overlap, pre, post)
    nodes = nest.Create("parrot_neuron", pre + post - overlap)
    nest.Connect(nodes[:pre], nodes[pre - overlap :], rule, {"weight": nest.random.uniform(), "delay": 1.0})
    found = nest.GetConnections()
    assert nest.num_connections == len(found)
    if not len(found):
        return np.empty((0, 2), int)
    values = found.get()
    thread = np.atleast_1d(values["target_thread"])
    assert (thread == np.atleast_1d(values["target"]) % threads).all()
    return np.stack([np.atleast_1d(values["source"]), np.atleast_1d(values["target"])], axis=1)


@few
@given(SIZES, SIZES, SIZES, THREADS, SEEDS, st.integers(0, 6), st.booleans(), st.booleans())
def test_fixed_indegree(
    pre: int, post: int, overlap: int, threads: int, seed: int, degree: int, autapses: bool, multapses: bool
) -> None:
    degree = min(degree, pre - 1)
    rule = {"rule": "fixed_indegree", "indegree": degree, "allow_autapses": autapses, "allow_multapses": multapses}
    pairs = connected(pre, post, overlap, threads, seed, rule)
    assert Counter(pairs[:, 1].tolist()) == (dict.fromkeys(set(pairs[:, 1].tolist()), degree) if degree else {})
    assert len(pairs) == degree * post
    check_exclusions(pairs, autapses, multapses)


@few
@given(SIZES, SIZES, SIZES, THREADS, SEEDS, st.integers(0, 6), st.booleans(), st.booleans())
def test_fixed_outdegree(
    pre: int, post: int, overlap: int, threads: int, seed: int, degree: int, autapses: bool, multapses: bool
) -> None:
    degree = min(degree, post - 1)
    rule = {"rule": "fixed_outdegree", "outdegree": degree, "allow_autapses": autapses, "allow_multapses": multapses}
    pairs = connected(pre, post, overlap, threads, seed, rule)
    assert len(pairs) == degree * pre
    assert len(set(Counter(pairs[:, 0].tolist()).values())) <= 1
    check_exclusions(pairs, autapses, multapses)


@few
@given(SIZES, SIZES, SIZES, THREADS, SEEDS, st.integers(0, 60))
def test_fixed_total_number(pre: int, post: int, overlap: int, threads: int, seed: int, n: int) -> None:
    pairs = connected(pre, post, overlap, threads, seed, {"rule": "fixed_total_number", "N": n})
    assert len(pairs) == n


@few
@given(SIZES, SIZES, SIZES, THREADS, SEEDS, st.booleans())
def test_all_to_all_is_bernoulli_of_certainty(
    pre: int, post: int, overlap: int, threads: int, seed: int, autapses: bool
) -> None:
    every = connected(pre, post, overlap, threads, seed, {"rule": "all_to_all", "allow_autapses": autapses})
    rule = {"rule": "pairwise_bernoulli", "p": 1.0, "allow_autapses": autapses}
    drawn = connected(pre, post, overlap, threads, seed, rule)
    assert np.array_equal(every[np.lexsort(every.T)], drawn[np.lexsort(drawn.T)])
    shared = min(overlap, pre, post)
    assert len(every) == pre * post - (0 if autapses else shared)
    check_exclusions(every, autapses, False)


@few
@given(SIZES, SIZES, SIZES, THREADS, SEEDS, st.floats(0.0, 20.0))
def test_pairwise_poisson_has_only_pairs_of_the_populations(
    pre: int, post: int, overlap: int, threads: int, seed: int, mean: float
) -> None:
    pairs = connected(pre, post, overlap, threads, seed, {"rule": "pairwise_poisson", "pairwise_avg_num_conns": mean})
    shared = min(overlap, pre, post)
    assert set(pairs[:, 0].tolist()) <= set(range(1, pre + 1))
    assert set(pairs[:, 1].tolist()) <= set(range(pre - shared + 1, pre + post - shared + 1))
    assert mean > 0 or not len(pairs)


@few
@given(st.integers(2, 12), THREADS, SEEDS, st.floats(0.0, 0.9))
def test_symmetric_pairwise_bernoulli_is_symmetric(n: int, threads: int, seed: int, p: float) -> None:
    rule = {"rule": "symmetric_pairwise_bernoulli", "p": p, "allow_autapses": False, "make_symmetric": True}
    nest.ResetKernel()
    nest.set(local_num_threads=threads, rng_seed=seed)
    nodes = nest.Create("parrot_neuron", n)
    nest.Connect(nodes, nodes, rule)
    found = nest.GetConnections()
    pairs = Counter(zip(found.sources(), found.targets(), strict=True))
    assert all(pairs[(t, s)] == k and s != t for (s, t), k in pairs.items())


def check_exclusions(pairs: np.ndarray, autapses: bool, multapses: bool) -> None:
    if not autapses:
        assert (pairs[:, 0] != pairs[:, 1]).all()
    if not multapses:
        assert len(np.unique(pairs, axis=0)) == len(pairs)


def test_all_rules_of_nest_are_there() -> None:
    assert list(nest.ConnectionRules()) == sorted(RULES) == [
        "all_to_all",
        "fixed_indegree",
        "fixed_outdegree",
        "fixed_total_number",
        "one_to_one",
        "pairwise_bernoulli",
        "pairwise_poisson",
        "symmetric_pairwise_bernoulli",
    ]  # fmt: skip
    assert list(THIRD_RULES) == ["third_factor_bernoulli_with_pool"]


@pytest.mark.parametrize(
    "rule",
    [
        {"rule": "fixed_indegree", "indegree": 7},
        {"rule": "fixed_outdegree", "outdegree": 5},
        {"rule": "fixed_total_number", "N": 300},
        {"rule": "pairwise_bernoulli", "p": 0.2},
        {"rule": "pairwise_poisson", "pairwise_avg_num_conns": 0.2},
        {"rule": "all_to_all"},
    ],
)
def test_processes_may_draw_at_the_same_time(rule: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(many: int) -> list[object]:
        monkeypatch.setattr(connecting, "_MANY", many)
        monkeypatch.setattr(connections, "MANY", many)
        nest.ResetKernel()
        nest.set(local_num_threads=3, rng_seed=11)
        nodes = nest.Create("iaf_psc_exp", 40)
        values = {"weight": nest.random.normal(1.0, 0.2), "delay": nest.random.uniform(1.0, 2.0)}
        nest.Connect(nodes, nodes, rule, values)
        nest.Connect(nodes[:20], nodes, rule, {"synapse_model": "stdp_synapse", "weight": nest.random.lognormal()})
        nest.Simulate(1.0)
        return list(nest.GetConnections().get(["source", "target", "weight", "delay"]).values())

    assert drawn(1) == drawn(1 << 40)
