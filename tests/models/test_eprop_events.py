"""Learning with e-prop with each event: the same weights, states, histories and spikes as NEST."""

from __future__ import annotations

from pathlib import Path

import pytest

import jaxnest as nest
from nest_reference.simulations.eprop_events import CASES, FEEDBACK, SYNAPSE

from .conftest import compare


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_nest(recording: Path, name: str) -> None:
    compare(recording, name, CASES[name], "native")


def test_what_neurons_refuse() -> None:
    neuron, readout = nest.Create("eprop_iaf_psc_delta"), nest.Create("eprop_readout")
    for node, name, value in (
        (neuron, "eprop_isi_trace_cutoff", -0.1),
        (readout, "eprop_isi_trace_cutoff", -0.1),
        (neuron, "kappa", 1.1),
        (neuron, "kappa_reg", -0.1),
        (neuron, "V_reset", -55.0),
        (neuron, "V_min", -60.0),
        (neuron, "f_target", -1.0),
        (neuron, "surrogate_gradient_function", "step"),
    ):
        with pytest.raises(nest.NESTErrors.BadProperty, match=name):
            node.set({name: value})
    neuron.set(flush_event_send_interval=0.1, kappa=1.0, kappa_reg=0.0, eprop_isi_trace_cutoff=0.0)


def test_what_cannot_be_connected() -> None:
    nest.resolution = 1.0
    neuron, readout, other = (nest.Create(m) for m in ("eprop_iaf", "eprop_readout", "eprop_iaf_bsshslm_2020"))
    parrot, rate = nest.Create("parrot_neuron"), nest.Create("step_rate_generator")
    spec, rates = {"synapse_model": SYNAPSE}, {"synapse_model": "rate_connection_delayed"}
    for error, source, target, wrong in (
        (nest.NESTErrors.IllegalConnection, parrot, neuron, spec | {"delay": 2.0}),
        (nest.NESTErrors.NotImplemented, neuron, parrot, spec),
        (nest.NESTErrors.IllegalConnection, readout, neuron, spec),
        (nest.NESTErrors.UnknownReceptorType, parrot, neuron, spec | {"receptor_type": 1}),
        (nest.NESTErrors.UnknownReceptorType, parrot, neuron, {"synapse_model": f"{SYNAPSE}_hpc", "receptor_type": 1}),
        (nest.NESTErrors.IllegalConnection, neuron, neuron, {"synapse_model": FEEDBACK}),
        (nest.NESTErrors.IllegalConnection, readout, readout, {"synapse_model": FEEDBACK}),
        (nest.NESTErrors.IllegalConnection, rate, readout, rates),
        (nest.NESTErrors.IllegalConnection, rate, readout, rates | {"receptor_type": 3}),
    ):
        with pytest.raises(error):
            nest.Connect(source, target, syn_spec=wrong)
    for synapse, target in ((SYNAPSE, other), (f"{SYNAPSE}_bsshslm_2020", neuron)):
        nest.Connect(parrot, target, syn_spec=synapse)  # only gradients are refused


def test_a_shorter_cutoff_lets_targets_forget_what_flushed_synapses_need() -> None:
    nest.resolution = 1.0
    parrots, neuron = nest.Create("parrot_neuron", 2), nest.Create("eprop_iaf", params={"eprop_isi_trace_cutoff": 30.0})
    parrots.set([{"flush_event_send_interval": 3.0}, {"flush_event_send_interval": 6.0}])
    generators = nest.Create("spike_generator", 2)
    generators.set([{"spike_times": [4.0]}, {"spike_times": [2.0]}])
    nest.Connect(generators, parrots, "one_to_one", {"delay": 1.0})
    nest.Connect(parrots, neuron, syn_spec={"synapse_model": SYNAPSE})
    nest.Simulate(10.0)
    neuron.eprop_isi_trace_cutoff = 2.0
    with pytest.raises(nest.NESTErrors.KernelException, match="history"):
        nest.Simulate(30.0)
