"""Networks without compiled loops: the same numbers as with them, and programs that could run on a GPU."""

from __future__ import annotations

import functools
from typing import Any

import jax
import numpy as np
import pytest

import jaxnest as nest
from jaxnest.engine.accelerated.program import run
from jaxnest.kernel.kernel import kernel

pytestmark = pytest.mark.slow

STIMULI = {
    "poisson_generator": [{"rate": 4000.0, "start": 3.0, "stop": 18.0}, {"rate": 500000.0}, {"rate": 0.0}],
    "dc_generator": [{"amplitude": 150.0, "start": 2.0, "stop": 15.0}, {"amplitude": -50.0}],
    "ac_generator": [{"amplitude": 200.0, "offset": 50.0, "frequency": 80.0, "phase": 20.0, "stop": 17.0}],
    "step_current_generator": [
        {"amplitude_times": [1.0, 5.3, 12.0], "amplitude_values": [100.0, -20.0, 300.0], "start": 3.0},
        {"amplitude_times": [0.1], "amplitude_values": [70.0]},
        {},
    ],
    "spike_generator": [
        {
            "spike_times": [0.5, 4.0, 4.0, 9.3, 19.0],
            "spike_weights": [1.0, 2.0, -3.0, 4.0, 0.5],
            "spike_multiplicities": [1, 2, 1, 3, 1],
            "stop": 15.0,
        },
        {"spike_times": [0.1, 0.2, 4.04, 11.11], "precise_times": True},
        {},
    ],
}


@pytest.fixture(autouse=True)
def keyed() -> None:
    nest.rng_type = "jax"


def simulated(simulate: Any, backend: str, *arguments: Any) -> dict[str, np.ndarray]:
    nest.ResetKernel()
    nest.rng_type, nest.compute_backend = "jax", backend
    return simulate(*arguments)


def assert_same(simulate: Any, *arguments: Any) -> None:
    expected, found = (simulated(simulate, backend, *arguments) for backend in ("native", "jax"))
    assert set(found) == set(expected)
    for name, values in expected.items():
        assert len(values), name
        np.testing.assert_allclose(found[name], values, rtol=1e-9, atol=1e-9, err_msg=name)


def events(**recorders: Any) -> dict[str, np.ndarray]:
    return {f"{name} {k}": np.asarray(v) for name, r in recorders.items() for k, v in r.events.items()}


def stimulated(model: str, target: str, threads: int) -> dict[str, np.ndarray]:
    """Neurons with devices of one model; runs end within slices, and a device and a weight change between them."""
    nest.local_num_threads = threads
    neurons = nest.Create(target, 9)
    parrots = nest.Create("parrot_neuron", 2)
    settings = STIMULI[model]
    devices = nest.Create(model, len(settings))
    for device, parameters in zip(devices, settings, strict=True):
        if parameters:
            device.set(**parameters)
    nest.Connect(devices, neurons[:7], syn_spec={"weight": 3.0, "delay": 1.0})
    nest.Connect(devices[0], neurons[2:], syn_spec={"weight": -2.0, "delay": 1.7})
    meters = {"voltage": nest.Create("voltmeter", params={"interval": 0.1})}
    nest.Connect(meters["voltage"], neurons)
    if model in ("poisson_generator", "spike_generator"):
        nest.Connect(devices, parrots)
        meters |= {"direct": nest.Create("spike_recorder"), "repeated": nest.Create("spike_recorder")}
        nest.Connect(devices, meters["direct"])
        nest.Connect(parrots, meters["repeated"])
    elif threads == 1:
        meters["current"] = nest.Create("multimeter", params={"record_from": ["I"], "interval": 0.1})
        nest.Connect(meters["current"], devices)
    nest.Simulate(7.5)
    devices[0].set({"poisson_generator": {"rate": 9000.0}}.get(model, {"stop": 16.0}))
    nest.GetConnections(devices).weight = 2.5
    nest.Simulate(6.2)
    nest.Simulate(9.0)
    return events(**meters)


@pytest.mark.parametrize("model", STIMULI)
@pytest.mark.parametrize("target", ["iaf_psc_exp", "iaf_cond_exp"])
def test_stimulators(model: str, target: str) -> None:
    assert_same(stimulated, model, target, 1)


def test_stimulators_in_threads() -> None:
    assert_same(stimulated, "poisson_generator", "iaf_psc_delta", 2)


def brunel(model: str) -> dict[str, np.ndarray]:
    """A small balanced network."""
    neurons = nest.Create(model, 125, {"V_th": -62.0})
    noise = nest.Create("poisson_generator", params={"rate": 9000.0})
    spikes, meter = nest.Create("spike_recorder"), nest.Create("multimeter", params={"record_from": ["V_m"]})
    strength = {"iaf_psc_delta": 0.3}.get(model, 40.0)
    nest.Connect(noise, neurons, syn_spec={"weight": strength, "delay": 1.5})
    rule = {"rule": "fixed_indegree", "indegree": 10}
    nest.Connect(neurons[:100], neurons, rule, {"weight": strength, "delay": 1.5})
    nest.Connect(neurons[100:], neurons, rule | {"indegree": 3}, {"weight": -4.0 * strength, "delay": 1.5})
    nest.Connect(neurons[:60], spikes)
    nest.Connect(meter, neurons[:5])
    nest.Simulate(50.0)
    return events(spikes=spikes, meter=meter)


@pytest.mark.parametrize("model", ["iaf_psc_alpha", "iaf_psc_exp", "iaf_psc_delta"])
def test_balanced_networks(model: str) -> None:
    assert_same(brunel, model)


def growing() -> dict[str, np.ndarray]:
    """Spikes are under way when the network changes, within a slice and between two."""
    spikes = nest.Create("spike_recorder")
    source = nest.Create("spike_generator", params={"spike_times": [k / 10 for k in range(5, 200, 7)]})
    parrots = nest.Create("parrot_neuron", 4)
    nest.Connect(source, parrots[:2], syn_spec={"delay": 1.0})
    nest.Connect(parrots[:2], parrots[2:], "one_to_one", {"delay": [1.0, 2.5]})
    nest.Connect(parrots, spikes)
    nest.Simulate(6.0)
    nest.Connect(parrots[0], parrots[3], syn_spec={"delay": 1.3})
    nest.Simulate(4.4)
    more = nest.Create("parrot_neuron", 2)
    nest.Connect(parrots[3], more, syn_spec={"delay": 1.0})
    nest.Connect(more, spikes)
    nest.Simulate(9.6)
    return events(spikes=spikes)


@pytest.mark.parametrize("threads", [1, 2])
def test_spikes_under_way_survive_changes(threads: int) -> None:
    def simulate() -> dict[str, np.ndarray]:
        nest.local_num_threads = threads
        return growing()

    assert_same(simulate)


def ragged() -> dict[str, np.ndarray]:
    """Sources with very different numbers of connections, weights that differ within groups, and two synapse models."""
    nest.CopyModel("static_synapse", "other", {"weight": 7.0, "delay": 2.0})
    source = nest.Create("poisson_generator", params={"rate": 100.0})
    parrots, neurons = nest.Create("parrot_neuron", 5), nest.Create("iaf_psc_exp", 400)
    meter = nest.Create("voltmeter", params={"interval": 0.5})
    nest.Connect(source, parrots)
    weights = nest.random.uniform(-3.0, 3.0)
    for k, n in enumerate((1, 30, 64, 400)):
        nest.Connect(parrots[k], neurons[:n], syn_spec={"weight": weights, "delay": 1.0 + k / 10})
        nest.Connect(parrots[k], neurons[-n:], syn_spec="other")
    nest.Connect(meter, neurons[::10])
    nest.Simulate(40.0)
    return events(meter=meter)


def test_ragged_connections() -> None:
    assert_same(ragged)


def test_calcium_traces() -> None:
    def simulate() -> dict[str, np.ndarray]:
        times = {"spike_times": [1.0, 3.0], "spike_multiplicities": [3, 1]}
        parrot = nest.Create("parrot_neuron", params={"tau_Ca": 50.0, "beta_Ca": 0.1})
        nest.Connect(nest.Create("spike_generator", params=times), parrot)
        nest.Simulate(10.0)
        return {"Ca": np.array([parrot.Ca])}

    assert_same(simulate)


@pytest.mark.parametrize("platform", ["cuda", "tpu"])
def test_programs_lower_for_accelerators(platform: str) -> None:
    nest.compute_backend = "jax"
    for model, settings in STIMULI.items():
        nest.Connect(nest.Create(model, params=settings[0]), nest.Create("iaf_psc_exp", 3))
    pair = nest.Create("hh_psc_alpha_gap", 2)
    nest.Connect(pair[0], pair[1], {"rule": "one_to_one", "make_symmetric": True}, "gap_junction")
    brunel("iaf_psc_alpha")
    session = kernel.simulation._session
    assert session is not None
    runner = session._runner
    arguments = jax.tree.map(np.asarray, (runner.constant, runner.carry, np.int64(1000)))
    program = jax.jit(functools.partial(run, runner.spec)).trace(*arguments)
    text = program.lower(lowering_platforms=(platform,)).as_text()
    assert "stablehlo.while" in text
    assert "custom_call" not in text


@pytest.mark.parametrize(
    ("stimulator", "neuron", "name"),
    [
        ("poisson_generator", "iaf_psc_exp", "poisson_generator"),
        ("mip_generator", "iaf_psc_exp", "mip_generator"),
        ("dc_generator", "gif_psc_exp", "gif_psc_exp"),
    ],
)
def test_draws_in_an_order_are_refused(stimulator: str, neuron: str, name: str) -> None:
    nest.set(compute_backend="jax", rng_type="Philox_32")
    nest.Connect(nest.Create(stimulator), nest.Create(neuron))
    with pytest.raises(nest.NESTErrors.NotImplemented, match=f"{name} draws random numbers.*'Philox_32'.*'jax'"):
        nest.Simulate(1.0)
