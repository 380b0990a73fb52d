"""Spike-timing dependent plasticity."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.histories import history
from jaxnest.models.plasticity.stdp import LAST_SPIKE, MULTIPLICATIVE, PRE_TRACE, SAME_SIGN, depressed, potentiated


@register_synapse(hpc=80, lbl=104)
class stdp_synapse(Synapse):
    r"""Synapse with spike-timing dependent plasticity, all pairs of spikes contributing.

    With traces :math:`K_+` of the spikes of the source and :math:`K_-` of those of the target, and the weight
    :math:`\hat w = w/W_{max}`, a spike of the target and one of the source change the weight by

    .. math:: \lambda (1-\hat w)^{\mu_+} K_+ \quad\text{and}\quad -\lambda\alpha\,\hat w^{\mu_-} K_- .

    The weight stays between 0 and `Wmax`. The time constant of :math:`K_-` is the parameter `tau_minus` of the target.

    References
    ----------
    Guetig, Aharonov, Rotter and Sompolinsky (2003), Journal of Neuroscience 23, 3697.
    Morrison, Aertsen and Diesmann (2007), Neural Computation 19, 1437.
    """

    parameters = MULTIPLICATIVE
    state = PRE_TRACE | LAST_SPIKE
    relations = SAME_SIGN
    changes_weight = True
    source_states = ("Kplus", "t_last")
    size = 96

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        weight = s.weight
        for spike in history.spikes(x, s.t_last - x.delay, x.t - x.delay):
            since = s.t_last - (history.time(x, spike) + x.delay)
            weight = potentiated(p, weight, s.Kplus * math.exp(since / p.tau_plus))
        weight = depressed(p, weight, history.trace(x, x.t - x.delay))
        return (weight, s.Kplus * math.exp((s.t_last - x.t) / p.tau_plus) + 1.0, x.t), weight, True
