"""Tables of connections against a plain list that is changed in the same way."""

from __future__ import annotations

import math
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

import jaxnest as nest

N = 6
IDS = st.lists(st.integers(1, N), unique=True, min_size=1).map(sorted)
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("all_to_all"), IDS, IDS),
        st.tuples(st.just("one_to_one"), IDS, st.none()),
        st.tuples(st.just("disconnect"), st.integers(1, N), st.integers(1, N)),
        st.tuples(st.just("delete"), st.integers(0, 40), st.none()),
        st.tuples(st.just("simulate"), st.none(), st.none()),
    ),
    min_size=1,
    max_size=12,
)


def found(**which: Any) -> list[tuple[int, int, float]]:
    """Return source, target and weight of all connections, sorted."""
    connections = nest.GetConnections(**which)
    return sorted((c.source, c.target, c.weight) for c in connections)


@pytest.mark.parametrize("threads", [1, 3])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS, sources=IDS, targets=IDS)
def test_tables_are_lists(threads: int, actions: list[tuple], sources: list[int], targets: list[int]) -> None:
    nest.ResetKernel()
    nest.set(local_num_threads=threads, compute_backend="native")
    nest.SetDefaults("static_synapse", {"delay": 0.1})  # valid even if the first run had no connections
    nest.Create("parrot_neuron", N)
    model: list[tuple[int, int, float]] = []
    for number, (action, a, b) in enumerate(actions):
        weight = float(number + 1)
        if action == "all_to_all":
            nest.Connect(nest.NodeCollection(a), nest.NodeCollection(b), "all_to_all", {"weight": weight})
            model += [(i, j, weight) for i in a for j in b]
        elif action == "one_to_one":
            nest.Connect(nest.NodeCollection(a), nest.NodeCollection(a), "one_to_one", {"weight": weight})
            model += [(i, i, weight) for i in a]
        elif action == "disconnect":
            matches = [c for c in model if c[:2] == (a, b)]
            if len(matches) == 1:  # which of several goes is no matter of this test
                nest.Disconnect(nest.NodeCollection([a]), nest.NodeCollection([b]))
                model.remove(matches[0])
        elif action == "delete" and model:
            chosen = sorted(model)[a % len(model)]
            if sum(c[:2] == chosen[:2] for c in model) > 1:
                continue
            pair = nest.GetConnections(nest.NodeCollection([chosen[0]]), nest.NodeCollection([chosen[1]]))
            next(c for c in pair if c.weight == chosen[2]).disconnect()
            model.remove(chosen)
        elif action == "simulate":
            nest.Simulate(0.3)
    assert found() == sorted(model)
    assert nest.num_connections == len(model)
    assert found(source=nest.NodeCollection(sources)) == sorted(c for c in model if c[0] in sources)
    assert found(target=nest.NodeCollection(targets)) == sorted(c for c in model if c[1] in targets)


@pytest.mark.parametrize(
    ("model", "source", "receptor", "error"),
    [
        ("iaf_cond_alpha_mc", "parrot_neuron", 0, "IncompatibleReceptorType"),
        ("iaf_cond_alpha_mc", "parrot_neuron", 9, "IncompatibleReceptorType"),
        ("iaf_cond_alpha_mc", "parrot_neuron", 10, "UnknownReceptorType"),
        ("iaf_cond_alpha_mc", "dc_generator", 6, "IncompatibleReceptorType"),
        ("iaf_cond_alpha_mc", "dc_generator", 10, "UnknownReceptorType"),
        ("ht_neuron", "parrot_neuron", 0, "UnknownReceptorType"),
        ("glif_cond", "parrot_neuron", 0, "IncompatibleReceptorType"),
        ("glif_cond", "dc_generator", 1, "UnknownReceptorType"),
    ],
)
def test_which_receptors_there_are(model: str, source: str, receptor: int, error: str) -> None:
    nodes = nest.Create(source), nest.Create(model)
    with pytest.raises(nest.NESTErrors.KernelException) as caught:
        nest.Connect(*nodes, syn_spec={"receptor_type": receptor})
    assert type(caught.value).__name__ == error


@pytest.mark.parametrize("model", ["aeif_cond_alpha_multisynapse", "aeif_cond_beta_multisynapse"])
@pytest.mark.parametrize(("weight", "factor"), [(-2.0, 1.0), (2.0, -1.0), (-2.0, 0.0)])
def test_conductances_of_several_receptors_refuse_inhibition(model: str, weight: float, factor: float) -> None:
    generator = nest.Create("spike_generator", params={"spike_times": [1.0, 2.0], "spike_weights": [0.0, factor]})
    neuron = nest.Create(model)
    nest.Connect(nest.Create("dc_generator"), neuron, syn_spec={"weight": -1.0})
    nest.Connect(generator, neuron, syn_spec={"weight": weight, "receptor_type": 1})
    if factor:
        with pytest.raises(nest.NESTErrors.BadProperty, match="must be positive"):
            nest.Simulate(5.0)
        generator.spike_weights = [0.0, math.copysign(1.0, weight)]
    nest.Prepare()
    nest.Cleanup()


@pytest.mark.parametrize("pair", [("ginzburg_neuron", "parrot_neuron_ps"), ("parrot_neuron_ps", "spin_detector")])
def test_binary_spikes_are_none_with_precise_times(pair: tuple[str, str]) -> None:
    with pytest.raises(nest.NESTErrors.IllegalConnection, match="not compatible"):
        nest.Connect(nest.Create(pair[0]), nest.Create(pair[1]))
    nest.Connect(nest.Create(pair[0].replace("_ps", "")), nest.Create(pair[1].replace("_ps", "")))
