"""Voltage-dependent synapses: the same weights, states and spikes as NEST."""

from __future__ import annotations

from pathlib import Path

import pytest

import jaxnest as nest
from nest_reference.simulations.voltage_synapses import CASES

from .conftest import compare


@pytest.mark.parametrize("backend", ["native"])
@pytest.mark.parametrize("name", CASES)
def test_agrees_with_nest(recording: Path, name: str, backend: str) -> None:
    compare(recording, name, CASES[name], backend)


def test_signs() -> None:
    source, target = nest.Create("parrot_neuron"), nest.Create("aeif_psc_delta_clopath")
    for values, message in (
        ({"weight": -1.0, "Wmin": 0.0}, "Weight and Wmin must have same sign"),
        ({"weight": -1.0, "Wmin": -1.0}, "Weight and Wmax must have same sign"),
        ({"weight": 1.0, "Wmax": 0.0}, "Weight and Wmax must have same sign"),
    ):
        with pytest.raises(nest.NESTErrors.BadProperty, match=message):
            nest.Connect(source, target, syn_spec={"synapse_model": "clopath_synapse", **values})
    nest.Connect(source, target, syn_spec={"synapse_model": "clopath_synapse", "weight": -1.0})


def test_target_without_history_of_its_potential() -> None:
    neurons = nest.Create("iaf_psc_alpha", 2)
    with pytest.raises(nest.NESTErrors.NotImplemented, match="not supported by the neuron model"):
        nest.Connect(neurons, neurons, syn_spec="clopath_synapse")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("u_ref_squared", 0.0, "u_ref_squared > 0"),
        ("t_clamp", -1.0, "t_clamp >= 0"),
        ("tau_z", 0.0, "time constants must be strictly positive"),
        ("V_th_max", -60.0, "V_th_max >= V_th_rest"),
        ("V_peak", -55.0, "V_peak >= V_th_rest"),
        ("V_reset", 40.0, "V_reset < V_peak"),
        ("Delta_T", 0.01, "overflow"),
    ],
)
def test_bounds(name: str, value: float, message: str) -> None:
    neuron = nest.Create("aeif_psc_delta_clopath")
    with pytest.raises(nest.NESTErrors.BadProperty, match=message):
        neuron.set({name: value})


def test_history_grows_with_what_nobody_reads() -> None:
    """Potentiations pile up while the source is silent."""
    neuron = nest.Create("hh_psc_alpha_clopath", params={"theta_plus": -80.0, "theta_minus": -90.0})
    source = nest.Create("spike_generator", params={"spike_times": [5.0, 900.0, 950.0]})
    silent = nest.Create("parrot_neuron")
    nest.Connect(source, silent)
    spec = {"synapse_model": "clopath_synapse", "weight": 10.0, "Wmax": 1e9, "tau_x": 1000.0}
    nest.Connect(silent, neuron, syn_spec=spec)
    nest.Simulate(1000.0)
    assert nest.GetConnections(silent).get("weight") == 10.008180316973501


def test_new_neurons_leave_the_histories_of_others_alone() -> None:
    """Each batch of neurons keeps its own rows when another one grows; the weights are NEST's."""
    first = nest.Create("aeif_psc_delta_clopath", 2, {"I_e": 900.0})
    other = nest.Create("hh_psc_alpha_clopath", params={"I_e": 700.0})
    parrot = nest.Create("parrot_neuron")
    times = [round(3.0 + 7.3 * k, 1) for k in range(20)]
    nest.Connect(nest.Create("spike_generator", params={"spike_times": times}), parrot)
    spec = {"synapse_model": "clopath_synapse", "weight": 5.0, "Wmax": 1000.0}
    nest.Connect(parrot, first + other, syn_spec=spec)
    nest.Simulate(50.3)
    nest.Connect(parrot, nest.Create("aeif_psc_delta_clopath", params={"I_e": 900.0}), syn_spec=spec)
    nest.Simulate(60.0)
    weights = nest.GetConnections(synapse_model="clopath_synapse").get("weight")
    assert weights == [5.406575887457458, 5.406575887457458, 5.232733623715521, 5.161808130827834]


def test_operations_exist_in_compiled_code_only() -> None:
    from jaxnest.models.histories import voltage_history as voltages

    for operation in (voltages.potentiations, voltages.time, voltages.amount, voltages.depression):
        with pytest.raises(TypeError, match="compiled code"):
            operation(None, *([0] * (operation.__code__.co_argcount - 1)))
