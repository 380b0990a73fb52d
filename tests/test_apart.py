"""Functions that compiled code calls by their addresses."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import pytest
from numba import types

from jaxnest.apart import Apart, apart, reinterpreted
from jaxnest.compiling import njit
from jaxnest.random import engines
from jaxnest.random.streams import RandomStreams


class Both(NamedTuple):
    whole: np.ndarray
    factor: float


BOTH = types.NamedTuple((types.int64[:, ::1], types.float64), Both)


@apart(types.float64(BOTH, types.uint64))
def product(both: Both, k: int) -> float:
    return both.whole[1, k] * both.factor


@apart("void(float64[::1], float64)")
def fill(values: np.ndarray, value: float) -> None:
    for i in range(len(values)):
        values[i] = value


@njit
def inside(both: Both, values: np.ndarray) -> float:
    fill(values, product(both, 2))
    return values[0] + values[1]


@numba.njit
def bits(x: np.ndarray) -> np.ndarray:
    return reinterpreted(x, np.int64)[0] + 0


def test_arguments_and_results_are_the_same_from_python_and_from_compiled_code() -> None:
    both = Both(np.arange(6).reshape(2, 3), 1.5)
    assert product(both, 1) == 6.0
    assert inside(both, np.zeros(2)) == 15.0
    assert bits(np.array([1.5])) == np.float64(1.5).view(np.int64)


def test_unsuitable_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="has to be"):
        fill(np.zeros(3, np.float32), 1.0)
    with pytest.raises(TypeError, match="has to be"):
        fill(np.zeros((3, 2))[:, 0], 1.0)
    with pytest.raises(TypeError, match="takes 2 arguments"):
        fill(np.zeros(3))


def test_only_the_engine_in_use_is_compiled() -> None:
    for name, function in list(vars(engines).items()):
        if isinstance(function, Apart) and name.startswith("_refill"):
            function._slot[0] = function._first
            vars(function).pop("_machine_code", None)
    engines.fill_drand(RandomStreams(3, "Philox_32").rank_synchronised, np.empty(10_000))
    used = [name for name, f in vars(engines).items() if isinstance(f, Apart) and "_machine_code" in vars(f)]
    assert [name for name in used if name.startswith("_refill")] == ["_refill_philox_32"]
