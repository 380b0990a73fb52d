"""Rates so small that products with them are zero, and times so long that none is as long; the numbers are NEST's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest import errors

BACKENDS = pytest.mark.parametrize("backend", ["native"])


def watched(source: Any, parrot: str = "parrot_neuron") -> Any:
    """Connect a source to a parrot neuron, and that to the recorder that is returned."""
    target, recorder = nest.Create(parrot), nest.Create("spike_recorder")
    nest.Connect(source, target)
    nest.Connect(target, recorder)
    return recorder


@BACKENDS
@pytest.mark.parametrize("rate", [1e-300, 1e-320])
def test_a_number_is_drawn_as_long_as_the_rate_is_not_zero(rate: float, backend: str) -> None:
    nest.compute_backend = backend
    generator = nest.Create("poisson_generator", params={"rate": rate})
    recorder = watched(generator)
    nest.Simulate(1.0)
    generator.rate = 800.0
    nest.Simulate(10.0)
    np.testing.assert_allclose(recorder.events["times"], [4.4, 5.0, 6.9, 7.9, 9.0, 9.1, 9.7])


@BACKENDS
@pytest.mark.parametrize(
    ("model", "params"),
    [
        ("sinusoidal_poisson_generator", {"rate": 1e-321}),
        ("inhomogeneous_poisson_generator", {"rate_times": [0.1], "rate_values": [1e-321]}),
    ],
)
def test_other_generators_draw_as_well(model: str, params: dict[str, Any], backend: str) -> None:
    nest.compute_backend = backend
    nest.Connect(nest.Create(model, params=params), nest.Create("parrot_neuron"))
    recorder = watched(nest.Create("poisson_generator", params={"rate": 800.0}))
    nest.Simulate(10.0)
    np.testing.assert_allclose(recorder.events["times"], [4.4, 5.0, 6.9, 7.9, 9.0, 9.1, 9.7])


@BACKENDS
@pytest.mark.parametrize("model", ["gif_psc_exp", "gif_cond_exp"])
def test_neurons_draw_if_the_hazard_is_subnormal(model: str, backend: str) -> None:
    nest.set(compute_backend=backend, rng_seed=365)
    nest.Create(model, params={"lambda_0": 10.0, "V_m": -395.0, "E_L": -395.0, "Delta_V": 0.5})
    recorder = watched(nest.Create("poisson_generator", params={"rate": 1000.0}))
    nest.Simulate(20.0)
    times = [1.2, 1.6, 2.1, 2.5, 3.2, 4.8, 8.9, 10.8, 11.7, 12.8, 13.2, 17.2, 19.5, 19.6, 19.6, 19.7]
    np.testing.assert_allclose(recorder.events["times"], times)


@BACKENDS
def test_no_spikes_of_a_superposition_at_the_minimum_of_its_sine(backend: str) -> None:
    nest.compute_backend = backend
    nest.Connect(nest.Create("poisson_generator", params={"rate": 800.0}), nest.Create("parrot_neuron"))
    sine = {"frequency": 10.0, "relative_amplitude": 1.0, "start": 74.9}
    recorder = watched(nest.Create("ppd_sup_generator", params={"rate": 10.0, "n_proc": 1000, **sine}))
    nest.Simulate(80.0)
    np.testing.assert_allclose(recorder.events["times"], [79.6])


@pytest.mark.parametrize("rate", [2e-14, 1e-20, 1e-320])
def test_precise_spikes_beyond_all_times(rate: float) -> None:
    nest.rng_seed = 11
    recorder = watched(nest.Create("poisson_generator_ps", params={"rate": rate}), "parrot_neuron_ps")
    nest.Simulate(10.0)
    assert recorder.n_events == 0


def test_precise_spikes_on_a_virtual_process_without_targets() -> None:
    nest.local_num_threads = 2
    recorder = watched(nest.Create("poisson_generator_ps", params={"rate": 900.0}), "parrot_neuron_ps")
    nest.Simulate(5.0)
    assert recorder.events["times"].tolist() == [2.8040117178939075]


def test_binary_neurons_that_never_update_again() -> None:
    nest.rng_seed = 4
    neurons = nest.Create("ginzburg_neuron", 2, {"tau_m": [1e300, 1.0], "theta": [-100.0, 0.0]})
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    nest.Simulate(10.0)
    assert recorder.events["senders"].tolist() == [2] * 9
    np.testing.assert_allclose(recorder.events["times"], [4.6, 4.6, 4.8, 7.3, 7.3, 7.9, 8.9, 8.9, 9.8])


def test_packets_that_never_come() -> None:
    times = {"pulse_times": [5.0, 1e16, 1e300, np.inf], "activity": 3, "sdev": 0.5}
    recorder = watched(nest.Create("pulsepacket_generator", params=times))
    nest.Simulate(20.0)
    np.testing.assert_allclose(recorder.events["times"], [6.4, 7.0, 7.2])


def test_a_dead_time_without_end() -> None:
    nest.rng_seed = 5
    dead = {"dead_time": 1e20, "dead_time_random": True, "dead_time_shape": 1}
    neuron, recorder = (
        nest.Create("pp_psc_delta", params={"I_e": 200.0, "c_3": 1.0, **dead}),
        nest.Create("spike_recorder"),
    )
    nest.Connect(neuron, recorder)
    nest.Simulate(200.0)
    np.testing.assert_allclose(recorder.events["times"], [16.7])


@pytest.mark.parametrize(
    ("resolution", "dt"), [(0.1, 1.0), (0.25, 1.0), (0.3, 3.0), (0.4, 4.0), (0.7, 7.0), (2.0, 20.0)]
)
def test_the_interval_of_noise_follows_the_resolution(resolution: float, dt: float) -> None:
    nest.resolution = resolution
    assert nest.Create("noise_generator").dt == pytest.approx(dt)


@pytest.mark.parametrize("value", [0.0, -0.1, 0.04, 1e300, np.inf])
@pytest.mark.parametrize(
    ("model", "name"),
    [("noise_generator", "dt"), ("correlation_detector", "delta_tau"), ("correlomatrix_detector", "delta_tau")],
)
def test_durations_that_have_to_be_steps(model: str, name: str, value: float) -> None:
    with pytest.raises(errors.StepMultipleRequired, match=name):
        nest.Create(model, params={name: value})
