"""Spike-timing dependent plasticity of nearest spikes, centered on those of the source."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.histories import history
from jaxnest.models.plasticity.stdp import LAST_SPIKE, MULTIPLICATIVE, PRE_TRACE, SAME_SIGN, depressed, potentiated


@register_synapse(hpc=80, lbl=104)
class stdp_nn_pre_centered_synapse(Synapse):
    """Synapse as ``stdp_synapse``, but each spike of the source is paired with the nearest of the target on each side.

    References
    ----------
    Morrison, Diesmann and Gerstner (2008), Biological Cybernetics 98, 459, figure 7B.
    """

    parameters = MULTIPLICATIVE
    state = PRE_TRACE | LAST_SPIKE
    relations = SAME_SIGN
    changes_weight = True
    source_states = ("t_last",)
    size = 96

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        weight, trace = s.weight, s.Kplus
        spikes = history.spikes(x, s.t_last - x.delay, x.t - x.delay)
        if len(spikes) > 0:
            since = s.t_last - (history.time(x, spikes.start) + x.delay)
            weight = potentiated(p, weight, trace * math.exp(since / p.tau_plus))
            trace = 0.0
        weight = depressed(p, weight, history.nearest_trace(x, x.t - x.delay))
        return (weight, trace * math.exp((s.t_last - x.t) / p.tau_plus) + 1.0, x.t), weight, True
