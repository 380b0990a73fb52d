"""Spike-timing dependent plasticity of nearest spikes, restricted."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.histories import history
from jaxnest.models.plasticity.stdp import LAST_SPIKE, MULTIPLICATIVE, SAME_SIGN, depressed, potentiated


@register_synapse(hpc=72, lbl=96)
class stdp_nn_restr_synapse(Synapse):
    """Synapse as ``stdp_synapse``, but only spikes that follow each other immediately form pairs.

    References
    ----------
    Morrison, Diesmann and Gerstner (2008), Biological Cybernetics 98, 459, figure 7C.
    """

    parameters = MULTIPLICATIVE
    state = LAST_SPIKE
    relations = SAME_SIGN
    changes_weight = True
    source_states = ("t_last",)
    size = 88

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        weight = s.weight
        spikes = history.spikes(x, s.t_last - x.delay, x.t - x.delay)
        if len(spikes) > 0:
            since = s.t_last - (history.time(x, spikes.start) + x.delay)
            weight = potentiated(p, weight, math.exp(since / p.tau_plus))
            weight = depressed(p, weight, history.nearest_trace(x, x.t - x.delay))
        return (weight, x.t), weight, True
