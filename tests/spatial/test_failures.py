"""Where random streams stand after a Connect in space that fails. All values are NEST's."""

from __future__ import annotations

from typing import Any

import pytest

import jaxnest as nest


def _rules() -> dict[str, dict[str, Any]]:
    distance = nest.spatial.distance
    near = {"circular": {"radius": 0.4}}
    return {
        "bernoulli": {"rule": "pairwise_bernoulli", "p": 1.0 - distance},
        "on source": {"rule": "pairwise_bernoulli", "p": 0.6, "mask": near, "use_on_source": True},
        "poisson": {"rule": "pairwise_poisson", "pairwise_avg_num_conns": 2.0 * distance},
        "indegree": {"rule": "fixed_indegree", "indegree": 3, "p": 1.0 - distance},
        "outdegree": {"rule": "fixed_outdegree", "outdegree": 3, "mask": {"circular": {"radius": 0.6}}},
        "without space": {"rule": "pairwise_bernoulli", "p": 0.6},
    }


def _synapses() -> dict[str, Any]:
    uniform = nest.random.uniform
    return {
        "delay": {"delay": uniform(0.0, 0.5), "weight": nest.random.normal()},
        "redraw": {"weight": nest.math.redraw(uniform(), min=0.0, max=0.002)},
        "two": nest.CollocatedSynapses(
            {"delay": uniform(0.03, 2.0)}, {"weight": uniform(), "delay": uniform(0.0, 1.0)}
        ),
    }


@pytest.mark.parametrize(
    ("rule", "synapse", "threads", "error", "made", "following"),
    [
        ("bernoulli", "delay", 1, "BadDelay", 3, 2.6108178958726858),
        ("bernoulli", "delay", 3, "BadDelay", 34, 1.5735866288691098),
        ("bernoulli", "redraw", 1, "KernelException", 13, 0.6632987766276699),
        ("bernoulli", "redraw", 3, "KernelException", 37, 1.7457680080009048),
        ("bernoulli", "two", 1, "BadDelay", 64, 2.3661985904344105),
        ("bernoulli", "two", 3, "BadDelay", 61, 1.681592291567418),
        ("on source", "delay", 1, "BadDelay", 0, 2.2412570073283096),
        ("on source", "delay", 3, "BadDelay", 8, 2.828902009140516),
        ("on source", "redraw", 1, "KernelException", 13, 0.6632987766276699),
        ("on source", "redraw", 3, "KernelException", 27, 2.592334636443236),
        ("on source", "two", 1, "BadDelay", 1, 2.2412570073283096),
        ("on source", "two", 3, "BadDelay", 46, 2.424912040333229),
        ("poisson", "delay", 1, "BadDelay", 0, 2.2412570073283096),
        ("poisson", "delay", 3, "BadDelay", 40, 2.3987379766766885),
        ("poisson", "redraw", 1, "KernelException", 13, 1.353244181011765),
        ("poisson", "redraw", 3, "KernelException", 37, 2.3733040260205067),
        ("poisson", "two", 1, "BadDelay", 1, 2.2412570073283096),
        ("poisson", "two", 3, "BadDelay", 46, 1.4330193108695255),
        ("indegree", "delay", 1, "BadDelay", 7, 2.7206178014398312),
        ("indegree", "delay", 3, "BadDelay", 19, 1.2502303032083326),
        ("indegree", "redraw", 1, "KernelException", 13, 1.1775381745722528),
        ("indegree", "redraw", 3, "KernelException", 19, 2.016604533128088),
        ("indegree", "two", 3, "BadDelay", 59, 1.854167055396573),
        ("outdegree", "delay", 1, "BadDelay", 3, 2.8919843257125146),
        ("outdegree", "delay", 3, "BadDelay", 3, 2.1352167732741),
        ("outdegree", "redraw", 1, "KernelException", 11, 2.8919843257125146),
        ("outdegree", "redraw", 3, "KernelException", 11, 2.1352167732741),
        ("outdegree", "two", 1, "BadDelay", 9, 2.8919843257125146),
        ("outdegree", "two", 3, "BadDelay", 9, 2.1352167732741),
        ("without space", "delay", 1, "BadDelay", 2, 1.682582475843982),
        ("without space", "delay", 3, "BadDelay", 15, 2.183876628562142),
        ("without space", "redraw", 1, "KernelException", 13, 0.6632987766276699),
        ("without space", "redraw", 3, "KernelException", 37, 1.7457680080009048),
        ("without space", "two", 1, "BadDelay", 9, 1.2779529408585508),
        ("without space", "two", 3, "BadDelay", 65, 1.4758367880750316),
    ],
)
def test_streams_stand_where_a_connect_in_space_has_failed(
    rule: str, synapse: str, threads: int, error: str, made: int, following: float
) -> None:
    """Nothing is drawn, and nothing made, behind the connection that is refused or has no values."""
    nest.set(local_num_threads=threads)
    sources = nest.Create("iaf_psc_alpha", positions=nest.spatial.grid([4, 3]))
    targets = nest.Create("iaf_psc_alpha", positions=nest.spatial.grid([3, 4]))
    with pytest.raises(getattr(nest.NESTErrors, error)):
        nest.Connect(sources, targets, _rules()[rule], _synapses()[synapse])
    assert nest.num_connections == made
    nodes = nest.Create("iaf_psc_alpha", 4)
    nest.Connect(nodes, nodes, "one_to_one", {"synapse_model": "tsodyks_synapse", "weight": nest.random.uniform()})
    assert sum(sorted(nest.GetConnections(synapse_model="tsodyks_synapse").weight)) == following


def test_values_are_drawn_before_connections_are_checked() -> None:
    """Common weights are refused connection by connection; the first error of a pair is that of its values."""
    nest.set(local_num_threads=2)
    layer = nest.Create("iaf_psc_alpha", positions=nest.spatial.grid([3, 3]))
    rule = {"rule": "pairwise_bernoulli", "p": 1.0, "use_on_source": True}
    with pytest.raises(nest.NESTErrors.BadProperty, match="individual weights"):
        nest.Connect(layer, layer, rule, {"synapse_model": "static_synapse_hom_w", "delay": 3.0})
    assert (nest.min_delay, nest.max_delay, nest.num_connections) == (3.0, 3.0, 0)
    with pytest.raises(nest.NESTErrors.NotImplemented, match="history"):
        nest.Connect(layer, layer, rule, {"synapse_model": "clopath_synapse", "delay": 0.01})
    never = nest.math.redraw(nest.random.uniform(), min=2.0, max=3.0)
    with pytest.raises(nest.NESTErrors.KernelException, match="redraws"):
        nest.Connect(layer, layer, rule, {"synapse_model": "clopath_synapse", "weight": never})


@pytest.mark.parametrize(
    ("rule", "error"), [("pairwise_bernoulli", "BadProperty"), ("fixed_indegree", "IllegalConnection")]
)
def test_masks_are_looked_at_before_devices_where_nest_does(rule: str, error: str) -> None:
    places = nest.spatial.free([[0.1, 0.2], [0.3, 0.3]], extent=[1.0, 1.0], edge_wrap=True)
    neurons, recorders = nest.Create("parrot_neuron", positions=places), nest.Create("spike_recorder", positions=places)
    number = {"p": 1.0} if rule == "pairwise_bernoulli" else {"indegree": 1}
    with pytest.raises(getattr(nest.NESTErrors, error)):
        nest.Connect(neurons, recorders, {"rule": rule, "mask": {"circular": {"radius": 0.6}}, **number})
