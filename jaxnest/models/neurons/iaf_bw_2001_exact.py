"""Leaky integrate-and-fire neuron with AMPA, GABA and NMDA receptors, without approximation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, hidden
from jaxnest.models.contract.ode import OdeNeuron
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.conductance import RESET_BELOW_THRESHOLD
from jaxnest.models.neurons.iaf_bw_2001 import iaf_bw_2001, nmda

WEIGHTS = "receptor_weights"


@register
class iaf_bw_2001_exact(OdeNeuron):
    r"""Leaky integrate-and-fire neuron with conductance-based synapses of three kinds.

    .. math:: C_m \dot V = -g_L(V - E_L) - I_{AMPA} - I_{GABA} - I_{NMDA} + I_{stim}

    Each connection to receptor 3 (NMDA) has equations of its own,

    .. math:: \dot x_j = -x_j / \tau_{rise}, \quad \dot s_j = -s_j / \tau_{decay} + \alpha x_j (1 - s_j),

    where each spike raises x by 1; the sum of all s, times the weights, is the conductance of the NMDA receptors. Such
    connections can only be made before the neuron is simulated. They are shown with receptors of their own, 3, 4, ...;
    their weights are constant, those of synapses that change them from the first spike on.

    References
    ----------
    Brunel & Wang (2001), Journal of Computational Neuroscience 11:63-85. Wang (2002), Neuron 36:955-968. NEST
    documentation, model ``iaf_bw_2001_exact``.
    """

    parameters = iaf_bw_2001.parameters
    state = {
        "V_m": Quantity(-70.0, "mV", "Membrane potential"),
        "s_AMPA": Quantity(0.0, "nS", "AMPA conductance"),
        "s_GABA": Quantity(0.0, "nS", "GABA conductance"),
        "rise": hidden(np.zeros(2), "Transmitter at the NMDA receptors of each connection", each=WEIGHTS),
        "opened": hidden(np.zeros(2), "Open fraction of these receptors", each=WEIGHTS),
        "s_NMDA": hidden(doc="NMDA conductance without block"),
        "I_AMPA": hidden(doc="AMPA current"),
        "I_GABA": hidden(doc="GABA current"),
        "I_NMDA": hidden(doc="NMDA current"),
        WEIGHTS: hidden(np.zeros(2), "Weights of NMDA connections, behind two zeros"),
    }
    ode = ("V_m", "s_AMPA", "s_GABA", "rise", "opened")
    held = ("refractory", "I_stim", "s_NMDA", "I_AMPA", "I_GABA", "I_NMDA", WEIGHTS)
    relations = (RESET_BELOW_THRESHOLD,)
    recordables = iaf_bw_2001.recordables
    receptor_types = iaf_bw_2001.receptor_types
    receptor_vector = WEIGHTS
    own_receptor = 3
    current_receptors = {0: "current"}

    @classmethod
    def has_begun(cls, columns: Mapping[str, Any]) -> Any:
        return columns["integration_step"] > 0.0

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        counted = [float(k > 1) for k in range(len(p.receptor_weights))]
        return OdeNeuron.calibrate(p, clock) | {"counted": counted}

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        total = ops.accumulate(0.0, s.opened, s.receptor_weights)
        I_syn = (s.V_m - v.E_ex) * s.s_AMPA + (s.V_m - v.E_in) * s.s_GABA + nmda(v, s.V_m, total)
        return (
            (-v.g_L * (s.V_m - v.E_L) - I_syn + s.I_stim) / v.C_m,
            -s.s_AMPA / v.tau_AMPA,
            -s.s_GABA / v.tau_GABA,
            -s.rise / v.tau_rise_NMDA,
            -s.opened / v.tau_decay_NMDA + v.alpha * s.rise * (1.0 - s.opened),
        )

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        active = s.refractory == 0
        spike = active & ops.crosses(s.V_m, v.V_th)
        V = ops.where(active & ~spike, s.V_m, v.V_reset)
        refractory = ops.where(spike, v.refractory_steps, ops.maximum(s.refractory - 1.0, 0.0))
        total = ops.accumulate(0.0, s.opened, s.receptor_weights)
        I_AMPA, I_GABA, I_NMDA = (s.V_m - v.E_ex) * s.s_AMPA, (s.V_m - v.E_in) * s.s_GABA, nmda(v, s.V_m, total)
        return State(
            V_m=V,
            s_AMPA=s.s_AMPA + x.spikes[0],
            s_GABA=s.s_GABA + x.spikes[1],
            rise=s.rise + x.spikes * v.counted,
            opened=s.opened,
            refractory=refractory,
            I_stim=x.current,
            s_NMDA=total,
            I_AMPA=I_AMPA,
            I_GABA=I_GABA,
            I_NMDA=I_NMDA,
            receptor_weights=s.receptor_weights,
        ), spike
