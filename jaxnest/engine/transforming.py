"""Values that the receiver of a connection transforms before they are multiplied, in the strict back end."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from jaxnest.engine.fingerprint import fingerprint
from jaxnest.engine.generate import HEAD, fields, load
from jaxnest.engine.shard import Batch
from jaxnest.models.base import Neuron

TRANSFORM = (
    HEAD
    + """
transform = njit(error_model="numpy")(model.transform)


@njit(cache=True, error_model="numpy", nogil=True)
def apply(scalars, position, values):
    spread = int(scalars.shape[0] > 1)
    for k in range(len(position)):
        i = position[k]
        v = Variables({variables_at})
        for lag in range(values.shape[1]):
            values[k, lag] = transform(v, values[k, lag])
"""
)


def transformed_values(batch: Batch, values: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Return values (connection, lag) as they arrive at neurons of a batch, which have these positions."""
    names = tuple(name for name in batch.variables if name not in batch.vectors)
    columns = [np.broadcast_to(batch.variables[name], len(batch)) for name in names]
    values = np.ascontiguousarray(values)
    _loop(batch.model, names)(np.ascontiguousarray(np.stack(columns, axis=1)), position, values)
    return values


@functools.cache
def _loop(model: type[Neuron], names: tuple[str, ...]) -> Callable[..., None]:
    source = TRANSFORM.format(
        fingerprint=fingerprint(model),
        name=model.name,
        variables=names,
        state=(),
        variables_at=fields(names, frozenset(), "scalars[i * spread, {}]", ""),
    )
    return load(f"{model.name}_transform", source).apply
