"""Forked processes and threads of a script."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import jaxnest as nest

ROOT = Path(__file__).parents[2]
NETWORK = """
import multiprocessing, sys
import jaxnest as nest

nest.verbosity = nest.VerbosityLevel.ERROR  # the output of two processes may interleave

def build():
    nest.ResetKernel()
    neurons = nest.Create("iaf_psc_alpha", 3, {"I_e": 500.0})
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, neurons, syn_spec={"weight": 10.0})
    nest.Connect(neurons, recorder)
    return recorder

def spikes(recorder, ms=50.0):
    nest.Simulate(ms)
    return recorder.events["times"].tolist()

def anew(k):
    return spikes(build())

def goes_on(k):
    return spikes(recorder)
"""
AFTER_SIMULATE = """
recorder = build()
first = spikes(recorder)
fork = multiprocessing.get_context("fork")
with fork.Pool(2) as pool:
    fresh = pool.map(anew, range(2))
with fork.Pool(1) as pool:
    continued = pool.map(goes_on, range(1))
assert fresh == [first, first], (first, fresh)
assert continued == [spikes(recorder)], continued
assert len(first) > 3 and len(continued[0]) > len(first)
print("done")
"""
BETWEEN_RUNS = """
import os
recorder = build()
nest.Prepare()
nest.Run(50.0)
child = os.fork()
nest.Run(50.0)
nest.Cleanup()
os.write(1, f"{recorder.events['times'].tolist()}\\n".encode())
if child == 0:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""
BEFORE_SIMULATE = """
recorder = build()
with multiprocessing.get_context("fork").Pool(1) as pool:
    (child,) = pool.map(goes_on, range(1))
assert child == spikes(recorder) != []
print("done")
"""
ARRAYS = """
import os

def works(backend):
    recorder = build()
    nest.compute_backend = backend
    return len(spikes(recorder)) > 3

assert sys.argv[1] == "before" or works("jax")
child = os.fork()
if child == 0:
    try:
        print(works("jax"), flush=True)
    except nest.NESTErrors.KernelException as error:
        print(error, works("native"), flush=True)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert works("jax")
"""


def run(code: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-W", "ignore", "-c", NETWORK + code, *arguments]  # JAX warns of forks
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.parametrize("code", [AFTER_SIMULATE, BEFORE_SIMULATE], ids=["after Simulate", "before Simulate"])
def test_forked_processes_simulate(code: str) -> None:
    assert run(code)[-1] == "done"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_fork_between_runs() -> None:
    first, second = run(BETWEEN_RUNS)[-2:]
    assert first == second
    assert len(first) > 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_array_operations_run_in_a_fork_if_they_have_not_run_before() -> None:
    assert run(ARRAYS, "before") == ["True"]
    (refused,) = run(ARRAYS, "after")
    assert "'spawn'" in refused
    assert refused.endswith("nest.compute_backend = 'native'. True")


def test_another_thread_that_looks_waits_for_the_end_of_the_run() -> None:
    """As in NEST, whose Simulate lets no other thread run."""
    neurons = nest.Create("iaf_psc_alpha", 100, {"I_e": 500.0})
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, neurons, syn_spec={"weight": 1.0})
    nest.Connect(neurons, recorder)
    nest.Simulate(10.0)
    seen: list[tuple[int, float]] = []
    problems: list[BaseException] = []
    going = threading.Event()

    def look() -> None:
        try:
            while not going.is_set():
                seen.append((recorder.n_events, neurons[0].V_m))
        except BaseException as error:
            problems.append(error)

    thread = threading.Thread(target=look)
    thread.start()
    for _ in range(20):
        nest.Simulate(50.0)
    going.set()
    thread.join()
    assert problems == []
    assert {n for n, _ in seen} <= set(range(recorder.n_events + 1))
    assert recorder.n_events > 100
