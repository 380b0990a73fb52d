"""Records the weights that spikes arrive with."""

from __future__ import annotations

from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.device import NodeSet, Recorder, node_set
from jaxnest.models.contract.registry import register


@register
class weight_recorder(Recorder):
    """Recorder of the weights of spikes that arrive through synapses of certain models.

    A synapse model takes part if its default ``weight_recorder`` is set to the recorder (usually on a
    copy made with ``CopyModel``). Each event has the weight, the target, the receptor and the port.

    References
    ----------
    NEST documentation, model ``weight_recorder``.
    """

    parameters = {
        "senders": Quantity(NodeSet(), "", "Sources to record from; empty for all", convert=node_set),
        "targets": Quantity(NodeSet(), "", "Targets to record from; empty for all", convert=node_set),
    }
    records_weights = True
    instance_only = ("senders", "targets")
    float_values = ("weights",)
    int_values = ("targets", "receptors", "ports")
