"""A network is compiled once: other parameters, durations or runs of the same structure compile nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from jax import monitoring

import jaxnest as nest

Counter = Any


@pytest.fixture
def count() -> Iterator[Counter]:
    """A context that collects what JAX traces and compiles while it is open."""
    listening: list[list[str]] = []

    def listen(event: str, duration_secs: float, **_: str | int) -> None:
        if event.startswith("/jax/core/compile/"):
            for events in listening:
                events.append(event)

    @contextmanager
    def counting() -> Iterator[list[str]]:
        events: list[str] = []
        listening.append(events)
        yield events
        listening.remove(events)

    monitoring.register_event_duration_secs_listener(listen)
    yield counting
    monitoring.unregister_event_duration_listener(listen)


def network(n: int, threads: int = 1, reset: bool = True, **parameters: Any) -> tuple[Any, ...]:
    """Neurons, generator, voltmeter and recorder; `n` is the number of neurons."""
    if reset:
        nest.ResetKernel()
    nest.local_num_threads = threads
    neurons = nest.Create("iaf_psc_alpha", n, {"I_e": 400.0} | parameters)
    generator = nest.Create("poisson_generator", params={"rate": 1000.0})
    meter = nest.Create("voltmeter", params={"interval": 0.5})
    recorder = nest.Create("spike_recorder")
    nest.Connect(generator, neurons, syn_spec={"weight": 20.0})
    rule = {"rule": "fixed_indegree", "indegree": 2}
    nest.Connect(neurons, neurons, rule, {"delay": 1.2, "weight": 20.0})
    nest.Connect(meter, neurons)
    nest.Connect(neurons, recorder)
    return neurons, generator, meter, recorder


def test_new_structures_are_counted(count: Counter) -> None:
    network(23)
    with count() as compiled:
        nest.Simulate(5.0)
    assert compiled, "this test's way of counting has to be adapted to the version of JAX"


@pytest.mark.parametrize("threads", [1, 2])
def test_runs_compile_nothing(count: Counter, threads: int) -> None:
    network(10, threads)
    nest.Simulate(5.0)
    with count() as compiled:
        nest.Simulate(5.0)
        nest.Simulate(33.3)
        nest.Simulate(0.1)
        with nest.RunManager():
            nest.Run(2.3)
            nest.Run(40.0)
    assert not compiled


def test_parameters_and_states_compile_nothing(count: Counter) -> None:
    neurons, generator, meter, recorder = network(10)
    nest.Simulate(5.0)
    with count() as compiled:
        neurons.set(I_e=500.0, tau_m=12.0, t_ref=1.0, V_th=-54.0)
        generator.rate = 50.0
        nest.Simulate(5.0)
        neurons[3].V_m = -60.0
        nest.GetConnections(neurons, neurons).weight = 12.0
        nest.Simulate(5.0)
        recorder.n_events = 0
        meter.n_events = 0
        generator.set(start=3.0, stop=200.0)
        nest.Simulate(5.0)
    assert not compiled


def test_array_operations_are_compiled_once(count: Counter) -> None:
    nest.set(rng_type="jax", delivery="jax")
    neurons, generator, *_ = network(10, reset=False)
    nest.Simulate(5.0)
    with count() as compiled:
        nest.Simulate(33.3)
        neurons.set(I_e=500.0, tau_m=12.0)
        generator.rate = 900.0
        nest.Simulate(5.0)
        nest.GetConnections(neurons, neurons).weight = 12.0
        nest.Simulate(5.0)
    assert not compiled


def test_further_connections_between_neurons_compile_nothing(count: Counter) -> None:
    neurons, *_ = network(10)
    nest.Simulate(5.0)
    with count() as compiled:
        nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 3}, {"delay": 1.2, "weight": 5.0})
        nest.GetConnections(neurons, neurons)[:4].weight = [1.0, 2.0, 3.0, 4.0]
        nest.Simulate(5.0)
    assert not compiled


def test_spread_parameters_compile_once(count: Counter) -> None:
    neurons, *_ = network(10)
    nest.Simulate(5.0)
    neurons.V_th = [-55.0] * 5 + [-54.0] * 5
    nest.Simulate(5.0)
    with count() as compiled:
        neurons.V_th = -53.0
        nest.Simulate(5.0)
        neurons.V_th = [-55.0] * 2 + [-53.0] * 8
        nest.Simulate(5.0)
    assert not compiled


def test_same_network_after_reset_compiles_nothing(count: Counter) -> None:
    network(10)
    nest.Simulate(5.0)
    with count() as compiled:
        network(10)
        nest.Simulate(20.0)
        network(10, I_e=100.0, tau_m=7.0)[1].rate = 20.0
        nest.rng_seed = 7
        nest.Simulate(7.5)
    assert not compiled
