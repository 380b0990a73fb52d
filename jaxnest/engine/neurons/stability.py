"""States that are no finite numbers any more."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from jaxnest.compile.kinds import F8
from jaxnest.compile.operations import Pack, operation
from jaxnest.engine.network.shard import Batch


@operation
def are_finite(states: F8) -> int:
    """Return whether all states of a population are finite."""
    total = 0.0
    for i in range(len(states)):
        total += 0.0 * states[i]
    return int(total == 0.0)


def checks(neurons: Iterable[Any]) -> list[Pack]:
    """Return the calls that find states, after each slice, with which nothing can go on; `neurons` are columns."""
    return [are_finite.pack(columns.state.reshape(-1)) for columns in neurons if columns.batch.model.explodes]


def states(neurons: Iterable[Any]) -> list[tuple[Any, np.ndarray]]:
    """Return the states that have to be finite at the end of a run, each with its columns."""
    checked = (c for c in neurons if not c.batch.model.may_be_undefined)
    found = [(columns, one.reshape(-1)) for columns in checked for one in (columns.state, columns.state_vectors)]
    return [(columns, one) for columns, one in found if one.size]


def unstable(states: Iterable[tuple[Any, np.ndarray]]) -> tuple[Batch, int, str] | None:
    """Return batch, row and variable of a state that is no finite number, or None.

    Of several nodes with which nothing can go on, it is the one that is updated first.
    """
    found: list[tuple[Batch, int, str]] = []
    for columns, one in states:
        if math.isfinite(np.add.reduce(one)):
            continue
        for name, values in columns.dynamic_state().items():
            if not np.isfinite(values).all():
                found.append((columns.batch, int(np.argwhere(~np.isfinite(values))[0][0]), name))
    return min(found, key=lambda f: (not f[0].model.explodes, f[0].node_ids[f[1]]), default=None)
