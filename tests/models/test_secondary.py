"""Connections that carry rates, potentials and currents: the same traces as NEST."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import jaxnest as nest
from nest_reference.simulations.secondary import CASES

from .conftest import REFERENCE, compare

INTEGRATED = ("gap", "astro", "hh_", "sic")
"""Parts of the names of cases whose neurons are integrated with adaptive steps."""
SENSITIVE = ("hh_cond_beta_gap_traub-2", "hh_psc_alpha_gap-2", "hh_psc_alpha_gap-order3", "astrocytes-0.5")
"""Cases with samples on the rise of a spike, where rounding grows by several orders of magnitude."""
NATIVE = [name for name in CASES if name.startswith(("frozen", "watched"))]
"""Cases with what array operations do not know."""
RATE_MODELS = sorted({name.partition("-")[0] for name in CASES if "rate" in name and "gaps" not in name})
BACKENDS = pytest.mark.parametrize("backend", ["native"])


@pytest.mark.parametrize("name", CASES)
def test_native_back_end_equals_nest_bit_for_bit(recording: Path, name: str) -> None:
    compare(recording, name, CASES[name], "native")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in CASES if name not in NATIVE])
def test_array_operations_agree_with_compiled_loops(name: str) -> None:
    if name in SENSITIVE:
        pytest.skip("the rise of a spike amplifies rounding")
    tolerance = 1e-6 if any(part in name for part in INTEGRATED) else 1e-9
    compare(REFERENCE / "secondary", name, CASES[name], "jax", tolerance, tolerance)


@pytest.mark.parametrize("model", RATE_MODELS)
def test_older_names_of_parameters(model: str) -> None:
    neuron = nest.Create(model)
    if "std" not in neuron.get():
        return
    neuron.set(std=0.7, mean=0.2)
    noise = (0.7, 0.2) if model != "gauss_rate_ipn" else (0.0, 0.0)
    assert (neuron.sigma, neuron.mu) == noise
    neuron.set(sigma=0.3, mu=-0.1)
    assert (neuron.sigma, neuron.mu, neuron.std, neuron.mean) == (0.3, -0.1, 0.3, -0.1)
    with pytest.raises(nest.NESTErrors.BadProperty, match="Noise parameter must not be negative"):
        neuron.std = -1.0
    with pytest.raises(nest.NESTErrors.BadProperty, match="Time constant must be > 0"):
        neuron.tau = 0.0


@pytest.mark.parametrize("source", ["iaf_psc_alpha", "lin_rate_ipn", "spike_generator"])
@pytest.mark.parametrize("target", ["iaf_psc_alpha", "lin_rate_ipn", "multimeter"])
def test_rates_go_to_rate_neurons_only(source: str, target: str) -> None:
    a, b = nest.Create(source), nest.Create(target)
    if source == target == "lin_rate_ipn":
        nest.Connect(a, b, syn_spec="rate_connection_delayed")
        with pytest.raises(nest.NESTErrors.UnknownReceptorType, match="Receptor type 1"):
            nest.Connect(a, b, syn_spec={"synapse_model": "rate_connection_delayed", "receptor_type": 1})
        return
    device_to_global_receiver = (source, target) == ("spike_generator", "multimeter")
    reason = "device to a global receiver" if device_to_global_receiver else "delayed rate (in|out)put"
    with pytest.raises(nest.NESTErrors.IllegalConnection, match=reason):
        nest.Connect(a, b, syn_spec="rate_connection_delayed")


def test_connections_without_delay_refuse_one() -> None:
    neurons = nest.Create("lin_rate_ipn", 2)
    model = "rate_connection_instantaneous"
    with pytest.raises(nest.NESTErrors.BadProperty, match="has no delay"):
        nest.Connect(neurons, neurons, syn_spec={"synapse_model": model, "delay": 1.0})
    with pytest.raises(nest.NESTErrors.BadProperty, match="has no delay"):
        nest.SetDefaults(model, {"delay": 1.0})
    nest.Connect(neurons, neurons, syn_spec=model)
    with pytest.raises(nest.NESTErrors.BadProperty, match="has no delay"):
        nest.GetConnections().delay = 2.0


@pytest.mark.parametrize(("use", "expected"), [(True, 1.5), (False, 0.1)])
def test_interval_of_iteration_is_a_delay(use: bool, expected: float) -> None:
    nest.use_wfr = use
    if use:
        nest.wfr_comm_interval = 1.5
    neurons = nest.Create("lin_rate_ipn", 2)
    assert list(neurons.node_uses_wfr) == [use, use]
    nest.Connect(neurons, neurons, syn_spec="rate_connection_instantaneous")
    assert nest.min_delay == nest.max_delay == expected
    with pytest.raises(nest.NESTErrors.KernelException, match="after (nodes|connections) have been created"):
        nest.set(wfr_comm_interval=2.0) if use else nest.set(use_wfr=True, wfr_comm_interval=2.0)


@pytest.mark.parametrize("name", NATIVE)
def test_array_operations_refuse(name: str) -> None:
    with pytest.raises(nest.NESTErrors.NotImplemented, match="Frozen nodes|Weight recorders"):
        compare(REFERENCE / "secondary", name, CASES[name], "jax")


@BACKENDS
def test_network_without_connections(backend: str) -> None:
    """Noise is drawn even if nobody listens."""
    nest.compute_backend = backend
    nest.rng_seed = 3
    neuron = nest.Create("lin_rate_ipn", 2)
    nest.Simulate(3.0)
    assert neuron.rate[0] != neuron.rate[1] != 0.0


@pytest.mark.parametrize("backend", ["native"])
@pytest.mark.parametrize("model", ["gauss_rate_ipn", "rate_transformer_gauss"])
def test_gaussian_gain_of_no_width_is_undefined_as_in_nest(model: str, backend: str) -> None:
    nest.ResetKernel()
    nest.compute_backend = backend
    neuron = nest.Create(model)
    nest.Simulate(1.0)
    assert math.isnan(neuron.rate)
