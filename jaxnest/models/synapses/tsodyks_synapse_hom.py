"""Short-term plasticity with a current that inactivates, and parameters that all connections share."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.plasticity.short_term import RESOURCES, times
from jaxnest.models.plasticity.stdp import LAST_SPIKE


@register_synapse(hpc=None, lbl=64)
class tsodyks_synapse_hom(Synapse):
    """Synapse as ``tsodyks_synapse``, but all connections of the model share its parameters and the weight.

    References
    ----------
    Tsodyks, Uziel and Markram (2000), Journal of Neuroscience 20, RC50.
    """

    common = times("", inactivation=True)
    state = {
        "x": Quantity(1.0, "", "Recovered fraction of the resources"),
        "y": Quantity(0.0, "", "Active fraction of the resources"),
        "u": Quantity(0.0, "", "Probability of use"),
    } | LAST_SPIKE
    relations = RESOURCES
    checked_singly = ("u",)
    source_states = ("x", "y", "u", "t_last")
    weight_is_common = True
    size = None

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        h = x.t - s.t_last
        Puu = math.exp(-h / p.tau_fac) if p.tau_fac != 0.0 else 0.0
        Pyy = math.exp(-h / p.tau_psc)
        Pzz = math.exp(-h / p.tau_rec)
        Pxy = ((Pzz - 1.0) * p.tau_rec - (Pyy - 1.0) * p.tau_psc) / (p.tau_psc - p.tau_rec)
        z = 1.0 - s.x - s.y
        u = s.u * Puu
        u += p.U * (1.0 - u)
        recovered = s.x + (Pxy * s.y + (1.0 - Pzz) * z)
        used = u * recovered
        return (recovered - used, s.y * Pyy + used, u, x.t), used * p.weight, True
