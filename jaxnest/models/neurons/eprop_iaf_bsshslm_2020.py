"""Leaky integrate-and-fire neuron for e-prop."""

from __future__ import annotations

from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.forced_spikes import forced_spike
from jaxnest.models.plasticity.eprop import surrogate_gradient
from jaxnest.models.plasticity.eprop_intervals import IntervalSpikingNeuron, begins_interval


@register
class eprop_iaf_bsshslm_2020(IntervalSpikingNeuron):
    r"""Leaky integrate-and-fire neuron with delta-shaped synaptic input, whose synapses e-prop can change.

    .. math:: V_t = \alpha V_{t-1} + \zeta z_{in} + \frac{\tau_m}{C_m}(1-\alpha) I - z_{t-1} V_{th},
              \quad \alpha = e^{-h/\tau_m}

    A spike lowers V_m by the threshold in the next step, and there is no spike for t_ref. In each step the neuron
    notes a surrogate gradient :math:`\psi(V_t - V_{th})`, and later the learning signals that it gets for this step.

    References
    ----------
    Bellec, Scherr, Subramoney, Hajek, Salaj, Legenstein & Maass (2020), Nature Communications 11:3625. NEST
    documentation, model ``eprop_iaf_bsshslm_2020``.
    """

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        begins = begins_interval(v, x.step, 2.0)
        refractory = ops.maximum(ops.where(begins, 0.0, s.refractory) - 1.0, 0.0)
        V = v.P_i_in * s.I_in + v.P_z_in * x.spikes + v.P_v_m * ops.where(begins, 0.0, s.V_m)
        V = ops.maximum(V - v.V_th * ops.where(begins, 0.0, s.spiked), v.V_min)
        gradient = ops.where(refractory > 0, 0.0, surrogate_gradient(v, V - v.V_th))
        spike, until_spike = forced_spike(v, s, ops.crosses(V, v.V_th) & (refractory == 0))
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
        ), spike
