"""Voltage-dependent synapses: the same weights, states and spikes as NEST."""

from __future__ import annotations

import json
import runpy
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest

REFERENCE = Path(__file__).parents[2] / "nest_reference"
SCRIPT = REFERENCE / "record_voltage_synapses.py"
CASES = runpy.run_path(str(Path(__file__).parents[1] / "live" / "voltage_cases.py"))
TOLERANCE = 1e-9
EXACT = ("times", "senders", "targets", "ports", "receptors", "archiver_length")


@pytest.fixture(scope="module", params=["recorded", pytest.param("live", marks=pytest.mark.nest)])
def recording(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, live_seed: Callable[[str, int], int]
) -> Path:
    """Where NEST's results are: kept with the source, or made now with a seed of its own."""
    if request.param == "recorded":
        return REFERENCE / "voltage_synapses"
    folder = tmp_path_factory.mktemp("nest")
    seed = str(live_seed("voltage synapses", 2**16))
    command = [request.getfixturevalue("nest_python"), str(SCRIPT), str(folder), "--seed", seed]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture(autouse=True)
def empty_kernel() -> Iterator[None]:
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    yield
    nest.ResetKernel()


@pytest.mark.parametrize("backend", ["strict", "xla"])
@pytest.mark.parametrize("name", CASES["CASES"])
def test_agrees_with_nest(recording: Path, name: str, backend: str) -> None:
    case = CASES["CASES"][name]
    nest.compute_backend = backend
    seed = json.loads((recording / "provenance.json").read_text())["seed"]
    case.__globals__["SEED"] = seed
    got: dict[str, Any] = case(nest)
    with np.load(recording / f"{name}.npz") as expected:
        assert sorted(got) == sorted(expected)
        for key, values in expected.items():
            if backend == "strict" or key.endswith(EXACT):
                np.testing.assert_array_equal(got[key], values, err_msg=f"{key}, seed {seed}")
            else:
                np.testing.assert_allclose(got[key], values, rtol=TOLERANCE, atol=1e-12, err_msg=f"{key}, seed {seed}")


def test_signs() -> None:
    source, target = nest.Create("parrot_neuron"), nest.Create("aeif_psc_delta_clopath")
    for values, message in (
        ({"weight": -1.0, "Wmin": 0.0}, "Weight and Wmin must have same sign"),
        ({"weight": -1.0, "Wmin": -1.0}, "Weight and Wmax must have same sign"),
        ({"weight": 1.0, "Wmax": 0.0}, "Weight and Wmax must have same sign"),
    ):
        with pytest.raises(nest.NESTErrors.BadProperty, match=message):
            nest.Connect(source, target, syn_spec={"synapse_model": "clopath_synapse", **values})
    nest.Connect(source, target, syn_spec={"synapse_model": "clopath_synapse", "weight": -1.0})


def test_target_without_history_of_its_potential() -> None:
    neurons = nest.Create("iaf_psc_alpha", 2)
    with pytest.raises(nest.NESTErrors.NotImplemented, match="not supported by the neuron model"):
        nest.Connect(neurons, neurons, syn_spec="clopath_synapse")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("u_ref_squared", 0.0, "u_ref_squared > 0"),
        ("t_clamp", -1.0, "t_clamp >= 0"),
        ("tau_z", 0.0, "time constants must be strictly positive"),
        ("V_th_max", -60.0, "V_th_max >= V_th_rest"),
        ("V_peak", -55.0, "V_peak >= V_th_rest"),
        ("V_reset", 40.0, "V_reset < V_peak"),
        ("Delta_T", 0.01, "overflow"),
    ],
)
def test_bounds(name: str, value: float, message: str) -> None:
    neuron = nest.Create("aeif_psc_delta_clopath")
    with pytest.raises(nest.NESTErrors.BadProperty, match=message):
        neuron.set({name: value})


def test_history_grows_with_what_nobody_reads() -> None:
    """Potentiations pile up while the source is silent, in both back ends alike."""
    weights = []
    for backend in ("strict", "xla"):
        nest.ResetKernel()
        nest.compute_backend = backend
        neuron = nest.Create("hh_psc_alpha_clopath", params={"theta_plus": -80.0, "theta_minus": -90.0})
        source = nest.Create("spike_generator", params={"spike_times": [5.0, 900.0, 950.0]})
        silent = nest.Create("parrot_neuron")
        nest.Connect(source, silent)
        spec = {"synapse_model": "clopath_synapse", "weight": 10.0, "Wmax": 1e9, "tau_x": 1000.0}
        nest.Connect(silent, neuron, syn_spec=spec)
        nest.Simulate(1000.0)
        weights.append(nest.GetConnections(silent).get("weight"))
    assert weights[0] > 10.0
    assert weights[0] == pytest.approx(weights[1], rel=1e-9)


def test_operations_exist_in_compiled_code_only() -> None:
    from jaxnest.models import voltage_history as voltages

    for operation in (voltages.potentiations, voltages.time, voltages.amount, voltages.depression):
        with pytest.raises(TypeError, match="compiled code"):
            operation(None, *([0] * (operation.__code__.co_argcount - 1)))
