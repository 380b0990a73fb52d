"""What is done often costs little: counted, not timed."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import jaxnest as nest
from jaxnest.kernel.kernel import kernel


@pytest.fixture
def without_collections() -> Iterator[None]:
    """Lets Python look for no circles of objects that nobody needs."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def recurrent(threads: int = 1) -> None:
    """20 neurons with connections among them, noise, a recorder and a meter."""
    nest.ResetKernel()
    nest.local_num_threads = threads
    neurons = nest.Create("iaf_psc_alpha", 20)
    noise, recorder = nest.Create("poisson_generator", params={"rate": 9000.0}), nest.Create("spike_recorder")
    nest.Connect(noise, neurons, syn_spec={"weight": 40.0})
    nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 3}, {"weight": 10.0})
    nest.Connect(neurons, recorder)
    nest.Connect(nest.Create("voltmeter"), neurons)


def plastic() -> None:
    """Plastic connections whose weights are recorded."""
    nest.ResetKernel()
    neurons, watch = nest.Create("iaf_psc_alpha", 5, {"I_e": 500.0}), nest.Create("weight_recorder")
    nest.CopyModel("stdp_synapse", "watched", {"weight_recorder": watch})
    nest.Connect(neurons, neurons, syn_spec={"synapse_model": "watched"})


def gaps() -> None:
    """Neurons with gap junctions."""
    nest.ResetKernel()
    neurons = nest.Create("hh_psc_alpha_gap", 2)
    nest.Connect(
        neurons[0], neurons[1], {"rule": "one_to_one", "make_symmetric": True}, {"synapse_model": "gap_junction"}
    )


def growing() -> None:
    """Structural plasticity."""
    nest.ResetKernel()
    contacts = {"pre_synaptic_element": "Axon", "post_synaptic_element": "Dendrite"}
    nest.structural_plasticity_synapses = {"new": {"synapse_model": "static_synapse", **contacts}}
    elements = {name: {"growth_curve": "linear", "growth_rate": 0.01} for name in contacts.values()}
    nest.Create("iaf_psc_alpha", 3, {"synaptic_elements": elements})
    nest.structural_plasticity_update_interval = 10.0
    nest.EnableStructuralPlasticity()


@pytest.mark.parametrize("build", [recurrent, lambda: recurrent(3), plastic, gaps, growing])
def test_old_networks_go_without_collection_of_garbage(build: Callable[[], None], without_collections: None) -> None:
    build()
    nest.Simulate(20.0)
    parts = (kernel.nodes, kernel.connections, kernel.recording, kernel.simulation, kernel.simulation._session)
    left = [weakref.ref(part) for part in parts]
    del parts
    nest.ResetKernel()
    assert [one() for one in left] == [None] * 5


def calls_of(action: Callable[[], object]) -> list[str]:
    """Return the names of the functions of Python that an action calls when it is repeated."""
    names: list[str] = []

    def note(frame: Any, event: str, _: object) -> None:
        if event == "call":
            names.append(frame.f_code.co_name)

    for _ in range(3):
        action()
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(before)
    return names


def stepped(change: Callable[[], object]) -> Callable[[], None]:
    """Return a function that changes something and simulates one slice."""

    def step() -> None:
        change()
        nest.Simulate(1.0)

    return step


def test_short_runs_call_few_functions() -> None:
    recurrent()
    neuron, noise = nest.NodeCollection([3]), nest.NodeCollection([21])
    assert len(calls_of(lambda: nest.Simulate(1.0))) <= 140
    assert len(calls_of(stepped(lambda: neuron.set(I_e=100.0)))) <= 300
    assert len(calls_of(stepped(lambda: noise.set(rate=8000.0)))) <= 300


def test_setting_a_parameter_leaves_states_in_the_engine() -> None:
    recurrent()
    neuron = nest.NodeCollection([3])
    assert "dynamic_state" not in calls_of(stepped(lambda: neuron.set(I_e=100.0)))
    assert "dynamic_state" in calls_of(stepped(lambda: neuron.set(V_m=-60.0)))


def test_states_are_present_ones_where_a_parameter_was_set() -> None:
    nest.ResetKernel()
    neurons = nest.Create("iaf_psc_alpha", 2, {"I_e": 300.0})
    nest.Simulate(5.0)
    neurons[0].C_m = 200.0
    assert neurons[0].V_m == neurons[1].V_m > -70.0
