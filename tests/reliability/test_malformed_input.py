"""Nonsense as argument of any public function is an error that says so, as in NEST; the kernel goes on working."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import jaxnest as nest
from jaxnest import errors
from nest_reference import nonsense_cases
from validation.places import REFERENCE

RECORDED: dict[str, dict[str, str]] = json.loads((REFERENCE / "nonsense" / "errors.json").read_text(encoding="utf-8"))
FUNCTIONS: dict[str, Callable[..., Any]] = nonsense_cases.functions(nest)
OF_NEST = {name for name in dir(errors) if isinstance(getattr(errors, name), type)} - {"NotImplemented"}
"""Classes of errors that NEST itself raises."""
OF_PYTHON = {
    "AttributeError",
    "ImportError",
    "IndexError",
    "KeyError",
    "ModuleNotFoundError",
    "NotImplemented",
    "NotImplementedError",
    "OverflowError",
    "RuntimeError",
    "TypeError",
    "ValueError",
}
"""Classes of other errors that are an answer; which of them NEST's Python code stumbles into does not matter."""
OTHERWISE = {
    ("CreateMask", "anchor: empty collection"): "a collection is no list of numbers",
    ("Distance", "to_arg: empty collection"): "with the same arguments NEST has another error in Displacement, as here",
    (
        "GetLocalNodeCollection",
        "nc: empty collection",
    ): "has no local nodes; NEST's empty collection lacks an attribute",
    ("GetLocalNodeCollection", "all: empty collection"): "see above",
}
"""What is answered in another way than by NEST, with the reason."""
OTHER_ARGUMENTS = {"Parameter", "set_communicator"}
"""Functions that refuse everything here or in NEST, or whose arguments have other names."""


def assert_kernel_works() -> None:
    assert nest.GetKernelStatus("network_size") >= 0
    nest.ResetKernel()
    neurons = nest.Create("parrot_neuron", 2)
    nest.Connect(neurons, neurons)
    assert nest.num_connections == 4


def answered_as_by_nest(expected: str, got: str) -> bool:
    """Whether an outcome is the same, or an error where Python happens to raise one of another class in NEST."""
    if got == expected or expected in OF_NEST - OF_PYTHON or expected == "":
        return got == expected
    return got in OF_NEST | OF_PYTHON


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_nonsense_has_the_errors_of_nest(name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    expected = RECORDED.get(name, {})
    outcomes = {
        label: nonsense_cases.outcome(nest, FUNCTIONS[name], make)
        for label, make in nonsense_cases.calls(nest, nonsense_cases.arguments(FUNCTIONS[name]) or [])
    }
    if name in OTHER_ARGUMENTS or not expected:
        assert set(outcomes.values()) <= {"", *OF_NEST, *OF_PYTHON}
    else:
        assert outcomes.keys() == expected.keys()
        assert {
            label: (got, expected[label])
            for label, got in outcomes.items()
            if not answered_as_by_nest(expected[label], got) and (name, label) not in OTHERWISE
        } == {}
    assert_kernel_works()


def test_all_functions_of_nest_are_tried() -> None:
    assert set(RECORDED) <= set(FUNCTIONS)
    assert len(RECORDED) > 75


def attempt(action: Callable[[], Any]) -> None:
    """Do something that is either fine or an error that says so."""
    assert nonsense_cases.name_of_error(action) in {"", *OF_NEST, *OF_PYTHON}


@pytest.mark.filterwarnings("ignore")
def test_nonsense_for_kernel_attributes_is_an_error() -> None:
    for name in nest.GetKernelStatus():
        for make in nonsense_cases.NONSENSE.values():
            nest.ResetKernel()
            attempt(lambda n=name, m=make: nest.SetKernelStatus({n: m(nest)}))
            attempt(lambda n=name, m=make: setattr(nest, n, m(nest)))
    nest.ResetKernel()
    nest.SetKernelStatus({"total_num_virtual_procs": 1, "data_path": "", "data_prefix": ""})
    assert_kernel_works()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model", [*nest.node_models, *nest.synapse_models])
def test_nonsense_for_parameters_is_an_error(model: str) -> None:
    for name in nest.GetDefaults(model):
        for kind, make in nonsense_cases.NONSENSE.items():
            if kind == "Parameter":
                continue
            if model in nest.node_models:
                attempt(lambda n=name, m=make: nest.Create(model, params={n: m(nest)}))
            attempt(lambda n=name, m=make: nest.SetDefaults(model, {n: m(nest)}))
        nest.ResetKernel()
    assert_kernel_works()
