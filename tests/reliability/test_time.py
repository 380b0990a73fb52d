"""Times are whole numbers of steps, however they are reached."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, assume, given, settings

import jaxnest as nest

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
RESOLUTIONS = st.sampled_from([0.01, 0.05, 0.1, 0.125, 0.2, 0.25, 0.5, 1.0])
TICS_PER_MS = 1000


def steps_to_ms(steps: int, resolution: float) -> float:
    return steps * round(resolution * TICS_PER_MS) / TICS_PER_MS


@QUICK
@given(RESOLUTIONS, st.lists(st.integers(1, 200), min_size=1, max_size=6))
def test_biological_time_is_the_sum_of_the_runs(resolution: float, runs: list[int]) -> None:
    nest.ResetKernel()
    nest.resolution = resolution
    for steps in runs:
        nest.Simulate(steps_to_ms(steps, resolution))
    assert nest.biological_time == pytest.approx(steps_to_ms(sum(runs), resolution), rel=1e-15)


@QUICK
@given(RESOLUTIONS, st.floats(0.01, 50.0))
def test_delays_are_rounded_to_steps(resolution: float, delay: float) -> None:
    nest.ResetKernel()
    nest.resolution = resolution
    pair = nest.Create("parrot_neuron", 2)
    steps = math.floor(delay / resolution + 0.5)
    assume(abs(delay / resolution + 0.5 - round(delay / resolution + 0.5)) > 1e-9)
    if steps == 0:
        with pytest.raises(nest.NESTErrors.BadDelay):
            nest.Connect(pair[0], pair[1], syn_spec={"delay": delay})
        return
    nest.Connect(pair[0], pair[1], syn_spec={"delay": delay})
    assert nest.GetConnections().delay == pytest.approx(steps_to_ms(steps, resolution), rel=1e-15)
    assert nest.min_delay == nest.max_delay == pytest.approx(steps_to_ms(steps, resolution), rel=1e-15)


@QUICK
@given(st.floats(0.001, 20.0))
def test_durations_are_multiples_of_the_resolution(duration: float) -> None:
    nest.ResetKernel()
    if math.floor(duration * TICS_PER_MS + 0.5) % 100:
        with pytest.raises(nest.NESTErrors.KernelException):
            nest.Simulate(duration)
        assert nest.biological_time == 0.0
    else:
        nest.Simulate(duration)
        assert nest.biological_time == pytest.approx(duration, abs=0.5 / TICS_PER_MS)


@pytest.mark.parametrize("resolution", [0.01, 0.1, 0.5])
def test_spikes_are_where_the_generator_has_them(resolution: float) -> None:
    nest.resolution = resolution
    times = [steps_to_ms(k, resolution) for k in (1, 2, 3, 7, 19, 64)]
    source, target, recorder = (
        nest.Create("spike_generator", params={"spike_times": times}),
        nest.Create("parrot_neuron"),
        nest.Create("spike_recorder"),
    )
    nest.Connect(source, target, syn_spec={"delay": 5 * resolution})
    nest.Connect(target, recorder)
    nest.Simulate(100 * resolution)
    assert recorder.events["times"].tolist() == pytest.approx([t + 5 * resolution for t in times], rel=1e-15)
