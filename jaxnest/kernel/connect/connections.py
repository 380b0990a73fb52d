"""All connections of the network: how they are made, kept in order, and counted."""

from __future__ import annotations

import bisect
import functools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.connecting import Builder, Refusal, Site, random_parameters
from jaxnest.kernel.connect.contacts import Contacts, contacts_of, count
from jaxnest.kernel.connect.loops.draws import Draws
from jaxnest.kernel.connect.patterns import End, Found, Given, Patterns, rule_of
from jaxnest.kernel.connect.rules import RULES, Pairs
from jaxnest.kernel.connect.spatial_connecting import Population, SpatialBuilder
from jaxnest.kernel.connect.tripartite import TripartiteBuilder
from jaxnest.kernel.settings import messages
from jaxnest.kernel.settings.memory import give_back
from jaxnest.kernel.settings.messages import VerbosityLevel
from jaxnest.kernel.synapses.checks import Compatibility, DeviceRules
from jaxnest.kernel.synapses.delays import DelayLimits, steps_of
from jaxnest.kernel.synapses.specification import CONTACTS, SynapseSpec
from jaxnest.kernel.tables.connection_table import FROM_DEVICE, MANY, NEURON, TO_DEVICE, Table, Tables
from jaxnest.kernel.tables.model_table import NamedModel
from jaxnest.kernel.tables.network import Network
from jaxnest.random.parameter import Parameter

_FEW = 10_000
"""To so many connections, what a call does otherwise takes longer than making them."""


Senders = dict[Any, np.ndarray]
"""To whom spikes belong that NEST keeps (see `Connections.present_senders`)."""


@final
class Connections:
    """The connection tables of all virtual processes.

    Attributes
    ----------
    network
        The nodes that are connected, and all that holds for them.
    version
        Counts changes of structure: connections made or removed.
    values_version
        Counts changes of weights, delays and parameters.
    defaults_version
        Counts changes of defaults, which connections may share.
    delays
        The delay extrema.
    handed_out
        Scripts have got connections since the last ones were made.
    devices
        What devices remember of their connections.
    patterns
        The kinds of single connections that were possible.
    before_access
        Called before values are read or written, or rows of tables move: the engine brings plastic weights home.
    before_move
        Called before structural plasticity removes connections: the engine brings all states home.
    planned_contacts
        Returns the synaptic elements that connections of a model take which structural plasticity makes.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._tables = Tables(network.n_threads)
        self._unsorted = False
        self._nodes_when_sorted = 0
        self.version = 0
        self._compact = -1
        """The version in which no table had removed connections."""
        self.values_version = self.defaults_version = 0
        self.senders: Senders | None = None
        """To whom spikes belong that wait (see `present_senders`), None if there are no changes since the last run."""
        self._present: Senders | None = None
        """`present_senders` of compressed spikes, if nothing was sorted since somebody asked."""
        self.delays = DelayLimits()
        self.handed_out = False
        self.devices = DeviceRules(network.nodes)
        self.patterns = Patterns(network, self.delays)
        self.before_access: Callable[[], None] = lambda: None
        self.before_move: Callable[[], None] = lambda: None
        self.planned_contacts: Callable[[NamedModel], Contacts | None] = lambda _: None

    @property
    def _site(self) -> Site:
        """What makes connections gets; made anew each time, because it holds these tables."""
        return Site(self.network, self.delays, self.devices, self.announce_change, self.append)

    # -- reading -----------------------------------------------------------------------------------

    def table(self, thread: int, synapse_index: int, category: str) -> Table | None:
        """Return the table of one virtual process, synapse model and category, or None if there is none."""
        return self._tables.get(thread, synapse_index, category)

    def tables(self) -> Iterator[tuple[int, int, str, Table]]:
        """Yield thread, synapse index, category and table, in the order of GetConnections."""
        return iter(self._tables)

    def groups(self) -> Iterator[tuple[int, int, dict[str, Table]]]:
        """Yield thread, synapse index and tables by category, in the order of GetConnections."""
        return self._tables.groups()

    def delivering(self, senders: Senders | None = None) -> Iterator[tuple[int, int, str, Any]]:
        """Yield what `tables` does, of the connections over which something is sent while a run is prepared.

        As in NEST, removed ones have no effect at once, and new ones between neurons have one as soon as tables are
        sorted, which GetConnections and Prepare do. New nodes take part from the next Prepare on.

        Parameters
        ----------
        senders
            To whom spikes belong that were emitted before a change (see `present_senders`): yield the connections over
            which these go, with the neurons that have sent them as sources. NEST keeps a spike by the place of its
            source among the sources of a synapse model, or by the place of a connection if spikes are not compressed,
            whatever is at that place later.
        """
        from jaxnest.engine.network.table_parts import part

        n_nodes, compressed = self.network.nodes.n_prepared, self.network.attributes.use_compressed_spikes
        now = self.present_senders() if compressed and senders is not None else {}
        for thread, index, category, table in self._tables:
            known = (table.n_sorted == len(table) and (compressed or not len(table.gaps))) or category != NEURON
            if table.disabled is None and known and n_nodes == len(self.network.nodes) and senders is None:
                yield thread, index, category, table
                continue
            chosen = (table.source <= n_nodes) & (table.target <= n_nodes)
            if table.disabled is not None:
                chosen &= ~table.disabled
            if category == NEURON:
                chosen[table.n_sorted :] = False
            if category == NEURON and not compressed:
                chosen &= table.reached(table.registered if senders is None else _of(senders, (thread, index)))
            elif category == NEURON and senders is not None:
                sender = _counterparts(table.source, _of(now, index), _of(senders, index))
                chosen &= sender > 0
                yield thread, index, category, replace(part(table, chosen), source=sender[chosen])
                continue
            yield thread, index, category, part(table, chosen)

    def present_senders(self) -> Senders:
        """Return to whom the spikes belong that are kept.

        These are, for each synapse model, the sources of all connections that were there when tables were sorted last,
        in NEST's order: those of the first virtual process, then further ones of the next. If spikes are not
        compressed, they are places of connections, for each virtual process and synapse model.
        """
        compressed = self.network.attributes.use_compressed_spikes
        if self._present is not None and compressed:
            return self._present
        found: Senders = {}
        for thread, index, table in self._tables.between_neurons():
            if not compressed:
                found[thread, index] = table.registered
                continue
            before, keys = _of(found, index), table.known_sources()
            found[index] = np.append(before, np.setdiff1d(keys, before)) if len(before) else keys
        self._present = found if compressed else None
        return found

    def spikes_change_hands(self) -> bool:
        """Return whether spikes that wait for the next slice go over other connections than those of their senders."""
        if self.senders is None:
            return False
        if not self.network.attributes.use_compressed_spikes:
            return True
        now = self.present_senders()
        return any(_of(now, index).tobytes() != _of(self.senders, index).tobytes() for index in now | self.senders)

    def refuse_unknown_senders(self) -> None:
        """Raise KernelException if targets have to know who sends to them, which nobody knows without source table."""
        targets = [table.target for _, _, category, table in self._tables if category == NEURON]
        for named, _, _ in (group for ids in targets for group in self.network.nodes.groups(ids)):
            if named.model.signal_heard == "binary":
                raise errors.KernelException(
                    f"{named.name} has to know which neurons send to it: it cannot be simulated with "
                    "keep_source_table = False."
                )

    @property
    def num_connections(self) -> int:
        """Number of all connections."""
        return len(self._tables)

    def number_of(self, synapse_index: int) -> int:
        """Return the number of connections of one synapse model."""
        return sum(table.enabled() for _, index, _, table in self._tables if index == synapse_index)

    def has_targets(self, meter: int) -> bool:
        """True if a meter is connected to some node: what it records cannot be changed then."""
        return self.devices.is_connected(meter)

    @property
    def min_delay(self) -> int:
        """Smallest delay in steps."""
        return self.delays.minimum

    @property
    def max_delay(self) -> int:
        """Largest delay in steps."""
        return self.delays.maximum

    def freeze_extrema(self) -> None:
        """Fix the delay extrema, once a run has depended on them."""
        self.delays.freeze()

    def set_extrema(self, minimum: float, maximum: float) -> None:
        """Set the delay extrema in ms, as long as there is no connection.

        Raises
        ------
        BadProperty, BadDelay
        """
        if self.num_connections:
            raise errors.BadProperty("Connections already exist. Please call ResetKernel first.")
        self.delays.set(self.network.clock, minimum, maximum)
        messages.log(
            VerbosityLevel.INFO, f"Minimum and maximum delays were changed to {minimum:g} ms and {maximum:g} ms."
        )

    def checked_delay(self, ms: float) -> int:
        """Return a delay in steps.

        Raises
        ------
        BadDelay
        """
        steps = steps_of(self.network.clock, ms)
        if not self.delays.allow(steps):
            raise self.delays.error(self.network.clock, ms)
        return steps

    def sort(self, compact: bool = True) -> None:
        """Sort the connections between nodes with proxies by source, if any were made since the last time.

        Parameters
        ----------
        compact
            Leave no removed connections among the others, even if there are no new ones.
        """
        if compact and self._nodes_when_sorted < len(self.network.nodes):
            self._unsorted = True  # NEST sorts again if there are new nodes, which moves equal sources
        if not self._unsorted and (not compact or self._compact == self.version):
            return
        removed = [table for *_, table in self._tables.listed if table.disabled is not None]
        if not self._unsorted and not removed:
            self._compact = self.version
            return
        self.before_access()
        if self.delays.is_frozen and self.senders is None:
            self.senders = self.present_senders()
        self._present = None
        changed, compressed = self._unsorted, self.network.attributes.use_compressed_spikes
        self._unsorted = False
        self._nodes_when_sorted = len(self.network.nodes)
        self.version += sum(table.compact() for table in removed)
        neurons = [t for *_, kind, t in self._tables.listed if kind == NEURON] if changed and compressed else []
        sort = functools.partial(Table.sort, stable=self.network.streams.is_keyed)
        if self.network.n_threads > 1 and self.num_connections > MANY:
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
                self.version += sum(threads.map(sort, neurons))
        else:
            self.version += sum(map(sort, neurons))
        if self.num_connections > MANY:
            give_back()
        for *_, table in self._tables.listed:
            if table.n_sorted != len(table):
                table.n_sorted, self.version = len(table), self.version + 1
            if changed and not compressed:
                self.version += table.register()

    # -- changing ----------------------------------------------------------------------------------

    def announce_change(self) -> None:
        """Before a rule makes or removes connections, warn that those which scripts have got are out of date.

        As in NEST, this is a change even if none are made, so that tables are sorted.
        """
        self._unsorted = True
        if self.handed_out:
            messages.log(VerbosityLevel.WARNING, "Connections change: what GetConnections has returned is now invalid.")
        self.handed_out = False

    def connect(
        self,
        sources: np.ndarray,
        targets: np.ndarray,
        conn_spec: Mapping[str, Any],
        syn_specs: Sequence[Mapping[str, Any]],
        given: Given,
    ) -> None:
        """Connect two populations by a rule.

        Parameters
        ----------
        sources, targets
            Node ids in ascending order.
        conn_spec
            Name of the rule (``rule``) and its options.
        syn_specs
            One synapse specification, or several for each pair.
        given
            From what these were made, so that it is known how when it is said again.

        Raises
        ------
        KernelException
            Of many kinds. Connections made before the offending one remain.
        """
        made: dict[tuple[NamedModel, str], Mapping[str, Any]] = {}

        def append(thread: int, named: NamedModel, category: str, n: int, values: Mapping[str, Any]) -> None:
            made[named, category] = values
            self.append(thread, named, category, n, values)

        Builder(replace(self._site, append=append)).connect(sources, targets, conn_spec, syn_specs)
        if len(made) == 1 and not any(key in spec for spec in syn_specs for key in CONTACTS):
            ((named, category), values) = made.popitem()
            self.patterns.remember(given, named, category, values)

    def connect_arrays(self, sources: np.ndarray, targets: np.ndarray, values: Mapping[str, Any]) -> None:
        """Connect nodes one by one; ids may be repeated.

        Parameters
        ----------
        sources, targets
            Node ids, equally many.
        values
            Synapse model, and arrays of weights, delays and parameters.

        Raises
        ------
        KernelException
            As `connect`, and UnknownNode for ids that do not exist.
        """
        Builder(self._site).connect_arrays(sources, targets, values)

    def connect_one(self, source: End, target: End, conn_spec: Any, syn_spec: Any) -> bool:
        """Connect a node to another one if this is known to be possible; return whether it was done.

        Parameters
        ----------
        source, target
            The nodes.
        conn_spec, syn_spec
            Specifications as scripts give them.
        """
        found = self.patterns.find(Given(conn_spec, syn_spec, source[1], target[1]))
        if found is None or source[0] == target[0]:
            return False
        pattern, weight, delay = found
        if pattern.category == FROM_DEVICE and not self.devices.bind(source[0], target[0], pattern.named):
            return False
        of_source = pattern.category == TO_DEVICE and source[1].model.has_proxies
        thread = (source if of_source else target)[0] % self.network.n_threads
        if type(weight) is Parameter or type(delay) is Parameter:
            drawn = self.patterns.draw(weight, delay, thread)
            if drawn is None:
                return False
            weight, delay = drawn
        self.announce_change()
        self.delays.use_between(delay, delay)
        self._note(pattern.category, source[0], target[0])
        table = self._tables.provide(thread, pattern.named, pattern.category)
        table.append_one((source[0], target[0], weight, delay), pattern.values)
        return True

    def connect_few(self, found: Found, sources: np.ndarray, targets: np.ndarray, conn_spec: Any) -> bool:
        """Connect populations if what was found for their models is enough to know how; return whether it was done."""
        (pattern, weight, delay), category = found, found[0].category
        name, options = rule_of(conn_spec)
        if type(weight) is Parameter or type(delay) is Parameter:
            return False
        if len(sources) * len(targets) > _FEW or (category != NEURON and self.network.n_threads > 1):
            return False
        rule = RULES[name](sources, targets, np.zeros(len(targets), np.bool_), options)
        devices = sources.tolist() if category == FROM_DEVICE else ()  # there is one thread
        if not all(self.devices.bind(device, 0, pattern.named) for device in devices):
            return False
        self.announce_change()
        for process in Builder(self._site).processes(draws=False):
            pairs = rule.pairs(process, Draws())
            n, ends = len(pairs.source), {"source": pairs.source, "target": pairs.target}
            if n:
                self.delays.use_between(delay, delay)
                values = {**pattern.values, **ends, "weight": weight, "delay": delay}
                self.append(process.index, pattern.named, category, n, values)
        return True

    def connect_spatial(
        self,
        sources: Population,
        targets: Population,
        conn_spec: Mapping[str, Any],
        syn_specs: Sequence[Mapping[str, Any]],
    ) -> None:
        """Connect nodes of two layers by a rule that takes positions into account.

        Parameters
        ----------
        sources, targets
            Nodes with positions.
        conn_spec
            Name of the rule and its options, among them ``mask`` and ``use_on_source``.
        syn_specs
            One synapse specification, or several for each pair.

        Raises
        ------
        KernelException
            As `connect`.
        """
        SpatialBuilder(self._site).connect(sources, targets, conn_spec, syn_specs)

    def connect_tripartite(
        self,
        populations: tuple[np.ndarray, np.ndarray, np.ndarray],
        conn_spec: Mapping[str, Any],
        third_spec: Mapping[str, Any],
        syn_specs: Mapping[str, Sequence[Mapping[str, Any]]],
    ) -> None:
        """Connect two populations by a rule, and a third one to some of the connected pairs.

        Parameters
        ----------
        populations
            Ids of sources, targets and third population.
        conn_spec, third_spec
            Rules and their options.
        syn_specs
            Synapse specifications of the projections ``primary``, ``third_in`` and ``third_out``.

        Raises
        ------
        KernelException
            As `connect`.
        """
        TripartiteBuilder(self._site).connect(populations, conn_spec, third_spec, syn_specs)

    def append(self, thread: int, named: NamedModel, category: str, n: int, values: Mapping[str, Any]) -> None:
        """Add `n` connections to a table; each value is an array or belongs to all of them."""
        self._note(category, values["source"], values["target"])
        self._tables.provide(thread, named, category).append(n, values)

    def _note(self, category: str, sources: Any, targets: Any) -> None:
        """Note that connections are made."""
        self.network.nodes.number()
        if category != TO_DEVICE:
            self.network.nodes.note_inputs(sources, targets)
        self.version += 1
        self._unsorted = True

    def disconnect_pairs(
        self, sources: np.ndarray, targets: np.ndarray, conn_spec: Mapping[str, Any], syn_spec: Mapping[str, Any]
    ) -> None:
        """Remove one connection of each pair that a rule (``one_to_one`` or ``all_to_all``) chooses.

        Raises
        ------
        InexistentConnection
            If a pair is not connected. Connections removed before it stay removed.
        """
        builder = Builder(self._site)
        self.sort(compact=False)
        rule = builder.rule(sources, targets, conn_spec)
        if rule.needs_proxies:
            raise errors.NotImplemented(f"Connection rule '{rule.name}' cannot choose connections to be removed.")
        rule.allow_autapses = True
        (spec,) = builder.specs([syn_spec])
        given = contacts_of([spec])
        contacts = self.planned_contacts(spec.named) or given
        self.announce_change()
        problems: list[errors.InexistentConnection] = []
        for process in builder.processes():
            pairs, row = rule.pairs(process, Draws()), None
            try:
                for k, (source, target) in enumerate(zip(pairs.source.tolist(), pairs.target.tolist(), strict=True)):
                    row = k
                    self.disconnect(process.index, spec.named.index, source, target)
                row = None
            except errors.InexistentConnection as error:  # the other processes do not know of it
                problems.append(error)
            if contacts is not None:
                count(self.network.nodes, rule, contacts, process, -1, row)
        if problems:
            raise problems[0]

    def disconnect(self, thread: int, synapse_index: int, source: int, target: int) -> None:
        """Remove the first connection from `source` to `target`.

        Raises
        ------
        InexistentConnection
            If there is none, or if one of the nodes is a device.
        """
        table = self._tables.get(thread, synapse_index, NEURON)
        row = -1
        if table is not None:
            row = self._find(table, source, target)
        if table is None or row < 0:
            raise errors.InexistentConnection(
                f"There is no connection {source} -> {target} of "
                f"'{self.network.synapse_models.by_index(synapse_index).name}' that could be removed."
            )
        table.disable(row)
        self.version += 1
        if table.named.model.needs_archive:
            lost = self.network.nodes.lost_readers
            lost[target] = lost.get(target, 0) + 1

    def _find(self, table: Table, source: int, target: int) -> int:
        """Return the row of the connection that NEST removes, or -1."""
        rows = self.rows_of_source(table, source)
        rows = rows[table.target[rows] == target]
        return int(rows[0]) if len(rows) else -1

    def rows_of_source(self, table: Table, source: int) -> np.ndarray:
        """Return the connections of a source that NEST finds, removed ones left out.

        NEST looks for the source as if the table were sorted. Behind the part that is, it sees a single connection.
        """
        ids = table.columns["source"].array
        if not self.network.attributes.use_compressed_spikes:
            rows = np.flatnonzero(ids == source)
        elif table.n_sorted == len(table):
            first, end = (np.searchsorted(ids, np.int32(source), side) for side in ("left", "right"))
            rows = np.arange(first, end)
        else:
            first = np.searchsorted(table.places(), bisect.bisect_left(table.keys(), source))
            rows = first + np.flatnonzero(ids[first:] == source)
        if table.disabled is not None:
            rows = rows[~table.disabled[rows]]
        if self.network.attributes.use_compressed_spikes and len(rows):
            rows = rows[rows < table.n_sorted] if rows[0] < table.n_sorted else rows[:1]
        return rows

    def neuron_table(self, named: NamedModel) -> Table | None:
        """Return the connections of a model between neurons on the only virtual process, None if there are none."""
        return self._tables.get(0, named.index, NEURON)

    def connect_planned(
        self, spec: SynapseSpec, sources: np.ndarray, targets: np.ndarray, first: int
    ) -> Refusal | None:
        """Connect nodes one by one on the only virtual process; return the first connection that is not possible.

        Parameters
        ----------
        first
            Which of the values of arrays come first.
        """
        builder = Builder(self._site)
        (process,) = builder.processes(draws=False)
        draws = Draws(random_parameters([spec]))
        drawn = draws.rows(0, process.stream, targets)
        n = drawn.shape[1]
        pairs = Pairs(sources[:n].astype(np.int32), targets[:n].astype(np.int32), drawn, first + np.arange(n))
        check = Compatibility(self.network.nodes, np.unique(pairs.source), np.unique(pairs.target))
        error, _ = draws.failed(process.index)
        return builder.add(process, pairs, [spec], check, None if error is None else Refusal(n - 1, 0, error))

    def sort_again(self) -> None:
        """Sort as NEST does after each structural update: equal sources may move even if nothing has changed."""
        self._unsorted = True
        self.senders = {}  # no spikes wait
        self.sort(compact=False)
        self.senders = None


def _of(senders: Mapping[Any, np.ndarray], key: Any) -> np.ndarray:
    return senders.get(key, np.empty(0, np.int32))


def _counterparts(sources: np.ndarray, now: np.ndarray, then: np.ndarray) -> np.ndarray:
    """Return the neurons that had the place among `then` that the sources have among `now`, 0 where there is none."""
    order = np.argsort(now)
    place = order[np.searchsorted(now, sources, sorter=order)]
    return np.append(then, np.zeros(len(now), then.dtype))[place]
