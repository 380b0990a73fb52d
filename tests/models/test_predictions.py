"""Dendrites that learn to predict the spikes of their somata: the same weights, states and spikes as NEST."""

from __future__ import annotations

from pathlib import Path

import pytest

import jaxnest as nest
from nest_reference.simulations.predictions import CASES, MODEL, SYNAPSE

from .conftest import compare


@pytest.mark.parametrize("name", CASES)
def test_agrees_with_nest(recording: Path, name: str) -> None:
    compare(recording, name, CASES[name], "native")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"weight": -1.0}, "Weight and Wmin must have same sign"),
        ({"weight": 1.0, "Wmax": -5.0}, "Weight and Wmin must have same sign"),
        ({"Wmax": 0.0}, "Weight and Wmax must have same sign"),
        ({"weight": -0.0}, "Weight and Wmin must have same sign"),
    ],
)
def test_signs(values: dict[str, float], message: str) -> None:
    source, target = nest.Create("parrot_neuron"), nest.Create(MODEL)
    spec = {"synapse_model": SYNAPSE, "receptor_type": 3}
    with pytest.raises(nest.NESTErrors.BadProperty, match=message):
        nest.Connect(source, target, syn_spec=spec | values)
    nest.Connect(source, target, syn_spec=spec | {"weight": -1.0, "Wmax": -5.0})  # Wmin is not looked at


def test_what_cannot_be_connected() -> None:
    parrot, neuron, other = (nest.Create(model) for model in ("parrot_neuron", MODEL, "iaf_cond_alpha_mc"))
    recorder, generator, meter = (nest.Create(m) for m in ("spike_recorder", "spike_generator", "multimeter"))
    current = nest.Create("dc_generator")
    spec = {"synapse_model": SYNAPSE, "receptor_type": 3}
    for error, source, target, wrong in (
        (nest.NESTErrors.NotImplemented, parrot, other, spec),
        (nest.NESTErrors.NotImplemented, parrot, parrot, {"synapse_model": SYNAPSE}),
        (nest.NESTErrors.IllegalConnection, parrot, recorder, {"synapse_model": SYNAPSE}),
        (nest.NESTErrors.IllegalConnection, generator, neuron, spec),
        (nest.NESTErrors.IllegalConnection, parrot, neuron, spec | {"synapse_model": f"{SYNAPSE}_hpc"}),
        (nest.NESTErrors.IncompatibleReceptorType, parrot, neuron, spec | {"receptor_type": 5}),
        (nest.NESTErrors.UnknownReceptorType, parrot, neuron, spec | {"receptor_type": 7}),
        (nest.NESTErrors.IncompatibleReceptorType, current, neuron, {"receptor_type": 1}),
        (nest.NESTErrors.IncompatibleReceptorType, meter, neuron, {"receptor_type": 2}),
        (nest.NESTErrors.UnknownReceptorType, meter, neuron, {"receptor_type": 7}),
    ):
        with pytest.raises(error):
            nest.Connect(source, target, syn_spec=wrong)


def test_what_neurons_refuse() -> None:
    neuron = nest.Create(MODEL)
    for values, message in (
        ({"soma": {"C_m": 0.0}}, r"Capacitance \(soma\) must be strictly positive"),
        ({"dendritic": {"C_m": 0.0}}, r"Capacitance \(dendritic\) must be strictly positive"),
        ({"dendritic": {"tau_syn_in": -1.0}}, "All time constants must be strictly positive"),
        ({"rate_slope": -1.0}, "Rate slope cannot be negative"),
        ({"phi_max": -1.0}, "Maximum rate cannot be negative"),
        ({"t_ref": -1.0}, "Refractory time cannot be negative"),
    ):
        with pytest.raises(nest.NESTErrors.BadProperty, match=message):
            neuron.set(values)
