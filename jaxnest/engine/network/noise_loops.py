"""Compiled code for noise that neurons have drawn before their first step (see `engine.network.noise`)."""

from __future__ import annotations

from jaxnest.compile.kinds import U8, F8x2
from jaxnest.compile.operations import operation
from jaxnest.random.numbers.distributions import standard_normal
from jaxnest.random.numbers.keyed import rekey
from jaxnest.random.numbers.layout import NODES


@operation
def draw_ahead(stream: U8, following: F8x2, objects: F8x2, node: int, column: int, origin: int) -> None:
    """Draw the noise of one node for all steps of the slice that begins at `origin`."""
    for lag in range(len(following)):
        rekey(stream, NODES, node, 0, origin + lag)
        following[lag, column] = standard_normal(stream, objects[column])
