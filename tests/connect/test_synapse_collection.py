"""SynapseCollection, and connections that are removed."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import numpy as np
import pytest

import jaxnest as nest


@pytest.fixture
def nodes() -> Any:
    nodes = nest.Create("iaf_psc_alpha", 3)
    nest.Connect(nodes, nodes, syn_spec={"weight": np.arange(9.0).reshape(3, 3), "delay": 1.5})
    return nodes


def test_get_of_one_and_of_several(nodes: Any) -> None:
    found = nest.GetConnections(nodes[0])
    assert found.get("weight") == [0.0, 3.0, 6.0]
    assert found.get(["source", "weight"]) == {"source": [1, 1, 1], "weight": [0.0, 3.0, 6.0]}
    assert found[1].get() == {
        "delay": 1.5,
        "port": 1,
        "receptor": 0,
        "sizeof": 32,
        "source": 1,
        "synapse_id": 29,
        "synapse_model": "static_synapse",
        "target": 2,
        "target_thread": 0,
        "weight": 3.0,
    }
    assert {k: type(v) for k, v in found[1].get().items()} == {
        **dict.fromkeys(("delay", "weight"), float),
        **dict.fromkeys(("port", "receptor", "sizeof", "source", "synapse_id", "target", "target_thread"), int),
        "synapse_model": str,
    }
    assert found[1].weight == 3.0
    assert list(found.sources()) == [1, 1, 1]
    assert list(found.targets()) == [1, 2, 3]


def test_container(nodes: Any) -> None:
    found = nest.GetConnections()
    assert len(found) == 9
    assert [c.weight for c in found] == found.weight
    assert found[-1] == found[8:]
    assert found[2:4].weight == found.weight[2:4]
    assert len(found[5:2]) == 0
    assert found == nest.GetConnections()
    assert found[:3] != found[3:6]


def test_nothing_found() -> None:
    nodes = nest.Create("iaf_psc_alpha", 2)
    found = nest.GetConnections(nodes)
    assert (len(found), found.get(), found.get("weight"), found.weight) == (0, {}, (), ())
    found.weight = 3.0
    found.set([])
    assert str(found) == "The synapse collection does not contain any connections."
    assert len(nest.SynapseCollection(None)) == 0


def test_set_distributes_lists(nodes: Any) -> None:
    found = nest.GetConnections(nodes[0])
    found.set(weight=[5.0, 6.0, 7.0], delay=2.0)
    assert (found.weight, found.delay) == ([5.0, 6.0, 7.0], [2.0, 2.0, 2.0])
    found.set([{"weight": 1.0}, {"delay": 3.0}, {"weight": 2.0, "delay": 4.0}])
    assert (found.weight, found.delay) == ([1.0, 6.0, 2.0], [2.0, 3.0, 4.0])
    found.weight = np.array([1, 2, 3])
    assert found.weight == [1.0, 2.0, 3.0]
    for values in ([4, 5, 6], [4, 5.0, np.float32(6.0)], (4.0, np.float64(5.0), 6.0), np.array([4.0, 5.0, 6.0, 7.0])):
        found.weight = 0.0
        found.weight = values
        assert found.weight == [4.0, 5.0, 6.0]
    with pytest.raises(IndexError):
        found.weight = np.array([1.0, 2.0])
    with pytest.raises(nest.NESTErrors.TypeMismatch):
        found.weight = ["a", 1.0, 2.0]
    found.set(weight=[1.0, 2.0, 3.0])
    assert nest.GetConnections(nodes[1:]).weight == [1.0, 4.0, 7.0, 2.0, 5.0, 8.0]


def test_set_up_to_the_offending_connection(nodes: Any) -> None:
    found = nest.GetConnections(nodes[0])
    with pytest.raises(nest.NESTErrors.BadDelay, match=r"-1\.0 ms is not a valid delay"):
        found.delay = [2.0, -1.0, 3.0]
    assert found.delay == [2.0, 1.5, 1.5]


def test_values_that_only_some_connections_have(nodes: Any) -> None:
    nest.Connect(nodes[0], nodes[1], syn_spec={"synapse_model": "static_synapse_lbl", "synapse_label": 7})
    nest.Connect(nodes[0], nodes[2], syn_spec="static_synapse_hom_w")
    found = nest.GetConnections(nodes[0])
    assert found.synapse_label == [None, None, None, 7, None]
    assert found.weight == [0.0, 3.0, 6.0, 1.0, None]
    assert found.get()["synapse_label"] == [None, None, None, 7, None]
    assert "-" in str(found).splitlines()[-1].split()
    assert nest.GetConnections(synapse_label=7).target == 2


def test_output_formats(nodes: Any) -> None:
    found = nest.GetConnections(nodes[0])
    frame = found.get(["weight", "target"], output="pandas")
    assert frame.to_dict("list") == {"weight": [0.0, 3.0, 6.0], "target": [1, 2, 3]}
    assert list(frame.index) == [1, 1, 1]
    assert list(found.get("weight", output="pandas").columns) == ["weight"]
    assert found[0].get("weight", output="pandas").shape == (1, 1)
    assert json.loads(found.get(output="json")) == found.get()
    assert json.loads(found.get("weight", output="json")) == [0.0, 3.0, 6.0]
    assert nest.GetConnections(nodes[:0], synapse_model="static_synapse_lbl").get(output="json") == "{}"


def test_printing(nodes: Any) -> None:
    found = nest.GetConnections(nodes[0])
    assert str(found) == (
        " source   target   synapse model   weight   delay \n"
        "-------- -------- --------------- -------- -------\n"
        "      1        1  static_synapse    0.000   1.500\n"
        "      1        2  static_synapse    3.000   1.500\n"
        "      1        3  static_synapse    6.000   1.500"
    )
    for _ in range(3):
        nest.Connect(nodes, nodes)
    found = nest.GetConnections()
    assert len(str(found).splitlines()) == 2 + 15 + 1 + 15
    found.print_full = True
    assert len(str(found).splitlines()) == 2 + 36


def test_disconnected_connections_keep_their_place_for_others(nodes: Any) -> None:
    found = nest.GetConnections(nodes[0])
    found[0].disconnect()
    assert nest.num_connections == 8
    assert found[1].weight == 3.0
    assert nest.GetConnections(nodes[0]).weight == [3.0, 6.0]
    assert nest.GetConnections(nodes[0]).port == [1, 2]
    with pytest.raises(nest.NESTErrors.InexistentConnection, match="1 -> 1"):
        found[0].disconnect()
    nest.Connect(nodes[0], nodes[0])
    assert nest.GetConnections(nodes[0]).port == [1, 2, 3]  # as NEST
    assert nest.GetConnections(nodes[0]).target == [2, 3, 1]


@pytest.mark.parametrize("synapse_model", ["static_synapse", "stdp_synapse"])
@pytest.mark.parametrize("compressed", [True, False])
def test_disconnected_connections_can_be_read_after_a_run(synapse_model: str, compressed: bool) -> None:
    """As in NEST, until connections are sorted, and set as well."""
    nest.use_compressed_spikes = compressed
    sources, targets = nest.Create("parrot_neuron", 3), nest.Create("iaf_psc_alpha", 2)
    nest.Connect(sources, targets, syn_spec={"synapse_model": synapse_model, "weight": 2.0})
    nest.Simulate(1.0)
    found = nest.GetConnections(synapse_model=synapse_model)
    removed = found[2:4]
    removed.disconnect()
    nest.Simulate(1.0)
    removed.weight = [5.0, 6.0]
    assert found.weight == [2.0, 2.0, 5.0, 6.0, 2.0, 2.0]
    assert removed.get(["weight", "delay", "port"]) == {"weight": [5.0, 6.0], "delay": [1.0, 1.0], "port": [2, 3]}
    assert removed[1].get()["synapse_model"] == synapse_model
    assert nest.GetConnections(synapse_model=synapse_model).weight == [2.0] * 4
    with pytest.raises(nest.NESTErrors.InexistentConnection):
        removed.disconnect()
    found[:1].disconnect()
    nest.Simulate(1.0)
    assert found.weight == [2.0, 2.0, 5.0, 6.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("synapse_model", "changes", "kept"),
    [
        ("stdp_synapse", {"Wmax": -3.0, "lambda": 0.5}, [(-3.0, 0.5), (100.0, 0.01)]),
        ("bernoulli_synapse", {"p_transmit": 2.0, "delay": 2.0}, [(2.0, 2.0), (1.0, 1.0)]),
        ("bernoulli_synapse", {"p_transmit": [0.5, -1.0]}, [(0.5,), (-1.0,)]),
        ("tsodyks_synapse", {"tau_rec": -1.0, "U": 0.25, "u": 0.75}, [(-1.0, 0.25, 0.0), (800.0, 0.5, 0.0)]),
        ("tsodyks_synapse", {"x": 0.8, "y": 0.4, "U": 0.25}, [(1.0, 0.0, 0.5), (1.0, 0.0, 0.5)]),
    ],
)
def test_a_connection_that_refuses_a_value_keeps_what_it_was_given(
    synapse_model: str, changes: dict[str, Any], kept: list[tuple[float, ...]]
) -> None:
    """NEST stores values before it checks them, and looks at all of them whenever one is set. The values are NEST's."""
    source, targets = nest.Create("parrot_neuron"), nest.Create("iaf_psc_alpha", 2)
    nest.Connect(source, targets, syn_spec={"synapse_model": synapse_model})
    found = nest.GetConnections()
    with pytest.raises(nest.NESTErrors.BadProperty):
        found.set(changes)
    values = found.get(list(changes))
    assert list(zip(*(values[name] for name in changes), strict=True)) == kept
    broken = kept[0] != kept[1]
    with pytest.raises(nest.NESTErrors.BadProperty) if broken else contextlib.nullcontext():
        found.weight = 2.0


def test_disconnect_removes_all_of_a_collection(nodes: Any) -> None:
    nest.Disconnect(nest.GetConnections(target=nodes[1]))
    assert nest.num_connections == 6
    assert set(nest.GetConnections().target) == {1, 3}
    nest.Disconnect(nodes, nodes[2], conn_spec="all_to_all")
    assert set(nest.GetConnections().target) == {1}


def test_stale_collections_after_reset(nodes: Any) -> None:
    found = nest.GetConnections()
    nest.ResetKernel()
    assert found.get() == {}
    found.weight = 3.0
    nest.Create("iaf_psc_alpha", 2)
    with pytest.raises(nest.NESTErrors.InexistentConnection):
        found.get("weight")


def test_messages_name_value_bounds_and_nearest_name(nodes: Any) -> None:
    with pytest.raises(nest.NESTErrors.UnaccessedDictionaryEntry, match="Did you mean 'weight'"):
        nest.GetConnections().set(wieght=1.0)
    with pytest.raises(nest.NESTErrors.UnknownReceptorType, match=r"Receptor type 5 .* iaf_psc_alpha.* receptors: 0"):
        nest.Connect(nodes, nodes, syn_spec={"receptor_type": 5})
    with pytest.raises(nest.NESTErrors.BadProperty, match=r"Did you mean 'fixed_indegree'"):
        nest.Connect(nodes, nodes, {"rule": "fixed_indegre", "indegree": 1})
    with pytest.raises(IndexError, match="'fixed_indegree' needs 'indegree'"):
        nest.Connect(nodes, nodes, {"rule": "fixed_indegree", "indegre": 1})


@pytest.mark.parametrize(
    "rule",
    [
        {"rule": "fixed_indegree", "indegree": 3, "allow_autapses": False, "allow_multapses": False},
        {"rule": "fixed_outdegree", "outdegree": 3, "allow_autapses": False, "allow_multapses": False},
    ],
)
def test_degrees_that_nest_would_look_for_forever(nodes: Any, rule: dict[str, Any]) -> None:
    before = nest.random.uniform().GetValue()
    nest.rng_seed = nest.rng_seed
    with pytest.raises(nest.NESTErrors.BadProperty, match="only 2 possible partners"):
        nest.Connect(nodes, nodes, rule)
    assert nest.num_connections == 9
    assert nest.random.uniform().GetValue() == before


@pytest.mark.parametrize(("model", "spikes", "currents"), [("ht_neuron", 4, 0), ("iaf_cond_alpha_mc", 6, 3)])
def test_receptors_that_are_shown_from_zero_on(model: str, spikes: int, currents: int) -> None:
    sources, neuron = nest.Create("parrot_neuron") + nest.Create("dc_generator"), nest.Create(model)
    recorder = nest.Create("weight_recorder")
    nest.CopyModel("static_synapse", "watched", {"weight_recorder": recorder})
    for k in range(spikes + currents):
        spec = {"synapse_model": "watched" if k < spikes else "static_synapse", "receptor_type": k + 1}
        nest.Connect(sources[0] if k < spikes else sources[1], neuron, syn_spec=spec)
    for source, n in zip(sources, (spikes, currents), strict=True):
        shown = nest.GetConnections(source).get("receptor") if n else []
        assert shown == list(range(n))
    nest.Connect(nest.Create("spike_generator", params={"spike_times": [1.0]}), sources[0])
    nest.Simulate(4.0)
    assert recorder.events["receptors"].tolist() == list(range(spikes))
