"""Synapses that a neuromodulator changes: the same weights, states and spikes as NEST."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from nest_reference.simulations.third_factor import CASES

from .conftest import compare


@pytest.mark.parametrize("backend", ["native"])
@pytest.mark.parametrize("name", CASES)
def test_agrees_with_nest(recording: Path, name: str, backend: str) -> None:
    compare(recording, name, CASES[name], backend)


def modulated(**common: Any) -> tuple[Any, Any]:
    """Return neurons and a transmitter, and set the defaults of the synapse model."""
    neurons, transmitter = nest.Create("iaf_psc_alpha", 2), nest.Create("volume_transmitter")
    nest.SetDefaults("stdp_dopamine_synapse", {"volume_transmitter": transmitter, **common})
    return neurons, transmitter


def test_needs_a_transmitter() -> None:
    neurons = nest.Create("iaf_psc_alpha", 2)
    with pytest.raises(nest.NESTErrors.BadProperty, match="No volume transmitter has been assigned"):
        nest.Connect(neurons, neurons, syn_spec="stdp_dopamine_synapse")
    for nodes, message in ((neurons, "single element"), (neurons[:1], "must be set to a node of type")):
        with pytest.raises(nest.NESTErrors.BadProperty, match=message):
            nest.SetDefaults("stdp_dopamine_synapse", {"volume_transmitter": nodes})
    with pytest.raises(nest.NESTErrors.TypeMismatch, match="NodeCollection"):
        nest.CopyModel("stdp_dopamine_synapse", "copy", {"volume_transmitter": 3})


def test_transmitter_takes_spikes_of_neurons_only() -> None:
    neurons, transmitter = modulated()
    for device in ("poisson_generator", "dc_generator", "voltmeter"):
        with pytest.raises(nest.NESTErrors.IllegalConnection, match="global receiver"):
            nest.Connect(nest.Create(device), transmitter)
    with pytest.raises(nest.NESTErrors.IllegalConnection, match="does not support STDP"):
        nest.Connect(neurons, transmitter, syn_spec="stdp_synapse")
    with pytest.raises(nest.NESTErrors.UnknownReceptorType):
        nest.Connect(neurons, transmitter, syn_spec={"receptor_type": 1})
    with pytest.raises(nest.NESTErrors.IllegalConnection, match="does not send output"):
        nest.Connect(transmitter, neurons)
    with pytest.raises(nest.NESTErrors.BadProperty, match="at least one shortest delay"):
        transmitter.deliver_interval = 0
    with pytest.raises(nest.NESTErrors.TypeMismatch):
        transmitter.deliver_interval = 2.0


def test_what_connections_take() -> None:
    neurons, transmitter = modulated(c=2.0)
    assert nest.GetDefaults("stdp_dopamine_synapse", "volume_transmitter") == transmitter
    with pytest.raises(nest.NESTErrors.NotImplemented, match="SetDefaults"):
        nest.Connect(neurons, neurons, syn_spec={"synapse_model": "stdp_dopamine_synapse", "tau_n": 3.0})
    with pytest.raises(nest.NESTErrors.BadProperty, match="Kplus must be non-negative"):
        nest.Connect(neurons, neurons, syn_spec={"synapse_model": "stdp_dopamine_synapse", "Kplus": -1.0})
    nest.Connect(neurons, neurons, "one_to_one", {"synapse_model": "stdp_dopamine_synapse", "n": 1.0, "c": [1.0, 3.0]})
    assert nest.GetConnections(synapse_model="stdp_dopamine_synapse").get("c") == [1.0, 3.0]


def test_one_thread_only_values() -> None:
    nest.local_num_threads = 2
    neurons, _ = modulated()
    with pytest.raises(nest.NESTErrors.NotImplemented, match="multi-threading"):
        nest.Connect(neurons, neurons, syn_spec={"synapse_model": "stdp_dopamine_synapse", "c": 1.0})


@pytest.mark.parametrize("backend", ["native", "jax"])
def test_transmitter_without_synapses(backend: str) -> None:
    nest.compute_backend = backend
    source, neuron = nest.Create("spike_generator", params={"spike_times": [1.0, 3.0]}), nest.Create("parrot_neuron")
    transmitter = nest.Create("volume_transmitter", params={"deliver_interval": 1000})
    nest.Connect(source, neuron)
    nest.Connect(neuron, transmitter)
    nest.Simulate(20.0)
    assert nest.num_connections == 2


@pytest.mark.parametrize("backend", ["native", pytest.param("jax", marks=pytest.mark.slow)])
def test_many_spikes_between_deliveries(backend: str) -> None:
    """What the transmitter keeps outgrows its first place several times; nothing is lost."""
    nest.compute_backend = backend
    weights = []
    for interval in (1, 900):
        nest.ResetKernel()
        nest.compute_backend = backend
        neurons, transmitter = nest.Create("parrot_neuron", 2), nest.Create("volume_transmitter")
        transmitter.deliver_interval = interval
        common = {"volume_transmitter": transmitter, "c": 1.0, "tau_n": 30.0}
        nest.SetDefaults("stdp_dopamine_synapse", common)
        times = np.arange(1.0, 800.0, 0.3)
        source = nest.Create("spike_generator", params={"spike_times": np.round(times, 1)})
        nest.Connect(source, neurons[0])
        nest.Connect(neurons[0], transmitter)
        nest.Connect(neurons[1], neurons[1], syn_spec={"synapse_model": "stdp_dopamine_synapse", "receptor_type": 1})
        nest.Simulate(900.0)
        weights.append(nest.GetConnections(synapse_model="stdp_dopamine_synapse").get("weight"))
    assert weights[0] == pytest.approx(weights[1], rel=1e-9)


def test_operations_exist_in_compiled_code_only() -> None:
    from jaxnest.models.histories import modulation

    for operation in (modulation.count, modulation.time, modulation.multiplicity):
        with pytest.raises(TypeError, match="compiled code"):
            operation(None, *([0] * (operation.__code__.co_argcount - 1)))
