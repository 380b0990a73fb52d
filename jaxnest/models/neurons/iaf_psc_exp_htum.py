"""Leaky integrate-and-fire neuron with separate absolute and total refractory periods."""

from __future__ import annotations

import math
from typing import Any

from jaxnest import errors
from jaxnest.models import ops
from jaxnest.models.contract.base import ArchivingNeuron, Quantity, Relation, hidden, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.functions import propagators

TIME_CONSTANT = positive("All time constants must be strictly positive.")


@register
class iaf_psc_exp_htum(ArchivingNeuron):
    r"""Leaky integrate-and-fire neuron with separate absolute and total refractory periods.

    .. math:: C_m \dot V = -\frac{C_m}{\tau_m}(V - E_L) + I_{syn}(t) + I_e

    V_m is clamped for t_ref_abs after a spike; the next spike comes after t_ref_tot at the earliest. The subthreshold
    equation is integrated exactly.

    References
    ----------
    Tsodyks, Uziel & Markram (2000), J Neurosci 20:RC50. Rotter & Diesmann (1999), Biological Cybernetics 81:381-402.
    NEST documentation, model ``iaf_psc_exp_htum``.
    """

    parameters = {
        "E_L": Quantity(-70.0, "mV", "Resting membrane potential"),
        "V_reset": Quantity(-70.0, "mV", "Membrane potential after a spike", relative_to="E_L"),
        "V_th": Quantity(-55.0, "mV", "Threshold", relative_to="E_L"),
        "I_e": Quantity(0.0, "pA", "Constant input current"),
        "C_m": Quantity(250.0, "pF", "Capacitance of the membrane", positive("Capacitance must be strictly positive.")),
        "tau_m": Quantity(10.0, "ms", "Membrane time constant", TIME_CONSTANT),
        "tau_syn_ex": Quantity(2.0, "ms", "Decay time of excitatory currents", TIME_CONSTANT),
        "tau_syn_in": Quantity(2.0, "ms", "Decay time of inhibitory currents", TIME_CONSTANT),
        "t_ref_abs": Quantity(2.0, "ms", "Absolute refractory period", TIME_CONSTANT),
        "t_ref_tot": Quantity(2.0, "ms", "Total refractory period", TIME_CONSTANT),
    }
    state = {
        "V_m": Quantity(-70.0, "mV", "Membrane potential", relative_to="E_L"),
        "refractory": hidden(doc="Steps left of the absolute refractory period"),
        "silent": hidden(doc="Steps left of the total refractory period"),
        "I_stim": hidden(doc="Current of the devices"),
        "I_ex": hidden(),
        "I_in": hidden(),
    }
    relations = (
        Relation(lambda p: p["V_reset"] >= p["V_th"], "Reset potential must be smaller than threshold."),
        Relation(
            lambda p: p["t_ref_abs"] > p["t_ref_tot"],
            "Total refractory period must be larger or equal than absolute refractory time.",
        ),
    )
    recordables = {
        "V_m": lambda v, s: s.V_m,  # relative to E_L, as NEST records it
        "I_syn_ex": lambda v, s: s.I_ex,
        "I_syn_in": lambda v, s: s.I_in,
    }
    spike_receptors = {0: ("spikes_ex", "spikes_in")}
    current_receptors = {0: "current"}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h = clock.resolution
        P22 = math.exp(-h / p.tau_m)
        absolute, total = clock.to_steps(p.t_ref_abs), clock.to_steps(p.t_ref_tot)
        if absolute < 1:
            raise errors.BadProperty("Absolute refractory time must be at least one time step.")
        return {
            "P11_ex": math.exp(-h / p.tau_syn_ex),
            "P11_in": math.exp(-h / p.tau_syn_in),
            "P21_ex": propagators.exponential(p.tau_syn_ex, p.tau_m, p.C_m, h),
            "P21_in": propagators.exponential(p.tau_syn_in, p.tau_m, p.C_m, h),
            "P22": P22,
            "P20": p.tau_m / p.C_m * (1.0 - P22),
            "absolute_steps": absolute,
            "total_steps": total,
        }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        active = s.refractory == 0
        V = s.V_m * v.P22 + s.I_ex * v.P21_ex + s.I_in * v.P21_in + (v.I_e + s.I_stim) * v.P20
        V = ops.where(active, V, s.V_m)
        I_ex = s.I_ex * v.P11_ex + x.spikes_ex
        I_in = s.I_in * v.P11_in + x.spikes_in
        spike = (s.silent == 0) & ops.crosses(V, v.V_th)
        V = ops.where(spike, v.V_reset, V)
        refractory = ops.where(spike, v.absolute_steps, ops.maximum(s.refractory - 1, 0.0))
        silent = ops.where(spike, v.total_steps, ops.maximum(s.silent - 1, 0.0))
        return State(V_m=V, refractory=refractory, silent=silent, I_stim=x.current, I_ex=I_ex, I_in=I_in), spike
