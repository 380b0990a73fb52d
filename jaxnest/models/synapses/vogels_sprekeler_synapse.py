"""Inhibitory plasticity that balances excitation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jaxnest.models.contract.base import Quantity, Relation, not_negative
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.histories import history
from jaxnest.models.ops import helper
from jaxnest.models.plasticity.stdp import LAST_SPIKE


@helper
def _grown(p: Any, weight: float, trace: float) -> float:
    new = abs(weight) + p.eta * trace
    return math.copysign(new if new < abs(p.Wmax) else p.Wmax, p.Wmax)


@register_synapse(hpc=64, lbl=88)
class vogels_sprekeler_synapse(Synapse):
    r"""Synapse with symmetric spike-timing dependent plasticity, constant depression and bounded weight.

    Each spike of the target adds :math:`\eta K_+` to the weight's magnitude, each spike of the source
    :math:`\eta (K_- - \alpha)`. The time constant of :math:`K_-` is the parameter `tau_minus` of the target.

    References
    ----------
    Vogels, Sprekeler, Zenke, Clopath and Gerstner (2011), Science 334, 1569.
    """

    parameters = {
        "tau": Quantity(20.0, "ms", "Time constant of the potentiation trace"),
        "alpha": Quantity(0.12, "", "Depression: twice the target rate times the time constant"),
        "eta": Quantity(0.001, "", "Learning rate"),
        "Wmax": Quantity(1.0, "", "Maximum allowed weight, of the weight's sign"),
    }
    state = {
        "Kplus": Quantity(0.0, "", "Trace of the source's spikes",
                          not_negative("State Kplus must be positive.", nan=False)),
    } | LAST_SPIKE  # fmt: skip
    relations = (
        Relation(
            lambda p: (p["weight"] != 0) & (np.signbit(p["weight"]) != np.signbit(p["Wmax"])),
            "Weight and Wmax must have same sign.",
        ),
    )
    changes_weight = True
    source_states = ("Kplus", "t_last")
    default_weight = 0.5
    size = 80

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        weight = s.weight
        for spike in history.spikes(x, s.t_last - x.delay, x.t - x.delay):
            since = s.t_last - (history.time(x, spike) + x.delay)
            weight = _grown(p, weight, s.Kplus * math.exp(since / p.tau))
        weight = _grown(p, weight, history.trace(x, x.t - x.delay))
        new = abs(weight) - p.alpha * p.eta
        weight = math.copysign(new if new > 0.0 else 0.0, p.Wmax)
        return (weight, s.Kplus * math.exp((s.t_last - x.t) / p.tau) + 1.0, x.t), weight, True
