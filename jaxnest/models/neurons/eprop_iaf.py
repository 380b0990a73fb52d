"""Leaky integrate-and-fire neuron for e-prop with each event."""

from __future__ import annotations

from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.forced_spikes import forced_spike
from jaxnest.models.plasticity.eprop import surrogate_gradient
from jaxnest.models.plasticity.eprop_events import EventSpikingNeuron


@register
class eprop_iaf(EventSpikingNeuron):
    r"""Leaky integrate-and-fire neuron with delta-shaped synaptic input, whose synapses e-prop can change.

    .. math:: V_t = \alpha V_{t-1} + z_{in} + \frac{\tau_m}{C_m}(1-\alpha) I, \quad \alpha = e^{-h/\tau_m}

    A spike lowers V_m by the threshold at once, and there is no spike for t_ref. In each step the neuron notes a
    surrogate gradient :math:`\psi(V_t - V_{th})`, how far a running average of its firing rate is from `f_target`, and
    later the learning signals that it gets for this step; ``eprop_synapse`` makes gradients of them.

    References
    ----------
    Korcsak-Gorzo, Espinoza Valverde, Stapmanns, Plesser, Dahmen, Bolten, van Albada & Diesmann (2025),
    arXiv:2511.21674. NEST documentation, model ``eprop_iaf``.
    """

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        refractory = ops.maximum(s.refractory - 1.0, 0.0)
        V = ops.maximum(v.P_i_in * s.I_in + x.spikes + v.P_v_m * s.V_m, v.V_min)
        gradient = ops.where(refractory > 0, 0.0, surrogate_gradient(v, V - v.V_th))
        spike, until_spike = forced_spike(v, s, ops.crosses(V, v.V_th) & (refractory == 0))
        V = ops.where(spike, V - v.V_th, V)
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
