"""Functions with branches and loops mean the same when JAX traces them."""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxnest import errors
from jaxnest.compile.compiling import njit
from jaxnest.compile.tracing import flow
from jaxnest.compile.tracing.flow import traceable
from jaxnest.engine.accelerated import config

config.configure()

Pair = namedtuple("Pair", "a b")
NUMBERS = np.array([-3.0, -1.0, 0.0, 0.5, 1.0, 2.0, 7.0])


def absolute(x: Any) -> Any:
    if x < 0:
        return -x
    return x


def classified(x: Any) -> Any:
    kind = 0.0
    if x < 0:
        if x < -2:
            return 10.0
        kind = 1.0
    elif x < 1 and x != 0.5:
        kind += 2
    else:
        kind = 3.0
    return kind + (0.25 if x > 1 else 0.5)


def first_power_above(x: Any) -> Any:
    power, n = 1.0, 0
    while True:
        if power > x:
            break
        power *= 2.0
        n += 1
    return power + n / 100


def skipping(x: Any) -> Any:
    total = 0.0
    for k in range(int(abs(x)) + 3):
        if k == 2:
            continue
        if k > 5:
            break
        total += k * x
    return total


def found(x: Any) -> Any:
    for k in range(20):
        for m in range(k):
            if k * m > x:
                return float(k + 100 * m)
    return math.nan


def undefined_before(x: Any) -> Any:
    if x > 0:
        y = math.exp(x)
    else:
        y = 1
    n = 0
    while n < x:
        last = y * n
        n += 1
    return last + y if x > 0 else y


def chained(x: Any) -> Any:
    return 1.0 if -1 <= x < 2 and not (x == 0 or x == 1) or x > 6 else 0.0


def of_pair(x: Any) -> Any:
    pair = Pair(x, 2.0)
    if x > 0:
        pair = Pair(pair.b, pair.a)
    return pair.a - pair.b


def filled(x: Any) -> Any:
    array = np.zeros(4)
    for k in range(4):
        if k < x:
            array[k] = x + k
    array[0] += 1.0
    return array[0] + 10 * array[3]


def nested_call(x: Any) -> Any:
    return absolute(x) + max(x, 0.5) + min(first_power_above(x), 3.0, x) + int(x) // 2 + int(x) % 3


def rounded(x: Any) -> Any:
    whole = math.floor(x)
    return whole + 1.0 if x - whole >= 0.5 else whole


@pytest.mark.parametrize(
    "function",
    [
        absolute, classified, first_power_above, skipping, found, undefined_before, chained, of_pair, filled,
        nested_call, rounded,
    ],
)  # fmt: skip
def test_traced_functions_return_what_python_returns(function: Any) -> None:
    expected = np.array([function(x) for x in NUMBERS.tolist()], np.float64)
    np.testing.assert_allclose(jax.jit(jax.vmap(traceable(function)))(NUMBERS), expected, rtol=1e-14)
    one_by_one = [jax.jit(traceable(function))(x) for x in NUMBERS]
    np.testing.assert_allclose(np.array(one_by_one, np.float64), expected, rtol=1e-14)


def endless_elsewhere(x: Any) -> Any:
    """The loop never ends for numbers below 0, which do not get there."""
    if x >= 0:
        y = x
        while y != 0.0:
            y = y - 0.5
        return y
    return 5.0


def test_loops_in_branches_go_on_only_for_whom_they_are_meant() -> None:
    assert jax.jit(jax.vmap(traceable(endless_elsewhere)))(NUMBERS).tolist() == [5.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def noted(x: Any, notes: Any) -> Any:
    for k in range(int(x)):
        if k != 1:
            note(notes, x + k)
    return x


def note(notes: Any, value: Any) -> None:
    raise AssertionError("the meaning is called instead")


@flow.meaning(note)
def _note(notes: Any, value: Any) -> None:
    count, values = notes.value
    notes.value = count + 1, values.at[count].set(value)


def test_conditions_and_loops_know_of_cells() -> None:
    def run(x: Any) -> Any:
        with flow.cells((0, jnp.zeros(8))) as (notes,):
            traceable(noted)(x, notes)
            return notes.value

    count, values = jax.jit(jax.vmap(run))(np.array([0.0, 1.0, 3.0]))
    assert count.tolist() == [0, 1, 2]
    assert values[:, :3].tolist() == [[0, 0, 0], [1, 0, 0], [3, 5, 0]]


def sorted_in_place(x: Any, row: Any) -> Any:
    row[0], row[1] = x, 1.0
    for i in range(2):
        if row[i] > row[i + 1]:
            row[i], row[i + 1] = row[i + 1], row[i]
    return len(row)


def endless(x: Any, row: Any) -> Any:
    while True:
        row[0] += 1.0
        if row[0] * 2.0 > x:
            return row[0]


def with_a_long_loop(x: Any, row: Any) -> Any:
    for k in range(1, 1000):
        row[k % 3] += x
        if row[2] > 10.0:
            break
    return k


@pytest.mark.parametrize("function", [sorted_in_place, endless, with_a_long_loop])
def test_cells_are_changed_as_arrays_are(function: Any) -> None:
    def run(x: Any) -> Any:
        with flow.cells(jnp.zeros(3)) as (row,):
            return traceable(function)(x, row), row.value

    results, rows = jax.jit(jax.vmap(run))(NUMBERS)
    for x, result, row in zip(NUMBERS.tolist(), results, rows, strict=True):
        expected = np.zeros(3)
        assert function(x, expected) == result
        np.testing.assert_array_equal(row, expected)


@njit
def doubled(x: Any) -> Any:
    return x * 2.0


def test_functions_for_compiled_code_are_traced_as_functions_of_python() -> None:
    def function(x: Any) -> Any:
        return doubled(x) + np.float64(np.int64(x))

    np.testing.assert_array_equal(jax.jit(jax.vmap(traceable(function)))(NUMBERS), NUMBERS * 2.0 + np.trunc(NUMBERS))


def test_what_does_not_depend_on_numbers_stays_known() -> None:
    def function(x: Any) -> Any:
        n = 2
        if x > 0:
            n = 2
        assert not flow.is_traced(n)
        return x * n

    assert jax.jit(jax.vmap(traceable(function)))(NUMBERS).tolist() == (NUMBERS * 2).tolist()


def raising(x: Any) -> Any:
    if x > 0:
        raise ValueError
    return x


def test_statements_that_cannot_be_traced_are_named() -> None:
    with pytest.raises(
        errors.NotImplemented, match=r"raising has a statement .*test_tracing\.py:\d+\): raise ValueError"
    ):
        traceable(raising)


def test_functions_without_source_are_named() -> None:
    space: dict[str, Any] = {}
    exec("def secret(x):\n    return x", space)
    with pytest.raises(errors.NotImplemented, match="source of secret cannot be read"):
        traceable(space["secret"])
