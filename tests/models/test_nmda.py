"""Neurons whose NMDA connections have equations of their own: the same receptors, states and spikes as NEST."""

from __future__ import annotations

from pathlib import Path

import pytest

import jaxnest as nest
from nest_reference.simulations.nmda import CASES, MODEL

from .conftest import compare


@pytest.mark.parametrize(
    ("name", "backend"),
    [*((name, "native") for name in CASES), pytest.param("network_0", "jax", marks=pytest.mark.slow)],
)
def test_agrees_with_nest(recording: Path, name: str, backend: str) -> None:
    compare(recording, name, CASES[name], backend)


def test_what_cannot_be_connected() -> None:
    parrot, neuron, current, meter = (nest.Create(m) for m in ("parrot_neuron", MODEL, "dc_generator", "multimeter"))
    for error, source, wrong in (
        (nest.NESTErrors.UnknownReceptorType, parrot, {"receptor_type": 0}),
        (nest.NESTErrors.UnknownReceptorType, parrot, {"receptor_type": 4}),
        (nest.NESTErrors.UnknownReceptorType, current, {"receptor_type": 1}),
        (nest.NESTErrors.UnknownReceptorType, meter, {"receptor_type": 1}),
        (nest.NESTErrors.IllegalConnection, parrot, {"receptor_type": 3, "synapse_model": "static_synapse_hpc"}),
    ):
        with pytest.raises(error):
            nest.Connect(source, neuron, syn_spec=wrong)


@pytest.mark.parametrize("threads", [1, 2])
def test_weights_that_synapses_change_are_an_error_at_the_second_spike(threads: int) -> None:
    nest.local_num_threads = threads
    source, parrot = nest.Create("spike_generator", params={"spike_times": [3.0, 40.0]}), nest.Create("parrot_neuron")
    nest.Connect(source, parrot)
    nest.Connect(parrot, nest.Create(MODEL), syn_spec={"receptor_type": 3, "synapse_model": "tsodyks2_synapse"})
    nest.Simulate(30.0)
    with pytest.raises(nest.NESTErrors.KernelException, match="requires constant weights"):
        nest.Simulate(30.0)


def test_an_error_on_one_of_two_virtual_processes_leaves_what_was_recorded() -> None:
    nest.local_num_threads = 2
    source, parrot = nest.Create("spike_generator", params={"spike_times": [3.0, 40.0]}), nest.Create("parrot_neuron")
    nest.Connect(source, parrot)
    neurons, meter = nest.Create(MODEL, 2), nest.Create("multimeter", params={"record_from": ["V_m"]})
    nest.Connect(parrot, neurons[1], syn_spec={"receptor_type": 3, "synapse_model": "tsodyks2_synapse"})
    nest.Connect(meter, neurons)
    with pytest.raises(nest.NESTErrors.KernelException, match="requires constant weights"):
        nest.Simulate(60.0)
    assert meter.events["times"].max() == 40.0


@pytest.mark.parametrize("threads", [1, 2])
def test_the_first_spike_is_under_way_when_the_network_changes(threads: int) -> None:
    """It tells the target the weight of its synapse; the potential is NEST's."""
    nest.local_num_threads = threads
    source, neuron = nest.Create("parrot_neuron"), nest.Create(MODEL)
    nest.Connect(nest.Create("spike_generator", params={"spike_times": [2.0]}), source)
    spec = {"synapse_model": "bernoulli_synapse", "receptor_type": 3, "weight": 2.0}
    nest.Connect(source, neuron, syn_spec=spec)
    nest.Simulate(3.0)
    nest.Create(MODEL)
    nest.Simulate(3.0)
    assert neuron.V_m == -69.99293890081502


def test_plastic_synapses_after_static_ones_beside_binary_neurons() -> None:
    """The potential is NEST's."""
    source, neuron, binary = nest.Create("parrot_neuron"), nest.Create(MODEL), nest.Create("ginzburg_neuron")
    nest.Connect(nest.Create("spike_generator", params={"spike_times": [2.0]}), source)
    for model in ("static_synapse", "stdp_synapse"):
        nest.Connect(source, neuron, syn_spec={"synapse_model": model, "receptor_type": 3, "weight": 2.0})
    nest.Connect(binary, binary, syn_spec={"synapse_model": "stdp_synapse"})
    nest.Simulate(6.0)
    assert neuron.V_m == -69.98587550714733


def test_receptors_are_made_before_the_first_run_only() -> None:
    sources, neuron, later = nest.Create("parrot_neuron", 2), nest.Create(MODEL), nest.Create(MODEL)
    nest.Connect(sources, neuron, syn_spec={"receptor_type": 3, "weight": 2.0})
    nest.Connect(sources, later, syn_spec={"receptor_type": 1, "weight": 2.0})
    assert nest.GetConnections(target=neuron).receptor == [3, 4]
    nest.Simulate(1.0)
    with pytest.raises(nest.NESTErrors.IllegalConnection, match="before the first call"):
        nest.Connect(sources, neuron, syn_spec={"receptor_type": 3})
    nest.Connect(sources, neuron, syn_spec={"receptor_type": 1})
    new = nest.Create(MODEL)
    nest.Connect(sources, new, syn_spec={"receptor_type": 3})
    nest.Simulate(1.0)
    assert nest.GetConnections(target=new).receptor == [3, 4]


def test_weights_are_constant_once_the_neuron_was_simulated() -> None:
    source, neuron = nest.Create("spike_generator", params={"spike_times": [3.0]}), nest.Create(MODEL, 2)
    nest.Connect(source, neuron, syn_spec={"receptor_type": 3, "weight": 2.0})
    nest.GetConnections(target=neuron[1]).weight = 6.0
    nest.Simulate(10.0)
    meter = nest.Create("multimeter", params={"record_from": ["s_NMDA"]})
    nest.Connect(meter, neuron)
    nest.Simulate(2.0)
    one, three = meter.events["s_NMDA"]
    assert three == pytest.approx(3.0 * one, rel=1e-12)
    with pytest.raises(nest.NESTErrors.KernelException, match="constant weights"):
        nest.GetConnections(target=neuron[1]).weight = 2.0
    nest.GetConnections(target=neuron[1]).weight = 6.0
