"""Times are whole numbers of steps, however they are reached."""

from __future__ import annotations

import json
import math
import subprocess
import sys

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


LIMITED = """
import json
{import_}
nest.verbosity = nest.VerbosityLevel.QUIET
neurons = nest.Create("iaf_psc_alpha", 2, {{"I_e": 400.0}})
recorder = nest.Create("spike_recorder")
nest.Connect(neurons, recorder)
nest.Connect(neurons, neurons, syn_spec={{"delay": 2.0}})
told = []
for limit, ms in ((float("inf"), 10.5), (1e-12, 20.0), (1e3, 1.0), (1e-12, 0.5), (1e-12, 0.0), (1e3, 0.0)):
    nest.update_time_limit = limit
    nest.Prepare()
    try:
        nest.Run(ms)
        told.append("done")
    except nest.NESTErrors.KernelException as error:
        told.append(type(error).__name__)
    told += [nest.biological_time, nest.to_do, recorder.n_events, list(neurons.V_m)]
    told += [0 < nest.min_update_time <= nest.max_update_time]
    nest.Cleanup()
print("RESULT " + json.dumps(told))
"""


@pytest.mark.nest
def test_slices_that_take_too_long_end_a_run_as_in_nest(nest_python: str) -> None:
    told = []
    for python, import_ in ((sys.executable, "import jaxnest as nest"), (nest_python, "import nest")):
        command = [python, "-c", LIMITED.format(import_=import_)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
        told.append(json.loads(done.stdout.split("RESULT ")[1]))
    assert told[0] == told[1]
    assert told[1].count("KernelException") == 2


@pytest.mark.parametrize("backend", ["native", "jax"])
def test_the_next_run_makes_up_for_what_a_slow_one_left(backend: str) -> None:
    nest.compute_backend = backend
    neuron = nest.Create("iaf_psc_alpha", params={"I_e": 100.0})
    nest.Connect(neuron, neuron, syn_spec={"delay": 2.0})
    nest.update_time_limit = 1e-12
    with pytest.raises(nest.NESTErrors.KernelException, match=r"Update time limit exceeded: the slice before 2.0 ms"):
        nest.Simulate(10.0)
    assert (nest.biological_time, nest.to_do) == (2.0, 80)
    nest.update_time_limit = 1e3
    nest.Simulate(1.0)
    assert (nest.biological_time, nest.to_do) == (11.0, 0)
