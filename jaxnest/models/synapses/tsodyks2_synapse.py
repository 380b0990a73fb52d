"""Short-term plasticity without inactivation."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.plasticity.short_term import INITIALLY_SILENT, probability, times


@register_synapse(hpc=64, lbl=88)
class tsodyks2_synapse(Synapse):
    r"""Synapse with short-term depression and facilitation, whatever the time course of its current.

    At the second and all later spikes, a time h after the one before,

    .. math:: x \leftarrow 1 + (x - x u - 1)\, e^{-h/\tau_{rec}}, \quad u \leftarrow U + u (1-U)\, e^{-h/\tau_{fac}} ,

    and the target gets the weight times :math:`x u`.

    References
    ----------
    Maass and Markram (2002), Neural Networks 15, 155.
    Tsodyks and Markram (1997), Proceedings of the National Academy of Sciences 94, 719.
    """

    parameters = times("'", inactivation=False)
    state = {
        "u": Quantity(0.5, "", "Probability of release", probability("'u'")),
        "x": Quantity(1.0, "", "Fraction of available vesicles"),
    } | INITIALLY_SILENT
    checked_singly = ("U", "u", "tau_rec", "tau_fac", "x")
    source_states = ("u", "x", "t_last")
    size = 80

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        available, u = s.x, s.u
        if s.t_last >= 0.0:
            h = x.t - s.t_last
            available = 1.0 + (available - available * u - 1.0) * math.exp(-h / p.tau_rec)
            u = p.U + u * (1.0 - p.U) * (math.exp(-h / p.tau_fac) if p.tau_fac != 0.0 else 0.0)
        return (u, available, x.t), available * u * s.weight, True
