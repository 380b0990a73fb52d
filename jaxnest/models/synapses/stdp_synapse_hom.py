"""Spike-timing dependent plasticity with parameters that all connections share."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.histories import history
from jaxnest.models.plasticity.stdp import LAST_SPIKE, MULTIPLICATIVE, depressed, potentiated


@register_synapse(hpc=32, lbl=56)
class stdp_synapse_hom(Synapse):
    """Synapse as ``stdp_synapse``, but all connections of the model share its parameters.

    References
    ----------
    Guetig, Aharonov, Rotter and Sompolinsky (2003), Journal of Neuroscience 23, 3697.
    Morrison, Aertsen and Diesmann (2007), Neural Computation 19, 1437.
    """

    common = MULTIPLICATIVE
    state = {"Kplus": Quantity(0.0, "", "Trace of the source's spikes")} | LAST_SPIKE
    changes_weight = True
    source_states = ("Kplus", "t_last")
    size = 48

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        weight = s.weight
        for spike in history.spikes(x, s.t_last - x.delay, x.t - x.delay):
            since = s.t_last - (history.time(x, spike) + x.delay)
            weight = potentiated(p, weight, s.Kplus * math.exp(since / p.tau_plus))
        weight = depressed(p, weight, history.trace(x, x.t - x.delay))
        return (weight, s.Kplus * math.exp((s.t_last - x.t) / p.tau_plus) + 1.0, x.t), weight, True
