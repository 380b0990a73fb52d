"""Structural plasticity: the same elements, connections and spikes as NEST."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from nest_reference.simulations.structural import CASES, CONTACTS

from .conftest import compare

ELEMENTS = {"Axon": {"z": 3.0, "growth_rate": 0.0}, "Dendrite": {"z": 2.5, "growth_rate": 0.0}}


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_nest(recording: Path, name: str) -> None:
    compare(recording, name, CASES[name], "native")


def neurons(n: int = 2, **elements: Any) -> Any:
    return nest.Create("iaf_psc_alpha", n, {"synaptic_elements": elements or ELEMENTS})


def plan(**changes: Any) -> None:
    nest.structural_plasticity_synapses = {"new": {"synapse_model": "static_synapse", **CONTACTS, **changes}}


@pytest.mark.parametrize(
    ("elements", "error", "message"),
    [
        ({"growth_curve": "guassian"}, IndexError, "'guassian' is not a growth curve.*'gaussian'.*Growth curves are"),
        ({"growth_curve": 3}, nest.NESTErrors.TypeMismatch, "growth_curve of synaptic element 'A'"),
        ({"z": "much"}, nest.NESTErrors.TypeMismatch, "z of synaptic element 'A' has to be a number"),
        ({"continuous": 1}, nest.NESTErrors.TypeMismatch, "has to be True or False"),
        ({"tau_vacant": 0.0}, nest.NESTErrors.BadProperty, "strictly positive.*tau_vacant = 0.0 .*'A'"),
        ({"growth_curve": "sigmoid", "psi": -1.0}, nest.NESTErrors.BadProperty, "psi parameter must be greater"),
        (3, nest.NESTErrors.TypeMismatch, "A has to be a dictionary"),
    ],
)
def test_wrong_elements(elements: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        neurons(A=elements)
    ours = neurons()
    with pytest.raises(error, match=message):
        ours.synaptic_elements = {"A": elements}
    assert list(ours[0].synaptic_elements) == ["Axon", "Dendrite"]


def test_names_that_no_element_knows_are_ignored_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="growth_rat of synaptic element 'A'.*'growth_rate'"):
        found = neurons(A={"growth_rat": 3.0, "z_connected": 4})
    assert found[0].synaptic_elements["A"] == {
        "continuous": True, "eps": 0.7, "growth_curve": "linear", "growth_rate": 1.0, "tau_vacant": 0.1, "z": 0.0,
        "z_connected": 0,
    }  # fmt: skip


def test_neurons_do_not_share_elements() -> None:
    nest.SetDefaults("iaf_psc_alpha", {"synaptic_elements": ELEMENTS})
    a, b = nest.Create("iaf_psc_alpha", 2)
    a.synaptic_elements_param = {"Axon": {"z": 7.0}, "unknown": {"z": 1.0}}
    nest.Connect(a, b, syn_spec=CONTACTS)
    shown = [[n.synaptic_elements[name]["z_connected"] for name in CONTACTS.values()] for n in (a, b)]
    assert shown == [[1, 0], [0, 1]]
    assert [n.synaptic_elements["Axon"]["z"] for n in (a, b)] == [7.0, 3.0]
    assert nest.GetDefaults("iaf_psc_alpha", "synaptic_elements")["Axon"]["z_connected"] == 0


def test_new_elements_after_a_run_need_clear() -> None:
    ours = neurons()
    nest.Simulate(10.0)
    ours.synaptic_elements = ELEMENTS
    with pytest.raises(nest.NESTErrors.KernelException, match="does not match .* clear = True"):
        nest.Simulate(10.0)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"synapse_model": "statik"}, nest.NESTErrors.UnknownSynapseType, "statik"),
        ({"delay": 2.0}, nest.NESTErrors.BadProperty, "specify the min and max delay"),
        ({"allow_autapses": 3}, nest.NESTErrors.TypeMismatch, "allow_autapses"),
        ({"pre_synaptic_element": 3}, nest.NESTErrors.TypeMismatch, "pre_synaptic_element has to be the name"),
    ],
)
def test_wrong_plans(changes: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        plan(**changes)
    assert nest.structural_plasticity_synapses == {}


def test_plans_need_elements() -> None:
    for known, message in ({}, "is missing"), ({"pre_synaptic_element": "Axon"}, "post_synaptic_element is missing"):
        with pytest.raises(nest.NESTErrors.BadProperty, match=message):
            nest.structural_plasticity_synapses = {"new": known}
    with pytest.raises(nest.NESTErrors.TypeMismatch, match="'new' in structural_plasticity_synapses"):
        nest.structural_plasticity_synapses = {"new": 3}


def test_plans_are_shown_and_outlive_other_threads() -> None:
    plan(allow_multapses=False)
    expected = {"allow_autapses": True, "allow_multapses": False, "synapse_model": "static_synapse", **CONTACTS}
    nest.structural_plasticity_update_interval = 500.0
    assert nest.structural_plasticity_synapses == {"new": expected}
    nest.local_num_threads = 2
    assert nest.structural_plasticity_synapses == {"new": expected}
    assert nest.structural_plasticity_update_interval == 10000.0
    nest.ResetKernel()
    assert nest.structural_plasticity_synapses == {}


def test_unknown_names_in_plans_are_ignored_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="wieght"):
        plan(wieght=3.0)


def test_default_delays_of_plans_count() -> None:
    nest.SetDefaults("static_synapse", {"delay": 3.0})
    plan()
    assert (nest.min_delay, nest.max_delay) == (3.0, 3.0)
    ours = nest.Create("iaf_psc_alpha", 2)
    nest.Connect(ours, ours, syn_spec={"delay": 5.0})
    assert (nest.min_delay, nest.max_delay) == (3.0, 5.0)
    nest.structural_plasticity_synapses = {}
    assert (nest.min_delay, nest.max_delay) == (5.0, 5.0)


def test_what_structural_plasticity_needs() -> None:
    nest.EnableStructuralPlasticity()
    with pytest.raises(nest.NESTErrors.KernelException, match="multithreading cannot be enabled"):
        nest.local_num_threads = 2
    with pytest.raises(nest.NESTErrors.KernelException, match="keep_source_table can not be set to false"):
        nest.keep_source_table = False
    nest.DisableStructuralPlasticity()
    for name in ("keep_source_table", "use_compressed_spikes"):
        nest.ResetKernel()
        nest.set(**{name: False})
        with pytest.raises(nest.NESTErrors.KernelException, match=name):
            nest.EnableStructuralPlasticity()
    nest.ResetKernel()
    nest.local_num_threads = 2
    with pytest.raises(nest.NESTErrors.KernelException, match="multiple threads"):
        nest.EnableStructuralPlasticity()


@pytest.mark.parametrize(
    ("conn_spec", "changes", "error", "message"),
    [
        ({"rule": "fixed_indegree", "indegree": 1}, {}, "NotImplemented", "choose one_to_one or all_to_all"),
        ({"rule": "one_to_one", "make_symmetric": True}, {}, "NotImplemented", "Symmetric connections"),
        ("one_to_one", {"post_synaptic_element": 3}, "TypeMismatch", "post_synaptic_element has to be the name"),
    ],
)
def test_connections_that_cannot_take_elements(conn_spec: Any, changes: Any, error: str, message: str) -> None:
    ours = neurons()
    with pytest.raises(getattr(nest.NESTErrors, error), match=message):
        nest.Connect(ours, ours, conn_spec, {**CONTACTS, **changes})
    assert nest.num_connections == 0
    assert {e["Axon"]["z_connected"] for e in ours.synaptic_elements} == {0}


def test_collocated_synapses_and_arrays_take_no_elements() -> None:
    ours = neurons()
    with pytest.raises(nest.NESTErrors.KernelException, match="single syn_spec"):
        nest.Connect(ours, ours, "one_to_one", nest.CollocatedSynapses(CONTACTS, {"weight": 2.0}))
    with pytest.raises(nest.NESTErrors.BadProperty, match="post_synaptic_element is missing"):
        nest.Connect(ours, ours, "one_to_one", {"pre_synaptic_element": "Axon"})


def test_connecting_again_counts_again() -> None:
    ours = neurons()
    for _ in range(3):
        nest.Connect(ours[0], ours[1], syn_spec=CONTACTS)
    assert ours[0].synaptic_elements["Axon"]["z_connected"] == 3
    dendrites = [one["Dendrite"] for one in ours.synaptic_elements]
    assert [(d["z"], d["z_connected"]) for d in dendrites] == [(2.5, 0), (3.5, 3)]


def test_arrays_are_used_up_by_updates() -> None:
    plan(weight=np.arange(1.0, 7.0))
    ours = neurons(3, Axon={"z": 1.0, "growth_rate": 0.0}, Dendrite={"z": 1.0, "growth_rate": 0.0})
    nest.structural_plasticity_update_interval = 10.0
    nest.EnableStructuralPlasticity()
    nest.Simulate(10.0)
    ours.synaptic_elements_param = {name: {"z": 2.0} for name in CONTACTS.values()}
    nest.Simulate(10.0)
    assert sorted(nest.GetConnections().weight) == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    ours.synaptic_elements_param = {name: {"z": 3.0} for name in CONTACTS.values()}
    with pytest.raises(nest.NESTErrors.KernelException, match="Parameter values exhausted"):
        nest.Simulate(10.0)


def test_array_operations_do_not_grow_elements() -> None:
    nest.compute_backend = "jax"
    neurons()
    with pytest.raises(nest.NESTErrors.NotImplemented, match="Synaptic elements"):
        nest.Simulate(1.0)


def test_recorded_weights_of_new_connections() -> None:
    recorder = nest.Create("weight_recorder")
    nest.CopyModel("static_synapse", "watched", {"weight_recorder": recorder, "weight": 1.0})
    plan(synapse_model="watched")
    ours = neurons(2)
    ours.I_e = 500.0
    nest.structural_plasticity_update_interval = 10.0
    nest.EnableStructuralPlasticity()
    nest.Simulate(60.0)
    events = recorder.events
    pairs = set(zip(events["senders"].tolist(), events["targets"].tolist(), strict=True))
    connections = nest.GetConnections(ours, ours)
    assert pairs
    assert pairs <= set(zip(connections.source, connections.target, strict=True))
