"""Tables of rows in arrays of a fixed size: some are in use.

What does not fit is counted nevertheless. Then what was computed is given up, and computed again with longer arrays
(`program.run`).
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

SMALLEST = 1 << 6
"""Rows that a table has at least."""


def table(rows: np.ndarray, room: int = 0) -> dict[str, Any]:
    """Return a table with these rows, and room for so many more."""
    size = SMALLEST
    while size < len(rows) + room:
        size *= 2
    held = np.zeros((size, rows.shape[1]))
    held[: len(rows)] = rows
    return {"rows": held, "count": np.int64(len(rows))}


def rows_in_use(state: dict[str, Any]) -> np.ndarray:
    """Return the rows of a table that are in use."""
    return np.asarray(state["rows"])[: int(state["count"])]


def append(state: dict[str, Any], used: Any, *words: Any) -> dict[str, Any]:
    """Return a table with further rows, in order, where `used` is true; their words are arrays of its shape."""
    flat = used.reshape(-1)
    number = jnp.cumsum(flat, dtype=jnp.int64)
    place = jnp.where(flat, state["count"] + number - 1, len(state["rows"]))
    columns = [jnp.broadcast_to(jnp.asarray(w, jnp.float64), used.shape).reshape(-1) for w in words]
    rows = state["rows"].at[place].set(jnp.stack(columns, axis=1), mode="drop")
    return {"rows": rows, "count": state["count"] + number[-1]}


def missing(state: dict[str, Any]) -> Any:
    """Return how many rows had no room."""
    return jnp.maximum(state["count"] - len(state["rows"]), 0)
