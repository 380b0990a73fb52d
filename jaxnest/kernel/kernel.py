"""The one global kernel: what a script builds, and the state of its simulation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.connections import Connections
from jaxnest.kernel.recording import Recording
from jaxnest.kernel.settings import messages
from jaxnest.kernel.settings.attributes import Attributes
from jaxnest.kernel.settings.clock import Clock
from jaxnest.kernel.settings.messages import VerbosityLevel
from jaxnest.kernel.simulation import Simulation
from jaxnest.kernel.structural.planned import Planned
from jaxnest.kernel.structural.plasticity import StructuralPlasticity
from jaxnest.kernel.synapses.defaults import convert_default_delay, default_delay
from jaxnest.kernel.tables.instances import Instances
from jaxnest.kernel.tables.layers import Layers
from jaxnest.kernel.tables.model_table import ModelTable
from jaxnest.kernel.tables.network import Network
from jaxnest.kernel.tables.node_table import NodeTable
from jaxnest.kernel.tables.values import is_random
from jaxnest.models.contract import registry
from jaxnest.models.nest import nest_names
from jaxnest.models.nest.nest_names import ids
from jaxnest.random.numbers.streams import RandomStreams
from jaxnest.spatial.pools import Pools

if TYPE_CHECKING:
    from jaxnest.engine.session import Session


@final
class Kernel:
    """Tables, time, streams and settings; everything that ResetKernel clears.

    Attributes
    ----------
    attributes, streams, node_models, synapse_models, nodes, layers, pools
        See `Network`, in which other parts find them.
    network
        All of these together, and the clock.
    connections
        The tables of connections.
    instances
        Who was created when.
    structural
        The connections that come and go in runs.
    recording
        The recorders.
    simulation
        Prepared or not, present time, and the engine's session.
    """

    def __init__(self) -> None:
        registry.load_all()
        self.attributes = Attributes()
        self.reset()

    def reset(self) -> None:
        """Forget the network, all changed defaults and all settings that NEST resets."""
        self.attributes.reset()
        self.node_models = ModelTable(registry.NODE_MODELS, ids(nest_names.NODE_MODELS), unknown_node_model)
        self.synapse_models = ModelTable(registry.SYNAPSE_MODELS, ids(nest_names.SYNAPSE_MODELS), unknown_synapse_model)
        self.off_grid_spiking = False
        self.timers: dict[str, float] = {}
        self._planned: list[Planned] = []
        self.build(self.attributes.local_num_threads, Clock())

    def build(self, n_threads: int, clock: Clock) -> None:
        """Start with an empty network on this number of virtual processes."""
        self.streams = RandomStreams(self.attributes.rng_seed, self.attributes.rng_type, n_threads)
        self.nodes = NodeTable(n_threads)
        self.instances = Instances()
        self.layers = Layers()
        self.pools = Pools()
        self.network = Network(
            self.attributes,
            clock,
            self.streams,
            self.node_models,
            self.synapse_models,
            self.nodes,
            self.layers,
            self.pools,
        )
        self.connections = Connections(self.network)
        self.structural = StructuralPlasticity(self.network, self.connections, self._planned)
        self.recording = Recording(self.network, lambda: self.simulation.has_run)
        self.simulation = Simulation(
            self.network, self.connections, self.structural, self.recording, self.timers, self._session
        )
        # Tables do not hold the simulation, which holds them: an old network is gone as soon as there is a new one.
        self.nodes.before_access = lambda models: self.simulation.bring_state_home(models)
        self.connections.before_access = lambda: self.simulation.bring_connections_home()
        self.connections.before_move = lambda: self.simulation.bring_state_home()
        self.recording.before_access = lambda: self.simulation.drain()

    def _session(self) -> Session:
        """Return what simulates the network."""
        from jaxnest.engine.session import Session

        return Session(self, self.attributes.compute_backend)

    @property
    def clock(self) -> Clock:
        """Resolution and conversions of time."""
        return self.network.clock

    @property
    def present_clock(self) -> Clock:
        """The clock, which then also knows what time it is."""
        clock = self.network.clock
        return Clock(clock.tics_per_step, clock.tics_per_ms, self.simulation.step)

    @property
    def n_threads(self) -> int:
        """Number of virtual processes."""
        return self.nodes.n_virtual_processes

    def create(self, model: str, n: int) -> tuple[int, int]:
        """Create `n` nodes of a model and return their first and last id."""
        named = self.node_models[model]
        try:
            first, last = self.nodes.create(named, n)
        except MemoryError:
            size = n * self.nodes.bytes_per_node(named.model) / 2**30
            raise MemoryError(
                f"There is not enough memory for {n} nodes of '{named.name}', which need at least {size:.3g} GiB."
            ) from None
        self.off_grid_spiking |= named.model.off_grid
        self.instances.add(named.name, first, last, self.n_threads, named.model.has_proxies)
        self.recording.add(named, first, last)
        if named.model.off_grid:
            messages.log(
                VerbosityLevel.INFO,
                f"{named.name} has precise spike times: the kernel property off_grid_spiking has been set to true.\n\n"
                "NOTE: Mixing such models with normal ones may lead to inconsistent results.",
            )
        return first, last

    def seed_streams(self) -> None:
        """Start all random streams anew from seed and type of the generators."""
        self.streams.reseed(self.attributes.rng_seed, self.attributes.rng_type)

    def change_clock(self, clock: Clock) -> None:
        """Change the resolution of an empty network; delay limits set by the user move to the new grid.

        Raises
        ------
        BadDelay
            If the shortest delay is below the resolution, which is changed nevertheless, as in NEST.
        """
        old, self.network.clock = self.clock, clock
        limits = self.connections.delays
        for named in self.synapse_models:
            default_delay(named, old)  # in steps, and so it stays if the limits are refused
        if limits.set_by_user:
            limits.regrid(old, clock)
        for named in self.node_models:
            before = dict(named.defaults)
            named.model.adapt(named.defaults, clock)
            for name, value in named.defaults.items():
                if isinstance(value, float) and abs(value - before[name]) > 0:
                    text = f"Default for {name} of {named.name} changed from {before[name]:g} to {value:g} ms"
                    messages.log(VerbosityLevel.INFO, text)
        for named in self.synapse_models:
            convert_default_delay(named, old, clock)

    def begin_draws(self, values: Iterable[Any]) -> Callable[[Any, int, int], float]:
        """Return the function that evaluates for nodes what is random among the values of one call (see `draw`)."""
        if any(is_random(value) for value in values):
            self.streams.begin_call()
        return self.draw

    def draw(self, parameter: Any, node_id: int, k: int) -> float:
        """Evaluate a random expression, number `k` of this node, from the stream of its virtual process."""
        from jaxnest.random.numbers.keyed import turn_to

        thread = node_id % self.n_threads
        stream = self.streams.vp_specific[thread]
        turn_to(stream, node_id + (k << 32))
        geometry = self.layers.node_geometry(np.array([node_id])) if parameter.is_spatial() else None
        return parameter.value(stream, thread, geometry)


def unknown_node_model(name: str) -> errors.KernelException:
    """Return the error for a node model that is not there (yet)."""
    if name in nest_names.NODE_MODELS:
        return errors.NotImplemented(f"The node model '{name}' of NEST is not implemented yet.")
    hint = errors.nearest(name, registry.NODE_MODELS)
    return errors.UnknownModelName(f"{name} is not a known model name.{hint}")


def unknown_synapse_model(name: str) -> errors.KernelException:
    """Return the error for a synapse model that is not there (yet)."""
    if name in nest_names.SYNAPSE_MODELS:
        return errors.NotImplemented(f"The synapse model '{name}' of NEST is not implemented yet.")
    hint = errors.nearest(name, registry.SYNAPSE_MODELS)
    return errors.UnknownSynapseType(f"Synapse type '{name}' does not exist.{hint}")


kernel = Kernel()
