"""Neurons that are advanced in blocks come to the same digits as those that are advanced one by one."""

from __future__ import annotations

import math
import re
from types import SimpleNamespace
from typing import Any, cast

import numba
import numpy as np
import pytest

import jaxnest as nest
from jaxnest.compile import compiler
from jaxnest.compile.operations import Operation
from jaxnest.engine.functions import vector_ops
from jaxnest.kernel.kernel import kernel
from jaxnest.models.contract import registry
from jaxnest.models.contract.base import Neuron
from jaxnest.models.contract.state import of_model

registry.load_all()
MODELS = sorted(name for name, m in registry.NODE_MODELS.items() if issubclass(m, Neuron) and m.side_by_side)
N = 37
"""Not a multiple of the neurons in a block."""


def run(model: str) -> dict[str, np.ndarray]:
    """Simulate neurons that differ and get noise; return spikes, samples and states."""
    nest.ResetKernel()
    nest.rng_seed = 7
    neurons = nest.Create(model, N)
    if "I_e" in neurons[0].get():
        neurons.I_e = nest.random.uniform(100.0, 700.0)
    excitatory, inhibitory = nest.Create("poisson_generator", 2, [{"rate": 4000.0}, {"rate": 1000.0}])
    if model == "ignore_and_fire":
        neurons.set(phase=nest.random.uniform(0.01, 1.0), rate=nest.random.uniform(50.0, 200.0))
    jumps = {"aeif_psc_delta", "aeif_psc_delta_clopath", "iaf_psc_delta", "izhikevich"}
    strength = 4.0 if "cond" in model else 0.5 if model in jumps else 20.0
    nest.Connect(excitatory, neurons, syn_spec={"weight": strength, "delay": 1.5})
    nest.Connect(inhibitory, neurons, syn_spec={"weight": -strength, "delay": 1.5})
    nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 3}, {"weight": strength, "delay": 1.5})
    sampled = ["V_m"] if "V_m" in registry.NODE_MODELS[model].recordables else []
    recorder, meter = nest.Create("spike_recorder"), nest.Create("multimeter", params={"record_from": sampled})
    nest.Connect(neurons, recorder)
    if sampled:
        nest.Connect(meter, neurons[3:20])
    nest.Simulate(17.3)
    nest.Simulate(12.4)
    store = kernel.nodes.stores[registry.NODE_MODELS[model]]
    kernel.simulation.bring_state_home()
    states = {name: np.array(store.columns[name]) for name in registry.NODE_MODELS[model].dynamic}
    return states | {
        "times": recorder.events["times"],
        "senders": recorder.events["senders"],
        **{f"sampled {name}": meter.events[name] for name in sampled},
    }


@pytest.mark.parametrize("model", MODELS)
def test_digits_are_those_of_single_neurons(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = run(model)
    monkeypatch.setattr(registry.NODE_MODELS[model], "side_by_side", False)
    single = run(model)
    assert len(single["times"])
    assert len(np.unique(single.get("sampled V_m", single["times"]))) > N
    for name, values in single.items():
        if name != "integration_step":  # only its effect counts
            np.testing.assert_array_equal(vectors[name], values, name)


def test_frozen_neurons_and_switches_change_how_neurons_are_advanced(monkeypatch: pytest.MonkeyPatch) -> None:
    def potentials() -> Any:
        nest.ResetKernel()
        nest.rng_seed = 3
        neurons = nest.Create("iaf_psc_delta", 20, {"I_e": 500.0, "t_ref": 5.0})
        noise = nest.Create("poisson_generator", params={"rate": 3000.0})
        nest.Connect(noise, neurons, syn_spec={"weight": 0.5})
        nest.Simulate(30.0)
        neurons[:4].refractory_input = True
        nest.Simulate(30.0)
        neurons.refractory_input = False
        neurons[3:5].frozen = True
        nest.Simulate(30.0)
        return neurons.V_m

    blocks = potentials()
    monkeypatch.setattr(registry.NODE_MODELS["iaf_psc_delta"], "side_by_side", False)
    assert potentials() == blocks


ECHOING = [name for name in MODELS if cast(Any, registry.NODE_MODELS[name]).echoes]


class Halves:
    """Everything is one half."""

    def __getattr__(self, name: str) -> float:
        return 0.5


@pytest.mark.parametrize("model", ECHOING)
def test_states_that_echo_currents_are_what_came_in(model: str) -> None:
    kind: Any = registry.NODE_MODELS[model]
    inputs = {name: 10.0 + k for k, name in enumerate(kind.inputs(0))}
    new, _ = of_model(kind, kind.update)(Halves(), Halves(), SimpleNamespace(**inputs))
    found = dict(zip(kind.dynamic, new, strict=True))
    assert {name: found[name] for name in kind.echoes} == {name: inputs[c] for name, c in kind.echoes.items()}


@pytest.mark.parametrize("model", ECHOING)
@pytest.mark.parametrize("threads", [1, 2])
def test_currents_that_come_and_go_are_noticed(model: str, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    kind: Any = registry.NODE_MODELS[model]
    receptors = kind.current_receptors

    def recorded() -> tuple[Any, ...]:
        nest.ResetKernel()
        nest.set(rng_seed=3, local_num_threads=threads)
        nest.set(min_delay=1.0, max_delay=3.0)
        neurons = nest.Create(model, 40, {"I_e": nest.random.uniform(100.0, 300.0)})
        nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 2}, {"weight": 1.0, "delay": 1.0})
        meter = nest.Create("voltmeter", params={"interval": 0.1})
        nest.Connect(meter, neurons)
        nest.Simulate(5.0)
        step, wave = nest.Create("dc_generator", params={"amplitude": 150.0}), nest.Create("ac_generator")
        wave.set(amplitude=90.0, frequency=100.0)
        for receptor in receptors:
            spec = {"weight": 1.0, "delay": 2.0, "receptor_type": receptor}
            nest.Connect(step, neurons[:20], syn_spec=spec)
            nest.Connect(wave, neurons[17:35], syn_spec=spec)
        nest.Simulate(4.3)
        step.amplitude = 0.0  # what is on its way arrives
        nest.Simulate(3.0)
        wave.amplitude = 0.0
        nest.Simulate(0.1)
        nest.Simulate(5.0)
        order = np.lexsort([meter.events["senders"], meter.events["times"]])
        return meter.events["times"][order], meter.events["V_m"][order]

    blocks = recorded()
    monkeypatch.setattr(kind, "side_by_side", False)
    for mine, single in zip(blocks, recorded(), strict=True):
        np.testing.assert_array_equal(mine, single)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["hh_psc_alpha", "hh_cond_exp_traub", "aeif_cond_exp"])
def test_equations_become_vector_instructions(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All exponentials of a block are computed side by side."""
    texts: list[str] = []
    finish = compiler._Object._optimize_final_module

    def noted(library: Any) -> None:
        finish(library)
        texts.append(str(library._final_module))

    nest.Create(model, 20)
    nest.Simulate(1.0)
    session = kernel.simulation._session
    assert session is not None
    loop: Operation = session._runner.neurons[0][0].operation
    monkeypatch.setattr(compiler, "keep", lambda file, kept: None)
    monkeypatch.setattr(compiler._Object, "_optimize_final_module", noted)
    compiler.translate(loop.body(), model, model, tuple(loop.kinds.values()), "", "")
    assert len(re.findall(r"<\d+ x double> @llvm\.fmuladd", texts[0])) > 20
    assert "call double @llvm.fmuladd" not in texts[0]


@numba.njit(error_model="numpy")
def exponentials(x: np.ndarray, results: np.ndarray) -> None:
    for i in range(len(x)):
        results[i] = vector_ops.exp(x[i])


def test_exponential_function() -> None:
    x = np.concatenate([np.random.default_rng(5).uniform(-600.0, 600.0, 20_000), np.linspace(-1.0, 1.0, 20_001)])
    results = np.empty_like(x)
    exponentials(x, results)
    np.testing.assert_array_max_ulp(results, np.array([math.exp(a) for a in x]), 1)
    edges = np.array([np.nan, np.inf, -np.inf, 0.0, 1000.0, -1000.0])
    results = np.empty_like(edges)
    exponentials(edges, results)
    np.testing.assert_array_equal(results, [np.nan, np.inf, 0.0, 1.0, np.inf, 0.0])
