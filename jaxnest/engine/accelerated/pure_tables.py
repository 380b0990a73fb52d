"""Connections in the form that pure JAX delivers: rows of equal length, which accelerators read at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxnest.engine.layout import GROUP_ROW
from jaxnest.engine.plan.delivery_table import DeliveryTable

LONGEST_ROW = 128


def rows_of(table: DeliveryTable, emitters: list[np.ndarray]) -> dict[str, Any]:
    """Cut the groups of connections into rows.

    Parameters
    ----------
    table
        Connections between neurons.
    emitters
        Node id of each column of the raster, per virtual process.

    Returns
    -------
    dict
        ``lane`` (row, place), -1 where a row is not full; ``weight`` and ``delay``, of the same shape, or of one column
        if there is one value per row, or of one row if there is one value; ``sources``: for each virtual process the
        first row and the number of rows of each column of the raster. With binary neurons ``again``: the weights of the
        second copy of a spike.
    """
    size, start = _sizes(table)
    has_some = size > 0
    width = _power_of_two(int(size[has_some].mean()) // 8) if has_some.any() else 1
    n_rows = -(-size // width)
    first = np.append(0, np.cumsum(n_rows))
    group = np.repeat(np.arange(len(size)), n_rows)
    within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    place = np.repeat(first[:-1] * width, size) + within
    lane = np.full(first[-1] * width, -1, np.int32)
    lane[place] = table.lane[np.repeat(start, size) + within]
    constant = bool(table.group_constant[1:][has_some].all())
    value = table.value_start[:-1][group][:, None]
    if not constant:
        step = np.repeat(1 - table.group_constant[1:], size)
        value = np.zeros(len(lane), np.int64)
        value[place] = np.repeat(table.value_start[:-1], size) + step * within
        value = value.reshape(-1, width)
    sources = []
    for ids in emitters:
        begin, end = first[table.group_start[ids]], first[table.group_start[ids + 1]]
        sources.append({"first": begin.astype(np.int32), "rows": (end - begin).astype(np.int32)})
    return {
        "lane": lane.reshape(-1, width),
        "weight": _once(table.weight, value),
        "delay": _once(table.delay, value),
        "sources": sources,
    } | ({"again": _once(table.weight, value + table.value_start[-1])} if table.value_start[-1] else {})


def registered(raster: np.ndarray, emitters: np.ndarray) -> np.ndarray:
    """Return the spikes of a slice by node and lag, one per row: node, lag, multiplicity."""
    lag, column = np.nonzero(raster)
    entries = np.stack([emitters[column], lag, raster[lag, column]], axis=1).astype(np.int64)
    return entries[np.lexsort((lag, entries[:, 0]))]


def _sizes(table: DeliveryTable) -> tuple[np.ndarray, np.ndarray]:
    """Return per group of connections how many have a constant weight, and where their lanes begin."""
    size, start = np.diff(table.connection_start), table.connection_start[:-1]
    if table.plasticity is None:
        return size, start
    return np.where(table.plasticity.kind() > 0, 0, size), table.plasticity.groups[:, GROUP_ROW]


def _once(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return values by place, or the only one that there is."""
    return values[:1].reshape(-1, 1) if len(values) and (values == values[0]).all() else values[places]


def _power_of_two(n: int) -> int:
    """Return the largest power of two that is not larger than `n`, within the bounds of rows."""
    return min(LONGEST_ROW, 1 << max(0, n.bit_length() - 1))
