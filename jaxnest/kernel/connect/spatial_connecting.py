"""How connections between layers are made: positions decide who is connected, and with which values."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.connecting import (
    Batch,
    Builder,
    Refusal,
    Site,
    at_once,
    copied,
    has_arrays,
    n_drawn,
    random_parameters,
    rewind,
    spec_of,
)
from jaxnest.kernel.connect.loops.draws import Draws
from jaxnest.kernel.connect.rules import Pairs, Process
from jaxnest.kernel.connect.spatial_projection import Projection
from jaxnest.kernel.synapses.checks import Compatibility, illegal
from jaxnest.kernel.synapses.specification import SynapseSpec
from jaxnest.kernel.tables.values import is_random
from jaxnest.random.expressions.geometry import NO_GEOMETRY
from jaxnest.random.expressions.saved_normals import SAVED_NORMALS
from jaxnest.spatial.layer import Layer
from jaxnest.spatial.regions import Converse, Everything, SolidRegion

if TYPE_CHECKING:
    from jaxnest.kernel.connect.loops.chunks import Buffers
    from jaxnest.kernel.connect.loops.spatial_loops import Candidates, Drivers, Space


@final
@dataclass(frozen=True)
class Population:
    """Nodes of a layer.

    Attributes
    ----------
    ids
        Their ids, ascending.
    layer
        Where they are.
    """

    ids: np.ndarray
    layer: Layer


Step = Callable[[Any, np.ndarray], Any]
"""A loop with everything but its buffers and progress."""


class Halt(NamedTuple):
    """Where drawing ends before everything is drawn: at which target or source, behind which connection, and why."""

    node: int
    refusal: Refusal


@final
class SpatialBuilder:
    """Makes the connections of one call."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._network = site.network
        self._builder = Builder(site)

    def connect(
        self,
        sources: Population,
        targets: Population,
        conn_spec: Mapping[str, Any],
        syn_specs: Sequence[Mapping[str, Any]],
    ) -> None:
        """Connect nodes of two layers."""
        projection = Projection.parse(conn_spec)
        specs = self._specs(syn_specs)
        if sources.layer.dimensions != targets.layer.dimensions:
            raise errors.BadProperty("Target layer must have same number of dimensions as source layer.")
        self._network.nodes.number()
        on_devices = projection.rule == "pairwise_poisson" or projection.use_on_source
        self._site.announce_change()
        if not on_devices and not self._network.nodes.has_proxies(targets.ids[:1])[0]:
            if projection.rule == "pairwise_bernoulli" and projection.mask is not None:
                projection.mask.compatible_with(
                    targets.layer, projection.allow_oversized_mask
                )  # NEST looks at it first
            raise illegal(f"Spatial Connect with {projection.rule} to devices is not possible.")
        run = Run(self._site, sources, targets, projection, specs, self._builder)
        problems = run.outgoing() if projection.rule == "fixed_outdegree" else run.incoming()
        if problems:
            raise problems[0]

    def _specs(self, syn_specs: Sequence[Mapping[str, Any]]) -> list[SynapseSpec]:
        """Check synapse specifications; in space weights are drawn before delays."""
        models = self._network.synapse_models
        given = []
        for spec in syn_specs:
            model = models[spec["synapse_model"]].model
            for key in ("synapse_label", "receptor_type"):
                value = spec.get(key, 0)
                if isinstance(value, bool) or not isinstance(value, int | np.integer):
                    raise errors.TypeMismatch(f"{key} has to be an integer, not {value!r}.")
            for key in ("weight", "delay"):
                if isinstance(spec.get(key), list | tuple | np.ndarray):
                    raise errors.BadProperty(f"'{key}' has to be a number or a Parameter, not {spec[key]!r}.")
            left_out = {
                *(() if model.labelled else ("synapse_label",)),
                *(("weight",) if model.weight_is_common else ()),
            }
            given.append({k: v for k, v in spec.items() if k not in left_out})
        specs = self._builder.specs(given)
        first = 0
        for spec, original in zip(specs, syn_specs, strict=True):
            model = spec.named.model
            if model.weight_is_common or "weight" in model.refused:  # all refuse it, once everything is drawn
                spec.values["weight"] = original.get("weight", 1.0)
            spec.first_drawn, first = first, first + len(spec.random)
            order = [k for k in spec.values if k not in ("weight", "delay")]
            order += [k for k in ("weight", "delay") if k in spec.values]
            spec.values = {k: spec.values[k] for k in order}
        return specs


@final
class Run:
    """One projection being made."""

    def __init__(
        self,
        site: Site,
        sources: Population,
        targets: Population,
        projection: Projection,
        specs: Sequence[SynapseSpec],
        builder: Builder,
    ) -> None:
        self._processes = builder.processes()
        self._network, self._devices = site.network, site.devices
        self._builder = builder
        self._sources, self._targets = sources, targets
        self._projection = projection
        self._specs = specs
        self._spec_of = np.repeat(np.arange(len(specs)), [len(spec.random) for spec in specs])
        self._draws = Draws(random_parameters(specs), has_arrays(specs))
        self._kernels = Draws([] if projection.kernel is None else [projection.kernel])
        self._numbers = Draws([projection.number] if is_random(projection.number) else [])
        self._geometries = [np.array(NO_GEOMETRY[0]) for _ in self._processes]
        self._check = Compatibility(site.network.nodes, sources.ids, targets.ids)

    # -- target by target --------------------------------------------------------------------------

    def incoming(self) -> list[Exception]:
        """Make the connections of rules that go through the targets; return why this ends before all are made."""
        on_target = self._projection.rule == "pairwise_bernoulli" and not self._projection.use_on_source
        layer = (self._targets if on_target else self._sources).layer
        candidates = self._candidates(self._sources, layer, on_target)
        draw = functools.partial(self._one_process, shared=candidates, layer=layer)
        in_turn = self._projection.rule == "fixed_indegree" and len(self._processes) > 1
        memory = self._devices.memory() if in_turn else None
        before = [copied(self._random_state(process)) for process in self._processes]
        whole = functools.partial(draw, ids=self._targets.ids, draws=self._draws)
        drawn = at_once(whole, self._processes, len(self._targets.ids))
        batches = [self._plan(process, *one) for process, one in zip(self._processes, drawn, strict=True)]
        nodes = [_end(batch, *one) for batch, one in zip(batches, drawn, strict=True)]
        last = min((node for node in nodes if node is not None), default=None)
        if memory is not None and last is not None:
            # NEST takes the targets of all threads in turn, so that later ones have not drawn anything.
            self._devices.recall(memory)
            for i, process in enumerate(self._processes):
                pairs, halt = drawn[i]
                if nodes[i] != last:
                    pairs, halt, nodes[i] = pairs.take(pairs.target < last), None, None
                    rewind(self._random_state(process), before[i])
                    draw(process, self._targets.ids[self._targets.ids < last], self._draws)
                batches[i] = self._plan(process, pairs, halt)
        for process, batch, state in zip(self._processes, batches, before, strict=True):
            refusal = batch.refusal
            if refusal is not None and not batch.halted:
                rewind(self._random_state(process), state)
                draw(process, self._targets.ids, self._draws.until(refusal.row + 1, n_drawn(self._specs, refusal)))
            self._builder.make(batch)
        return [batch.worst.error for batch in batches if batch.worst is not None]

    def _plan(self, process: Process, pairs: Pairs, halt: Halt | None) -> Batch:
        """Find out which connections of a virtual process are possible."""
        batch = self._builder.plan(process, pairs, self._specs, self._check)
        if halt is not None:
            batch.halt(halt.refusal)
        return batch

    @staticmethod
    def _random_state(process: Process) -> list[np.ndarray]:
        """Return the stream of a virtual process and the normal variates that wait there."""
        return [process.stream, SAVED_NORMALS.rows(process.index)]

    def _one_process(
        self, process: Process, ids: np.ndarray, draws: Draws, shared: Candidates, layer: Layer
    ) -> tuple[Pairs, Halt | None]:
        """Draw the connections to some targets, in a work space of its own: others may do so at the same time."""
        from jaxnest.kernel.connect.loops import loops
        from jaxnest.kernel.connect.loops.chunks import collect
        from jaxnest.spatial.tree import work_space

        targets, space = self._here(process, ids), self._space(layer, process)
        candidates = shared._replace(found=np.empty_like(shared.found), work=work_space())
        step, expected = self._incoming_step(process, candidates, space, targets, draws)
        (source, target, _, drawn), progress = collect(
            step,
            draws.n,
            lambda progress: progress[loops.TARGET] == len(targets.ids) or progress[loops.FAILED],
            expected,
            limit=draws.limit,
        )
        pairs = Pairs(source, target, drawn, np.empty(0, np.int64))
        if not progress[loops.FAILED]:
            return pairs, None
        node = int(targets.ids[progress[loops.TARGET]])
        where = " inside mask" if self._projection.mask is not None else ""
        message = f"Global target ID {node}: Not enough sources found{where}.{self._hint()}"
        return pairs, self._halt(process, node, len(source), message)

    def _halt(self, process: Process, node: int, n: int, message: str) -> Halt:
        """Return why drawing has ended after `n` connections, some values of the last of which may be missing."""
        for draws in (self._numbers, self._kernels):
            error, _ = draws.failed(process.index)
            if error is not None:
                return Halt(node, Refusal(n, 0, error))
        error, expression = self._draws.failed(process.index)
        if error is not None:
            return Halt(node, Refusal(n - 1, spec_of(self._specs, expression), error))
        return Halt(node, Refusal(n, 0, errors.KernelException(message)))

    def _incoming_step(
        self, process: Process, candidates: Candidates, space: Space, targets: Drivers, draws: Draws
    ) -> tuple[Step, int]:
        """Return the loop of the rule, and how many connections it makes if that is known."""
        from jaxnest.kernel.connect.loops import spatial_loops
        from jaxnest.random.numbers.poisson import POISSON_SIZE

        p, stream = self._projection, process.stream
        kernel, programs = self._kernel_of(process, candidates), self._programs(draws, process)
        if p.rule == "fixed_indegree":
            limits = self._limits()
            scratch = _scratch(len(candidates.found))
            numbers = self._programs(self._numbers, process)
            indegrees = (stream, candidates, targets, space, limits, numbers, kernel, programs, *scratch)
            expected = max(limits.number, 0) * len(targets.ids)
            return lambda buffers, progress: spatial_loops.indegrees(*indegrees, buffers, progress), expected
        if p.rule == "pairwise_poisson":
            row = np.zeros(POISSON_SIZE)
            multiple = (stream, candidates, targets, space, kernel, p.allow_autapses, programs, row)
            return lambda buffers, progress: spatial_loops.multiple(*multiple, buffers, progress), 0
        values = self._values_of(draws, programs, candidates)
        bernoulli = (stream, candidates, targets, space, kernel, p.allow_autapses, programs, values)
        return lambda buffers, progress: spatial_loops.bernoulli(*bernoulli, buffers, progress), 0

    def _here(self, process: Process, ids: np.ndarray) -> Drivers:
        """Return those of the targets that are on a virtual process."""
        mine = ids[(ids % process.n == process.index) | ~self._network.nodes.has_proxies(ids)]
        return _drivers(Population(mine, self._targets.layer))

    # -- source by source --------------------------------------------------------------------------

    def outgoing(self) -> list[Exception]:
        """Make the connections of the rule that goes through the sources; return why this ends before all are made."""
        from jaxnest.kernel.connect.loops import loops, spatial_loops

        candidates = self._candidates(self._targets, self._targets.layer, False)
        pool = self._network.pools.list(self._sources.layer, self._sources.ids)
        sources = spatial_loops.Drivers(pool.ids, pool.tree.positions)
        state = [self._processes[0].rank_stream, *(SAVED_NORMALS.rows(p.index) for p in self._processes)]
        memory, before = self._devices.memory(), copied(state)
        (source, target, _, drawn), progress = self._draw_outgoing(sources, candidates, self._draws)
        pairs, halt = Pairs(source, target, drawn, np.empty(0, np.int64)), None
        if progress[loops.FAILED]:
            node = int(sources.ids[progress[loops.SOURCE]])
            message = f"Global source ID {node}: Not enough targets found.{self._hint()}"
            halt = self._halt(self._processes[0], node, len(source), message).refusal
        batches, refused = self._plan_outgoing(pairs)
        if refused is not None:
            # NEST draws all values of a connection before it makes it, and none of those behind one that fails.
            self._devices.recall(memory)
            rewind(state, before)
            self._draw_outgoing(sources, candidates, self._draws.until(refused + 1, self._draws.n))
            batches, _ = self._plan_outgoing(pairs.take(slice(refused + 1)))
        for batch in batches:
            self._builder.make(batch)
        problems: list[Exception] = [batch.worst.error for batch in batches if batch.worst is not None]
        return problems or ([] if halt is None else [halt.error])

    def _plan_outgoing(self, pairs: Pairs) -> tuple[list[Batch], int | None]:
        """Find out which connections of all virtual processes are possible; return the first that is not, too."""
        batches, refused, n = [], [], len(self._processes)
        for process in self._processes:
            mine = np.flatnonzero(pairs.target % n == process.index)
            batch = self._plan(process, pairs if n == 1 else pairs.take(mine), None)
            batches.append(batch)
            refused += [] if batch.refusal is None else [int(mine[batch.refusal.row])]
        return batches, min(refused, default=None)

    def _draw_outgoing(self, sources: Drivers, candidates: Candidates, draws: Draws) -> tuple[Buffers, np.ndarray]:
        """Draw all connections, and return how far this got, too."""
        from jaxnest.kernel.connect.loops import loops, spatial_loops
        from jaxnest.kernel.connect.loops.chunks import collect

        process, limits = self._processes[0], self._limits()
        saved = np.stack([SAVED_NORMALS.rows(p.index) for p in self._processes])
        arguments: list[Any] = [
            process.rank_stream,
            candidates,
            sources,
            (self._space(self._sources.layer, process), self._space(self._targets.layer, process)),
            limits,
            self._programs(self._numbers, process),
            self._kernel_of(process, candidates),
            self._programs(draws, process),
            self._spec_of,
            saved,
            *_scratch(len(candidates.found)),
        ]
        result = collect(
            lambda buffers, progress: spatial_loops.outdegrees(*[*arguments, buffers, progress]),
            draws.n,
            lambda progress: progress[loops.SOURCE] == len(sources.ids) or progress[loops.FAILED],
            max(limits.number, 0) * len(sources.ids),
            limit=draws.limit,
        )
        for process, rows in zip(self._processes, saved, strict=True):
            SAVED_NORMALS.rows(process.index)[:] = rows
        return result

    # -- what both need ----------------------------------------------------------------------------

    def _candidates(self, population: Population, layer: Layer, mirrored: bool) -> Candidates:
        """Return the possible partners; mask and edges are those of `layer`."""
        from jaxnest.kernel.connect.loops.spatial_loops import Candidates
        from jaxnest.spatial.containment import compiled_region
        from jaxnest.spatial.tree import most_candidates, work_space

        region: SolidRegion = Everything(layer.dimensions)
        pools = self._network.pools
        if self._projection.mask is None:
            needs_tree = self._projection.rule == "fixed_outdegree"
            pool = (pools.tree if needs_tree else pools.list)(population.layer, population.ids)
        else:
            region = self._projection.mask.compatible_with(layer, self._projection.allow_oversized_mask)
            region = Converse(region.dimensions, region) if mirrored else region
            if mirrored:
                pool = pools.tree_inside(population.layer, population.ids, layer)
            else:
                pool = pools.tree(population.layer, population.ids)
        found = np.empty(most_candidates(len(pool.ids), pool.tree), np.int64)
        return Candidates(pool.ids, pool.tree, compiled_region(region), found, work_space())

    def _space(self, layer: Layer, process: Process) -> Space:
        from jaxnest.kernel.connect.loops.spatial_loops import Space
        from jaxnest.spatial.tree import padded

        return Space(padded(layer.period), layer.dimensions, self._geometries[process.index])

    def _limits(self) -> Any:
        from jaxnest.kernel.connect.loops.spatial_loops import Limits

        p = self._projection
        number = -1 if is_random(p.number) else p.number
        masked = p.mask is not None and p.rule == "fixed_indegree"
        return Limits(number, masked, p.allow_autapses, p.allow_multapses)

    def _kernel_of(self, process: Process, candidates: Candidates) -> Any:
        """Return the kernel with room for its values."""
        from jaxnest.kernel.connect.loops.spatial_loops import Kernel
        from jaxnest.random.expressions.plain import is_plain

        kernel, n = self._projection.kernel, len(candidates.found)
        programs = self._programs(self._kernels, process)
        plain = kernel is not None and is_plain(kernel.expression.code, self._targets.layer.dimensions)
        rows = len(programs.stack) if plain else 0
        return Kernel(
            kernel is not None, plain, programs, np.empty(n), np.empty((3, n)), np.empty(n), np.empty((rows, n))
        )

    def _values_of(self, draws: Draws, programs: Any, candidates: Candidates) -> Any:
        """Return what it takes to evaluate weights and delays that draw nothing."""
        from jaxnest.kernel.connect.loops.spatial_loops import Values
        from jaxnest.random.expressions.plain import is_plain

        plain, n = all(is_plain(code, self._targets.layer.dimensions) for code in draws.codes), len(candidates.found)
        rows, n = (len(programs.stack), n) if plain else (0, 0)
        return Values(plain, np.empty(n, np.int64), np.empty((3, n)), np.empty(n), np.empty((rows, n)))

    def _programs(self, draws: Draws, process: Process) -> Any:
        """Return expressions for compiled code, all of which look at the geometry of their virtual process."""
        return draws.programs(process.index)._replace(geometry=self._geometries[process.index])

    def _hint(self) -> str:
        if self._projection.allow_multapses:
            return ""
        return " The number of connections may be too large, since multapses are not allowed."


def _end(batch: Batch, pairs: Pairs, halt: Halt | None) -> int | None:
    """Return the target at which the connections of a virtual process end, or None if all are made."""
    if batch.refusal is None:
        return None
    return halt.node if batch.halted and halt is not None else int(pairs.target[batch.refusal.row])


def _drivers(population: Population) -> Drivers:
    from jaxnest.kernel.connect.loops.spatial_loops import Drivers
    from jaxnest.spatial.tree import padded

    return Drivers(population.ids.astype(np.int32), padded(population.layer.at(population.ids)))


def _scratch(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return room for cumulative probabilities and marks of candidates."""
    return np.empty(n), np.full(n, -1, np.int64)
