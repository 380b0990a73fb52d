"""Synapses of constant weight whose delay is no multiple of the time step."""

from __future__ import annotations

from jaxnest.models.contract.base import hidden
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse


@register_synapse(hpc=24, lbl=48)
class cont_delay_synapse(Synapse):
    """Synapse of constant weight whose delay need not be a multiple of the time step.

    Such a delay can be a default of the model (``SetDefaults``, ``CopyModel``) or be set for connections; one that is
    given to ``Connect`` is rounded to whole steps, of which the fraction in the default is then taken away. Targets
    without precise spike times get their spikes at the end of the step in which they arrive.

    References
    ----------
    NEST documentation, model ``cont_delay_synapse``.
    """

    accepts_devices = True
    state = {"delay_offset": hidden(0.0, "How much shorter the delay is than its number of steps, ms", advanced=False)}
    delay_shift = "delay_offset"
    size = 40
