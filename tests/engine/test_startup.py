"""What a small script needs not wait for, and what it needs no memory for."""

from __future__ import annotations

import pytest

from .conftest import Python

HEAVY = ("jax", "pandas", "matplotlib", "brainunit", "brainevent", "tqdm")

ONE_NEURON = """
import sys
import jaxnest as nest
nest.ResetKernel()
neuron = nest.Create("iaf_psc_alpha")
voltmeter = nest.Create("voltmeter")
neuron.I_e = 376.0
nest.Connect(voltmeter, neuron)
nest.Simulate(1000.0)
assert len(voltmeter.events["V_m"]) == 999
"""


def test_one_neuron_imports_nothing_heavy(python: Python) -> None:
    result = python(ONE_NEURON + f"print([name for name in {HEAVY} if name in sys.modules])")
    assert (result.stderr, result.stdout.splitlines()[-1:]) == ("", ["[]"])


def test_import_brings_no_compiler(python: Python) -> None:
    result = python(f"import sys, jaxnest; print([name for name in ('numba', *{HEAVY}) if name in sys.modules])")
    assert (result.stderr, result.stdout) == ("", "[]\n")


NETWORK = """
import sys
import jaxnest as nest
neurons = nest.Create("iaf_psc_alpha", 20)
noise = nest.Create("poisson_generator", params={"rate": 9000.0})
recorder = nest.Create("spike_recorder")
nest.Connect(noise, neurons, syn_spec={"weight": 90.0})
plastic = {"synapse_model": "stdp_synapse", "weight": nest.random.uniform(1.0, 90.0)}
nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 3}, plastic)
nest.Connect(neurons, recorder)
nest.Simulate(100.0)
assert recorder.n_events
"""


ALLOCATING = """
import sys
import jaxnest as nest
nest.Create("gif_psc_exp", 5, {"I_e": 600.0})
neurons = nest.Create("siegert_neuron", 2)
nest.Connect(neurons, neurons, syn_spec={"synapse_model": "diffusion_connection"})
nest.Simulate(100.0)
assert nest.local_spike_counter
"""
"""Neurons whose function makes vectors."""

DRAWING = """
import sys
import jaxnest as nest
nest.Create("gif_pop_psc_exp")
nest.Create("lin_rate_ipn", 2)
for model in ("gamma_sup_generator", "sinusoidal_gamma_generator", "sinusoidal_poisson_generator", "mip_generator"):
    nest.Connect(nest.Create(model, params={"rate": 100.0}), nest.Create("iaf_psc_alpha"))
nest.Simulate(10.0)
"""
"""Nodes with distribution objects, and with vectors whose users are counted."""

MANY_CONNECTIONS = NETWORK.replace('"indegree": 3', '"indegree": 300')


@pytest.mark.parametrize("script", [ONE_NEURON, NETWORK, ALLOCATING, DRAWING, MANY_CONNECTIONS])
def test_machine_code_that_was_kept_needs_no_compiler(python: Python, script: str) -> None:
    python(script)
    result = python(script + "print('numba' in sys.modules)")
    assert (result.stderr, result.stdout.splitlines()[-1:]) == ("", ["False"])


LEARNING = """
import sys
import numpy as np
import jaxnest as nest
np.random.seed(1)
state = np.random.get_state()[1].tolist(), np.random.get_state()[2]
neurons = nest.Create("eprop_iaf_bsshslm_2020", 2)
nest.Connect(neurons, neurons, syn_spec={"synapse_model": "eprop_synapse_bsshslm_2020", "delay": nest.resolution})
"""


@pytest.mark.parametrize("backend", ["native", "jax"])
def test_random_numbers_of_numpy_are_left_to_the_script(python: Python, backend: str) -> None:
    script = LEARNING if backend == "native" else LEARNING.replace("eprop_iaf_bsshslm_2020", "iaf_psc_alpha")
    lines = script.splitlines()[: None if backend == "native" else -1]
    run = [f"nest.compute_backend = '{backend}'", "nest.Simulate(1.0)"] if backend == "jax" else []
    check = "print(state == (np.random.get_state()[1].tolist(), np.random.get_state()[2]), 'jax' in sys.modules)"
    result = python("\n".join([*lines, *run, check]))
    assert result.stdout.splitlines()[-1:] == [f"True {backend == 'jax'}"]
