"""Results depend neither on how a duration is cut into runs nor on what ran before, and memory does not grow."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest.models.contract import registry
from nest_reference import model_cases
from validation import models

NEURONS = [name for name in models.available(["*"]) if name in registry.NODE_MODELS]
SOME = ("iaf_psc_alpha", "iaf_cond_exp", "parrot_neuron")
"""Models of several kinds, for what need not be shown for each."""
PIECES = [13.0, 0.1, 24.9, 0.3, 61.7]


def run(name: str, runs: list[float] | None = None) -> dict[str, np.ndarray]:
    """Run the first recorded description of a model, if need be in other pieces."""
    description = models.load(name)[0][0]
    return model_cases.simulate(nest, description | {"runs": runs or [100.0]})


def assert_equal(a: dict[str, Any], b: dict[str, Any], calcium: float = 0.0) -> None:
    assert a.keys() == b.keys()
    for key, values in a.items():
        if key == "final Ca":
            np.testing.assert_allclose(b[key], values, rtol=calcium)
        else:
            np.testing.assert_array_equal(b[key], values, err_msg=key)


@pytest.mark.parametrize("name", [n if n in SOME else pytest.param(n, marks=pytest.mark.slow) for n in NEURONS])
def test_a_run_may_be_cut_into_pieces(name: str) -> None:
    """As in NEST the calcium trace is computed up to the end of each run, which costs a last digit."""
    if "noise" in models.load(name)[0][0]["record_from"]:
        pytest.skip("NEST, too, draws the noise of rates anew for each part of a slice")
    if registry.NODE_MODELS[name].forgets_inputs:
        pytest.skip("NEST, too, loses what is on its way to these neurons between two runs")
    assert_equal(run(name), run(name, PIECES), calcium=1e-14)


def test_what_ran_before_does_not_matter() -> None:
    first = {name: run(name) for name in SOME}
    nest.ResetKernel()
    nest.set(resolution=0.5, local_num_threads=3, rng_seed=77)
    nest.SetDefaults("iaf_psc_alpha", {"tau_m": 3.0})
    nest.CopyModel("stdp_synapse", "mine", {"lambda": 0.3})
    nest.Connect(nest.Create("poisson_generator", params={"rate": 1e5}), nest.Create("iaf_psc_alpha", 5))
    nest.Simulate(20.0)
    for name in reversed(SOME):
        assert_equal(first[name], run(name))


def resident_memory() -> int:
    """Return the memory of this process in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not tell how much memory is used")
@pytest.mark.parametrize("backend", ["native"])
def test_memory_does_not_grow_with_the_number_of_runs(backend: str) -> None:
    nest.compute_backend = backend
    neurons = nest.Create("iaf_psc_alpha", 10, {"I_e": 200.0})
    nest.Connect(nest.Create("poisson_generator", params={"rate": 100.0}), neurons)
    nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 2}, {"synapse_model": "stdp_synapse"})
    sizes = []
    for _ in range(4):
        for _ in range(250):
            nest.Simulate(0.4)
        sizes.append(resident_memory())
    assert sizes[-1] - sizes[0] < 12e6


def parrots() -> tuple[Any, Any, Any]:
    generator = nest.Create("spike_generator", params={"spike_times": [1.0, 4.0, 7.0, 10.0, 13.0, 16.0]})
    neurons, recorder = nest.Create("parrot_neuron", 2), nest.Create("spike_recorder")
    nest.Connect(generator, neurons)
    nest.Connect(neurons, recorder)
    return generator, neurons, recorder


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("found", [False, True])
def test_connections_between_prepare_and_cleanup(found: bool, threads: int) -> None:
    """In NEST those between neurons have an effect as soon as GetConnections or Prepare have sorted them."""
    nest.set(local_num_threads=threads)
    _, neurons, recorder = parrots()
    nest.Prepare()
    nest.Connect(neurons[0], neurons[1])
    if found:
        nest.GetConnections()
    nest.Run(10.0)
    nest.Cleanup()
    of_second = sorted(recorder.events["times"][recorder.events["senders"] == 3].tolist())
    assert of_second == ([2.0, 3.0, 5.0, 6.0, 8.0, 9.0] if found else [2.0, 5.0, 8.0])
    nest.Simulate(5.0)
    assert set(recorder.events["times"].tolist()) >= {11.0, 12.0, 14.0, 15.0}


def test_devices_between_prepare_and_cleanup() -> None:
    """Connections from devices have an effect at once; new nodes take part when a run is prepared again."""
    generator, neurons, recorder = parrots()
    with nest.RunManager():
        nest.Run(5.0)
        nest.Connect(generator, neurons)
        late = nest.Create("parrot_neuron", 3)
        nest.Connect(neurons, late)
        nest.Connect(late, recorder)
        nest.Run(5.0)
    assert np.unique(recorder.events["times"], return_counts=True)[1].tolist() == [2, 2, 4]
    nest.Simulate(5.0)
    assert set(recorder.events["senders"].tolist()) == {2, 3, *late.tolist()}


def test_a_run_is_prepared_even_if_files_cannot_be_opened(tmp_path: Path) -> None:
    def build() -> None:
        nest.ResetKernel()
        nest.data_path = str(tmp_path)
        recorder = nest.Create("spike_recorder", params={"record_to": "ascii"})
        nest.Connect(nest.Create("iaf_psc_alpha"), recorder)

    build()
    nest.Simulate(1.0)
    build()
    with pytest.raises(nest.NESTErrors.IOError, match="already exists"):
        nest.Simulate(1.0)
    with pytest.raises(nest.NESTErrors.KernelException, match="Prepare called twice"):
        nest.Simulate(1.0)
    nest.Cleanup()
    nest.overwrite_files = True
    nest.Simulate(1.0)
