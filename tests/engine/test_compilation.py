"""Nothing is compiled for a structure or a size: only what no network has used before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from jax import monitoring
from numba.core import event

import jaxnest as nest

Counter = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def count() -> Iterator[Counter]:
    """A context that collects what numba and JAX compile while it is open."""
    listening: list[list[str]] = []

    def note(name: str) -> None:
        for events in listening:
            events.append(name)

    def listen(event: str, duration_secs: float, **_: str | int) -> None:
        if event.startswith("/jax/core/compile/"):
            note(event)

    class Passes(event.Listener):
        def on_start(self, event: event.Event) -> None:
            note(str(event.data))

        def on_end(self, event: event.Event) -> None:
            pass

    @contextmanager
    def counting() -> Iterator[list[str]]:
        events: list[str] = []
        listening.append(events)
        yield events
        listening.remove(events)

    monitoring.register_event_duration_secs_listener(listen)
    with event.install_listener("numba:run_pass", Passes()):
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


def test_compiling_is_counted(count: Counter) -> None:
    from jaxnest.compile.compiling import njit

    with count() as compiled:
        njit(lambda x: x + 1.0)(1.0)
    assert compiled, "this test's way of counting has to be adapted to the version of numba"


def test_sizes_structures_and_values_compile_nothing(count: Counter) -> None:
    neurons, *_ = network(10)
    nest.Simulate(5.0)
    nest.GetConnections(neurons, neurons)[:3].weight = [12.0, 13.0, 14.0]  # few connections are laid out anew
    nest.Simulate(5.0)
    network(120, threads=2)  # so many that threads are worth while
    nest.Simulate(5.0)
    with count() as compiled:
        for n, threads in ((11, 1), (12, 2), (37, 1), (200, 3)):
            neurons, generator, *_ = network(n, threads, tau_m=12.0, t_ref=1.0)
            nest.Simulate(5.3)
            neurons.V_th = [-55.0, *[-54.0] * (n - 1)]
            generator.set(rate=50.0, start=3.0, stop=200.0)
            nest.GetConnections(neurons, neurons)[:3].weight = [12.0, 13.0, 14.0]
            nest.Simulate(5.0)
            nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 3}, {"delay": 1.1, "weight": 5.0})
            with nest.RunManager():
                nest.Run(2.3)
                neurons.I_e = 300.0
                nest.Run(40.0)
    assert not compiled


def test_array_operations_are_compiled_once(count: Counter) -> None:
    nest.set(rng_type="jax", compute_backend="jax")
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
