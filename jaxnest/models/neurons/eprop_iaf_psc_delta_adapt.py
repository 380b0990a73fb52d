"""Leaky integrate-and-fire neuron with a reset and an adaptive threshold for e-prop."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.forced_spikes import forced_spike
from jaxnest.models.plasticity.eprop import AdaptiveThreshold, surrogate_gradient
from jaxnest.models.plasticity.eprop_events import DeltaNeuron, advanced


@register
class eprop_iaf_psc_delta_adapt(DeltaNeuron, AdaptiveThreshold):
    r"""Leaky integrate-and-fire neuron as ``iaf_psc_delta``, with an adaptive threshold.

    .. math:: A_t = V_{th} + \beta a_t, \quad a_t = \rho a_{t-1} + z_{t-1}, \quad \rho = e^{-h/\tau_a}

    takes the place of the threshold of ``eprop_iaf_psc_delta``. As in NEST the adaptation rests during the refractory
    period, after which the neuron has forgotten its spike: only with ``t_ref`` 0 do spikes raise the threshold.

    References
    ----------
    Korcsak-Gorzo, Espinoza Valverde, Stapmanns, Plesser, Dahmen, Bolten, van Albada & Diesmann (2025),
    arXiv:2511.21674. NEST documentation, model ``eprop_iaf_psc_delta_adapt``.
    """

    recordables = AdaptiveThreshold.recordables

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return DeltaNeuron.calibrate(p, clock) | {"P_adapt": math.exp(-clock.resolution / p.adapt_tau)}

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        V, refractory, waiting = advanced(v, s, x)
        active = s.refractory == 0
        adaptation = ops.where(active, v.P_adapt * s.adaptation + s.spiked, s.adaptation)
        threshold = ops.where(active, v.V_th + v.adapt_beta * adaptation, s.V_th_adapt)
        gradient = ops.where(refractory > 0, 0.0, surrogate_gradient(v, V - threshold))
        spike, until_spike = forced_spike(v, s, ops.crosses(V, threshold))
        V = ops.where(spike, v.V_reset, V)
        refractory = ops.where(spike, v.refractory_steps, refractory)
        spiked = ops.where(spike, 1.0, 0.0)
        return State(
            V_m=V,
            surrogate_gradient=gradient,
            learning_signal=x.learning_signal,
            refractory=refractory,
            I_in=x.current,
            spiked=spiked,
            duration=x.history_duration,
            until_spike=until_spike,
            adaptation=adaptation,
            V_th_adapt=threshold,
            waiting=waiting,
        ), spike
