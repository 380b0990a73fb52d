"""Networks that grow between short runs give the numbers of networks that are laid out anew each time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest.engine.session import Session
from nest_reference.simulations import run
from nest_reference.simulations.growing import CASES


def anew(session: Session, step: int, versions: tuple[Any, ...]) -> bool:
    """Stand for `Session._adopt`: nothing is taken over in place."""
    return False


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("name", CASES)
def test_in_place_or_anew(name: str, seed: int) -> None:
    found = run(nest, CASES[name], seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "_adopt", anew)
        expected = run(nest, CASES[name], seed)
    assert found.keys() == expected.keys()
    for key, right in expected.items():
        np.testing.assert_array_equal(found[key], right, err_msg=key)


def layouts(monkeypatch: pytest.MonkeyPatch, change: Callable[[int], object], n: int = 50) -> int:
    """Return how often a network is laid out in runs before each of which something is changed."""
    change(0)
    nest.Simulate(1.0)
    counted: list[str] = []
    for name in ("_rebuild", "_recalibrate"):
        method = getattr(Session, name)
        monkeypatch.setattr(
            Session, name, lambda *given, name=name, method=method: (counted.append(name), method(*given))
        )
    for i in range(1, n + 1):
        change(i)
        nest.Simulate(1.0)
    return len(counted)


def network(model: str = "iaf_psc_alpha", threads: int = 1) -> Any:
    nest.local_num_threads = threads
    neurons = nest.Create(model, 20, {"I_e": 300.0})
    noise, recorder = nest.Create("poisson_generator", params={"rate": 8000.0}), nest.Create("spike_recorder")
    nest.Connect(noise, neurons, syn_spec={"weight": 20.0})
    nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 5}, {"weight": 10.0, "delay": 1.5})
    nest.Connect(neurons, recorder)
    nest.Simulate(10.0)
    return neurons


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("model", ["iaf_psc_alpha", "hh_psc_alpha", "iaf_cond_exp"])
def test_new_neurons_need_no_layout(monkeypatch: pytest.MonkeyPatch, model: str, threads: int) -> None:
    network(model, threads)
    for i in range(threads):
        nest.Create(model, params={"I_e": float(i)})
    assert layouts(monkeypatch, lambda i: nest.Create(model)) == 0


def test_new_neurons_with_values_need_no_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    network()
    assert layouts(monkeypatch, lambda i: nest.Create("iaf_psc_alpha", params={"I_e": float(i), "V_m": -60.0})) == 0


def test_new_connections_need_no_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    neurons = network()
    syn_spec = {"weight": 5.0, "delay": 1.5}
    assert layouts(monkeypatch, lambda i: nest.Connect(neurons[i % 20], neurons[3 * i % 20], syn_spec=syn_spec)) == 0


def test_new_connected_neurons_need_no_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    neurons = network()
    syn_spec = {"weight": 5.0, "delay": 1.5}
    change = lambda i: nest.Connect(neurons[i % 20], nest.Create("iaf_psc_alpha"), syn_spec=syn_spec)  # noqa: E731
    assert layouts(monkeypatch, change) == 0


def test_layouts_are_rare_while_a_network_grows_large(monkeypatch: pytest.MonkeyPatch) -> None:
    network()
    assert layouts(monkeypatch, lambda i: nest.Create("iaf_psc_alpha", 50)) <= 5
