"""Neurons with adaptive integration: the same traces and spikes as NEST."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import jaxnest as nest
from nest_reference.simulations.ode import CASES

from .conftest import REFERENCE, compare

MODELS = sorted({name.partition("-")[0] for name in CASES if "-" in name})

JUMPS_BETWEEN_STEPS = "aeif_psc_delta"
"""Input arrives after the first step of the integrator, whose size is sensitive to rounding."""
UNPREDICTABLE = "aeif_cond_exp-5-0.1"
"""Several spikes in each time step, each of them sensitive to rounding."""


@pytest.mark.parametrize("name", CASES)
def test_native_back_end_equals_nest_bit_for_bit(recording: Path, name: str) -> None:
    compare(recording, name, CASES[name], "native")


@pytest.mark.parametrize("name", [n for n in CASES if n.endswith("-0.1") or "-" not in n])
def test_array_operations_agree_with_compiled_loops(name: str) -> None:
    if name == UNPREDICTABLE:
        pytest.skip("rounding decides in which time step there is one more spike")
    tolerance = 1e-3 if name.startswith(JUMPS_BETWEEN_STEPS) else 1e-6
    compare(REFERENCE / "ode", name, CASES[name], "jax", tolerance, tolerance)


def test_neurons_do_not_depend_on_their_tile() -> None:
    def potentials(n: int) -> np.ndarray:
        nest.ResetKernel()
        neurons = nest.Create("aeif_cond_exp", n, {"V_m": -60.0, "I_e": 900.0})
        neurons.V_m = np.linspace(-70.0, -55.0, 700)[:n]
        nest.Simulate(20.0)
        return np.array(neurons.V_m)

    np.testing.assert_allclose(potentials(700)[:3], potentials(3), rtol=1e-12)


@pytest.mark.parametrize("backend", ["native"])
def test_runaway_adaptation_is_an_error(backend: str) -> None:
    nest.compute_backend = backend
    nest.Create("aeif_cond_exp", params={"I_e": 2000.0})
    nest.Create("aeif_cond_exp", params={"w": 2e6})
    with pytest.raises(nest.NESTErrors.NumericalInstability, match=r"node 2 \(aeif_cond_exp\).* ms"):
        nest.Simulate(10.0)


@pytest.mark.parametrize("model", MODELS)
def test_refuses_what_nest_refuses(model: str) -> None:
    neuron = nest.Create(model)
    for name, value in {"C_m": 0.0, "t_ref": -1.0, "tau_syn_ex": 0.0, "tau_w": 0.0, "gsl_error_tol": 0.0}.items():
        if name in neuron.get():
            with pytest.raises(nest.NESTErrors.BadProperty, match=name):
                neuron.set({name: value})
    if "V_peak" in neuron.get():
        with pytest.raises(nest.NESTErrors.BadProperty, match="numerical overflow at spike time"):
            neuron.Delta_T = 1e-3


def test_receptors_come_with_all_their_parameters() -> None:
    neuron = nest.Create("aeif_cond_beta_multisynapse")
    with pytest.raises(nest.NESTErrors.BadProperty, match="all three arrays"):
        neuron.E_rev = [0.0, -85.0]
    neuron.set(E_rev=[0.0, -85.0], tau_rise=[1.0, 2.0], tau_decay=[2.0, 3.0])
    assert neuron.n_receptors == 2
    assert list(neuron.recordables) == ["V_m", "g_1", "g_2", "w"]
    assert len(neuron.g) == 2
    with pytest.raises(nest.NESTErrors.BadProperty, match="smaller than or equal to decay time"):
        neuron.tau_rise = [1.0, 4.0]


@pytest.mark.parametrize("backend", ["native"])
def test_gap_of_the_rates_is_no_error(backend: str) -> None:
    """At -40 mV a rate is 0/0; NEST goes on and recovers when the state is set anew."""
    nest.compute_backend = backend
    neuron = nest.Create("hh_psc_alpha", params={"V_m": -40.0})
    nest.Simulate(0.1)
    assert np.isnan(neuron.V_m)
    neuron.set(V_m=-50.0, Act_m=0.1, Act_n=0.3, Inact_h=0.5)
    nest.Simulate(0.1)
    assert neuron.V_m == pytest.approx(-49.99823775370075, rel=1e-12)


def test_many_short_runs() -> None:
    neuron = nest.Create("iaf_cond_exp", params={"I_e": 200.0})
    for _ in range(400):
        nest.Simulate(0.1)
    several = neuron.V_m
    nest.ResetKernel()
    neuron = nest.Create("iaf_cond_exp", params={"I_e": 200.0})
    nest.Simulate(40.0)
    assert several == neuron.V_m


def test_several_spikes_of_a_step_reach_all_targets_one_after_the_other() -> None:
    """Additions come in NEST's order where a neuron that sends them has two synapse models: the values are NEST's."""
    nest.CopyModel("static_synapse", "other")
    neurons = nest.Create("aeif_cond_exp", 3, {"t_ref": 0.0, "b": 0.0, "I_e": 2e5})
    target, recorder = nest.Create("iaf_psc_exp"), nest.Create("spike_recorder")
    for k, neuron in enumerate(neurons):
        nest.Connect(neuron, target, syn_spec={"weight": 0.1 + 0.01 * k})
        nest.Connect(neuron, target, syn_spec={"synapse_model": "other", "weight": 0.7 + 0.013 * k})
    meter = nest.Create("multimeter", params={"record_from": ["I_syn_ex"], "interval": 0.1})
    nest.Connect(meter, target)
    nest.Connect(neurons, recorder)
    nest.Simulate(8.0)
    assert recorder.n_events == 657
    currents = meter.events["I_syn_ex"][10:12]
    assert list(currents) == [float.fromhex("0x1.3c083126e978ep+2"), float.fromhex("0x1.83555e351cb84p+3")]
