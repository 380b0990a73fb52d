"""Leaky integrate-and-fire neuron with an adaptive threshold for e-prop."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.forced_spikes import forced_spike
from jaxnest.models.plasticity.eprop import AdaptiveThreshold, surrogate_gradient
from jaxnest.models.plasticity.eprop_intervals import IntervalSpikingNeuron, begins_interval


@register
class eprop_iaf_adapt_bsshslm_2020(IntervalSpikingNeuron, AdaptiveThreshold):
    r"""Leaky integrate-and-fire neuron with an adaptive threshold, whose synapses e-prop can change.

    .. math:: A_t = V_{th} + \beta a_t, \quad a_t = \rho a_{t-1} + z_{t-1}, \quad \rho = e^{-h/\tau_a}

    takes the place of the threshold of ``eprop_iaf_bsshslm_2020``.

    References
    ----------
    Bellec, Scherr, Subramoney, Hajek, Salaj, Legenstein & Maass (2020), Nature Communications 11:3625. NEST
    documentation, model ``eprop_iaf_adapt_bsshslm_2020``.
    """

    recordables = AdaptiveThreshold.recordables

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return IntervalSpikingNeuron.calibrate(p, clock) | {"P_adapt": math.exp(-clock.resolution / p.adapt_tau)}

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        begins = begins_interval(v, x.step, 2.0)
        refractory = ops.maximum(ops.where(begins, 0.0, s.refractory) - 1.0, 0.0)
        V = v.P_i_in * s.I_in + v.P_z_in * x.spikes + v.P_v_m * ops.where(begins, 0.0, s.V_m)
        before = ops.where(begins, 0.0, s.spiked)
        V = ops.maximum(V - v.V_th * before, v.V_min)
        adaptation = v.P_adapt * ops.where(begins, 0.0, s.adaptation) + before
        threshold = v.V_th + v.adapt_beta * adaptation
        gradient = ops.where(refractory > 0, 0.0, surrogate_gradient(v, V - threshold))
        spike, until_spike = forced_spike(v, s, ops.crosses(V, threshold) & (refractory == 0))
        refractory = ops.where(spike, v.refractory_steps, refractory)
        spiked = ops.where(spike, 1.0, 0.0)
        current = x.current + v.I_e
        return State(
            V_m=V,
            surrogate_gradient=gradient,
            learning_signal=x.learning_signal,
            refractory=refractory,
            I_in=current,
            spiked=spiked,
            duration=x.history_duration,
            until_spike=until_spike,
            adaptation=adaptation,
            V_th_adapt=threshold,
        ), spike
