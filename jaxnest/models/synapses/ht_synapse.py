"""Short-term depression of Hill and Tononi."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract.base import Quantity, positive
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.plasticity.stdp import LAST_SPIKE
from jaxnest.models.quantities.checks import within


@register_synapse(hpc=56, lbl=80)
class ht_synapse(Synapse):
    """Synapse whose vesicle pool P shrinks by the fraction `delta_P` at each spike and recovers with `tau_P`.

    The target gets the weight times P.

    References
    ----------
    Hill and Tononi (2005), Journal of Neurophysiology 93, 1671.
    """

    parameters = {
        "tau_P": Quantity(500.0, "ms", "Time constant of the recovery of the pool", positive("tau_P > 0 required.")),
        "delta_P": Quantity(0.125, "", "Fraction lost at each spike", within(0.0, 1.0, "0 <= delta_P <= 1 required.")),
    }
    state = {"P": Quantity(1.0, "", "Size of the vesicle pool", within(0.0, 1.0, "0 <= P <= 1 required."))} | LAST_SPIKE
    source_states = ("P", "t_last")
    size = 72

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        pool = 1.0 - (1.0 - s.P) * math.exp(-(x.t - s.t_last) / p.tau_P)
        return (pool * (1.0 - p.delta_P), x.t), s.weight * pool, True
