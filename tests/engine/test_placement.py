"""Array operations go to JAX's default device."""

from __future__ import annotations

import pytest

from .conftest import Python

pytestmark = pytest.mark.slow

WHERE = """
import jax
import jaxnest as nest
from jaxnest.kernel.kernel import kernel

jax.config.update("jax_num_cpu_devices", 2)
jax.config.update("jax_default_device", jax.devices()[1])
nest.ResetKernel()
nest.set(rng_type="jax", local_num_threads={threads})
nest.compute_backend = "jax"
neurons = nest.Create("iaf_psc_exp", {n}, {{"I_e": 500.0}})
noise = nest.Create("poisson_generator", params={{"rate": 1000.0}})
meter = nest.Create("voltmeter")
recorder = nest.Create("spike_recorder")
nest.Connect(noise, neurons)
nest.Connect(neurons, neurons, {{"rule": "fixed_indegree", "indegree": 2}})
nest.Connect(meter, neurons)
nest.Connect(neurons, recorder)
for _ in range(2):
    nest.Simulate(20.0)
    neurons.V_m = -60.0
assert recorder.n_events > 0
runner = kernel.simulation._session._runner
arrays = [a for a in jax.tree.leaves((runner.constant, runner.carry)) if isinstance(a, jax.Array)]
print(sorted({{device.id for a in arrays for device in a.devices()}}))
"""


@pytest.mark.parametrize(("n", "threads"), [(10, 1), (200, 2)])
def test_arrays_lie_where_they_are_used(python: Python, n: int, threads: int) -> None:
    result = python(WHERE.format(n=n, threads=threads))
    assert result.stdout.splitlines()[-1:] == ["[1]"], result.stderr
