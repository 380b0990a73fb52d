"""What a node declares that collects the spikes of a neuromodulator."""

from __future__ import annotations

from typing import Any, ClassVar

from jaxnest import errors
from jaxnest.models.contract.base import Node
from jaxnest.models.contract.device import NodeSet


def one_node(value: Any) -> NodeSet:
    """Return the value of a property of synapses that is a node.

    Raises
    ------
    TypeMismatch
        If it is anything but a collection of nodes.
    """
    if not isinstance(value, NodeSet):
        raise errors.TypeMismatch(f"NodeCollection expected, not {value!r} ({type(value).__name__}).")
    return value


class Collector(Node, abstract=True):
    """A node that collects spikes and tells the synapses that it modulates at regular intervals."""

    has_proxies = False
    receives_globally = True
    collects = True
    ignores_weight = True
    spike_receptors: ClassVar[dict[int, tuple[str, str]]] = {0: ("spikes", "spikes")}
    interval: ClassVar[str] = "deliver_interval"
    """The parameter that has the interval, in shortest delays."""
