"""Functions that compiled code calls by their addresses."""

from __future__ import annotations

import ctypes
import importlib
import pkgutil
import signal
import sys
import time
from typing import Any, NamedTuple

import numba
import numpy as np
import pytest

import jaxnest as nest
from jaxnest.compile.compiling import njit
from jaxnest.compile.intrinsics import reinterpreted
from jaxnest.compile.kinds import F8, I8x2
from jaxnest.compile.operations import Operation, apart, in_python
from jaxnest.numerics import connection_sort
from jaxnest.random.numbers import engines
from jaxnest.random.numbers.streams import RandomStreams


class Both(NamedTuple):
    whole: I8x2
    factor: float


@apart()
def product(both: Both, k: int) -> float:
    return both.whole[1, k] * both.factor


@apart()
def fill(values: F8, value: float) -> None:
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


def test_python_and_machine_code_sort_alike() -> None:
    random = np.random.default_rng(1)
    assert connection_sort._pdq._function is not None
    for n in (24, 200, 999):
        keys = random.integers(0, n // 4, n) << 32 | np.arange(n)
        by_python, by_machine, ranges = keys.copy(), keys.copy(), np.empty((512, 4), np.int64)
        in_python(connection_sort._pdq)(by_python, 0, n, ranges)
        compiled = apart()(connection_sort._pdq._function)
        compiled(by_machine, 0, n, ranges)
        np.testing.assert_array_equal(by_python, by_machine)
        assert (np.diff(by_python >> 32) >= 0).all()


def test_unsuitable_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="has to be"):
        fill(np.zeros(3, np.float32), 1.0)
    with pytest.raises(TypeError, match="has to be"):
        fill(np.zeros((3, 2))[:, 0], 1.0)
    with pytest.raises(TypeError, match="takes 2 arguments"):
        fill(np.zeros(3))


def test_only_the_engine_in_use_is_compiled() -> None:
    for name, function in list(vars(engines).items()):
        if isinstance(function, Operation) and name.startswith("_refill"):
            if "slot" in vars(function):
                function.slot[0] = ctypes.cast(function._compiler, ctypes.c_void_p).value
            function._compiled = None
    engines.fill_drand(RandomStreams(3, "Philox_32").rank_synchronised, np.empty(10_000))
    used = [name for name, f in vars(engines).items() if isinstance(f, Operation) and f._compiled is not None]
    assert [name for name in used if name.startswith("_refill")] == ["_refill_philox_32"]


def _waiting(function: Any, values: np.ndarray) -> None:
    function(values)
    time.sleep(5.0)


def test_the_script_does_not_go_on_after_a_function_that_cannot_be_compiled() -> None:
    @apart()
    def impossible(values: F8) -> None:
        values.nothing_of_this_kind()  # pyright: ignore[reportAttributeAccessIssue]

    compiled = njit(lambda values: impossible(values))
    with pytest.raises(
        nest.NESTErrors.KernelException, match=r"(?s)impossible failed: TypingError: .*nothing_of_this_kind"
    ):
        compiled(np.zeros(3))
    with pytest.raises(numba.TypingError, match="nothing_of_this_kind"):
        impossible(np.zeros(3))


def test_an_error_of_such_a_function_is_raised() -> None:
    @apart()
    def refuses(values: F8) -> int:
        if len(values) > 2:
            raise ValueError("too many")
        return len(values)

    compiled = njit(lambda values: refuses(values))
    for function in (compiled, refuses):
        with pytest.raises(nest.NESTErrors.KernelException, match=r"refuses failed.*ValueError: too many"):
            function(np.zeros(3))
        assert function(np.zeros(2)) == 2


def test_an_interruption_of_the_compiler_comes_when_the_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    @apart()
    def doubled(values: F8) -> None:
        for i in range(len(values)):
            values[i] *= 2.0

    compiled, values, arrivals = njit(lambda values: doubled(values)), np.ones(3), []
    original = Operation._come_by

    def interrupted(self: Operation, way: Any) -> Any:
        arrivals.append(self)
        if len(arrivals) == 1:
            raise KeyboardInterrupt
        return original(self, way)

    monkeypatch.setattr(Operation, "_come_by", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background may ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            _waiting(compiled, values)
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(arrivals) >= 2
    assert list(values) == [2.0, 2.0, 2.0]


@pytest.mark.slow
def test_all_of_them_can_be_compiled() -> None:
    """They are compiled when they are first called, which may be in rare cases only."""
    for module in pkgutil.walk_packages(nest.__path__, "jaxnest."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    functions = {f for m in list(sys.modules.values()) for f in vars(m).values() if isinstance(f, Operation)}
    assert len(functions) > 25
    for function in functions:
        assert function.address
