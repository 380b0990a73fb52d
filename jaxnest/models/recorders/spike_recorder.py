"""Records spikes."""

from __future__ import annotations

from jaxnest.models.contract.device import Recorder
from jaxnest.models.contract.registry import register


@register
class spike_recorder(Recorder):
    """Recorder of spikes.

    The spikes of all nodes connected to it are recorded at the moment they are sent, whatever the delay
    and the weight of the connection. The data are in ``events`` (senders, times) or in files; see
    ``record_to``.

    References
    ----------
    NEST documentation, model ``spike_recorder``.
    """

    signal_heard = "any"
