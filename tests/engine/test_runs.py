"""Runs in pieces, interrupted runs, runs that fail, frozen neurons, progress."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest.engine.plan import delivery_table
from jaxnest.kernel.kernel import kernel

from .conftest import Python

BACKENDS = pytest.mark.parametrize("backend", ["native"])


def network(noisy: bool = True) -> tuple[Any, Any]:
    """A network with a slice of 1 ms; returns its recorders."""
    nest.rng_seed = 3
    neurons = nest.Create("iaf_psc_alpha", 20, {"V_m": nest.random.uniform(-70.0, -56.0), "I_e": 300.0})
    generator = nest.Create("poisson_generator", params={"rate": 3000.0})
    noise = nest.Create("noise_generator", params={"std": 50.0, "dt": 0.3})
    meter, recorder = nest.Create("voltmeter", params={"interval": 0.2}), nest.Create("spike_recorder")
    rule = {"rule": "fixed_indegree", "indegree": 4}
    nest.Connect(neurons, neurons, rule, {"weight": 60.0, "delay": nest.random.uniform(1.2, 3.0)})
    if noisy:
        nest.Connect(generator, neurons, syn_spec={"weight": 30.0, "delay": 1.2})
        nest.Connect(noise, neurons, syn_spec={"delay": 1.2})
    nest.Connect(meter, neurons)
    nest.Connect(neurons, recorder)
    return meter, recorder


def sorted_events(recorder: Any) -> dict[str, np.ndarray]:
    events = recorder.events
    order = np.lexsort((events["senders"], events["times"]))
    return {key: values[order] for key, values in events.items()}


@BACKENDS
@pytest.mark.parametrize(
    ("spans", "noisy"), [([60.0, 60.0], True), ([7.0, 113.0], True), ([0.1, 0.5, 0.6, 50.3, 0.2, 68.3], False)]
)
def test_pieces_equal_the_whole(backend: str, spans: list[float], noisy: bool) -> None:
    """Cuts inside a slice change the order of random draws, in NEST as well: there the network is without noise."""
    results = []
    for cut in ([120.0], spans):
        nest.ResetKernel()
        nest.compute_backend = backend
        recorders = network(noisy)
        for span in cut:
            nest.Simulate(span)
        assert nest.biological_time == 120.0
        nest.Simulate(3.0)  # multimeters hand out the samples of a slice in the next one
        results.append([sorted_events(r) for r in recorders])
    for whole, pieces in zip(*results, strict=True):
        for key, values in whole.items():
            np.testing.assert_array_equal(pieces[key], values, err_msg=key)


@BACKENDS
def test_frozen_neuron(backend: str) -> None:
    nest.compute_backend = backend
    neurons = nest.Create("iaf_psc_alpha", 2, {"I_e": 500.0})
    recorder, meter = nest.Create("spike_recorder"), nest.Create("voltmeter")
    nest.Connect(neurons, recorder)
    nest.Connect(meter, neurons)
    nest.Simulate(30.5)
    V_m, n = neurons[0].V_m, np.sum(recorder.events["senders"] == 1)
    neurons[0].frozen = True
    nest.Simulate(100.0)
    assert neurons[0].V_m == V_m
    assert np.sum(recorder.events["senders"] == 1) == n
    assert np.sum(recorder.events["senders"] == 2) > n
    assert meter.events["times"][meter.events["senders"] == 1][-1] == 30.0
    neurons[0].frozen = False
    nest.Simulate(50.0)
    assert np.sum(recorder.events["senders"] == 1) > n
    times = meter.events["times"][meter.events["senders"] == 1]
    assert min(times[times > 30.5]) == 131.0


@BACKENDS
def test_undefined_states_stop_the_run(backend: str) -> None:
    nest.compute_backend = backend
    neurons = nest.Create("iaf_psc_exp", 3)
    generator = nest.Create("spike_generator", params={"spike_times": [30.0], "spike_weights": [1e308]})
    nest.Connect(generator, neurons[1], syn_spec={"weight": 1e10})
    nest.Simulate(10.0)
    with pytest.raises(nest.NESTErrors.NumericalInstability, match=r"node 2 \(iaf_psc_exp\)") as caught:
        nest.Simulate(90.0)
    times = re.search(r"between (\S+) ms and (\S+) ms", str(caught.value))
    assert times is not None
    assert float(times[1]) <= 31.0 <= float(times[2]) == nest.biological_time
    assert not nest.GetKernelStatus("prepared")
    nest.ResetKernel()
    neuron = nest.Create("iaf_psc_exp", params={"I_e": 100.0})
    nest.Simulate(10.0)
    assert neuron.V_m > -70.0


@BACKENDS
@pytest.mark.parametrize(
    ("time", "error"), [(-1.0, "BadParameter"), (float("nan"), "BadParameter"), (1.23456, "BadParameter")]
)
def test_refused_runs_change_nothing(backend: str, time: float, error: str) -> None:
    nest.compute_backend = backend
    meter, _ = network()
    nest.Simulate(10.0)
    with pytest.raises(getattr(nest.NESTErrors, error)):
        nest.Simulate(time)
    assert nest.biological_time == 10.0
    nest.Simulate(10.0)
    nest.Simulate(2.0)
    found = sorted_events(meter)
    nest.ResetKernel()
    nest.compute_backend = backend
    meter, _ = network()
    nest.Simulate(10.0)
    nest.Simulate(10.0)
    nest.Simulate(2.0)
    np.testing.assert_array_equal(found["V_m"], sorted_events(meter)["V_m"])


@BACKENDS
def test_progress_is_shown(backend: str, capsys: pytest.CaptureFixture[str]) -> None:
    nest.set(compute_backend=backend, print_time=True)
    network()
    nest.Simulate(20.0)
    out = capsys.readouterr().out
    assert "100%" in out
    assert "20.0 ms" in out
    assert "Real-time factor" in out


INTERRUPTED = """
import os, signal, sys, threading
import jaxnest as nest
from jaxnest.kernel.kernel import kernel
nest.verbosity = nest.VerbosityLevel.QUIET
nest.compute_backend = sys.argv[1] if len(sys.argv) > 1 else BACKEND
neurons = nest.Create("iaf_psc_alpha", 400, {"I_e": 500.0})
recorder = nest.Create("spike_recorder")
nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 10})
nest.Connect(neurons, recorder)
nest.Simulate(10.0)
threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    nest.Simulate(1e7)
except KeyboardInterrupt as error:
    reached = nest.biological_time
    assert 10.0 < reached < 1e7, reached
    assert str(reached) in str(error), error
else:
    raise AssertionError("not interrupted")
assert max(recorder.events["times"]) <= reached
assert not nest.GetKernelStatus("prepared")
nest.Simulate(50.0)
assert abs(nest.biological_time - reached - 50.0) < 1e-6
assert reached < max(recorder.events["times"]) <= reached + 50.0
print("usable")
"""


@BACKENDS
def test_interrupt_leaves_the_kernel_usable(backend: str, python: Python) -> None:
    result = python(INTERRUPTED.replace("BACKEND", repr(backend)))
    assert (result.stderr, result.stdout) == ("", "usable\n")


MEMORY = """
import resource
import jaxnest as nest
from jaxnest.kernel.kernel import kernel
nest.verbosity = nest.VerbosityLevel.QUIET
nest.compute_backend = BACKEND
neurons = nest.Create("iaf_psc_exp", 100, {"I_e": 500.0})
generator = nest.Create("poisson_generator", params={"rate": 10000.0})
recorder = nest.Create("spike_recorder", params={"start": 1e6})
meter = nest.Create("voltmeter", params={"start": 1e6, "interval": 0.1})
nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 10})
nest.Connect(generator, neurons, syn_spec={"weight": 10.0})
nest.Connect(neurons, recorder)
nest.Connect(meter, neurons[:10])
nest.Simulate(1000.0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
nest.Simulate(DURATION)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@BACKENDS
def test_longer_runs_need_no_more_memory(backend: str, python: Python) -> None:
    """Their recorders are not active: 20 s would be 16 MB of samples and about 4 MB of spikes."""
    growth = {}
    for duration in (2000.0, 20000.0):
        result = python(MEMORY.replace("BACKEND", repr(backend)).replace("DURATION", str(duration)))
        assert result.stderr == ""
        growth[duration] = int(result.stdout)
    assert growth[20000.0] < growth[2000.0] + 8000  # kB


@pytest.mark.parametrize("backend", ["native"])
def test_multimeter_without_recordables_has_no_events(backend: str) -> None:
    nest.compute_backend = backend
    neurons = nest.Create("iaf_psc_alpha", 2)
    meter = nest.Create("multimeter")
    nest.Connect(meter, neurons)
    nest.Simulate(5.0)
    assert meter.n_events == 0


def test_lost_events_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from jaxnest.engine.plan import buffers
    from jaxnest.models.contract.registry import NODE_MODELS

    monkeypatch.setattr(NODE_MODELS["poisson_generator_ps"], "most_events", staticmethod(lambda p, clock, steps: 0))
    monkeypatch.setattr(buffers, "EVENT_CAPACITY", 1)
    generator = nest.Create("poisson_generator_ps", params={"rate": 1e5})
    nest.Connect(generator, nest.Create("spike_recorder"))
    with pytest.raises(nest.NESTErrors.KernelException, match="most_events"):
        nest.Simulate(50.0)


@pytest.mark.parametrize("backend", ["native"])
def test_a_meter_that_gains_targets_inside_a_slice_keeps_its_samples(backend: str) -> None:
    nest.compute_backend = backend
    neurons = nest.Create("iaf_psc_alpha", 3, {"I_e": 100.0})
    meter = nest.Create("voltmeter", params={"interval": 0.5})
    nest.Connect(neurons, neurons, syn_spec={"delay": 3.0})
    nest.Connect(meter, neurons[1], syn_spec={"delay": 3.0})
    nest.Simulate(4.2)
    nest.Connect(meter, neurons[2] + neurons[0], syn_spec={"delay": 3.0})
    nest.Simulate(7.8)
    events = meter.events
    expected = {2: np.arange(0.5, 9.1, 0.5), 1: np.arange(4.5, 9.1, 0.5), 3: np.arange(4.5, 9.1, 0.5)}
    for node, times in expected.items():
        assert events["times"][events["senders"] == node].tolist() == times.tolist()
    assert (np.diff(events["V_m"][events["senders"] == 2]) > 0.0).all()


@pytest.mark.parametrize("backend", ["native"])
def test_delivery_reads_the_columns_of_a_single_table(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many different weights and delays are not stored twice; changes between runs count all the same."""
    monkeypatch.setattr(delivery_table, "_SMALL", 0)
    nest.set(compute_backend=backend, rng_seed=5)
    source = nest.Create("spike_generator", params={"spike_times": [1.0, 11.0, 21.0]})
    parrot, neurons = nest.Create("parrot_neuron"), nest.Create("iaf_psc_delta", 3)
    meter = nest.Create("voltmeter", params={"interval": 1.0})
    nest.Connect(source, parrot)
    nest.Connect(meter, neurons)
    nest.Connect(parrot, neurons, syn_spec={"weight": [[0.5], [0.75], [1.0]], "delay": [[1.0], [1.5], [2.0]]})
    nest.Simulate(10.0)
    session: Any = kernel.simulation._session
    plan = session._plan
    (table,) = plan.delivery
    assert np.shares_memory(table.weight, table.tables[0][1].weight)
    connections = nest.GetConnections(parrot)
    connections.set(weight=[5.0, 7.5, 10.0])
    nest.Simulate(10.0)
    nest.Disconnect(connections[1])
    nest.Simulate(10.0)
    events = meter.events
    V = events["V_m"][np.lexsort([events["senders"], events["times"]])].reshape(-1, 3) + 70.0
    peaks = [V[k : k + 10].max(axis=0) for k in (0, 10, 19)]
    assert np.all(peaks[1] > 8.0 * peaks[0])
    assert np.all(peaks[2][[0, 2]] > peaks[1][[0, 2]])
    assert peaks[2][1] < peaks[1][1]
