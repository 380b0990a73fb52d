"""What remains after states became infinite or undefined."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

import jaxnest as nest

SCRIPT = """
import json
{import_}
nest.verbosity = nest.VerbosityLevel.QUIET

def outcome(function, *arguments):
    try:
        function(*arguments)
        return "done"
    except nest.NESTErrors.KernelException as error:
        return type(error).__name__

def story(model, parameters, first, delay):
    nest.ResetKernel()
    neurons = nest.Create(model, 2)
    generator = nest.Create("spike_generator", params={{"spike_times": [1.0, 2.0, 3.0, 5.0]}})
    parrot, recorder = nest.Create("parrot_neuron"), nest.Create("spike_recorder")
    nest.Connect(generator, parrot, syn_spec={{"delay": delay}})
    nest.Connect(parrot, recorder, syn_spec={{"delay": delay}})
    nest.Simulate(first)
    neurons[0].set(parameters)
    told = [outcome(nest.Simulate, 10.0), nest.biological_time]
    told.append([t for t in recorder.get("events", "times").tolist() if t <= nest.biological_time])
    told += [outcome(nest.Simulate, 1.0), outcome(nest.Cleanup), outcome(nest.Simulate, 1.0), outcome(nest.Prepare)]
    told += [outcome(nest.Create, "parrot_neuron"), len(nest.GetConnections()), neurons[1].C_m]
    nest.ResetKernel()
    told += [outcome(nest.Simulate, 1.0), nest.biological_time]
    return told

print("RESULT " + json.dumps([story(*case) for case in {cases}]))
"""
CASES = [
    [model, parameters, first, delay]
    for model in ("aeif_cond_alpha", "aeif_psc_exp", "aeif_psc_delta_clopath", "aeif_cond_beta_multisynapse")
    for parameters in ({"w": 1e7}, {"I_e": -1e6})
    for first, delay in ((0.5, 1.0), (3.0, 1.0), (4.0, 0.3))
]


@pytest.mark.nest
def test_a_simulation_ends_with_an_instability_as_in_nest(nest_python: str) -> None:
    def stories(python: str, import_: str) -> Any:
        code = SCRIPT.format(import_=import_, cases=CASES)
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=300, check=True)
        return json.loads(done.stdout.split("RESULT ")[1])

    ours, theirs = stories(sys.executable, "import jaxnest as nest"), stories(nest_python, "import nest")
    for case, mine, other in zip(CASES, ours, theirs, strict=True):
        assert mine == other, case
        assert other[0] == "NumericalInstability"


@pytest.mark.parametrize("n", [1, 40])
def test_time_stands_where_the_slice_begins_that_went_wrong(n: int) -> None:
    neurons = nest.Create("aeif_cond_exp", n)
    nest.Connect(neurons, neurons, "one_to_one", {"delay": 2.0})
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder, syn_spec={"delay": 2.0})
    generator = nest.Create("step_current_generator")
    generator.set(amplitude_times=[50.0], amplitude_values=[-1e6])
    nest.Connect(generator, neurons[-1], syn_spec={"delay": 2.0})
    with pytest.raises(nest.NESTErrors.NumericalInstability, match=rf"node {n} .*between 52.0 ms and 54.0 ms"):
        nest.Simulate(1000.0)
    assert nest.biological_time == 52.0
    with pytest.raises(nest.NESTErrors.KernelException, match="ResetKernel"):
        nest.Simulate(1.0)


RECORDED = """
import json
{import_}
nest.verbosity = nest.VerbosityLevel.QUIET

def story(order, delay, first):
    nest.ResetKernel()
    make = {{
        "bad": lambda: nest.Create("aeif_cond_alpha", params={{"I_e": 2000.0}}),
        "good": lambda: nest.Create("aeif_psc_exp", params={{"I_e": 3000.0}}),
        "parrot": lambda: nest.Create("parrot_neuron"),
        "generator": lambda: nest.Create("spike_generator", params={{"spike_times": [1.0, 2.4, 3.0, 3.6, 4.2, 5.0]}}),
        "recorder": lambda: nest.Create("spike_recorder"),
        "meter": lambda: nest.Create("multimeter", params={{"record_from": ["V_m"], "interval": 0.3}}),
    }}
    nodes = [(kind, make[kind]()) for kind in order.split()]
    neurons = [node for kind, node in nodes if kind in ("bad", "good", "parrot")]
    for kind, node in nodes:
        for other in neurons:
            if kind == "generator":
                nest.Connect(node, other, syn_spec={{"delay": delay, "weight": 10.0}})
            elif kind == "recorder":
                nest.Connect(other, node, syn_spec={{"delay": delay}})
            elif kind == "meter" and "V_m" in other.get():
                nest.Connect(node, other, syn_spec={{"delay": delay}})
    nest.Simulate(first)
    [node for kind, node in nodes if kind == "bad"][-1].w = 1e7
    try:
        nest.Simulate(10.0)
    except nest.NESTErrors.NumericalInstability:
        pass
    events = [node.events for kind, node in nodes if kind in ("recorder", "meter")]
    told = [nest.biological_time, nest.local_spike_counter]
    return told + [[e["times"].tolist(), e["senders"].tolist()] for e in events]

print("RESULT " + json.dumps([story(*case) for case in {cases}]))
"""


@pytest.mark.nest
def test_what_was_recorded_before_an_instability_is_kept_as_in_nest(nest_python: str) -> None:
    """In the slice that fails, nodes act one after the other up to the one that fails."""
    orders = (
        "generator parrot good bad parrot good recorder meter",
        "meter recorder bad good parrot generator meter bad",
        "good meter bad meter bad parrot generator recorder good",
    )
    cases = [[order, delay, first] for order in orders for delay in (0.5, 2.0) for first in (1.0, 2.0, 2.7)]

    def stories(python: str, import_: str) -> Any:
        code = RECORDED.format(import_=import_, cases=cases)
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=300, check=True)
        return json.loads(done.stdout.split("RESULT ")[1])

    ours, theirs = stories(sys.executable, "import jaxnest as nest"), stories(nest_python, "import nest")
    for case, mine, other in zip(cases, ours, theirs, strict=True):
        assert mine == other, case


def test_models_that_nest_lets_go_on_can_go_on() -> None:
    neuron = nest.Create("iaf_psc_alpha", params={"V_m": float("nan")})
    with pytest.raises(nest.NESTErrors.NumericalInstability):
        nest.Simulate(1.0)
    neuron.V_m = -70.0
    nest.Simulate(1.0)
    assert neuron.V_m == -70.0
    assert nest.biological_time == 2.0
