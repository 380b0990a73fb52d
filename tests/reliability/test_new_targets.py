"""Devices that get new targets between runs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import jaxnest as nest

SCRIPT = """
import json
{import_}
nest.verbosity = nest.VerbosityLevel.QUIET

def potentials(threads, first, change, interval):
    nest.ResetKernel()
    nest.local_num_threads = threads
    generators = nest.Create("noise_generator", 2, {{"mean": 100.0, "std": 50.0, "std_mod": 20.0, "frequency": 10.0}})
    generators.dt = interval
    neurons = nest.Create("iaf_psc_alpha", 4)
    nest.Connect(generators[0], neurons[:2])
    nest.Connect(generators[1], neurons[2:])
    nest.Simulate(first)
    found = []
    for _ in range(2):
        if change == "one":
            nest.Connect(generators[0], neurons[3])
        elif change == "both":
            nest.Connect(generators, neurons)
        elif change == "new":
            nest.Connect(generators[1], nest.Create("iaf_psc_alpha"))
        elif change == "value":
            generators.mean = 120.0
        elif change == "others":
            nest.Connect(neurons, neurons)
        for _ in range(2):
            nest.Simulate(1.3)
            found += list(neurons.V_m)
    return found

print("RESULT " + json.dumps([potentials(*case) for case in {cases}]))
"""
CASES = [
    (threads, first, change, interval)
    for threads in (1, 2)
    for first in (4.3, 0.5)
    for change in ("one", "both", "new", "value", "others")
    for interval in (1.0, 3.0)
]


@pytest.mark.nest
def test_noise_is_drawn_anew_for_all_if_there_are_new_targets(nest_python: str) -> None:
    found = []
    for python, import_ in ((sys.executable, "import jaxnest as nest"), (nest_python, "import nest")):
        command = [python, "-c", SCRIPT.format(import_=import_, cases=CASES)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
        found.append(json.loads(done.stdout.split("RESULT ")[1]))
    for case, ours, theirs in zip(CASES, *found, strict=True):
        assert ours == theirs, case


@pytest.mark.parametrize("backend", ["native", "jax"])
def test_currents_last_until_there_are_new_targets(backend: str) -> None:
    nest.compute_backend = backend
    generator = nest.Create("noise_generator", params={"std": 50.0, "dt": 100.0})
    neurons = nest.Create("iaf_psc_alpha", 2)
    meter = nest.Create("multimeter", params={"record_from": ["I"], "interval": 0.1})
    nest.Connect(generator, neurons)
    nest.Connect(meter, generator)
    nest.Simulate(5.0)
    nest.Simulate(5.0)
    nest.Connect(generator, nest.Create("iaf_psc_alpha"))
    nest.Simulate(5.0)
    nest.Simulate(5.0)
    currents = meter.get("events", "I")
    assert len(set(currents[:90])) == 1
    assert len(set(currents)) == 2
