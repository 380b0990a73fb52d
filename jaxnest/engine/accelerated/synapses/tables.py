"""Connections whose synapses have functions, in the form in which array operations send spikes through them.

Connections of a kind lie as in `engine.plasticity.synapses`. Beside that there are *entries*: the connections in the
order of delivery, those of a source one after the other, whatever table of the kernel they are from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from jaxnest.engine.accelerated.synapses.weights import watched_constants
from jaxnest.engine.layout import GROUP_COMMON, GROUP_ROW, GROUP_STATES, GROUP_STEP
from jaxnest.engine.network.shard import Shard
from jaxnest.engine.plan.delivery_table import DeliveryTable
from jaxnest.engine.plasticity.synapses import Synapses, common_slices

SMALLEST_CHUNK, LARGEST_CHUNK = 1 << 8, 1 << 20
"""Bounds of the number of connections that are read together."""


@final
@dataclass(frozen=True)
class KindSpec:
    """What the program has to know of connections with the same functions at compile time."""

    model: type[Any]
    place: int
    """Which of the synapses of the virtual process they are."""
    n: int
    chunk: int
    """How many of them are read together."""
    is_watched: bool
    """Whether weights are recorded."""

    @property
    def one_by_one(self) -> bool:
        """Whether events have to come one after the other, in NEST's order."""
        return bool(self.model.common_state)


@final
@dataclass(frozen=True)
class SynapseSpec:
    """What the program has to know of the connections of a virtual process beside constant weights."""

    kinds: tuple[KindSpec, ...]
    n_watched: int
    """How many constant weights are recorded."""
    n_collectors: int
    """How many nodes collect the spikes that modulate synapses."""

    @property
    def draws(self) -> bool:
        """Whether synapses draw random numbers."""
        return any(kind.model.is_stochastic for kind in self.kinds)

    @property
    def watches(self) -> bool:
        """Whether weights are recorded."""
        return self.n_watched > 0 or any(kind.is_watched for kind in self.kinds)


def chunk_of(n: int) -> int:
    """Return how many of `n` connections to read together: about as many as are due in a slice at usual rates."""
    return min(n, max(SMALLEST_CHUNK, min(LARGEST_CHUNK, n // 64)))


def synapse_spec(table: DeliveryTable, shard: Shard) -> SynapseSpec:
    """Describe the connections of a virtual process beside constant weights."""
    kind = 0 if table.plasticity is None else table.plasticity.kind()
    constant = (table.group_watched > 0) & (kind == 0)
    n_watched = int(np.diff(table.connection_start)[constant].sum())
    return SynapseSpec(kind_specs(table), n_watched, len(shard.collector_rows))


def kind_specs(table: DeliveryTable) -> tuple[KindSpec, ...]:
    """Describe the connections of one virtual process whose synapses have functions."""
    if table.plasticity is None:
        return ()
    kinds, found = table.plasticity.kind(), []
    for k, synapses in enumerate(table.plasticity.synapses):
        if n := len(synapses):
            chunk = 1 if synapses.model.common_state else chunk_of(n)
            watched = bool(table.group_watched[kinds == k + 1].any())
            found.append(KindSpec(synapses.model, k, n, chunk, watched))
    return tuple(found)


def synapse_constants(table: DeliveryTable, emitters: Sequence[np.ndarray]) -> dict[str, Any]:
    """Return what connections have that does not change in a run, beside those of constant weight that nobody watches.

    Parameters
    ----------
    table
        The connections of one virtual process.
    emitters
        Node id of each column of the raster, per virtual process.
    """
    plasticity = table.plasticity
    ids = np.concatenate([np.empty(0, np.int64), *emitters])
    kinds = [
        _constant(table, plasticity.synapses[spec.place], spec, ids)
        for spec in kind_specs(table)
        if plasticity is not None
    ]
    return {"kinds": kinds, "watched": watched_constants(table, emitters)}


def entries_of(table: DeliveryTable, spec: KindSpec, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first entry of a kind of each of some nodes, and how many they have."""
    assert table.plasticity is not None
    groups = np.flatnonzero(table.plasticity.kind() == spec.place + 1)
    start = np.append(0, np.cumsum(np.diff(table.connection_start)[groups]))
    begin, end = (start[np.searchsorted(groups, table.group_start[nodes + k])] for k in (0, 1))
    return begin.astype(np.int32), (end - begin).astype(np.int32)


def _constant(table: DeliveryTable, synapses: Synapses, spec: KindSpec, ids: np.ndarray) -> dict[str, Any]:
    assert table.plasticity is not None
    groups = np.flatnonzero(table.plasticity.kind() == spec.place + 1)
    words, size = table.plasticity.groups[groups], np.diff(table.connection_start)[groups]
    within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    row = np.repeat(words[:, GROUP_ROW], size) + within
    begin, count = entries_of(table, spec, ids)
    step = np.repeat(words[:, GROUP_STEP], size)
    watched = np.repeat(table.group_watched[groups], size)
    connection = np.repeat(table.connection_start[groups], size) + within
    return {
        "row": row.astype(np.int32),
        "common_row": _once(np.repeat(words[:, GROUP_COMMON], size).astype(np.int32)),
        "state_row": (np.repeat(words[:, GROUP_STATES], size) + step * within).astype(np.int32),
        "advances": (step > 0) | (within == np.repeat(size, size) - 1),
        "connection": np.where(watched, connection, -1) if spec.is_watched else (),
        "collector": _collector(synapses)[np.repeat(words[:, GROUP_COMMON], size)] if synapses.model.modulator else (),
        "identity": synapses.identity if synapses.model.is_stochastic else (),
        "place": synapses.place,
        "sites": synapses.sites,
        "delay": synapses.delay,
        "common": synapses.common,
        "fixed": {k: a for k, a in synapses.columns.items() if k not in synapses.model.dynamic},
        "begin": begin,
        "count": count,
        "node": ids,
    }


def _collector(synapses: Synapses) -> np.ndarray:
    """Return per row of the common properties the row in the archive of the node that modulates."""
    return synapses.common[:, common_slices(synapses.model)[synapses.model.modulator][0]].astype(np.int64)


def _once(values: np.ndarray) -> np.ndarray:
    """Return values, or the only one that there is."""
    return values[:1] if len(values) and (values == values[0]).all() else values


def synapse_states(table: DeliveryTable) -> list[dict[str, Any]]:
    """Return what changes of each kind of connections."""
    plasticity, found = table.plasticity, []
    for spec in kind_specs(table):
        assert plasticity is not None
        synapses = plasticity.synapses[spec.place]
        changing = {k: a for k, a in synapses.columns.items() if k in synapses.model.dynamic}
        found.append({"columns": changing, "common": synapses.common_state, "of_source": synapses.of_source})
    return found


def store_states(table: DeliveryTable, states: Sequence[dict[str, Any]]) -> None:
    """Write what has become of it back, where it lies."""
    for spec, state in zip(kind_specs(table), states, strict=True):
        assert table.plasticity is not None
        synapses = table.plasticity.synapses[spec.place]
        synapses.common_state[...], synapses.of_source[...] = state["common"], state["of_source"]
        for name, values in state["columns"].items():
            synapses.columns[name][...] = values
