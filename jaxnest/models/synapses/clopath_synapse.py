"""Voltage-based plasticity."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract.base import Quantity, Relation
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.histories import voltage_history as voltages
from jaxnest.models.plasticity.stdp import LAST_SPIKE, sign


@register_synapse(hpc=56, lbl=80)
class clopath_synapse(Synapse):
    r"""Synapse whose plasticity depends on the potential of its target.

    While the potential is high the weight grows with the trace :math:`\bar x` of the source's spikes; each spike of the
    source depresses it. How much of both there is the target finds from its potential and averages of it.

    As in NEST, a target remembers as many depressions as the longest delay has steps, plus one. If the shortest delay
    is longer than two steps, some spikes of the source arrive too late to find theirs.

    References
    ----------
    Clopath, Buesing, Vasilaki and Gerstner (2010), Nature Neuroscience 13, 344.
    """

    parameters = {
        "tau_x": Quantity(15.0, "ms", "Time constant of the trace of the source's spikes"),
        "Wmin": Quantity(0.0, "", "Minimum allowed weight"),
        "Wmax": Quantity(100.0, "", "Maximum allowed weight"),
    }
    state = {"x_bar": Quantity(0.0, "1/ms", "Trace of the source's spikes")} | LAST_SPIKE
    relations = (
        Relation(lambda p: sign(p["weight"]) != sign(p["Wmin"]), "Weight and Wmin must have same sign."),
        Relation(lambda p: sign(p["weight"]) != -sign(-p["Wmax"]), "Weight and Wmax must have same sign."),
    )
    changes_weight = True
    source_states = ("x_bar", "t_last")
    size = 72

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        weight = s.weight
        for k in voltages.potentiations(x, s.t_last - x.delay, x.t - x.delay):
            since = s.t_last - (voltages.time(x, k) + x.delay)
            weight += voltages.amount(x, k) * (s.x_bar * math.exp(since / p.tau_x))
            weight = weight if weight < p.Wmax else p.Wmax
        weight -= voltages.depression(x, x.t - x.delay)
        weight = weight if weight > p.Wmin else p.Wmin
        return (weight, s.x_bar * math.exp((s.t_last - x.t) / p.tau_x) + 1.0 / p.tau_x, x.t), weight, True
