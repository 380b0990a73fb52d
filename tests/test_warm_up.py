"""Compilation in advance."""

from __future__ import annotations

import pytest

import jaxnest as nest
from jaxnest import warm_up


@pytest.mark.parametrize("name", ["cm_default", "step_rate_generator", "weight_recorder"])
def test_models_that_need_company_are_simulated(name: str) -> None:
    assert warm_up.compile_model(name) == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", [*nest.node_models, *nest.synapse_models])
def test_each_model_is_connected(name: str) -> None:
    warm_up.build(name)
    connections = nest.GetConnections()
    models = {node.model for node in nest.GetNodes()} | set(
        connections.get("synapse_model", output="pandas").iloc[:, 0]
    )
    assert name in models or name == "weight_recorder"
    assert len(connections) > 0
