"""Node collections behave like sorted Python lists of node ids."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, assume, given, settings

import jaxnest as nest

N = 24
MODELS = ("iaf_psc_alpha", "parrot_neuron", "iaf_psc_exp")
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
IDS = st.lists(st.integers(1, N), unique=True, min_size=1).map(sorted)
BOUND = st.one_of(st.none(), st.integers(-N - 2, N + 2))


@pytest.fixture(autouse=True)
def nodes(fresh_kernel: None) -> None:
    for k in range(N):
        nest.Create(MODELS[k // 5 % len(MODELS)])


@QUICK
@given(IDS)
def test_is_a_sequence(ids: list[int]) -> None:
    collection = nest.NodeCollection(ids)
    assert collection.tolist() == ids
    assert [node.global_id for node in collection] == ids
    assert len(collection) == len(ids)
    assert [collection.index(i) for i in ids] == list(range(len(ids)))
    assert [i in collection for i in range(1, N + 1)] == [i in ids for i in range(1, N + 1)]
    assert collection == nest.NodeCollection(ids)


@QUICK
@given(IDS, BOUND, BOUND, st.one_of(st.none(), st.integers(1, 5)))
def test_slices_are_those_of_lists(ids: list[int], start: int | None, stop: int | None, step: int | None) -> None:
    expected = ids[start:stop:step]
    assume(expected)
    assume(all(bound is None or -len(ids) <= bound <= len(ids) for bound in (start, stop)))
    assert nest.NodeCollection(ids)[start:stop:step].tolist() == expected


@QUICK
@given(IDS, st.integers(-N - 2, N + 2))
def test_items_are_those_of_lists(ids: list[int], place: int) -> None:
    collection = nest.NodeCollection(ids)
    if -len(ids) <= place < len(ids):
        assert collection[place].global_id == ids[place]
    else:
        with pytest.raises(IndexError):
            collection[place]


@QUICK
@given(IDS, st.data())
def test_chosen_items_are_those_of_lists(ids: list[int], data: st.DataObject) -> None:
    places = sorted(data.draw(st.sets(st.integers(0, len(ids) - 1), min_size=1)))
    assert nest.NodeCollection(ids)[places].tolist() == [ids[k] for k in places]
    flags = [k in places for k in range(len(ids))]
    assert nest.NodeCollection(ids)[flags].tolist() == [ids[k] for k in places]


@QUICK
@given(IDS, IDS)
def test_sums_are_unions(a: list[int], b: list[int]) -> None:
    first, second = nest.NodeCollection(a), nest.NodeCollection(b)
    if set(a) & set(b):
        with pytest.raises(nest.NESTErrors.BadProperty):
            _ = first + second
    else:
        assert (first + second).tolist() == sorted(a + b)


@QUICK
@given(IDS, st.floats(-100.0, -60.0))
def test_values_belong_to_the_chosen_nodes(ids: list[int], value: float) -> None:
    neurons = nest.Create("iaf_psc_alpha", N)
    chosen = neurons[[i - 1 for i in ids]]
    chosen.V_m = value
    assert neurons.get("V_m") == tuple(value if i in ids else -70.0 for i in range(1, N + 1))
