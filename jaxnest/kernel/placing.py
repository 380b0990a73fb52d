"""Creating nodes with positions."""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.loops.draws import Draws
from jaxnest.kernel.kernel import Kernel
from jaxnest.spatial.layer import Layer, free_layer, grid_layer
from jaxnest.spatial.places import RandomPositions


def create(kernel: Kernel, model: str, n: int, arrangement: dict[str, Any]) -> Layer:
    """Create nodes with positions.

    Parameters
    ----------
    kernel
        Where they are created.
    model
        Name of the model.
    n
        Number of nodes if their positions are random.
    arrangement
        ``edge_wrap``, perhaps ``extent``, and ``positions``, or ``shape`` and perhaps ``center``.

    Raises
    ------
    UnknownModelName, TypeMismatch, BadProperty, KernelException
        If the model is unknown, or the arrangement is impossible. In some cases nodes have been created.
    """
    kernel.node_models[model]  # the first thing that NEST looks at
    extent, edge_wrap = arrangement.get("extent"), arrangement["edge_wrap"]
    if "shape" in arrangement:
        shape = _shape(arrangement["shape"])
        first, _ = kernel.create(model, int(np.prod(shape)))
        _check_edge_wrap(edge_wrap)
        layer = grid_layer(first, shape, arrangement.get("center"), extent, edge_wrap)
    else:
        given = arrangement["positions"]
        random = isinstance(given, RandomPositions)
        positions = None if random else _positions(given)
        size = n if positions is None else len(positions)
        if size <= 0:
            raise errors.BadProperty("Empty positions array.")
        first, _ = kernel.create(model, size)
        _check_edge_wrap(edge_wrap)
        layer = free_layer(first, _drawn(kernel, given, n) if positions is None else positions, extent, edge_wrap)
    kernel.layers.add(layer)
    return layer


def _check_edge_wrap(edge_wrap: Any) -> None:
    if not isinstance(edge_wrap, bool | np.bool_):
        raise errors.TypeMismatch(f"edge_wrap has to be True or False, not {edge_wrap!r}.")


def _shape(shape: Any) -> tuple[int, ...]:
    if shape is None:
        raise AttributeError("The shape of a grid must not be None.")
    if np.ndim(shape) == 0 or not len(shape) or not _is_integer(shape[0]):
        raise errors.TypeMismatch(f"The shape of a grid has to be a list of integers, not {shape!r}.")
    if not all(int(s) > 0 for s in shape):
        raise errors.BadProperty(f"All shape entries must be positive, not {list(shape)}.")
    if not 2 <= len(shape) <= 3:
        raise errors.BadProperty(f"Shape must be of length 2 or 3, not {list(shape)}.")
    return tuple(int(s) for s in shape)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _positions(given: Any) -> np.ndarray:
    if not all(np.iterable(point) and not isinstance(point, str) for point in given):
        raise AttributeError(
            "Positions have to be a list of positions, such as [[0.0, 1.0], [0.5, -1.0]], or Parameters."
        )
    dimensions = len(given[0])
    if not 2 <= dimensions <= 3:
        raise errors.BadProperty("Positions must have 2 or 3 coordinates.")
    if any(len(point) != dimensions for point in given):
        raise errors.BadProperty(f"Expected a {dimensions}-dimensional position.")
    try:
        return np.array(given, np.float64)
    except (TypeError, ValueError):
        raise errors.TypeMismatch("The coordinates of positions have to be numbers.") from None


def _drawn(kernel: Kernel, positions: RandomPositions, n: int) -> np.ndarray:
    """Draw positions node by node."""
    draws = Draws(positions.parameters)
    kernel.streams.begin_call()
    drawn = draws.rows(0, kernel.streams.rank_synchronised, np.zeros(n, np.int32))
    draws.check()
    return np.ascontiguousarray(drawn.T)
