"""Traced code draws the numbers of compiled code: the same with sums and products, else up to rounding."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxnest.compile.compiling import njit
from jaxnest.compile.tracing import flow
from jaxnest.engine.accelerated import config
from jaxnest.engine.accelerated.functions import draws as traced
from jaxnest.models.functions import draws
from jaxnest.random.numbers.keyed import keyed_poissons, rekey
from jaxnest.random.numbers.layout import KEY, KEYED, NODES, OBJECT_SIZE
from jaxnest.random.numbers.seeding import new_stream

pytestmark = pytest.mark.slow
config.configure()

Context = namedtuple("Context", "stream objects node step identity")
NODE_IDS = np.arange(5, 205)
STEP = 17


def uniforms(context: Any, _: float) -> float:
    return draws.uniform(context) + 10.0 * draws.uniform(context) + 100.0 * draws.uniform(context)


def normal_and_exponential(context: Any, _: float) -> float:
    return draws.normal(context, 0) + 10.0 * draws.exponential(context)


def gamma(context: Any, shape: float) -> float:
    return draws.gamma(context, 0, shape)


def binomial(context: Any, trials: float) -> float:
    return draws.binomial(context, 0, trials, 0.3 if trials < 100.0 else 0.9) + 0.5 * draws.uniform(context)


def poisson(context: Any, mean: float) -> float:
    return draws.poisson(context, 0, mean) + 0.5 * draws.uniform(context)


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (uniforms, [1.0]),
        (normal_and_exponential, [1.0]),
        (gamma, [0.5, 1.0, 2.5]),
        (binomial, [0.0, 3.0, 50.0, 400.0]),
        (poisson, [0.0, 0.3, 5.0, 11.9, 12.0, 80.0]),
    ],
)
def test_draws(function: Any, parameters: list[float]) -> None:
    key = new_stream(KEYED, [7, 1])
    drawn = njit(error_model="numpy")(function)

    @njit(error_model="numpy")
    def compiled(stream: Any, objects: Any, nodes: Any, parameter: float, out: Any) -> None:
        for i in range(len(nodes)):
            rekey(stream, NODES, nodes[i], 0, STEP)
            out[i] = drawn(Context(stream, objects, 0, 0, 0), parameter)

    def one(node: Any, parameter: Any) -> Any:
        with traced.drawing(traced.stream(jnp.uint64(key[KEY])), 1) as (stream, objects):
            traced.rekey(stream, NODES, node, 0, STEP)
            return flow.traceable(function)(Context(stream, objects, 0, 0, 0), parameter)

    together = jax.jit(jax.vmap(one, (0, None)))
    for parameter in parameters:
        expected = np.zeros(len(NODE_IDS))
        compiled(key.copy(), np.zeros((1, OBJECT_SIZE)), NODE_IDS, parameter, expected)
        found = np.asarray(together(NODE_IDS, parameter))
        if function is uniforms:
            np.testing.assert_array_equal(found, expected)
        np.testing.assert_allclose(found, expected, rtol=1e-13, err_msg=str(parameter))


def test_poisson_variates_of_many_targets() -> None:
    key = new_stream(KEYED, [7, 1])

    def one(identity: Any, mean: Any) -> Any:
        with (
            flow.cells(jnp.zeros(1)) as (out,),
            traced.drawing(traced.stream(jnp.uint64(key[KEY])), 0) as (stream, objects),
        ):
            flow.called(draws.poissons)(Context(stream, objects, 7, STEP, identity[None]), 0, mean, out)
            return out[0]

    together = jax.jit(jax.vmap(one, (0, None)))
    for mean in (0.0, 0.1, 3.0, 31.9, 32.0, 200.0):
        expected = np.zeros(len(NODE_IDS))
        keyed_poissons(key.copy(), mean, 7, STEP, NODE_IDS, expected)
        np.testing.assert_array_equal(together(NODE_IDS, mean), expected, err_msg=str(mean))
