"""Events as lines of text, as the `ascii` and `screen` backends write them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from jaxnest.recording.base import Events, RecordingContext

DEFAULT_PRECISION = 3
FALLBACK_DECIMALS = 6  # what C++ streams use if the precision is negative


def header(value_names: Iterable[str], time_in_steps: bool) -> str:
    """Return the line that names the columns."""
    times = ("time_step", "time_offset") if time_in_steps else ("time_ms",)
    return "\t".join(("sender", *times, *value_names)) + "\n"


def rows(
    events: Events, value_names: Iterable[str], precision: int, time_in_steps: bool, context: RecordingContext
) -> str:
    """Return one line per event: sender, time, values in the order of their names."""
    times = (events.steps, events.grid_offsets()) if time_in_steps else (events.times(context),)
    values = (events.values[name] for name in value_names)
    cells = (_cells(column, precision) for column in (events.senders, *times, *values))
    return "".join([f"{line}\n" for line in map("\t".join, zip(*cells, strict=True))])


def _cells(column: np.ndarray, precision: int) -> list[str]:
    """Return the numbers of a column as C++ streams print them."""
    if np.issubdtype(column.dtype, np.integer):
        return list(map(str, column.tolist()))
    decimals = precision if precision >= 0 else FALLBACK_DECIMALS
    cells = list(map(f"%.{decimals}f".__mod__, column.tolist()))
    for index in np.flatnonzero(np.isnan(column) & np.signbit(column)):
        cells[index] = "-nan"  # Python does not print the sign
    return cells
