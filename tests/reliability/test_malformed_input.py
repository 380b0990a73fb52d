"""Nonsense as argument of any public function is an error that says so; the kernel goes on working."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest import errors

LEFT_OUT = {"help", "NestModule", "RunManager", "SonataNetwork", "Install", "message", "TypedDict"}
"""What prints pages, or is no function of the kernel."""
ALLOWED = (
    errors.KernelException,
    TypeError,
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ImportError,
    OSError,
    UserWarning,
)
NONSENSE: tuple[Callable[[], Any], ...] = (
    lambda: None,
    lambda: -1,
    lambda: 1.5,
    lambda: float("nan"),
    lambda: float("inf"),
    lambda: 10**30,
    lambda: "",
    lambda: "nonsense",
    lambda: b"bytes",
    list,
    lambda: [1, "two"],
    dict,
    lambda: {"nonsense": -1},
    lambda: object(),
    lambda: np.full((2, 3), np.nan),
    lambda: nest.NodeCollection(),
    lambda: nest.random.uniform(),
)
SENSIBLE: dict[str, Callable[[], Any]] = {
    "model": lambda: "iaf_psc_alpha",
    "existing": lambda: "static_synapse",
    "new": lambda: "copy",
    "params": lambda: {"tau_m": 5.0},
    "conn_spec": lambda: "all_to_all",
    "syn_spec": lambda: {"weight": 2.0},
    "masktype": lambda: "circular",
    "specs": lambda: {"radius": 0.4},
    "parametertype": lambda: "uniform",
    "t": lambda: 1.0,
    "n": lambda: 2,
}


def functions() -> dict[str, Callable[..., Any]]:
    found = {}
    for name in sorted(set(nest.__all__) - LEFT_OUT):
        try:
            thing = getattr(nest, name)
        except (AttributeError, KeyError, ImportError, errors.KernelException):  # not in every build
            continue
        if callable(thing) and not (inspect.isclass(thing) and issubclass(thing, Exception)):
            found[name] = thing
        elif inspect.ismodule(thing) and name in ("random", "math", "logic", "spatial", "spatial_distributions"):
            inside = {f"{name}.{part}": getattr(thing, part) for part in vars(thing) if not part.startswith("_")}
            found |= {k: f for k, f in inside.items() if inspect.isfunction(f)}
    return found


FUNCTIONS = functions()


def sensible(name: str) -> Any:
    """Return a value that an argument may well have."""
    return SENSIBLE.get(name, lambda: nest.NodeCollection([1, 2]))()


def calls(function: Callable[..., Any]) -> Iterator[list[Any]]:
    """Yield arguments of which one is nonsense, and arguments that all are."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in inspect.signature(function).parameters.values() if p.kind in kinds]
    for place, make in itertools.product(range(len(names)), NONSENSE):
        yield [make() if k == place else sensible(name) for k, name in enumerate(names[: place + 1])]
    for make in NONSENSE:
        yield [make() for _ in names]
    yield [0] * (len(names) + 1)


def attempt(function: Callable[..., Any], arguments: list[Any]) -> None:
    try:
        function(*arguments)
    except ALLOWED:
        pass
    except Exception as error:
        raise AssertionError(f"{arguments!r} led to {type(error).__name__}: {error}") from error


def assert_kernel_works() -> None:
    assert nest.GetKernelStatus("network_size") >= 0
    nest.ResetKernel()
    neurons = nest.Create("parrot_neuron", 2)
    nest.Connect(neurons, neurons)
    assert nest.num_connections == 4


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_nonsense_is_an_error(name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if not calls_are_known(FUNCTIONS[name]):
        pytest.skip("its arguments are not known")
    for arguments in calls(FUNCTIONS[name]):
        nest.ResetKernel()
        nest.Create("iaf_psc_alpha", 3)
        attempt(FUNCTIONS[name], arguments)
    assert_kernel_works()


def calls_are_known(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function)
    except (TypeError, ValueError):
        return False
    return True


@pytest.mark.filterwarnings("ignore")
def test_nonsense_for_kernel_attributes_is_an_error() -> None:
    for name in nest.GetKernelStatus():
        for make in NONSENSE:
            nest.ResetKernel()
            attempt(lambda n=name, m=make: nest.SetKernelStatus({n: m()}), [])
            attempt(lambda n=name, m=make: setattr(nest, n, m()), [])
    nest.ResetKernel()
    nest.SetKernelStatus({"total_num_virtual_procs": 1, "data_path": "", "data_prefix": ""})
    assert_kernel_works()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model", nest.node_models)
def test_nonsense_for_parameters_is_an_error(model: str) -> None:
    for name in nest.GetDefaults(model):
        for make in (*NONSENSE[:9], *NONSENSE[9:15]):
            attempt(lambda n=name, m=make: nest.Create(model, params={n: m()}), [])
            attempt(lambda n=name, m=make: nest.SetDefaults(model, {n: m()}), [])
        nest.ResetKernel()
    assert_kernel_works()
