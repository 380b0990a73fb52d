"""NodeCollections against a plain model: an ascending list of ids with the name of a model for each."""

from __future__ import annotations

import copy
import pickle
import weakref
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jaxnest as nest

MODELS = ("iaf_psc_alpha", "iaf_psc_exp", "poisson_generator")
SIZES: st.SearchStrategy[list[tuple[str, int]]] = st.lists(
    st.tuples(st.sampled_from(MODELS), st.integers(1, 5)), min_size=1, max_size=5
)


def network(populations: list[tuple[str, int]]) -> tuple[list[Any], dict[int, str]]:
    """Create populations; return them and the model of each id."""
    nest.ResetKernel()
    created = [nest.Create(model, n) for model, n in populations]
    models = [model for model, n in populations for _ in range(n)]
    return created, dict(enumerate(models, start=1))


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[tuple[str, int]], list[int]]:
    populations = draw(SIZES)
    total = sum(n for _, n in populations)
    return populations, sorted(draw(st.sets(st.integers(1, total), min_size=1)))


@given(networks())
@settings(max_examples=60, deadline=None)
def test_collections_behave_as_sorted_lists(case: tuple[list[tuple[str, int]], list[int]]) -> None:
    populations, ids = case
    _, models = network(populations)
    nodes = nest.NodeCollection(ids)
    assert nodes.tolist() == nodes.ids.tolist() == np.array(nodes).tolist() == ids
    assert len(nodes) == len(ids)
    assert nodes
    assert [node.global_id for node in nodes] == ids
    shown = nodes.get("model")
    assert (shown if len(ids) > 1 else (shown,)) == tuple(models[i] for i in ids)
    for node_id in range(1, len(models) + 2):
        assert (node_id in nodes) == (node_id in ids)
        if node_id in ids:
            assert nodes.index(node_id) == ids.index(node_id)
    assert nest.NodeCollection(nodes.tolist()) == nodes
    assert copy.deepcopy(nodes) == nodes == pickle.loads(pickle.dumps(nodes))
    assert weakref.ref(nodes)() is nodes


@given(networks(), st.data())
@settings(max_examples=80, deadline=None)
def test_slices_are_those_of_lists(case: tuple[list[tuple[str, int]], list[int]], data: st.DataObject) -> None:
    populations, ids = case
    network(populations)
    nodes = nest.NodeCollection(ids)
    n = len(ids)
    start = data.draw(st.one_of(st.none(), st.integers(-n, n - 1)))
    stop = data.draw(st.one_of(st.none(), st.integers(1 - n, -1) if n > 1 else st.none(), st.integers(1, n)))
    step = data.draw(st.one_of(st.none(), st.integers(1, 4)))
    expected = ids[start:stop:step]
    if not expected:
        with pytest.raises(nest.NESTErrors.BadParameter):
            _ = nodes[start:stop:step]
        return
    part = nodes[start:stop:step]
    assert part.tolist() == expected
    assert [i for i in range(1, ids[-1] + 2) if i in part] == expected
    assert [part[k].global_id for k in range(len(expected))] == expected
    chosen = data.draw(st.lists(st.sampled_from(range(len(expected))), unique=True).map(sorted))
    assert part[chosen].tolist() == [expected[k] for k in chosen]
    flags = [k in chosen for k in range(len(expected))]
    assert part[np.array(flags)].tolist() == part[flags].tolist() == part[chosen].tolist()


@given(networks(), networks())
@settings(max_examples=60, deadline=None)
def test_sums_are_sorted_unions(
    case: tuple[list[tuple[str, int]], list[int]], other: tuple[list[tuple[str, int]], list[int]]
) -> None:
    populations, ids = case
    created, models = network(populations)
    more = [i for i in other[1] if i in models]
    left, right = nest.NodeCollection(ids), nest.NodeCollection(more)
    if set(ids) & set(more):
        with pytest.raises(nest.NESTErrors.BadProperty, match="overlapping"):
            _ = left + right
    else:
        assert (left + right).tolist() == (right + left).tolist() == sorted(ids + more)
        assert left + right == nest.NodeCollection(sorted(ids + more))
    assert sum(created) == sum(reversed(created)) == nest.GetNodes()


@given(networks(), st.data())
@settings(max_examples=40, deadline=None)
def test_values_are_set_where_they_belong(case: tuple[list[tuple[str, int]], list[int]], data: st.DataObject) -> None:
    populations, ids = case
    _, models = network(populations)
    neurons = [i for i in ids if models[i] != "poisson_generator"]
    if not neurons:
        return
    everyone = [i for i in models if models[i] != "poisson_generator"]
    expected = dict.fromkeys(everyone, -70.0) | {i: v for i in everyone if (v := nest.NodeCollection([i]).V_m) != -70.0}
    nodes = nest.NodeCollection(neurons)
    values = data.draw(st.lists(st.floats(-90, -50), min_size=len(neurons), max_size=len(neurons)))
    form = data.draw(st.sampled_from(["list", "array", "dicts", "attribute"]))
    if form == "list":
        nodes.set(V_m=values)
    elif form == "array":
        nodes.set({"V_m": np.array(values)})
    elif form == "dicts":
        nodes.set([{"V_m": v} for v in values])
    else:
        nodes.V_m = values
    expected |= dict(zip(neurons, values, strict=True))
    found = nest.NodeCollection(everyone).get("V_m")
    assert (found if len(everyone) > 1 else (found,)) == pytest.approx(tuple(expected.values()), rel=1e-15)


def test_large_collections_are_cheap() -> None:
    nodes = nest.Create("iaf_psc_alpha", 1_000_000)
    assert len(nodes[::7]) == 142_858
    assert 999_999 in nodes
    assert nodes[500_000:500_002].tolist() == [500_001, 500_002]
    assert len(nodes[:400_000] + nodes[400_000:]) == 1_000_000


def test_ids_cannot_be_written() -> None:
    nodes = nest.Create("iaf_psc_alpha", 3)
    with pytest.raises(ValueError, match="read-only"):
        nodes.ids[0] = 5


def test_a_reset_ends_the_life_of_collections() -> None:
    nodes = nest.Create("iaf_psc_alpha", 3)
    nest.ResetKernel()
    nest.Create("iaf_psc_exp", 5)
    for use in (lambda: nodes.V_m, lambda: nodes.set(V_m=3.0), nodes.tolist):
        with pytest.raises(nest.NESTErrors.UnknownNode, match="ResetKernel"):
            use()
    with pytest.raises(nest.NESTErrors.KernelException, match="ResetKernel"):
        nodes[0]


def test_refused_values_leave_what_came_before() -> None:
    nodes = nest.Create("iaf_psc_alpha", 4)
    with pytest.raises(nest.NESTErrors.BadProperty, match="node ID 3: Capacitance must be > 0"):
        nodes.set(C_m=[100.0, 200.0, -1.0, 300.0])
    assert nodes.C_m == (100.0, 200.0, 250.0, 250.0)
    with pytest.raises(nest.NESTErrors.UnaccessedDictionaryEntry, match="tau_n.*Did you mean 'tau_m'"):
        nodes.set(tau_n=3.0)


def test_random_values_are_those_of_nest() -> None:
    nodes = nest.Create("iaf_psc_alpha", 2, {"V_m": nest.random.uniform(0.0, 1.0)})
    assert nodes.V_m == (0.8028145349364877, 0.9016191656392465)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (slice(1.0, 3.0), [2, 3]),
        (slice(1.5, 3), [2, 3]),
        (slice(0, 4, 2.0), [1, 3]),
        (slice(0, 4, 1.5), [1, 2, 3, 4]),
        (slice(True, 3), [2, 3]),
        (slice(np.float64(1), np.int64(3)), [2, 3]),
    ],
)
def test_bounds_of_slices_need_not_be_integers(key: slice, expected: list[int]) -> None:
    """NEST drops fractions."""
    assert nest.Create("iaf_psc_alpha", 5)[key].tolist() == expected
    with pytest.raises(TypeError, match="'1'"):
        nest.NodeCollection([1, 2])[slice("1", 2)]


@pytest.mark.parametrize(
    ("ids", "error"),
    [
        ([10**20], OverflowError),
        ([2**63], nest.NESTErrors.UnknownNode),
        ([2**64 - 1], nest.NESTErrors.UnknownNode),
        (np.array([2**63], np.uint64), nest.NESTErrors.UnknownNode),
        ([-1], OverflowError),
        ([-(10**20)], OverflowError),
        ([6], nest.NESTErrors.UnknownNode),
    ],
)
def test_ids_that_cannot_be(ids: Any, error: type[Exception]) -> None:
    nest.Create("iaf_psc_alpha", 5)
    with pytest.raises(error, match=str(int(ids[0]))):
        nest.NodeCollection(ids)


def test_looking_for_ids_that_cannot_be() -> None:
    nodes = nest.Create("iaf_psc_alpha", 5)
    for call in (lambda: 10**20 in nodes, lambda: nodes.index(10**20)):
        with pytest.raises(OverflowError, match="100000000000000000000"):
            call()
    assert -1 not in nodes
