"""What plastic synapses read from a node that collects the spikes of a neuromodulator.

The operations exist in compiled code only (see `histories.modulation`), where `x` is the event that reached the
synapse. The spikes are numbered from 0; number 0 stands for the time up to which the node has told its synapses
already.
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

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
    collects = True
    ignores_weight = True
    spike_receptors: ClassVar[dict[int, tuple[str, str]]] = {0: ("spikes", "spikes")}
    interval: ClassVar[str] = "deliver_interval"
    """The parameter that has the interval, in shortest delays."""


def _only_compiled() -> NoReturn:
    raise TypeError("The spikes of a neuromodulator can only be read in compiled code.")


def count(x: Any) -> int:
    """Return the number of spikes that are kept."""
    _only_compiled()


def time(x: Any, k: float) -> float:
    """Return the time (ms) of spike `k`."""
    _only_compiled()


def multiplicity(x: Any, k: float) -> float:
    """Return how many neurons spiked then."""
    _only_compiled()
