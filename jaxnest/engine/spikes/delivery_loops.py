"""Loops over all connections that lay out the tables of delivery; compiled code.

Columns that have one entry stand for one value that all connections share.
"""

from __future__ import annotations

import numpy as np

from jaxnest.compile.intrinsics import array
from jaxnest.compile.kinds import F8, I4, I8, I4x3, I8x2
from jaxnest.compile.late import float64, int32
from jaxnest.compile.operations import apart, operation
from jaxnest.engine.layout import FLIP, PLAIN

_FEW = 1000
"""So many connections need no machine code."""


@apart(few=_FEW)
def fill_lanes(
    lane: I4,
    start: I8,
    row: I8,
    size: I8,
    target: I4,
    receptor: I4,
    weight: F8,
    batch_of: I4,
    first: I4,
    offsets: I4x3,
    flags: I8,
) -> bool:
    """Fill in the lanes of groups of connections, and return whether some target has a flag.

    The connections of group ``g`` are the rows ``row[g]`` to ``row[g] + size[g]``; their lanes begin at ``start[g]``.
    """
    flagged = False
    step_target = 1 if len(target) > 1 else 0
    step_receptor = 1 if len(receptor) > 1 else 0
    step_weight = 1 if len(weight) > 1 else 0
    for g in range(len(start)):
        for k in range(size[g]):
            r = row[g] + k
            node = target[r * step_target]
            batch = batch_of[node]
            positive = 1 if weight[r * step_weight] > 0 else 0
            lane[start[g] + k] = first[node] + offsets[batch, positive, receptor[r * step_receptor]]
            flagged |= flags[batch] != 0
    return flagged


def all_alike(values: np.ndarray, row: np.ndarray, n: int) -> np.ndarray:
    """Return for each group of rows whether they have one value; groups begin at `row`, the last one ends at `n`."""
    if len(values) == 1 or n < 2:
        return np.ones(len(row), np.bool_)
    changes = np.zeros(n, np.int32)  # how often the value has changed up to each row
    np.cumsum(values[1:n] != values[: n - 1], out=changes[1:])
    end = np.append(row[1:], n)
    return (end <= row) | (changes[np.maximum(end, 1) - 1] == changes[np.minimum(row, n - 1)])


N, SOURCE, TARGET, RECEPTOR, ONE_RECEPTOR, WEIGHT, ONE_WEIGHT, DELAY, ONE_DELAY = range(9)
"""Words of a table of connections: how many there are, the address of each column, and whether one entry of it stands
for all."""
FIRST_LANE, TILE, STEP, OWN, FLAGS = range(5)
"""Words of a batch: its first lane, neurons of a tile and lanes of a tile; the receptor from which on connections have
receptors of their own, 0 if none have; and flags of `engine.layout`."""


@operation
def lay_out(
    tables: I8x2,
    batches: I8x2,
    offsets: I4x3,
    batch_of: I4,
    position: I8,
    next_group: I8,
    group_start: I8,
    connection_start: I8,
    value_start: I8,
    group_table: I8,
    group_row: I8,
    lane: I4,
    weight: F8,
    delay: I4,
) -> int:
    """Lay out the connections of tables, with weight and delay for each; return 0 if they are not sorted by source.

    What is written is described at `engine.plan.delivery_table.DeliveryTable`; `next_group` has a word for each
    node.
    """
    n_nodes = len(next_group)
    for node in range(n_nodes + 1):
        group_start[node] = 0
    for t in range(len(tables)):
        source = array(tables[t, SOURCE], tables[t, N], int32)
        for r in range(len(source)):
            if r > 0 and source[r] < source[r - 1]:
                return 0
            if r == 0 or source[r] != source[r - 1]:
                group_start[source[r] + 1] += 1
    for node in range(n_nodes):
        next_group[node] = group_start[node]
        group_start[node + 1] += group_start[node]
    for t in range(len(tables)):
        source, group = array(tables[t, SOURCE], tables[t, N], int32), 0
        for r in range(len(source)):
            if r == 0 or source[r] != source[r - 1]:
                group = next_group[source[r]]
                next_group[source[r]] += 1
                group_table[group], group_row[group], connection_start[group + 1] = t, r, 0
            connection_start[group + 1] += 1
    for group in range(group_start[n_nodes]):
        connection_start[group + 1] += connection_start[group]
        value_start[group] = connection_start[group]
        table, begin = tables[group_table[group]], connection_start[group]
        for c in range(begin, connection_start[group + 1]):
            r = group_row[group] + c - begin
            node = array(table[TARGET], table[N], int32)[r]
            receptor = array(table[RECEPTOR], table[N], int32)[0 if table[ONE_RECEPTOR] else r]
            w = array(table[WEIGHT], table[N], float64)[0 if table[ONE_WEIGHT] else r]
            batch, at = batch_of[node], position[node]
            words = batches[batch]
            tile = words[TILE]
            lane[c] = words[FIRST_LANE] + at // tile * words[STEP] + at % tile
            lane[c] += offsets[batch, 1 if w > 0.0 else 0, receptor]
            plain = words[FLAGS] & PLAIN > 0 or (words[OWN] > 0 and receptor >= words[OWN])
            weight[c] = 1.0 if plain else -w if w <= 0.0 and words[FLAGS] & FLIP > 0 else w
            delay[c] = array(table[DELAY], table[N], int32)[0 if table[ONE_DELAY] else r]
    return 1
