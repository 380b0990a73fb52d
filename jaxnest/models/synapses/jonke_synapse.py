"""Plasticity with an exponential dependence on the weight and a constant drift."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.histories import history
from jaxnest.models.plasticity.stdp import LAST_SPIKE, PRE_TRACE


@register_synapse(hpc=32, lbl=56)
class jonke_synapse(Synapse):
    r"""Synapse with spike-timing dependent plasticity and an additional additive factor.

    A spike of the target and one of the source change the weight by

    .. math:: \lambda (e^{\mu_+ w} K_+ - \beta) \quad\text{and}\quad \lambda (-\alpha e^{\mu_- w} K_- - \beta) .

    All connections of the model share its parameters.

    References
    ----------
    Jonke, Legenstein, Habenschuss and Maass (2017), Journal of Neuroscience 37, 8511.
    Mueller, Papadimitriou, Maass and Legenstein (2020), eNeuro 7.
    """

    common = {
        "alpha": Quantity(1.0, "", "Amplitude of depression"),
        "beta": Quantity(0.0, "", "Additive factor"),
        "lambda": Quantity(0.01, "", "Learning rate"),
        "tau_plus": Quantity(20.0, "ms", "Time constant of the potentiation trace"),
        "mu_plus": Quantity(0.0, "", "Weight dependence of potentiation"),
        "mu_minus": Quantity(0.0, "", "Weight dependence of depression"),
        "Wmax": Quantity(100.0, "", "Maximum allowed weight"),
    }
    state = PRE_TRACE | LAST_SPIKE
    changes_weight = True
    source_states = ("Kplus", "t_last")
    size = 48

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        weight = s.weight
        for spike in history.spikes(x, s.t_last - x.delay, x.t - x.delay):
            since = s.t_last - (history.time(x, spike) + x.delay)
            trace = s.Kplus * math.exp(since / p.tau_plus)
            if p.lambda_ != 0.0:
                weight += p.lambda_ * (math.exp(p.mu_plus * weight) * trace - p.beta)
                weight = weight if weight < p.Wmax else p.Wmax
        trace = history.trace(x, x.t - x.delay)
        if p.lambda_ != 0.0:
            weight += p.lambda_ * (-p.alpha * math.exp(p.mu_minus * weight) * trace - p.beta)
            weight = weight if weight > 0.0 else 0.0
        return (weight, s.Kplus * math.exp((s.t_last - x.t) / p.tau_plus) + 1.0, x.t), weight, True
