"""Plasticity that depends on triplets of spikes."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract.base import Quantity, not_negative
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.histories import history
from jaxnest.models.plasticity.stdp import LAST_SPIKE, SAME_SIGN


@register_synapse(hpc=None, lbl=120)
class stdp_triplet_synapse(Synapse):
    """Synapse whose changes depend on pairs and triplets of spikes, all of them contributing.

    The time constants of the target's traces are its parameters `tau_minus` and `tau_minus_triplet`.

    References
    ----------
    Pfister and Gerstner (2006), Journal of Neuroscience 26, 9673.
    """

    parameters = {
        "tau_plus": Quantity(16.8, "ms", "Time constant of short potentiation trace"),
        "tau_plus_triplet": Quantity(101.0, "ms", "Time constant of long potentiation trace"),
        "Aplus": Quantity(5e-10, "", "Weight of pair potentiation"),
        "Aplus_triplet": Quantity(6.2e-3, "", "Weight of triplet potentiation"),
        "Aminus": Quantity(7e-3, "", "Weight of pair depression"),
        "Aminus_triplet": Quantity(2.3e-4, "", "Weight of triplet depression"),
        "Wmax": Quantity(100.0, "", "Maximum allowed weight"),
    }
    state = {
        "Kplus": Quantity(0.0, "", "Short trace of the source's spikes",
                          not_negative("State Kplus must be positive.", nan=False)),
        "Kplus_triplet": Quantity(0.0, "", "Long trace of the source's spikes",
                                  not_negative("State Kplus_triplet must be positive.")),
    } | LAST_SPIKE  # fmt: skip
    relations = SAME_SIGN
    changes_weight = True
    source_states = ("Kplus", "Kplus_triplet", "t_last")
    size = None

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        weight = s.weight
        for spike in history.spikes(x, s.t_last - x.delay, x.t - x.delay):
            since = s.t_last - (history.time(x, spike) + x.delay)
            trace = s.Kplus * math.exp(since / p.tau_plus)
            before = history.triplet_trace_at(x, spike) - 1.0
            new = abs(weight) + trace * (p.Aplus + p.Aplus_triplet * before)
            weight = math.copysign(new if new < abs(p.Wmax) else p.Wmax, p.Wmax)
        triplet = s.Kplus_triplet * math.exp((s.t_last - x.t) / p.tau_plus_triplet)
        new = abs(weight) - history.trace(x, x.t - x.delay) * (p.Aminus + p.Aminus_triplet * triplet)
        weight = math.copysign(new if new > 0.0 else 0.0, p.Wmax)
        pair = s.Kplus * math.exp((s.t_last - x.t) / p.tau_plus) + 1.0
        return (weight, pair, triplet + 1.0, x.t), weight, True
