"""Devices whose spikes go through synapses that change, choose or learn: the same numbers as NEST."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import jaxnest as nest
from nest_reference.simulations.device_synapses import CASES

from .conftest import compare

E = nest.NESTErrors


@pytest.mark.parametrize("backend", ["native"])
@pytest.mark.parametrize("name", CASES)
def test_agrees_with_nest(recording: Path, name: str, backend: str) -> None:
    compare(recording, name, CASES[name], backend)


@pytest.mark.parametrize(
    ("source", "synapse", "target", "error", "time"),
    [
        ("pulsepacket_generator", "clopath_synapse", "iaf_psc_alpha", E.UnexpectedEvent, 5.0),
        ("pulsepacket_generator", "urbanczik_synapse", "aeif_psc_delta_clopath", E.UnexpectedEvent, 5.0),
        ("parrot_neuron", "eprop_synapse", "eprop_iaf_bsshslm_2020", E.IllegalConnection, 5.0),
        ("parrot_neuron", "eprop_synapse_bsshslm_2020", "eprop_iaf", E.IllegalConnection, 10.0),
        ("parrot_neuron", "eprop_synapse_bsshslm_2020", "eprop_readout", E.IllegalConnection, 10.0),
        ("poisson_generator", "eprop_synapse_bsshslm_2020", "eprop_readout", E.IllegalConnection, 8.2),
    ],
)
def test_what_a_synapse_asks_of_its_target_in_vain(
    source: str, synapse: str, target: str, error: Any, time: float
) -> None:
    """NEST connects them, and raises the error at the spike that needs what the target does not keep."""
    nest.set(eprop_update_interval=8.0, eprop_learning_window=8.0)
    values = {"pulsepacket_generator": {"pulse_times": [5.0], "activity": 3}, "poisson_generator": {"rate": 400.0}}
    sender, neuron = nest.Create(source, params=values.get(source, {})), nest.Create(target)
    if source == "parrot_neuron":
        nest.Connect(nest.Create("spike_generator", params={"spike_times": [2.0, 4.0, 9.0, 10.3]}), sender)
    nest.Connect(sender, neuron, syn_spec={"synapse_model": synapse, "delay": 0.1})
    nest.Simulate(1.0)
    with pytest.raises(error):
        nest.Simulate(19.0)
    assert nest.biological_time == time
    nest.ResetKernel()
    nest.Simulate(1.0)


@pytest.mark.parametrize("device", ["poisson_generator_ps", "sinusoidal_poisson_generator"])
def test_events_in_the_first_step_let_targets_without_a_cutoff_forget_everything(device: str) -> None:
    """NEST's steps of an infinite cutoff overflow; the next event but one misses what is forgotten."""
    source, late = nest.Create(device, params={"rate": 300.0}), nest.Create("eprop_iaf")
    spec = {"synapse_model": "eprop_synapse", "delay": 0.1}
    nest.Connect(source, late, syn_spec=spec)
    nest.Simulate(17.0)  # the neuron has noted nothing yet that is needed
    nest.ResetKernel()
    early, source = nest.Create("eprop_iaf"), nest.Create(device, params={"rate": 300.0})
    nest.Connect(source, early, syn_spec=spec)
    with pytest.raises(E.KernelException, match="history"):
        nest.Simulate(17.0)


def test_potentials_of_neurons_whose_turn_is_before_the_device() -> None:
    neuron, device = nest.Create("aeif_psc_delta_clopath"), nest.Create("pulsepacket_generator")
    nest.Connect(device, neuron, syn_spec="clopath_synapse")
    with pytest.raises(E.NotImplemented, match="created after them"):
        nest.Simulate(1.0)


def test_weights_of_receptors_that_connections_have_of_their_own() -> None:
    neuron, device = nest.Create("iaf_bw_2001_exact"), nest.Create("pulsepacket_generator")
    with pytest.raises(E.NotImplemented, match="iaf_bw_2001_exact"):
        nest.Connect(device, neuron, syn_spec={"synapse_model": "tsodyks_synapse", "receptor_type": 3})


def test_what_modulates_synapses_of_a_device_must_come_after_it() -> None:
    neuron, transmitter = nest.Create("iaf_psc_alpha"), nest.Create("volume_transmitter")
    device = nest.Create("pulsepacket_generator")
    nest.CopyModel("stdp_dopamine_synapse", "modulated", {"volume_transmitter": transmitter})
    nest.Connect(device, neuron, syn_spec="modulated")
    with pytest.raises(E.NotImplemented, match=r"created after its volume_transmitter \(node 2\)"):
        nest.Simulate(1.0)
