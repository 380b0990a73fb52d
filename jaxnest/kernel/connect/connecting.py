"""How connections are made: a rule chooses pairs, specifications give values, checks say what is possible."""

from __future__ import annotations

import contextlib
import functools
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.contacts import Contacts, check_rule, contacts_of, count, refuse_contacts
from jaxnest.kernel.connect.loops.draws import Draws
from jaxnest.kernel.connect.rules import RULES, Pairs, Process, Rule, unknown
from jaxnest.kernel.synapses.checks import Compatibility, DeviceRules, Problem, illegal
from jaxnest.kernel.synapses.defaults import default_delay
from jaxnest.kernel.synapses.delays import DelayLimits, steps_of, to_steps
from jaxnest.kernel.synapses.specification import SynapseSpec, parse
from jaxnest.kernel.tables import own_receptors
from jaxnest.kernel.tables.connection_table import CATEGORIES, FROM_DEVICE, NEURON, TO_DEVICE
from jaxnest.kernel.tables.model_table import NamedModel
from jaxnest.kernel.tables.network import Network
from jaxnest.kernel.tables.values import first_violation, quantities_of
from jaxnest.models.contract.device import Sender

_MANY = 1000
"""With so many sources or targets virtual processes draw their connections at the same time."""
_NEURON, _TO_DEVICE, _FROM_DEVICE = (CATEGORIES.index(c) for c in (NEURON, TO_DEVICE, FROM_DEVICE))


Append = Callable[[int, NamedModel, str, int, Mapping[str, Any]], None]
"""Stores connections: virtual process, synapse model, category, number, columns."""


@final
@dataclass
class Site:
    """Where connections are made.

    Attributes
    ----------
    network
        Nodes, models, streams, clock and settings.
    delays
        The delay extrema.
    devices
        What devices remember of their connections.
    announce_change
        To be called before connections are made.
    append
        Stores them.
    """

    network: Network
    delays: DelayLimits
    devices: DeviceRules
    announce_change: Callable[[], None]
    append: Append


class Refusal(NamedTuple):
    """The first connection that is not possible: its row, its specification, and why."""

    row: int
    spec: int
    error: Exception


@final
@dataclass
class Batch:
    """Connections that one virtual process is about to make.

    Attributes
    ----------
    rows
        Which of the pairs they are.
    category
        One (int) for all, or an array with one for each.
    columns
        For each specification the values of the connections.
    worst, spec
        The first connection that is not possible, and its specification; None if all are possible.
    halted
        The same in terms of the pairs, if this is where there are no more of them.
    """

    process: Process
    rows: np.ndarray
    category: Any
    specs: Sequence[SynapseSpec]
    columns: list[dict[str, Any]]
    worst: Problem | None = None
    spec: int = 0
    halted: Refusal | None = None

    @property
    def refusal(self) -> Refusal | None:
        """What is not possible, in terms of the pairs."""
        if self.worst is None:
            return None
        return self.halted or Refusal(int(self.rows[self.worst.row]), self.spec, self.worst.error)

    def halt(self, refusal: Refusal) -> None:
        """Note where there are no more pairs, if all before is possible."""
        row = int(np.searchsorted(self.rows, refusal.row))
        spec = max(refusal.spec, 0) if row < len(self.rows) else 0
        if self.worst is None or (row, spec) <= (self.worst.row, self.spec):
            self.worst, self.spec, self.halted = Problem(row, refusal.error, uses_delay=False), spec, refusal


@final
class Builder:
    """Makes the connections of one call."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._network = site.network

    def connect(
        self,
        sources: np.ndarray,
        targets: np.ndarray,
        conn_spec: Mapping[str, Any],
        syn_specs: Sequence[Mapping[str, Any]],
    ) -> None:
        """Connect two populations by a rule."""
        refuse_empty(sources, "Presynaptic")
        refuse_empty(targets, "Postsynaptic")
        try:
            rule = self.rule(sources, targets, conn_spec)
        except errors.UnaccessedDictionaryEntry:
            with contextlib.suppress(errors.UnaccessedDictionaryEntry):
                self.specs(syn_specs)  # as in NEST, other mistakes in these count first
            raise
        specs = self.specs(syn_specs)
        contacts = contacts_of(specs)
        check_symmetry(rule, specs)
        if contacts is not None:
            check_rule(rule, specs[0], self._network.n_threads)
        self._site.announce_change()
        try:
            problems = self._run(rule, specs, contacts)
        except MemoryError:
            raise too_many(rule, specs) from None
        if rule.make_symmetric and not rule.makes_symmetric:
            problems = self._run(self.rule(targets, sources, conn_spec), specs) or problems
        if problems:
            raise problems[0]

    def connect_arrays(self, sources: np.ndarray, targets: np.ndarray, values: Mapping[str, Any]) -> None:
        """Connect nodes one by one; ids may be repeated, and values are arrays along the connections."""
        spec = parse(self._network.synapse_models, values, self._network.n_threads)
        refuse_contacts([spec], "Connections between arrays of ids")
        self._site.announce_change()
        n_nodes, n = len(self._network.nodes), len(sources)
        unknown_ids = (sources < 1) | (sources > n_nodes) | (targets < 1) | (targets > n_nodes)
        if unknown_ids.any():
            n = int(np.argmax(unknown_ids))
        ids = np.array(sources[:n], np.int32), np.array(targets[:n], np.int32)
        problems: list[Exception] = []
        if n:
            check = Compatibility(self._network.nodes, *(_distinct(each, n_nodes) for each in ids))
            twins = ~self._network.nodes.has_proxies(ids[1])

            def plan(process: Process) -> Batch:
                mine = np.arange(n)
                if process.n > 1:
                    mine = np.flatnonzero((ids[1] % process.n == process.index) | twins)
                source, target = ids if process.n == 1 else (ids[0][mine], ids[1][mine])
                return self.plan(process, Pairs(source, target, np.empty((0, len(mine))), mine), [spec], check)

            at_a_time = n if all(model.has_proxies for model, _ in check.sources) else 0  # others remember connections
            for batch in at_once(plan, self.processes(draws=False), at_a_time):
                self.make(batch)
                problems += [] if batch.refusal is None else [batch.refusal.error]
        if problems:
            raise problems[0]
        if n < len(sources):
            self._network.nodes.check_ids(np.array([sources[n], targets[n]]))

    def rule(self, sources: np.ndarray, targets: np.ndarray, conn_spec: Mapping[str, Any]) -> Rule:
        """Return the rule of a connection specification for two populations.

        Raises
        ------
        BadProperty, TypeMismatch, DimensionMismatch, UnaccessedDictionaryEntry, IndexError
            If the rule is unknown, or an option is wrong, unknown or missing.
        """
        options = dict(conn_spec)
        if "rule" not in options:
            raise errors.BadProperty("The connection specification must contain a connection rule.")
        name = options.pop("rule")
        if name not in RULES:
            raise unknown(name, RULES)
        twins = ~self._network.nodes.has_proxies(targets)
        rule = RULES[name](sources, targets, twins, options)
        rule.targets_are_all_nodes = len(targets) == len(self._network.nodes)
        if options and self._network.attributes.dict_miss_is_error:
            known = ("allow_autapses", "allow_multapses", "make_symmetric", *conn_spec)
            hint = errors.nearest(next(iter(options)), (k for k in known if k not in options))
            raise errors.UnaccessedDictionaryEntry(f"Unaccessed elements in conn_spec: {', '.join(options)}.{hint}")
        return rule

    def specs(self, syn_specs: Sequence[Mapping[str, Any]]) -> list[SynapseSpec]:
        """Check synapse specifications."""
        network, strict = self._network, self._network.attributes.dict_miss_is_error
        specs = [parse(network.synapse_models, s, network.n_threads, strict) for s in syn_specs]
        first = 0
        for spec in specs:
            spec.first_drawn = first
            first += len(spec.random)
        return specs

    def processes(self, draws: bool = True) -> list[Process]:
        """Return all virtual processes with their random streams, to make one set of connections."""
        if draws:
            self._network.streams.begin_call()
        return [Process(i, self._network.n_threads, self._network.streams) for i in range(self._network.n_threads)]

    def _run(self, rule: Rule, specs: list[SynapseSpec], contacts: Contacts | None = None) -> list[Exception]:
        draws = Draws(random_parameters(specs), has_arrays(specs))
        check = Compatibility(self._network.nodes, rule.sources, rule.targets)
        problems: list[Exception] = []
        for process, pairs, state in self._drawn(rule, draws):
            problem: Exception | None = None
            refusal = self._connect_up_to(rule, process, pairs, specs, check, draws)
            if contacts is not None:
                count(self._network.nodes, rule, contacts, process, 1, None if refusal is None else refusal.row)
            while refusal is not None:
                problem = refusal.error
                if state:
                    rewind(process.random_state(), state)
                    rule.replay(process, draws.until(refusal.row + 1, n_drawn(specs, refusal)), pairs)
                    state = copied(process.random_state())
                following = rule.rest(process, draws, pairs, refusal.row)
                if following is None:
                    break
                pairs = following
                refusal = self._connect_up_to(rule, process, pairs, specs, check, draws)
            problems += [] if problem is None else [problem]
        return problems

    def _connect_up_to(
        self, rule: Rule, process: Process, pairs: Pairs, specs: list[SynapseSpec], check: Compatibility, draws: Draws
    ) -> Refusal | None:
        """Make connections up to the first that is not possible, or whose values could not be drawn."""
        halt = None if pairs.ended is None else Refusal(len(pairs.source), -1, pairs.ended)
        error, expression = draws.failed(process.index)
        if error is not None:
            halt = Refusal(len(pairs.source) - 1, spec_of(specs, expression), error)
        devices = ~self._network.nodes.has_proxies(pairs.target) if rule.needs_proxies else np.zeros(0, np.bool_)
        if devices.any():
            row = int(np.argmax(devices))
            error = illegal(
                f"Cannot use rule '{rule.name}' to connect to nodes without proxies (usually devices), such as node "
                f"{pairs.target[row]}."
            )
            pairs, halt = pairs.take(slice(row)), Refusal(row, -1, error)
        return self.add(process, pairs, specs, check, halt)

    def _drawn(self, rule: Rule, draws: Draws) -> Iterator[tuple[Process, Pairs, list[np.ndarray]]]:
        """Yield the pairs of each virtual process, and its random state before they were drawn."""
        processes = self.processes(rule.draws or draws.n > 0)
        rule.prepare(processes, draws)
        states = [copied(p.random_state()) if rule.draws or draws.n else [] for p in processes]
        pairs = functools.partial(rule.pairs, draws=draws)
        if len(processes) == 1 or max(len(rule.sources), len(rule.targets)) < _MANY:
            yield from ((process, pairs(process), state) for process, state in zip(processes, states, strict=True))
            return
        draws.programs(len(processes) - 1)
        yield from zip(processes, at_once(pairs, processes, _MANY), states, strict=True)

    def add(
        self,
        process: Process,
        pairs: Pairs,
        specs: Sequence[SynapseSpec],
        check: Compatibility,
        halt: Refusal | None = None,
    ) -> Refusal | None:
        """Make connections of one virtual process, up to the first that is not possible; return that one.

        There are no more pairs behind `halt`, which is returned if all before is possible.
        """
        batch = self.plan(process, pairs, specs, check)
        if halt is not None:
            batch.halt(halt)
        self.make(batch)
        return batch.refusal

    def plan(self, process: Process, pairs: Pairs, specs: Sequence[SynapseSpec], check: Compatibility) -> Batch:
        """Find out which connections are possible."""
        rows, pairs, category = self._placed(process, pairs, check)
        batch = Batch(process, rows, category, specs, [])
        for i, spec in enumerate(specs if len(rows) else ()):
            values, problem = self._columns(spec, pairs, category, check)
            batch.columns.append(values)
            if problem is not None and (batch.worst is None or problem.row < batch.worst.row):
                batch.worst, batch.spec = problem, i
        return batch

    def make(self, batch: Batch, n: int | None = None) -> None:
        """Make the first `n` of the planned connections: all that are possible, if it is not given."""
        if not batch.columns:
            return
        worst = batch.worst if n is None else None
        end = n if n is not None else len(batch.rows) if worst is None else worst.row
        counts = [end + (worst is not None and i < batch.spec) for i in range(len(batch.specs))]
        for i, (spec, values, made) in enumerate(zip(batch.specs, batch.columns, counts, strict=True)):
            used = made + (worst is not None and i == batch.spec and worst.uses_delay)
            model, limits = spec.named.model, self._site.delays
            delays, shift = values["delay"] if model.has_delay else self._interval(), model.delay_shift
            if isinstance(delays, int) and not shift:
                if used:
                    limits.use_between(delays, delays)
                continue
            delays = np.atleast_1d(delays)[:used]
            shifted = shift and np.any(np.atleast_1d(values[shift])[:used] > 0.0)
            if shifted and self._between_steps(batch, values["source"][:used]):
                delays = np.append(delays, delays - 1)  # the sum of two fractions may take away a whole step
            limits.use(delays)
        models = [spec.named for spec in batch.specs]
        own_receptors.number(self._network.nodes, models, batch.columns, counts)
        self._store(batch.process.index, batch.category, batch.specs, batch.columns, counts)

    def _between_steps(self, batch: Batch, sources: np.ndarray) -> bool:
        """Return whether some of the first connections are between neurons, and from one that may send off the grid."""
        between = np.broadcast_to(batch.category, len(batch.rows))[: len(sources)] == _NEURON
        models = [named.model for named, *_ in self._network.nodes.groups(np.unique(sources[between]))]
        return any(model.off_grid or (issubclass(model, Sender) and bool(model.precise)) for model in models)

    def _placed(self, process: Process, pairs: Pairs, check: Compatibility) -> tuple[np.ndarray, Pairs, Any]:
        """Leave out what belongs to another virtual process.

        Returns which pairs are left, these, and their category: one for all, or one for each.

        A connection to a device lives where its source does, and one between devices where a neuron with the
        id of the target would.
        """
        nodes, rows = self._network.nodes, np.arange(len(pairs.source))
        from_devices = {not model.has_proxies for model, _ in check.sources}
        to_devices = {not (model.has_proxies or model.receives_globally) for model, _ in check.targets}
        if len(from_devices) == len(to_devices) == 1 and (process.n == 1 or to_devices == {False}):
            of_devices = _FROM_DEVICE if from_devices == {True} else _TO_DEVICE
            return rows, pairs, of_devices if from_devices | to_devices != {False} else _NEURON
        from_device, to_device = ~nodes.has_proxies(pairs.source), nodes.listens_locally(pairs.target)
        category = np.where(from_device, _FROM_DEVICE, np.where(to_device, _TO_DEVICE, _NEURON))
        if process.n > 1:
            home = np.where(from_device, pairs.target, pairs.source)
            keep = ~to_device | (home % process.n == process.index)
            rows, pairs, category = rows[keep], pairs.take(keep), category[keep]
        if len(category) and (category == category[0]).all():
            category = int(category[0])
        return rows, pairs, category

    def _columns(
        self, spec: SynapseSpec, pairs: Pairs, category: Any, check: Compatibility
    ) -> tuple[dict[str, Any], Problem | None]:
        """Return the columns of one specification, and the first row that cannot be connected."""
        given = spec.given(pairs.drawn, pairs.position)
        delay, problem = self._delay(spec, given.get("delay", math.nan))
        columns = spec.columns(given, delay)
        for name, attribute in spec.named.model.steps_of_kernel.items():
            columns[name] = float(self._network.clock.to_steps(self._network.attributes.get(attribute)))
        problems = [problem, _refused(spec, given), violation(spec, columns, given) if spec.has_own_values else None]
        slow = _slow_learning(spec, delay)
        end = min((p.row for p in (*problems, slow) if p is not None), default=len(pairs.source))
        misfit = check.first_bad(spec.named, pairs.source, pairs.target, columns["receptor"])
        end = end if misfit is None else min(end, misfit.row + misfit.uses_device)
        if isinstance(category, int):
            rows = np.arange(end if category == _FROM_DEVICE else 0)
        else:
            rows = np.flatnonzero(category[:end] == _FROM_DEVICE)
        if len(rows):
            ports, found = self._site.devices.accept(spec.named, pairs.source[rows], pairs.target[rows])
            problems.append(found and found._replace(row=int(rows[found.row])))
            if ports:
                columns["receptor"] = np.array(np.broadcast_to(columns["receptor"], len(pairs.source)))
                columns["receptor"][rows[list(ports)]] = list(ports.values())
        late = own_receptors.first_late(self._network.nodes, pairs.target, columns["receptor"])
        problems.append(late and Problem(late[0], illegal(late[1])))
        if misfit is not None:
            problems.insert(len(problems) if misfit.uses_delay else 0, misfit)
        problems.append(slow)
        first = min((p for p in problems if p is not None), key=lambda p: p.row, default=None)
        return columns | {"source": pairs.source, "target": pairs.target}, first

    def _delay(self, spec: SynapseSpec, ms: Any) -> tuple[Any, Problem | None]:
        """Return delays in steps, the default where they are not a number, and the first that is not allowed."""
        clock, delays = self._network.clock, self._site.delays
        default = default_delay(spec.named, clock)
        if not spec.named.model.has_delay:
            if np.isnan(ms).all() and not delays.allow(self._interval()):
                error = delays.error(clock, self._network.attributes.wfr_comm_interval, spec.named.name)
                return default, Problem(0, error, uses_delay=False)
            return default, None
        if isinstance(ms, np.ndarray):
            missing = np.isnan(ms)
            steps = to_steps(clock, ms)
            if missing.any():
                steps[missing] = default
            bad = delays.first_bad(steps)
            if bad == len(steps):
                return steps, None
            is_default, refused = missing[bad], float(ms[bad])
        else:
            is_default, refused, bad = math.isnan(ms), float(ms), 0
            steps = default if is_default else steps_of(clock, ms)
            if delays.allow(steps):
                return steps, None
        if is_default:
            error = delays.error(clock, clock.delay_ms(default), spec.named.name)
        else:
            error = delays.error(clock, refused)
        return steps, Problem(bad, error, uses_delay=False)

    def _interval(self) -> int:
        """Return what connections without delay contribute to the extrema of the delays, in steps."""
        return steps_of(self._network.clock, self._network.attributes.wfr_comm_interval)

    def _store(
        self,
        thread: int,
        category: Any,
        specs: Sequence[SynapseSpec],
        columns: list[dict[str, Any]],
        counts: list[int],
    ) -> None:
        """Append to the tables, in NEST's order also if several specifications share a model."""
        for index in dict.fromkeys(spec.named.index for spec in specs):
            which = [i for i, spec in enumerate(specs) if spec.named.index == index]
            joined, n, kinds = _interleaved([columns[i] for i in which], [counts[i] for i in which], category)
            if isinstance(kinds, int):
                if n:
                    self._site.append(thread, specs[which[0]].named, CATEGORIES[kinds], n, joined)
                continue
            for code, name in enumerate(CATEGORIES):
                rows = np.flatnonzero(kinds == code)
                if len(rows):
                    part = {k: v[rows] if np.ndim(v) else v for k, v in joined.items()}
                    self._site.append(thread, specs[which[0]].named, name, len(rows), part)


def at_once(draw: Callable[[Process], Any], processes: Sequence[Process], n: int) -> list[Any]:
    """Return what virtual processes draw; with many nodes (`n`) they do so at the same time."""
    if len(processes) == 1 or n < _MANY:
        return [draw(process) for process in processes]
    from concurrent.futures import ThreadPoolExecutor

    streams = processes[0].streams
    _ = streams.vp_synchronised, streams.vp_specific  # made on first use
    with ThreadPoolExecutor(min(len(processes), os.cpu_count() or 1)) as threads:
        return list(threads.map(draw, processes))


def _distinct(ids: np.ndarray, n_nodes: int) -> np.ndarray:
    """Return the different ones of some ids, in order."""
    if len(ids) < n_nodes // 8:
        return np.unique(ids)
    present = np.zeros(n_nodes + 1, np.bool_)
    present[ids] = True
    return np.flatnonzero(present)


def _interleaved(columns: list[dict[str, Any]], counts: list[int], category: Any) -> tuple[dict[str, Any], int, Any]:
    """Return columns with the connections of several specifications taking turns, their number and categories."""
    n, turns = sum(counts), len(columns)
    if turns == 1:
        if n == len(columns[0]["source"]):
            return columns[0], n, category
        cut = {k: v[:n] if isinstance(v, np.ndarray) and v.ndim else v for k, v in columns[0].items()}
        return cut, n, category[:n] if np.ndim(category) else category
    most = max(counts)
    joined = {}
    for name in columns[0]:
        values = [np.broadcast_to(c[name], most) if not np.ndim(c[name]) else c[name][:most] for c in columns]
        joined[name] = np.stack(values, axis=1).ravel()[:n]
    kinds = np.repeat(category[:most], turns)[:n] if np.ndim(category) else category
    return joined, n, kinds


def violation(spec: SynapseSpec, columns: Mapping[str, Any], given: Mapping[str, Any]) -> Problem | None:
    """Return the first row whose values are out of bounds."""
    model = spec.named.model
    declared = quantities_of(model)
    named = {k: columns[k] for k in declared} | ({"weight": columns["weight"]} if "weight" in columns else {})
    if not (declared or model.relations):
        return None
    n = max((len(v) for v in named.values() if np.ndim(v)), default=1)
    named |= {k: spec.named.defaults.get(k, q.default) for k, q in model.common.items() if q.dtype is not object}
    wide = {k: np.broadcast_to(v, n) for k, v in named.items()}
    row, message = first_violation(model, n, wide, {k: None for k in given if k in declared})
    return None if row == n else Problem(row, errors.BadProperty(message))


def _slow_learning(spec: SynapseSpec, delay: Any) -> Problem | None:
    """Return the first row of a synapse that learns by gradients whose delay is not one time step."""
    late = np.flatnonzero((np.atleast_1d(delay) != 1) & (spec.named.model.needs_learning is not None))
    message = f"{spec.named.model.name} connections require a delay of one simulation step."
    return Problem(int(late[0]), illegal(message)) if len(late) else None


def _refused(spec: SynapseSpec, given: Mapping[str, Any]) -> Problem | None:
    """Return the first row with a weight or a delay that connections of this model cannot have of their own."""
    refused, found = spec.named.model.refused, []
    uses_delay = spec.named.model.has_delay or bool(np.isnan(given.get("delay", math.nan)).all())
    if spec.named.model.weight_is_common:
        message = "Setting of individual weights is not possible, which connections in space need: connections of "
        refused = {"weight": f"{message}'{spec.named.name}' share their weight."}
    for name in [name for name in ("weight", "delay") if name in refused and name in given]:
        own = ~np.isnan(np.atleast_1d(given[name]))
        if own.any():
            found.append(Problem(int(np.argmax(own)), errors.BadProperty(refused[name]), uses_delay))
    return min(found, key=lambda problem: problem.row, default=None)


def copied(state: list[np.ndarray]) -> list[np.ndarray]:
    """Return copies of what `Process.random_state` returns."""
    return [array.copy() for array in state]


def rewind(state: list[np.ndarray], former: list[np.ndarray]) -> None:
    """Bring random streams back to a former state."""
    for current, before in zip(state, former, strict=True):
        current[:] = before


def n_drawn(specs: Sequence[SynapseSpec], refusal: Refusal) -> int:
    """Return how many random values NEST has drawn for a connection when it finds that it is not possible."""
    if refusal.spec < 0:
        return 0
    return specs[refusal.spec].first_drawn + len(specs[refusal.spec].random)


def spec_of(specs: Sequence[SynapseSpec], expression: int) -> int:
    """Return to which specification a random expression belongs."""
    return sum(spec.first_drawn + len(spec.random) <= expression for spec in specs)


def random_parameters(specs: Sequence[SynapseSpec]) -> list[Any]:
    """Return the random expressions of all specifications, in drawing order."""
    return [spec.values[k] for spec in specs for k in spec.random]


def has_arrays(specs: Sequence[SynapseSpec]) -> bool:
    """True if some specification has an array."""
    return any(isinstance(v, np.ndarray) for spec in specs for v in spec.values.values())


def too_many(rule: Rule, specs: list[SynapseSpec]) -> MemoryError:
    """Return the error for connections that the memory does not hold."""
    n = rule.expected() * len(specs)
    size = n * (8 + 8 * sum(len(spec.random) for spec in specs) / len(specs))
    return MemoryError(
        f"There is not enough memory for about {n:.3g} connections, which need at least {size / 2**30:.3g} GiB: "
        f"'{rule.name}' from {len(rule.sources)} to {len(rule.targets)} nodes."
    )


def refuse_empty(ids: np.ndarray, which: str) -> None:
    """Raise IllegalConnection for an empty population."""
    if not len(ids):
        raise illegal(f"{which} nodes cannot be an empty NodeCollection")


def check_symmetry(rule: Rule, specs: Sequence[SynapseSpec]) -> None:
    """Raise if a synapse model needs symmetric connections, or if the rule or values cannot give them."""
    constant = all(spec.constant for spec in specs)
    if rule.make_symmetric and any(spec.random for spec in specs):
        raise errors.NotImplemented("Symmetric connections require parameters that can be reset, not random ones.")
    for spec in specs:
        if spec.named.model.requires_symmetric and not (rule.make_symmetric or rule.is_symmetric(constant)):
            raise errors.BadProperty(
                "Connections with this synapse model can only be created as one-to-one connections with "
                '"make_symmetric" set to true '
                "or as all-to-all connections with equal source and target populations and default or "
                f"scalar parameters. (synapse_model = '{spec.named.name}')"
            )
    if rule.make_symmetric and not (rule.can_be_symmetric or rule.makes_symmetric):
        raise errors.NotImplemented(f"Connection rule '{rule.name}' does not support symmetric connections.")
