"""Short-term plasticity with a current that inactivates."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.plasticity.short_term import RESOURCES, probability, times
from jaxnest.models.plasticity.stdp import LAST_SPIKE


@register_synapse(hpc=80, lbl=104)
class tsodyks_synapse(Synapse):
    r"""Synapse with short-term depression and facilitation.

    Resources are recovered (x), active (y) or inactive (z = 1 - x - y). Between spikes y decays with `tau_psc` to z and
    z with `tau_rec` to x, while u decays with `tau_fac`. A spike adds :math:`U(1-u)` to u and then activates
    :math:`u x`, which times the weight is what the target gets. Its synaptic time constant has to be `tau_psc`.

    References
    ----------
    Tsodyks, Uziel and Markram (2000), Journal of Neuroscience 20, RC50.
    """

    parameters = times("'", inactivation=True)
    state = {
        "x": Quantity(1.0, "", "Recovered fraction of the resources"),
        "y": Quantity(0.0, "", "Active fraction of the resources"),
        "u": Quantity(0.0, "", "Probability of use", probability("'u'")),
    } | LAST_SPIKE
    relations = RESOURCES
    checked_singly = ("U", "tau_psc", "tau_rec", "tau_fac", "u")
    source_states = ("x", "y", "u", "t_last")
    size = 96

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        h = x.t - s.t_last
        Puu = math.exp(-h / p.tau_fac) if p.tau_fac != 0.0 else 0.0
        Pyy = math.exp(-h / p.tau_psc)
        Pzz = math.expm1(-h / p.tau_rec)
        Pxy = (Pzz * p.tau_rec - (Pyy - 1.0) * p.tau_psc) / (p.tau_psc - p.tau_rec)
        z = 1.0 - s.x - s.y
        u = s.u * Puu
        u += p.U * (1.0 - u)
        recovered = s.x + (Pxy * s.y - Pzz * z)
        used = u * recovered
        return (recovered - used, s.y * Pyy + used, u, x.t), used * s.weight, True
