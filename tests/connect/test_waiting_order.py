"""Connections that differ in nothing but their ends are brought in NEST's order when somebody asks for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest.kernel.kernel import kernel
from jaxnest.kernel.tables import connection_table
from jaxnest.kernel.tables.connection_table import NEURON

RULES: list[dict[str, Any]] = [
    {"rule": "fixed_indegree", "indegree": 30},
    {"rule": "fixed_outdegree", "outdegree": 30},
    {"rule": "fixed_total_number", "N": 4000},
    {"rule": "pairwise_bernoulli", "p": 0.3},
]


def build(threads: int, rule: dict[str, Any]) -> tuple[Any, Any]:
    nest.ResetKernel()
    nest.set(local_num_threads=threads, rng_seed=3)
    neurons = nest.Create("iaf_psc_alpha", 120)
    noise = nest.Create("poisson_generator", params={"rate": 20000.0})
    recorder = nest.Create("spike_recorder")
    nest.Connect(noise, neurons, syn_spec={"weight": 30.0})
    nest.Connect(neurons, recorder)
    nest.Connect(neurons, neurons, rule, {"weight": 2.0, "delay": 1.5})
    return neurons, recorder


def found(**filters: Any) -> list[Any]:
    return [list(v) for v in nest.GetConnections(**filters).get(["source", "target", "weight"]).values()]


def events(recorder: Any) -> list[Any]:
    return [recorder.events[name].tolist() for name in ("times", "senders")]


def session(threads: int, rule: dict[str, Any]) -> list[Any]:
    """Simulate and change a network, and return what can be seen of it."""
    neurons, recorder = build(threads, rule)
    nest.Simulate(10.0)
    new = nest.Create("iaf_psc_alpha", 2)  # NEST sorts again
    nest.Connect(new, neurons, syn_spec={"weight": 3.0, "delay": 1.0})
    nest.Simulate(10.3)
    seen = [events(recorder), found(), found(source=neurons[10:20], target=neurons[:40])]
    if threads == 1:
        nest.GetConnections(synapse_model="static_synapse").weight = np.linspace(
            1.0, 3.0, nest.GetDefaults("static_synapse", "num_connections")
        )
    nest.Connect(neurons, new, syn_spec={"weight": 1.0, "delay": 1.5})
    nest.Disconnect(nest.GetConnections(neurons[5], neurons)[3])
    nest.Simulate(10.0)
    return [*seen, events(recorder), found()]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("rule", RULES)
def test_results_are_those_of_connections_in_order(
    rule: dict[str, Any], threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = session(threads, rule)
    monkeypatch.setattr(connection_table, "LONG", connection_table.SHORTEST)
    assert session(threads, rule) == expected


def test_order_waits_until_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_table, "LONG", connection_table.SHORTEST)
    build(1, RULES[0])
    nest.Simulate(2.0)
    table = kernel.connections.table(0, kernel.synapse_models["static_synapse"].index, NEURON)
    assert table is not None
    assert table.grouped() is not None
    nest.Simulate(2.0)
    assert table.grouped() is not None
    starts, sources, targets = table.grouped() or ([], [], [])
    by_source = [sorted(part) for part in np.split(targets, starts[1:])]
    found()
    assert table.grouped() is None
    assert [sorted(part) for part in np.split(table.target, table.runs()[0][1:])] == by_source
    assert table.runs()[1].tolist() == list(sources)


def test_many_connections_of_each_pair_do_not_stay_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_table, "LONG", connection_table.SHORTEST)
    build(1, {"rule": "fixed_indegree", "indegree": 200})
    nest.Simulate(2.0)
    table = kernel.connections.table(0, kernel.synapse_models["static_synapse"].index, NEURON)
    assert table is not None
    assert table.grouped() is None
