"""Networks of more than a thousand neurons fire exactly NEST's spikes."""

from __future__ import annotations

import pytest

import jaxnest as nest
from jaxnest.kernel.kernel import kernel
from nest_reference.simulations import recorded, run
from nest_reference.simulations.networks import CASES

from .conftest import REFERENCE, compare


@pytest.mark.parametrize("name", CASES)
def test_every_spike_is_that_of_nest(name: str) -> None:
    seed, expected = recorded(REFERENCE / "networks", name)
    ours = run(nest, CASES[name], seed)
    compare(ours, expected)
    assert len(ours["steps"]) > 500
    session = kernel.simulation._session
    assert session is not None
    assert all(batch.side_by_side for shard in session._runner.plan.shards for batch in shard.batches)
