"""How connections between layers are made: positions decide who is connected, and with which values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.connecting import Builder, Site, has_arrays, random_parameters
from jaxnest.kernel.connect.connection_checks import Compatibility, illegal
from jaxnest.kernel.connect.loops.draws import Draws
from jaxnest.kernel.connect.rules import Pairs, Process
from jaxnest.kernel.connect.spatial_projection import Projection
from jaxnest.kernel.connect.synapse_spec import SynapseSpec
from jaxnest.kernel.tables.network import Network
from jaxnest.kernel.tables.values import is_random
from jaxnest.random.expressions.geometry import NO_GEOMETRY
from jaxnest.random.expressions.saved_normals import SAVED_NORMALS
from jaxnest.spatial.layer import Layer
from jaxnest.spatial.regions import Converse, Everything, SolidRegion

if TYPE_CHECKING:
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
        if not on_devices and not self._network.nodes.has_proxies(targets.ids[:1])[0]:
            raise illegal(f"Spatial Connect with {projection.rule} to devices is not possible.")
        self._site.announce_change()
        run = Run(self._network, sources, targets, projection, specs, self._builder.processes())
        made, failure = run.outgoing() if projection.rule == "fixed_outdegree" else run.incoming()
        check = Compatibility(self._network.nodes, sources.ids, targets.ids)
        problems: list[Exception] = []
        for process, pairs in zip(run.processes, made, strict=True):
            refusal = self._builder.add(process, pairs, specs, check)
            problems += [] if refusal is None else [refusal.error]
        problems += [] if failure is None else [failure]
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
            if model.weight_is_common:
                raise errors.BadProperty(
                    "Setting of individual weights is not possible, which connections in space need: connections of "
                    f"'{spec['synapse_model']}' share their weight."
                )
            given.append({k: v for k, v in spec.items() if k != "synapse_label" or model.labelled})
        specs = self._builder.specs(given)
        for spec in specs:
            order = [k for k in spec.values if k not in ("weight", "delay")]
            order += [k for k in ("weight", "delay") if k in spec.values]
            spec.values = {k: spec.values[k] for k in order}
        return specs


@final
class Run:
    """One projection being drawn.

    Attributes
    ----------
    processes
        The virtual processes.
    """

    def __init__(
        self,
        network: Network,
        sources: Population,
        targets: Population,
        projection: Projection,
        specs: Sequence[SynapseSpec],
        processes: list[Process],
    ) -> None:
        self.processes = processes
        self._network = network
        self._sources, self._targets = sources, targets
        self._projection = projection
        self._specs = specs
        self._draws = Draws(random_parameters(specs), has_arrays(specs))
        self._kernels = Draws([] if projection.kernel is None else [projection.kernel])
        self._numbers = Draws([projection.number] if is_random(projection.number) else [])
        self._geometry = np.array(NO_GEOMETRY[0])

    # -- target by target --------------------------------------------------------------------------

    def incoming(self) -> tuple[list[Pairs], Exception | None]:
        """Return the connections of all virtual processes for rules that go through the targets."""
        on_target = self._projection.rule == "pairwise_bernoulli" and not self._projection.use_on_source
        layer = (self._targets if on_target else self._sources).layer
        candidates = self._candidates(self._sources, layer, on_target)
        space = self._space(layer)
        before = [self._random_state(process) for process in self.processes]
        results = [self._one_process(process, candidates, space) for process in self.processes]
        self._check()
        failed = min([node for _, node in results if node is not None], default=None)
        if failed is None:
            return [pairs for pairs, _ in results], None
        # NEST takes the targets of all threads in turn, so that later ones have not drawn anything.
        for process, state in zip(self.processes, before, strict=True):
            for current, former in zip(self._random_state(process, copy=False), state, strict=True):
                current[:] = former
        self._targets = Population(self._targets.ids[self._targets.ids <= failed], self._targets.layer)
        results = [self._one_process(process, candidates, space) for process in self.processes]
        where = " inside mask" if self._projection.mask is not None else ""
        message = f"Global target ID {failed}: Not enough sources found{where}.{self._hint()}"
        return [pairs for pairs, _ in results], errors.KernelException(message)

    @staticmethod
    def _random_state(process: Process, copy: bool = True) -> list[np.ndarray]:
        """Return the stream of a virtual process and the normal variates that wait there."""
        state = [process.stream, SAVED_NORMALS.rows(process.index)]
        return [array.copy() for array in state] if copy else state

    def _one_process(self, process: Process, candidates: Candidates, space: Space) -> tuple[Pairs, int | None]:
        from jaxnest.kernel.connect.loops import loops
        from jaxnest.kernel.connect.loops.chunks import collect

        targets = self._here(process)
        step, expected = self._incoming_step(process, candidates, space, targets)
        (source, target, _, drawn), progress = collect(
            step,
            self._draws.n,
            lambda progress: progress[loops.TARGET] == len(targets.ids) or progress[loops.FAILED],
            expected,
        )
        failed = int(targets.ids[progress[loops.TARGET]]) if progress[loops.FAILED] else None
        return Pairs(source, target, drawn, np.empty(0, np.int64)), failed

    def _incoming_step(
        self, process: Process, candidates: Candidates, space: Space, targets: Drivers
    ) -> tuple[Step, int]:
        """Return the loop of the rule, and how many connections it makes if that is known."""
        from jaxnest.kernel.connect.loops import spatial_loops
        from jaxnest.random.numbers.poisson import POISSON_SIZE

        p, stream = self._projection, process.stream
        kernel, programs = self._kernel_of(process, candidates), self._programs(self._draws, process)
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
        bernoulli = (stream, candidates, targets, space, kernel, p.allow_autapses, programs)
        return lambda buffers, progress: spatial_loops.bernoulli(*bernoulli, buffers, progress), 0

    def _here(self, process: Process) -> Drivers:
        """Return the targets on a virtual process."""
        ids = self._targets.ids
        mine = ids[(ids % process.n == process.index) | ~self._network.nodes.has_proxies(ids)]
        return _drivers(Population(mine, self._targets.layer))

    # -- source by source --------------------------------------------------------------------------

    def outgoing(self) -> tuple[list[Pairs], Exception | None]:
        """Return the connections of all virtual processes for the rule that goes through the sources."""
        from jaxnest.kernel.connect.loops import loops, spatial_loops
        from jaxnest.kernel.connect.loops.chunks import collect

        candidates = self._candidates(self._targets, self._targets.layer, False)
        pool = self._network.pools.list(self._sources.layer, self._sources.ids)
        sources = spatial_loops.Drivers(pool.ids, pool.tree.positions)
        spaces = self._space(self._sources.layer), self._space(self._targets.layer)
        saved = np.stack([SAVED_NORMALS.rows(p.index) for p in self.processes])
        specification = np.repeat(np.arange(len(self._specs)), [len(spec.random) for spec in self._specs])
        process = self.processes[0]
        limits = self._limits()
        arguments: list[Any] = [
            process.rank_stream,
            candidates,
            sources,
            spaces,
            limits,
            self._programs(self._numbers, process),
            self._kernel_of(process, candidates),
            self._programs(self._draws, process),
            specification,
            saved,
            *_scratch(len(candidates.found)),
        ]
        (source, target, _, drawn), progress = collect(
            lambda buffers, progress: spatial_loops.outdegrees(*[*arguments, buffers, progress]),
            self._draws.n,
            lambda progress: progress[loops.SOURCE] == len(sources.ids) or progress[loops.FAILED],
            max(limits.number, 0) * len(sources.ids),
        )
        for i, rows in enumerate(saved):
            SAVED_NORMALS.rows(i)[:] = rows
        self._check()
        everything = Pairs(source, target, drawn, np.empty(0, np.int64))
        n = len(self.processes)
        pairs = [everything if n == 1 else everything.take(target % n == p.index) for p in self.processes]
        if not progress[loops.FAILED]:
            return pairs, None
        node = sources.ids[progress[loops.SOURCE]]
        return pairs, errors.KernelException(f"Global source ID {node}: Not enough targets found.{self._hint()}")

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

    def _space(self, layer: Layer) -> Space:
        from jaxnest.kernel.connect.loops.spatial_loops import Space
        from jaxnest.spatial.tree import padded

        return Space(padded(layer.period), layer.dimensions, self._geometry)

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

    def _programs(self, draws: Draws, process: Process) -> Any:
        """Return expressions for compiled code, all of which look at the same geometry."""
        return draws.programs(process.index)._replace(geometry=self._geometry)

    def _check(self) -> None:
        for draws in (self._numbers, self._kernels, self._draws):
            draws.check()

    def _hint(self) -> str:
        if self._projection.allow_multapses:
            return ""
        return " The number of connections may be too large, since multapses are not allowed."


def _drivers(population: Population) -> Drivers:
    from jaxnest.kernel.connect.loops.spatial_loops import Drivers
    from jaxnest.spatial.tree import padded

    return Drivers(population.ids.astype(np.int32), padded(population.layer.at(population.ids)))


def _scratch(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return room for cumulative probabilities and marks of candidates."""
    return np.empty(n), np.full(n, -1, np.int64)
