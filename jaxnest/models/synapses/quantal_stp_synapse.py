"""Short-term plasticity with stochastic release."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.functions import draws
from jaxnest.models.plasticity.short_term import INITIALLY_SILENT, probability, times


def sites(value: Any) -> int:
    """Return a number of release sites.

    Raises
    ------
    RuntimeError
        If it is no integer.
    IndexError
        If it has more than 32 bits.
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise RuntimeError(f"n and a have to be integers, not {value!r} ({type(value).__name__}).")
    if not -(2**31) <= value < 2**31:
        raise IndexError(f"n and a have to be integers of at most 32 bits, which {value} is not.")
    return int(value)


@register_synapse(hpc=None, lbl=88)
class quantal_stp_synapse(Synapse):
    """Synapse with short-term plasticity and `n` release sites, `a` of which are available.

    At each spike, depleted sites recover with probability :math:`1 - exp(-h/tau_rec)`, then available ones release with
    probability u. The target gets the weight times the number of releases, and nothing if there are none.

    References
    ----------
    Fuhrmann, Segev, Markram and Tsodyks (2002), Journal of Neurophysiology 87, 140.
    Loebel, Silberberg, Helbig, Markram, Tsodyks and Richardson (2009), Frontiers in Computational Neuroscience 3, 27.
    """

    parameters = times("'", inactivation=False) | {"n": Quantity(1, "", "Number of release sites", convert=sites)}
    state = {
        "u": Quantity(0.5, "", "Probability of release", probability("'u'")),
        "a": Quantity(1, "", "Number of available release sites", convert=sites),
    } | INITIALLY_SILENT
    source_states = ("u", "t_last")
    size = None

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        available, u = s.a, s.u
        if s.t_last >= 0.0:
            h = x.t - s.t_last
            p_recovery = 1.0 - math.exp(-h / p.tau_rec)
            u = p.U + u * (1.0 - p.U) * (math.exp(-h / p.tau_fac) if p.tau_fac >= 1e-10 else 0.0)
            for _ in range(int(p.n - available)):
                if draws.uniform(x) < p_recovery:
                    available += 1.0
        released = 0.0
        for _ in range(int(available)):
            if draws.uniform(x) < u:
                released += 1.0
        return (u, available - released, x.t), released * s.weight, released > 0.0
