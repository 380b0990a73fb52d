"""Nodes and models, and what holds for all of them: what connecting, recording and simulating build on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from jaxnest.kernel.settings.attributes import Attributes
from jaxnest.kernel.settings.clock import Clock
from jaxnest.kernel.tables.layers import Layers
from jaxnest.kernel.tables.model_table import ModelTable
from jaxnest.kernel.tables.node_table import NodeTable
from jaxnest.random.numbers.streams import RandomStreams
from jaxnest.spatial.pools import Pools


@final
@dataclass
class Network:
    """Parts of the kernel. It alone replaces them: all of them for a new network, the clock also in an empty one.

    Attributes
    ----------
    attributes
        Settings of the user.
    clock
        Resolution and conversions of time.
    streams
        The random streams of all virtual processes.
    node_models, synapse_models
        Built-in models and copies, each with the defaults in force.
    nodes
        The table of nodes.
    layers
        Where nodes are in space.
    pools
        Trees of nodes among which spatial connections find partners.
    """

    attributes: Attributes
    clock: Clock
    streams: RandomStreams
    node_models: ModelTable
    synapse_models: ModelTable
    nodes: NodeTable
    layers: Layers
    pools: Pools

    @property
    def n_threads(self) -> int:
        """Number of virtual processes."""
        return self.nodes.n_virtual_processes
