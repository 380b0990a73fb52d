"""Spike-timing dependent plasticity with a power law."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract.base import Quantity, positive
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.histories import history
from jaxnest.models.plasticity.stdp import LAST_SPIKE


@register_synapse(hpc=32, lbl=56)
class stdp_pl_synapse_hom(Synapse):
    r"""Synapse with power-law spike-timing dependent plasticity; all connections of the model share its parameters.

    A spike of the target and one of the source change the weight by :math:`\lambda w^\mu K_+` and
    :math:`-\lambda\alpha w K_-`, with the traces of ``stdp_synapse``.

    References
    ----------
    Morrison, Aertsen and Diesmann (2007), Neural Computation 19, 1437.
    """

    common = {
        "tau_plus": Quantity(
            20.0, "ms", "Time constant of the potentiation trace", positive("tau_plus > 0. required.", nan=False)
        ),
        "lambda": Quantity(0.1, "", "Learning rate"),
        "alpha": Quantity(1.0, "", "Asymmetry: scales depression as lambda * alpha"),
        "mu": Quantity(0.4, "", "Weight dependence exponent of potentiation"),
    }
    state = {"Kplus": Quantity(0.0, "", "Trace of the source's spikes")} | LAST_SPIKE
    changes_weight = True
    source_states = ("Kplus", "t_last")
    size = 48

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        rate = 1.0 / p.tau_plus
        weight = s.weight
        for spike in history.spikes(x, s.t_last - x.delay, x.t - x.delay):
            since = s.t_last - (history.time(x, spike) + x.delay)
            weight += p.lambda_ * math.pow(weight, p.mu) * (s.Kplus * math.exp(since * rate))
        weight -= p.lambda_ * p.alpha * weight * history.trace(x, x.t - x.delay)
        if not weight > 0.0:
            weight = 0.0
        return (weight, s.Kplus * math.exp((s.t_last - x.t) * rate) + 1.0, x.t), weight, True
