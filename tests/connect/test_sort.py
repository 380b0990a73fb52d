"""The unstable sort of connections by source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxnest.numerics.connection_sort import nest_order, nest_sorted
from nest_reference import record_connect


def order_of(keys: np.ndarray) -> np.ndarray:
    order = nest_order(keys.astype(np.int32))
    return np.arange(len(keys)) if order is None else order


def test_order_is_that_of_nest(recording: Path) -> None:
    with np.load(recording / "orders.npz") as orders:
        for name, keys in record_connect.keys_to_sort():
            np.testing.assert_array_equal(order_of(keys), orders[name], err_msg=name)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3000), st.integers(1, 2**30), st.integers(0, 2**32 - 1))
def test_order_is_a_sorting_permutation(n: int, spread: int, seed: int) -> None:
    keys = np.random.default_rng(seed).integers(1, spread + 1, n)
    order = order_of(keys)
    assert np.array_equal(np.sort(order), np.arange(n))
    assert (np.diff(keys[order]) >= 0).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 3000), st.integers(1, 2**30), st.integers(0, 2**32 - 1))
def test_values_move_with_their_keys(n: int, spread: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    keys, values = random.integers(1, spread + 1, n).astype(np.int32), random.integers(-(2**31), 2**31, n)
    order, found = nest_order(keys), nest_sorted(keys, values.astype(np.int32))
    assert (order is None) == (found is None)
    if order is not None and found is not None:
        starts, ids, moved = found
        assert np.array_equal(np.repeat(ids, np.diff(starts, append=n)), keys[order])
        assert np.array_equal(moved, values[order])


@pytest.mark.parametrize("n", [0, 1, 2, 23])
def test_few_entries_are_sorted_stably(n: int) -> None:
    keys = np.arange(n)[::-1] // 3
    np.testing.assert_array_equal(order_of(keys), np.argsort(keys, kind="stable"))


@pytest.mark.parametrize("n", [10, 5000])
def test_nothing_moves_if_all_is_in_order(n: int) -> None:
    assert nest_order(np.arange(n, dtype=np.int32) // 4) is None


def test_many_equal_entries_and_few_others() -> None:
    keys = np.ones(200_000, np.int64)
    keys[::1001] = 7
    keys[::777] = 3
    assert (np.diff(keys[order_of(keys)]) >= 0).all()
