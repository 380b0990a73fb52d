"""Structural plasticity: connections that are made and removed in a run, as synaptic elements come and go.

At each update, neurons with more connections than elements lose some of them, chosen at random; then vacant elements
on both sides find partners at random [1]_.

References
----------
.. [1] Diaz-Pier S, Naveau M, Butz-Ostendorf M, Morrison A (2016). Automatic generation of connectivity for large-scale
   neuronal network models through structural plasticity. Front Neuroanat 10:57.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.connections import Connections
from jaxnest.kernel.connect.synapse_defaults import default_delay
from jaxnest.kernel.structural.contacts import ELEMENTS, Contacts, change, element_rows
from jaxnest.kernel.structural.planned import Planned, planned
from jaxnest.kernel.tables.model_table import NamedModel
from jaxnest.kernel.tables.network import Network
from jaxnest.models.contract.elements import CONTINUOUS, Z, connect, decay_vacant, vacant

AT_ONCE = 1 << 16
"""So many slices are looked at together for one with an update."""


@final
class StructuralPlasticity:
    """What structural plasticity does, and when.

    Attributes
    ----------
    enabled
        Whether it is on.
    synapses
        The connections that it makes, in alphabetic order.
    """

    def __init__(self, network: Network, connections: Connections, synapses: list[Planned]) -> None:
        self._network, self._connections = network, connections
        self.enabled = False
        self.synapses = synapses
        connections.planned_contacts = self._contacts_of
        connections.delays.planned = self._delays

    # -- settings ----------------------------------------------------------------------------------

    def define(self, given: Mapping[str, Any]) -> None:
        """Say which connections are made; those before a wrong description stay, as in NEST."""
        self.synapses.clear()
        for one in planned(self._network.synapse_models, given, self._connections.delays.set_by_user):
            self.synapses.append(one)

    def status(self) -> dict[str, dict[str, Any]]:
        """Return what `define` was told."""
        return {one.name: one.status() for one in self.synapses}

    def enable(self) -> None:
        """Let updates take place in runs.

        Raises
        ------
        KernelException
            If there are several threads, or the kernel does not keep what updates need.
        """
        attributes = self._network.attributes
        if self._network.n_threads > 1:
            raise errors.KernelException("Structural plasticity can not be used with multiple threads.")
        for name in ("keep_source_table", "use_compressed_spikes"):
            if not attributes.get(name):
                raise errors.KernelException(
                    f"Structural plasticity can not be enabled if {name} has been set to false."
                )
        self.enabled = True

    def disable(self) -> None:
        """Let no more updates take place."""
        self.enabled = False

    def _contacts_of(self, named: NamedModel) -> Contacts | None:
        """Return the elements that connections of a synapse model take, of the last description with this model."""
        found = [one.contacts for one in self.synapses if one.spec.named is named]
        return found[-1] if found else None

    def _delays(self) -> tuple[int, int] | None:
        """Return the shortest and longest default delay of the connections that are made."""
        chosen = [one.spec.named for one in self.synapses if "delay" not in one.spec.values]
        delays = [default_delay(named, self._network.clock) for named in chosen]
        return (min(delays), max(delays)) if delays else None

    # -- when --------------------------------------------------------------------------------------

    def is_due(self, step: int) -> bool:
        """Return whether there is an update at a step where a slice begins."""
        return self.enabled and bool(self._due(np.array([step]))[0])

    def next_due(self, step: int, end: int) -> int:
        """Return the next step after `step` with an update, at most `end`."""
        slice_ = self._connections.min_delay
        begin = (step // slice_ + 1) * slice_
        while self.enabled and begin < end:
            steps = np.arange(begin, min(end, begin + AT_ONCE * slice_), slice_)
            due = self._due(steps)
            if due.any():
                return int(steps[np.argmax(due)])
            begin = int(steps[-1]) + slice_
        return end

    def _due(self, steps: np.ndarray) -> np.ndarray:
        clock, interval = self._network.clock, self._network.attributes.structural_plasticity_update_interval
        with np.errstate(invalid="ignore"):
            return np.fmod(clock.ms_per_tic * (steps * clock.tics_per_step), interval) == 0.0

    # -- an update ---------------------------------------------------------------------------------

    def update(self) -> None:
        """Remove and make connections, then let vacant elements decay."""
        self._connections.before_move()
        self._network.streams.begin_call()
        for one in self.synapses:
            self._update(one)
        for elements in self._all_elements():
            for row in elements.words:
                decay_vacant(row)
        self._connections.sort_again()

    def _all_elements(self) -> list[Any]:
        """Return the synaptic elements of all neurons."""
        stores = [store for store in self._network.nodes.stores.values() if ELEMENTS in store.quantities]
        return [elements for store in stores for elements in store.columns[ELEMENTS].tolist()]

    def _update(self, one: Planned) -> None:
        pre, post = self._rows(one.contacts.pre), self._rows(one.contacts.post)
        lost = _counted(pre, -1)
        if len(lost):
            self._remove(one, pre, post, lost, self._targets(one, post, lost))
        lost = _counted(post, -1)
        if len(lost):
            self._remove(one, pre, post, lost, self._sources(one, lost), of_target=True)
        sources, targets = (np.repeat(*_counted(rows, 1).T) for rows in (pre, post))
        n = min(len(sources), len(targets))
        if n:
            longer = sources if len(sources) > n else targets
            chosen = self._choose(longer, n)
            sources, targets = (chosen, targets) if longer is sources else (sources, chosen)
            self._make(one, sources, targets)

    def _rows(self, name: str) -> dict[int, np.ndarray]:
        """Return the words of the elements of a name, by node id in ascending order."""
        ids = np.arange(1, len(self._network.nodes) + 1)
        return dict(sorted((position + 1, row) for position, row in element_rows(self._network.nodes, ids, name)))

    def _targets(self, one: Planned, post: Mapping[int, np.ndarray], lost: np.ndarray) -> list[np.ndarray]:
        """Return for each source the targets of its connections, as far as they have elements."""
        table = self._connections.neuron_table(one.spec.named)
        if table is None:
            return [np.empty(0, np.int64) for _ in lost]
        able = np.array([node for node, row in post.items() if _amount(row) != 0.0], np.int64)
        found = (table.target[self._connections.rows_of_source(table, source)] for source in lost[:, 0].tolist())
        return [targets[np.isin(targets, able)].astype(np.int64) for targets in found]

    def _sources(self, one: Planned, lost: np.ndarray) -> list[np.ndarray]:
        """Return for each target the sources of its connections."""
        table = self._connections.neuron_table(one.spec.named)
        if table is None:
            return [np.empty(0, np.int64) for _ in lost]
        chosen = np.isin(table.target, lost[:, 0])
        if table.disabled is not None:
            chosen &= ~table.disabled
        rows = np.flatnonzero(chosen)
        rows = rows[np.argsort(table.target[rows], kind="stable")]
        ends = np.searchsorted(table.target[rows], lost[:, 0], side="right")
        return [part.astype(np.int64) for part in np.split(table.source[rows], ends[:-1])]

    def _remove(
        self,
        one: Planned,
        pre: Mapping[int, np.ndarray],
        post: Mapping[int, np.ndarray],
        lost: np.ndarray,
        partners: list[np.ndarray],
        of_target: bool = False,
    ) -> None:
        """Remove connections of nodes, `lost` of each, to partners chosen at random."""
        for (node, n), candidates in zip(lost.tolist(), partners, strict=True):
            for partner in self._choose(candidates, min(n, len(candidates))).tolist():
                source, target = (partner, node) if of_target else (node, partner)
                self._connections.disconnect(0, one.spec.named.index, source, target)
                for rows, end in ((pre, source), (post, target)):
                    if end in rows:
                        connect(rows[end], -1)

    def _make(self, one: Planned, sources: np.ndarray, targets: np.ndarray) -> None:
        """Connect nodes, which may be repeated."""
        if not one.options["allow_autapses"]:
            distinct = sources != targets
            sources, targets = sources[distinct], targets[distinct]
        refusal = self._connections.connect_planned(one.spec, sources, targets, one.used)
        one.used += len(sources)
        end = None if refusal is None else refusal.row + 1
        change(self._network.nodes, sources[:end], one.contacts.pre, 1)
        change(self._network.nodes, targets[:end], one.contacts.post, 1)
        if refusal is not None:
            raise refusal.error

    def _choose(self, values: np.ndarray, n: int) -> np.ndarray:
        from jaxnest.random.numbers.choice import choose

        chosen = np.empty(n, np.int64)
        choose(self._network.streams.rank_synchronised, values.copy(), chosen)
        return chosen


def _counted(rows: Mapping[int, np.ndarray], sign: int) -> np.ndarray:
    """Return nodes and how many elements are vacant (`sign` = 1), or have to be disconnected (-1)."""
    counts = ((node, sign * vacant(row)) for node, row in rows.items())
    return np.array([(node, n) for node, n in counts if n > 0], np.int64).reshape(-1, 2)


def _amount(row: np.ndarray) -> float:
    """Return how many elements there are, only whole ones if their number is not continuous."""
    return float(row[Z] if row[CONTINUOUS] else np.floor(row[Z]))
