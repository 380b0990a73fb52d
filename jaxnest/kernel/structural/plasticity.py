"""Structural plasticity: connections that are made and removed in a run, as synaptic elements come and go.

At each update, neurons with more connections than elements lose some of them, chosen at random; then vacant elements
on both sides find partners at random [1]_.

References
----------
.. [1] Diaz-Pier S, Naveau M, Butz-Ostendorf M, Morrison A (2016). Automatic generation of connectivity for large-scale
   neuronal network models through structural plasticity. Front Neuroanat 10:57.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.connections import Connections
from jaxnest.kernel.structural.planned import Planned, contacts_with, default_delays, planned
from jaxnest.kernel.structural.pool import Places, Pool
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
        self._network, self._connections, self._pool = network, connections, Pool(network.nodes)
        self.enabled = False
        self.synapses = synapses
        connections.planned_contacts = functools.partial(contacts_with, synapses)
        connections.delays.planned = functools.partial(default_delays, synapses, network)

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

    def update(self) -> bool:
        """Remove and make connections, then let vacant elements decay; return whether elements moved in memory."""
        self._connections.before_move()
        moved = self._pool.gather()
        self._network.streams.begin_call()
        for one in self.synapses:
            self._update(one)
        decay_vacant(self._pool.words)
        self._connections.sort_again()
        return moved

    def _update(self, one: Planned) -> None:
        pre, post = (self._pool.places(name) for name in one.contacts)
        lost = self._counted(pre, -1)
        if len(lost):
            self._remove(one, lost, self._targets(one, post, lost))
        lost = self._counted(post, -1)
        if len(lost):
            self._remove(one, lost, self._sources(one, lost), of_target=True)
        sources, targets = (np.repeat(*self._counted(places, 1).T) for places in (pre, post))
        n = min(len(sources), len(targets))
        if n:
            longer = sources if len(sources) > n else targets
            chosen = self._choose(longer, n)
            sources, targets = (chosen, targets) if longer is sources else (sources, chosen)
            self._make(one, sources, targets)

    def _counted(self, places: Places, sign: int) -> np.ndarray:
        """Return nodes and how many elements are vacant (`sign` = 1), or have to be disconnected (-1)."""
        numbers = sign * vacant(self._pool.words[places.rows])
        return np.stack([places.nodes, numbers], axis=1)[numbers > 0]

    def _targets(self, one: Planned, post: Places, lost: np.ndarray) -> list[np.ndarray]:
        """Return for each source the targets of its connections, as far as they have elements."""
        table = self._connections.neuron_table(one.spec.named)
        if table is None:
            return [np.empty(0, np.int64) for _ in lost]
        words = self._pool.words[post.rows]
        able = np.zeros(len(post.row_of), np.bool_)
        able[post.nodes] = np.where(words[:, CONTINUOUS], words[:, Z], np.floor(words[:, Z])) != 0.0
        found = (table.target[self._connections.rows_of_source(table, source)] for source in lost[:, 0].tolist())
        return [targets[able[targets]].astype(np.int64) for targets in found]

    def _sources(self, one: Planned, lost: np.ndarray) -> list[np.ndarray]:
        """Return for each target the sources of its connections."""
        table = self._connections.neuron_table(one.spec.named)
        if table is None:
            return [np.empty(0, np.int64) for _ in lost]
        concerned = np.zeros(len(self._network.nodes) + 1, np.bool_)
        concerned[lost[:, 0]] = True
        chosen = concerned[table.target]
        if table.disabled is not None:
            chosen &= ~table.disabled
        rows = np.flatnonzero(chosen)
        rows = rows[np.argsort(table.target[rows], kind="stable")]
        ends = np.searchsorted(table.target[rows], lost[:, 0], side="right")
        return [part.astype(np.int64) for part in np.split(table.source[rows], ends[:-1])]

    def _remove(self, one: Planned, lost: np.ndarray, partners: list[np.ndarray], of_target: bool = False) -> None:
        """Remove connections of nodes, `lost` of each, to partners chosen at random."""
        for (node, n), candidates in zip(lost.tolist(), partners, strict=True):
            chosen = self._choose(candidates, min(n, len(candidates)))
            for partner in chosen.tolist():
                source, target = (partner, node) if of_target else (node, partner)
                self._connections.disconnect(0, one.spec.named.index, source, target)
            ends = np.full(len(chosen), node)
            self._change(one, *((chosen, ends) if of_target else (ends, chosen)), -1)

    def _make(self, one: Planned, sources: np.ndarray, targets: np.ndarray) -> None:
        """Connect nodes, which may be repeated."""
        if not one.options["allow_autapses"]:
            distinct = sources != targets
            sources, targets = sources[distinct], targets[distinct]
        refusal = self._connections.connect_planned(one.spec, sources, targets, one.used)
        one.used += len(sources)
        end = None if refusal is None else refusal.row + 1
        self._change(one, sources[:end], targets[:end], 1)
        if refusal is not None:
            raise refusal.error

    def _change(self, one: Planned, sources: np.ndarray, targets: np.ndarray, by: int) -> None:
        """Connect (`by` = 1) or disconnect (-1) the elements at both ends of connections."""
        for ids, name in zip((sources, targets), one.contacts, strict=True):
            rows = self._pool.places(name).row_of[ids]
            rows, numbers = np.unique(rows[rows >= 0], return_counts=True)
            words = self._pool.words[rows]
            connect(words, numbers, by)
            self._pool.words[rows] = words

    def _choose(self, values: np.ndarray, n: int) -> np.ndarray:
        from jaxnest.random.numbers.choice import choose

        chosen = np.empty(n, np.int64)
        choose(self._network.streams.rank_synchronised, values, chosen, np.empty(len(values) + 1, np.int64))
        return chosen
