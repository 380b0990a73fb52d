"""States that follow from the source's spikes: stored once for the connections of a source, without any difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest.kernel.kernel import kernel
from jaxnest.models.contract import registry

registry.load_all()
MODELS = sorted({m.dynamics for m in registry.SYNAPSE_MODELS.values() if m.source_states})


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let every connection have states of its own, from the call on."""

    def nothing_is_alike(values: np.ndarray, row: np.ndarray, n: int) -> np.ndarray:
        return np.zeros(len(row), np.bool_)

    return lambda: monkeypatch.setattr("jaxnest.engine.spikes.delivery_loops.all_alike", nothing_is_alike)


def build(model: str, delays: list[float]) -> Any:
    """Connect two sources with neurons that spike, several times, and return the connections."""
    sources = nest.Create("parrot_neuron", 2)
    kind = "hh_psc_alpha_clopath" if registry.SYNAPSE_MODELS[model].needs_voltages else "iaf_psc_alpha"
    targets = nest.Create(kind, 4, {"tau_minus": [15.0, 20.0, 25.0, 30.0]})
    for k, node in enumerate([*sources, *targets]):
        times = np.round(np.cumsum(1.3 + (7.7 * (k + 1) * np.arange(1, 40)) % 9.1), 1)
        generator = nest.Create("spike_generator", params={"spike_times": times.tolist()})
        nest.Connect(generator, node, syn_spec={"weight": 1.0 if k < 2 else 4000.0})
    for delay in delays:
        weights = {} if registry.SYNAPSE_MODELS[model].weight_is_common else {"weight": 1.0 + delay}
        nest.Connect(sources, targets, syn_spec={"synapse_model": model, "delay": delay, **weights})
    return nest.GetConnections(synapse_model=model)


def settable(model: str) -> str | None:
    """Return a state of the source that users can set."""
    declared = registry.SYNAPSE_MODELS[model]
    return next((n for n in declared.source_states if n in nest.GetDefaults(model)), None)


def run(model: str, threads: int) -> list[Any]:
    """Simulate, set a state of one connection, remove another, and return all values after each part."""
    nest.ResetKernel()
    nest.local_num_threads = threads
    connections = build(model, [1.0, 1.5, 3.0])
    results = []
    nest.Simulate(60.0)
    results.append(everything(model))
    if (name := settable(model)) is not None:
        connections[3].set({name: 0.25 if isinstance(nest.GetDefaults(model, name), float) else False})
    nest.Simulate(60.0)
    results.append(everything(model))
    connections[5].disconnect()
    nest.Simulate(60.0)
    results.append(everything(model))
    return results


def everything(model: str) -> list[dict[str, Any]]:
    found = nest.GetConnections(synapse_model=model).get()
    return [{k: v[i] for k, v in found.items()} for i in range(len(found["source"]))]


@pytest.mark.parametrize("model", MODELS)
def test_declaration(model: str) -> None:
    declared = registry.SYNAPSE_MODELS[model]
    assert set(declared.source_states) <= set(declared.dynamic) & set(declared.state)
    assert declared.modulate is None
    assert not declared.hears_flush


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_all_connections_of_a_source_have_them_alike(model: str, apart: Callable[[], None]) -> None:
    """Whatever the delay, the weight and the target; so they may be stored once."""
    apart()
    nest.ResetKernel()
    build(model, [1.0, 1.5, 3.0])
    nest.Simulate(100.0)
    assert everything(model)
    (table,) = [t for _, _, _, t in kernel.connections.tables() if t.named.model.dynamics == model]
    for name in registry.SYNAPSE_MODELS[model].source_states:
        values = table.columns[name].array
        for source in np.unique(table.source):
            assert len(np.unique(values[table.source == source])) == 1
    assert any(len(np.unique(table.columns[n].array)) == 2 for n in registry.SYNAPSE_MODELS[model].source_states)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("model", MODELS)
def test_no_difference_from_states_of_each_connection(model: str, threads: int, apart: Callable[[], None]) -> None:
    together = run(model, threads)
    apart()
    assert run(model, threads) == together


def test_order_of_time_steps_within_a_slice_leaves_no_trace() -> None:
    """Spikes of a slice are delivered lag by lag if all delays are equal; what targets show is as otherwise."""
    shown = []
    for more in (1.5, 1.6):
        nest.ResetKernel()
        build("stdp_synapse", [1.5])
        nest.Connect(*nest.Create("parrot_neuron", 2), syn_spec={"delay": more})
        nest.Simulate(150.0)
        targets = nest.GetNodes({"model": "iaf_psc_alpha"})
        shown.append((targets.get(["post_trace", "archiver_length", "V_m"]), everything("stdp_synapse")))
    assert shown[0] == shown[1]
