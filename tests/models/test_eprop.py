"""Learning with e-prop: the same weights, states and spikes as NEST."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import jaxnest as nest
from nest_reference.simulations.eprop import CASES

from .conftest import compare

NAMES = list(CASES)


@pytest.mark.parametrize(("name", "backend"), [(name, "native") for name in NAMES])
def test_agrees_with_nest(recording: Path, name: str, backend: str) -> None:
    compare(recording, name, CASES[name], backend)


SYNAPSE = "eprop_synapse_bsshslm_2020"
FEEDBACK = "eprop_learning_signal_connection_bsshslm_2020"


@pytest.fixture
def nodes() -> tuple[Any, Any, Any]:
    """Inputs, neurons that learn and readouts, in a kernel whose step is that of all delays."""
    nest.resolution = 1.0
    nest.compute_backend = "native"
    models = ("parrot_neuron", "eprop_iaf_bsshslm_2020", "eprop_readout_bsshslm_2020")
    inputs, neurons, readouts = (nest.Create(model, 2) for model in models)
    return inputs, neurons, readouts


def test_the_optimizer_is_a_dictionary_of_the_model(nodes: tuple[Any, Any, Any]) -> None:
    plain = {"optimizer": "gradient_descent", "eta": 1e-4, "batch_size": 1, "optimize_each_step": True,
             "Wmin": -100.0, "Wmax": 100.0}  # fmt: skip
    assert nest.GetDefaults(SYNAPSE, "optimizer") == plain
    nest.SetDefaults(SYNAPSE, {"optimizer": {"type": "adam", "eta": 0.5, "m": 3.0}})
    assert nest.GetDefaults(SYNAPSE, "optimizer") == plain | {
        "optimizer": "adam", "eta": 0.5, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7
    }  # fmt: skip
    nest.CopyModel(SYNAPSE, "copy", {"optimizer": {"type": "gradient_descent"}})
    assert nest.GetDefaults("copy", "optimizer") == plain
    inputs, neurons, _ = nodes
    nest.Connect(inputs, neurons, syn_spec=SYNAPSE)
    connections = nest.GetConnections()
    assert connections.optimizer == [{"m": 0.0, "v": 0.0}] * 4
    connections[:2].set([{"optimizer": {"m": 1.0}}, {"optimizer": {"m": 2.0}}])
    connections[2].optimizer = {"v": 0.5, "unknown": 1}
    assert connections.optimizer == [{"m": 1.0, "v": 0.0}, {"m": 2.0, "v": 0.0}, {"m": 0.0, "v": 0.5},
                                     {"m": 0.0, "v": 0.0}]  # fmt: skip
    with pytest.raises(nest.NESTErrors.BadParameter, match="because synapses have been created"):
        nest.SetDefaults(SYNAPSE, {"optimizer": {"type": "gradient_descent"}})
    with pytest.raises(nest.NESTErrors.NotImplemented, match="SetDefaults"):
        nest.Connect(inputs, neurons, syn_spec={"synapse_model": SYNAPSE, "optimizer": {"eta": 1.0}})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"eta": -1.0}, "eta ≥ 0"),
        ({"batch_size": 0}, "batch_size > 0"),
        ({"Wmin": 200.0}, "Wmin ≤ maximal weight Wmax"),
        ({"Wmax": 0.5}, "weight ≤ maximal weight Wmax"),
        ({"type": "newton"}, "gradient_descent"),
        ({"type": "adam", "beta_1": 1.0}, "beta_1"),
        ({"type": "adam", "epsilon": -1.0}, "epsilon ≥ 0"),
    ],
)
def test_optimizers_refuse_values_out_of_bounds(values: dict[str, Any], message: str) -> None:
    with pytest.raises(nest.NESTErrors.BadProperty, match=message):
        nest.SetDefaults(SYNAPSE, {"optimizer": values})


def test_optimizers_refuse_values_of_other_types() -> None:
    for value in (3, {"batch_size": 1.5}, {"eta": "much"}, {"optimize_each_step": 3}):
        with pytest.raises(nest.NESTErrors.TypeMismatch):
            nest.SetDefaults(SYNAPSE, {"optimizer": value})


def test_weights_have_to_be_within_the_bounds_of_the_optimizer(nodes: tuple[Any, Any, Any]) -> None:
    inputs, neurons, _ = nodes
    with pytest.raises(nest.NESTErrors.BadProperty, match="Wmax"):
        nest.Connect(inputs, neurons, syn_spec={"synapse_model": SYNAPSE, "weight": 200.0, "tau_m_readout": 5.0})
    nest.Connect(inputs, neurons, syn_spec={"synapse_model": SYNAPSE, "weight": 200.0})  # as in NEST, not checked
    with pytest.raises(nest.NESTErrors.BadProperty, match="Wmin"):
        nest.GetConnections().set(weight=-150.0)


def test_what_cannot_be_connected(nodes: tuple[Any, Any, Any]) -> None:
    inputs, neurons, readouts = nodes
    recorder, rate = (nest.Create(m) for m in ("spike_recorder", "step_rate_generator"))
    spec = {"synapse_model": SYNAPSE, "delay": 1.0}
    rates = {"synapse_model": "rate_connection_delayed", "delay": 1.0}
    for error, sources, targets, wrong in (
        (nest.NESTErrors.IllegalConnection, inputs, neurons, spec | {"delay": 2.0}),
        (nest.NESTErrors.NotImplemented, inputs, inputs, spec),
        (nest.NESTErrors.IllegalConnection, neurons, recorder, spec),
        (nest.NESTErrors.IllegalConnection, readouts, neurons, spec),
        (nest.NESTErrors.IllegalConnection, neurons, neurons, {"synapse_model": FEEDBACK}),
        (nest.NESTErrors.IllegalConnection, readouts, readouts, {"synapse_model": FEEDBACK}),
        (nest.NESTErrors.IllegalConnection, rate, readouts, rates | {"receptor_type": 1}),
        (nest.NESTErrors.UnknownReceptorType, readouts, readouts, rates),
        (nest.NESTErrors.IllegalConnection, neurons, neurons, {"synapse_model": "stdp_synapse"}),
    ):
        with pytest.raises(error):
            nest.Connect(sources, targets, syn_spec=wrong)


def test_what_neurons_refuse() -> None:
    neuron, readout = nest.Create("eprop_iaf_bsshslm_2020"), nest.Create("eprop_readout_bsshslm_2020")
    with pytest.raises(nest.NESTErrors.BadProperty, match='"piecewise_linear"'):
        neuron.surrogate_gradient_function = "step"
    with pytest.raises(nest.NESTErrors.BadProperty, match="cross_entropy"):
        readout.loss = "none"
    nest.eprop_update_interval = 50.0
    with pytest.raises(nest.NESTErrors.BadProperty, match="eprop_update_interval"):
        neuron.flush_event_send_interval = 49.0
    with pytest.raises(nest.NESTErrors.BadProperty, match="eprop_update_interval"):
        nest.SetDefaults("eprop_iaf_bsshslm_2020", {"flush_event_send_interval": 49.0})
    neuron.set(f_target=20.0, flush_event_send_interval=50.0)
    assert neuron.f_target == 0.02
    nest.eprop_update_interval = 1000.0


def test_a_spike_before_the_first_interval_is_an_error_like_in_nest(nodes: tuple[Any, Any, Any]) -> None:
    inputs, neurons, readouts = nodes
    nest.eprop_learning_window, nest.eprop_update_interval = 1.0, 10.0
    nest.Connect(inputs, neurons, syn_spec={"synapse_model": SYNAPSE, "weight": 1.0})
    neurons.set(V_th=-69.5, ignore_and_spike=True, ignore_and_spike_offset=1.0, ignore_and_spike_interval=7.0)
    nest.Connect(neurons, readouts, syn_spec={"synapse_model": SYNAPSE, "weight": 1.0})
    with pytest.raises(nest.NESTErrors.KernelException, match="needs the history of its target"):
        nest.Simulate(30.0)
    nest.ResetKernel()
    nest.Simulate(1.0)


def test_needs_event_kernels(nodes: tuple[Any, Any, Any]) -> None:
    nest.compute_backend = "jax"
    with pytest.raises(nest.NESTErrors.NotImplemented, match="Learning by gradients"):
        nest.Simulate(1.0)


def test_flush_events_reach_nobody_but_count(nodes: tuple[Any, Any, Any]) -> None:
    inputs, neurons, _ = nodes
    inputs.flush_event_send_interval = 10.0
    recorder, generator = nest.Create("spike_recorder"), nest.Create("spike_generator", params={"spike_times": [3.0]})
    nest.Connect(generator, inputs[0], syn_spec={"delay": 1.0})
    nest.Connect(inputs, recorder)
    nest.Connect(inputs, neurons, syn_spec={"weight": 1.0, "delay": 1.0})
    nest.Simulate(30.0)
    assert recorder.n_events == 1
    assert nest.local_spike_counter == 3
