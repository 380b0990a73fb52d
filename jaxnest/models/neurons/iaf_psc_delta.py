"""Leaky integrate-and-fire neuron with delta-shaped synaptic currents."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import ArchivingNeuron, Quantity, Relation, hidden, not_negative, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.forced_spikes import FORCED_SPIKES, ForcedSpikes, forced_spike, forced_steps


@register
class iaf_psc_delta(ForcedSpikes, ArchivingNeuron):
    r"""Leaky integrate-and-fire neuron whose membrane potential jumps at each incoming spike.

    .. math:: \dot V = -\frac{V - E_L}{\tau_m} + \frac{I_e}{C_m} + \sum_k w_k \delta(t - t_k - d_k)

    The weight is the size of the jump in mV. Spikes that arrive during the refractory period are lost,
    or, with ``refractory_input``, take effect at its end, decayed.

    References
    ----------
    Rotter & Diesmann (1999), Biological Cybernetics 81:381-402. NEST documentation, model ``iaf_psc_delta``.
    """

    parameters = {
        "E_L": Quantity(-70.0, "mV", "Resting membrane potential"),
        "V_reset": Quantity(-70.0, "mV", "Membrane potential after a spike", relative_to="E_L"),
        "V_th": Quantity(-55.0, "mV", "Threshold", relative_to="E_L"),
        "V_min": Quantity(-1.7976931348623157e308, "mV", "Lower bound of the membrane potential", relative_to="E_L"),
        "I_e": Quantity(0.0, "pA", "Constant input current"),
        "C_m": Quantity(250.0, "pF", "Capacitance of the membrane", positive("Capacitance must be > 0.")),
        "tau_m": Quantity(10.0, "ms", "Membrane time constant", positive("Membrane time constant must be > 0.")),
        "t_ref": Quantity(2.0, "ms", "Refractory period", not_negative("Refractory time must not be negative.")),
        "refractory_input": Quantity(False, "", "Keep spikes that arrive during the refractory period"),
    }
    state = {
        "V_m": Quantity(-70.0, "mV", "Membrane potential", relative_to="E_L"),
        "refractory": hidden(doc="Steps left of the refractory period"),
        "I_stim": hidden(doc="Current of the devices"),
        "waiting": hidden(doc="Input kept until the end of the refractory period"),
        **FORCED_SPIKES,
    }
    relations = (Relation(lambda p: p["V_reset"] >= p["V_th"], "Reset potential must be smaller than threshold."),)
    recordables = {"V_m": lambda v, s: s.V_m + v.E_L}
    spike_receptors = {0: ("spikes", "spikes")}
    current_receptors = {0: "current"}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h = clock.resolution
        P33 = math.exp(-h / p.tau_m)
        return forced_steps(p, clock) | {
            "P33": P33,
            "P30": 1 / p.C_m * (1 - P33) * p.tau_m,
            "h": h,
            "refractory_steps": clock.to_steps(p.t_ref),
        }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        active = s.refractory == 0
        V = v.P30 * (s.I_stim + v.I_e) + v.P33 * s.V_m + x.spikes + s.waiting
        V = ops.where(active, ops.maximum(V, v.V_min), s.V_m)
        late = ops.where(v.refractory_input > 0, x.spikes * ops.exp(-s.refractory * v.h / v.tau_m), 0.0)
        waiting = ops.where(active, 0.0, s.waiting + late)
        refractory = ops.where(active, 0.0, s.refractory - 1)
        spike, until_spike = forced_spike(v, s, ops.crosses(V, v.V_th))
        V = ops.where(spike, v.V_reset, V)
        refractory = ops.where(spike, v.refractory_steps, refractory)
        return State(V_m=V, refractory=refractory, I_stim=x.current, waiting=waiting, until_spike=until_spike), spike
