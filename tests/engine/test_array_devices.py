"""All stimulators act in array operations as in compiled loops: the same spikes, currents and samples."""

from __future__ import annotations

import functools
from typing import Any

import jax
import numpy as np
import pytest

import jaxnest as nest
from jaxnest.engine.accelerated.program import run
from jaxnest.kernel.kernel import kernel
from jaxnest.models.contract import registry
from jaxnest.models.contract.device import Sender

pytestmark = pytest.mark.slow
registry.load_all()

PRECISE = {"poisson_generator_ps"}
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "ac_generator": [{"amplitude": 200.0, "offset": 50.0, "frequency": 80.0, "phase": 20.0, "stop": 17.0}],
    "dc_generator": [{"amplitude": 150.0, "start": 2.0, "stop": 15.0}, {"amplitude": -50.0}],
    "gamma_sup_generator": [{"rate": 40.0, "gamma_shape": 3, "n_proc": 25}, {"rate": 30.0, "n_proc": 900}],
    "inhomogeneous_poisson_generator": [
        {"rate_times": [1.0, 8.0], "rate_values": [9000.0, 200000.0]},
        {"rate_times": [0.1], "rate_values": [2000.0], "start": 3.0},
    ],
    "mip_generator": [{"rate": 3000.0, "p_copy": 0.4}, {"rate": 0.0}],
    "noise_generator": [{"mean": 50.0, "std": 200.0, "std_mod": 50.0, "frequency": 30.0, "dt": 0.5}, {"std": 30.0}],
    "poisson_generator": [{"rate": 4000.0, "start": 3.0, "stop": 18.0}, {"rate": 500000.0}, {"rate": 0.0}],
    "ppd_sup_generator": [
        {"rate": 40.0, "dead_time": 2.0, "n_proc": 50, "frequency": 20.0, "relative_amplitude": 0.5},
        {"rate": 30.0, "n_proc": 600},
    ],
    "pulsepacket_generator": [
        {"activity": 40, "sdev": 1.5, "pulse_times": [3.0, 9.0, 40.0]},
        {"activity": 7, "pulse_times": [5.0]},
    ],
    "sinusoidal_gamma_generator": [{"rate": 900.0, "amplitude": 500.0, "frequency": 50.0, "order": 3.0}],
    "sinusoidal_poisson_generator": [{"rate": 9000.0, "amplitude": 8000.0, "frequency": 50.0}, {"rate": 300000.0}],
    "spike_dilutor": [{"p_copy": 0.4}],
    "spike_generator": [
        {"spike_times": [0.5, 4.0, 4.0, 9.3, 19.0], "spike_weights": [1.0, 2.0, -3.0, 4.0, 0.5], "stop": 15.0},
        {"spike_times": [0.1, 0.2, 4.04, 11.11], "precise_times": True},
        {},
    ],
    "spike_train_injector": [{"spike_times": [0.5, 4.0, 9.3, 19.0], "spike_multiplicities": [1, 3, 1, 2]}, {}],
    "step_current_generator": [
        {"amplitude_times": [1.0, 5.3, 12.0], "amplitude_values": [100.0, -20.0, 300.0], "start": 3.0},
        {},
    ],
    "step_rate_generator": [{"amplitude_times": [1.0, 5.3, 12.0], "amplitude_values": [10.0, -2.0, 3.0]}],
}
SHARED = {"sinusoidal_gamma_generator", "sinusoidal_poisson_generator"}
CASES = [*SETTINGS, *(f"{name} shared" for name in sorted(SHARED))]


def test_all_stimulators_are_compared() -> None:
    senders = {name for name, model in registry.NODE_MODELS.items() if issubclass(model, Sender)}
    assert senders - PRECISE == set(SETTINGS)


def ordered(events: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return events in an order that does not depend on which device acts first."""
    arrays = {k: np.asarray(v) for k, v in events.items()}
    order = np.lexsort((arrays["senders"], arrays["times"]))
    return {k: v[order] for k, v in arrays.items()}


def stimulated(case: str, backend: str, pieces: tuple[float, ...] = (7.5, 6.2, 9.0)) -> dict[str, np.ndarray]:
    """Simulate neurons that a model of devices stimulates."""
    nest.ResetKernel()
    nest.set(rng_type="jax", rng_seed=11, compute_backend=backend)
    model, _, shared = case.partition(" ")
    if shared:
        nest.SetDefaults(model, {"individual_spike_trains": False})
    kind: Any = registry.NODE_MODELS[model]
    devices = nest.Create(model, len(SETTINGS[model]))
    for device, parameters in zip(devices, SETTINGS[model], strict=True):
        device.set(parameters)
    recorders = {}
    if kind.emits == "rates":
        targets = [nest.Create("lin_rate_ipn", 3, {"sigma": 0.0})]
        nest.Connect(devices, targets[0], syn_spec={"synapse_model": "rate_connection_delayed", "weight": 0.5})
        recorded = "rate"
    else:
        targets = [nest.Create("iaf_psc_exp", 4), nest.Create("iaf_cond_exp", 2)]
        recorded = "V_m"
        for neurons, weight in zip(targets, (30.0, 3.0), strict=True):
            nest.Connect(devices, neurons, syn_spec={"weight": weight, "delay": 1.0})
            nest.Connect(devices[0], neurons[:1], syn_spec={"weight": -0.5 * weight, "delay": 1.7})
    if kind.emits == "spikes":
        parrots = nest.Create("parrot_neuron", 3)
        nest.Connect(devices, parrots)
        for name, source in (("direct", devices), ("repeated", parrots)):
            if name == "repeated" or not kind.sends_as_neurons or kind.has_proxies:
                recorders[name] = nest.Create("spike_recorder")
                nest.Connect(source, recorders[name])
    if model == "spike_dilutor":
        nest.Connect(nest.Create("spike_generator", params={"spike_times": [1.0, 1.5, 2.0, 5.0, 9.0]}), devices)
    names = [name for name in kind.recordables if not shared]
    if names:
        recorders["device"] = nest.Create("multimeter", params={"record_from": names, "interval": 0.1})
        nest.Connect(recorders["device"], devices)
    for k, neurons in enumerate(targets):
        recorders[f"target {k}"] = nest.Create("multimeter", params={"record_from": [recorded], "interval": 0.1})
        nest.Connect(recorders[f"target {k}"], neurons)
    for piece in pieces:
        nest.Simulate(piece)
    return {f"{name} {k}": v for name, r in recorders.items() for k, v in ordered(r.events).items()}


@pytest.mark.parametrize("case", CASES)
def test_stimulators_act_as_in_compiled_loops(case: str) -> None:
    expected, found = (stimulated(case, backend) for backend in ("native", "jax"))
    assert set(found) == set(expected)
    for name, values in expected.items():
        assert len(values), name
        np.testing.assert_allclose(found[name], values, rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("case", ["noise_generator", "gamma_sup_generator", "pulsepacket_generator"])
def test_pieces_of_a_run_are_one_run(case: str) -> None:
    whole, again, pieces = (stimulated(case, "jax", cut) for cut in ((20.0,), (20.0,), (3.3, 6.7, 10.0)))
    for name, values in whole.items():
        np.testing.assert_array_equal(again[name], values, err_msg=name)
        if case != "pulsepacket_generator":  # as in NEST, packets near the beginning of a run are drawn anew
            np.testing.assert_allclose(pieces[name], values, rtol=1e-12, err_msg=name)  # and oscillators begin anew


@pytest.mark.parametrize("platform", ["cuda", "tpu"])
def test_programs_lower_for_accelerators(platform: str) -> None:
    nest.set(compute_backend="jax")
    neurons = nest.Create("iaf_psc_exp", 3)
    for model in ("gif_cond_exp", "gif_pop_psc_exp", "pp_psc_delta", "ginzburg_neuron"):
        nest.Create(model)
    for model in sorted(set(SETTINGS) - {"step_rate_generator"}):
        nest.Connect(nest.Create(model, params=SETTINGS[model][0]), neurons)
    nest.Prepare()
    session = kernel.simulation._session
    assert session is not None
    runner = session._runner
    arguments = jax.tree.map(np.asarray, (runner.constant, runner.carry, np.int64(1000)))
    program = jax.jit(functools.partial(run, runner.spec)).trace(*arguments)
    assert "custom_call" not in program.lower(lowering_platforms=(platform,)).as_text()
