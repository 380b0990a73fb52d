"""Spike-timing dependent plasticity of nearest spikes, symmetric."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jaxnest.models.contract.base import Relation
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.histories import history
from jaxnest.models.plasticity.stdp import LAST_SPIKE, MULTIPLICATIVE, depressed, potentiated


@register_synapse(hpc=72, lbl=96)
class stdp_nn_symm_synapse(Synapse):
    """Synapse as ``stdp_synapse``, but each spike is paired with the nearest one before it on the other side only.

    References
    ----------
    Morrison, Diesmann and Gerstner (2008), Biological Cybernetics 98, 459, figure 7A.
    """

    parameters = MULTIPLICATIVE
    state = LAST_SPIKE
    relations = (
        Relation(lambda p: np.signbit(p["weight"]) != np.signbit(p["Wmax"]), "Weight and Wmax must have same sign."),
    )
    changes_weight = True
    source_states = ("t_last",)
    size = 88

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        weight = s.weight
        for spike in history.spikes(x, s.t_last - x.delay, x.t - x.delay):
            since = s.t_last - (history.time(x, spike) + x.delay)
            weight = potentiated(p, weight, math.exp(since / p.tau_plus))
        weight = depressed(p, weight, history.nearest_trace(x, x.t - x.delay))
        return (weight, x.t), weight, True
