"""Leaky integrate-and-fire neuron with a reset for e-prop."""

from __future__ import annotations

from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.forced_spikes import forced_spike
from jaxnest.models.plasticity.eprop import surrogate_gradient
from jaxnest.models.plasticity.eprop_events import DeltaNeuron, advanced


@register
class eprop_iaf_psc_delta(DeltaNeuron):
    r"""Leaky integrate-and-fire neuron as ``iaf_psc_delta``, whose synapses e-prop can change.

    .. math:: V_t = \alpha V_{t-1} + \frac{\tau_m}{C_m}(1-\alpha) I + z_{in}, \quad \alpha = e^{-h/\tau_m}

    After a spike V_m is `V_reset` for `t_ref`. Spikes that arrive meanwhile are lost or, with ``refractory_input``,
    take effect at its end, decayed. What the neuron notes for ``eprop_synapse`` is the same as in ``eprop_iaf``.

    References
    ----------
    Korcsak-Gorzo, Espinoza Valverde, Stapmanns, Plesser, Dahmen, Bolten, van Albada & Diesmann (2025),
    arXiv:2511.21674. NEST documentation, model ``eprop_iaf_psc_delta``.
    """

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        V, refractory, waiting = advanced(v, s, x)
        gradient = ops.where(refractory > 0, 0.0, surrogate_gradient(v, V - v.V_th))
        spike, until_spike = forced_spike(v, s, ops.crosses(V, v.V_th))
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
            waiting=waiting,
        ), spike
