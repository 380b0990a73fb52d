"""Stimulators, detectors and stochastic neurons against what NEST made of the same simulations."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from nest_reference.simulations import devices as cases
from nest_reference.simulations import run

from .conftest import REFERENCE


def load(folder: Path, seed: int) -> Mapping[str, np.ndarray]:
    with np.load(folder / f"seed_{seed}.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="session", params=[0, 4000, pytest.param("live", marks=pytest.mark.nest)])
def recording(
    request: pytest.FixtureRequest, record: Callable[[str, int], Path], live_seed: Callable[[str, int], int]
) -> Any:
    """Seed and results of NEST: kept with the source, or made now with a seed of its own."""
    if request.param != "live":
        return request.param, load(REFERENCE / "devices", request.param)
    seed = live_seed("devices", 2**31 - 1)
    return seed, load(record("devices", seed), seed)


def compare(name: str, recording: tuple[int, Mapping[str, np.ndarray]], backend: str) -> None:
    seed, recorded = recording
    found = run(nest, cases.CASES[name], seed, compute_backend=backend)
    expected = {k.removeprefix(f"{name}/"): v for k, v in recorded.items() if k.startswith(f"{name}/")}
    assert found.keys() == expected.keys()
    for key, values in expected.items():
        assert found[key].dtype == values.dtype, key
        np.testing.assert_array_equal(found[key], values, err_msg=key)


@pytest.mark.parametrize("name", cases.CASES)
def test_native_back_end_equals_nest(name: str, recording: Any) -> None:
    compare(name, recording, "native")


def test_defaults() -> None:
    recorded = json.loads((REFERENCE / "devices" / "defaults.json").read_text(encoding="utf-8"))
    assert cases.all_defaults(nest) == recorded


@pytest.mark.parametrize("number", range(len(cases.MISTAKES)))
def test_mistakes(number: int) -> None:
    name, text = json.loads((REFERENCE / "devices" / "mistakes.json").read_text(encoding="utf-8"))[number]
    model, parameters = cases.MISTAKES[number]
    with pytest.raises(Exception) as error:
        nest.Create(model, params=parameters)
    assert type(error.value).__name__ == name
    if name == "BadProperty":
        assert text.rstrip(".") in str(error.value)


def test_dilutor_wants_one_thread() -> None:
    """It can be created and connected, as in NEST."""
    nest.local_num_threads = 2
    nest.Connect(nest.Create("spike_dilutor"), nest.Create("parrot_neuron"))
    for _ in range(2):
        with pytest.raises(nest.NESTErrors.KernelException, match="cannot be used with multiple threads"):
            nest.Simulate(1.0)
        with pytest.raises(nest.NESTErrors.KernelException):
            nest.Cleanup()
    nest.ResetKernel()
    nest.Simulate(1.0)


def test_bins_follow_the_resolution() -> None:
    nest.resolution = 0.2
    assert nest.GetDefaults("correlation_detector")["delta_tau"] == 1.0
    assert nest.GetDefaults("correlospinmatrix_detector")["delta_tau"] == 0.2


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("iaf_psc_alpha", "spin_detector"),
        ("poisson_generator", "correlospinmatrix_detector"),
        ("step_rate_generator", "iaf_psc_alpha"),
        ("iaf_psc_alpha", "spike_train_injector"),
        ("multimeter", "correlation_detector"),
    ],
)
def test_connections_that_make_no_sense(source: str, target: str) -> None:
    with pytest.raises(nest.NESTErrors.IllegalConnection):
        nest.Connect(nest.Create(source), nest.Create(target))


def test_currents_of_noise_cannot_be_recorded_from_several_threads() -> None:
    nest.local_num_threads = 2
    meter = nest.Create("multimeter", params={"record_from": ["I"]})
    with pytest.raises(nest.NESTErrors.KernelException, match="only possible in single-threaded mode"):
        nest.Connect(meter, nest.Create("noise_generator"))


def test_binary_neurons_have_to_know_their_senders() -> None:
    nest.keep_source_table = False
    nest.Connect(nest.Create("ginzburg_neuron"), nest.Create("mcculloch_pitts_neuron"))
    with pytest.raises(nest.NESTErrors.KernelException, match="keep_source_table"):
        nest.Simulate(1.0)
    nest.keep_source_table = True
    nest.Simulate(1.0)
