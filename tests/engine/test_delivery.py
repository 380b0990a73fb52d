"""Delivery with array operations of JAX gives what compiled loops give, up to rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from nest_reference.simulations import drawn


def simulated(backend: str, simulate: Any, *arguments: Any) -> dict[str, np.ndarray]:
    nest.ResetKernel()
    nest.set(compute_backend=backend, rng_type="jax")
    return simulate(nest, *arguments)


def assert_equal_up_to_rounding(simulate: Any, *arguments: Any) -> None:
    expected = simulated("native", simulate, *arguments)
    found = simulated("jax", simulate, *arguments)
    assert set(found) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-9, err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 14])
def test_random_networks(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn, "RNG_TYPES", ("jax",))
    assert_equal_up_to_rounding(drawn.CASES["network_0"], seed)


def many_events(nest: Any) -> dict[str, np.ndarray]:
    """A slice with more synaptic events than are delivered at once, and spikes with multiplicities."""
    source = nest.Create("spike_generator", params={"spike_times": [1.0, 4.0], "spike_multiplicities": [1, 3]})
    parrots = nest.Create("parrot_neuron", 150)
    neurons = nest.Create("iaf_psc_exp", 150)
    meter = nest.Create("voltmeter", params={"interval": 0.1})
    nest.Connect(source, parrots)
    values = {"weight": nest.random.uniform(0.0, 2.0), "delay": nest.random.uniform(1.0, 9.0)}
    nest.Connect(parrots, neurons, "all_to_all", values)
    nest.Connect(meter, neurons[:20])
    nest.Simulate(25.0)
    return dict(meter.events)


def test_many_events() -> None:
    assert_equal_up_to_rounding(many_events)
